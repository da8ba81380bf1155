#include "src/files/maze_file.hpp"

#include "src/files/ensemble_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace stint {
namespace {

constexpr std::int64_t version = 1;
constexpr std::int64_t rows_per_chunk = 1 << 15;
constexpr int compression = 1; // higher levels are much slower and hardly smaller: most digits are noise

/// `columns` numbers a step, in the order of the members.
template<class... Member> std::vector<float> columns(std::span<const RecipeStep> steps, Member... members) {
  std::vector<float> numbers;
  numbers.reserve(steps.size() * sizeof...(members));
  for (const auto& step : steps)
    (numbers.push_back(static_cast<float>(step.*members)), ...);
  return numbers;
}

} // namespace

void write_maze(hdf5::File& file, const Maze& maze) {
  file.set_attribute<std::string>("maze", maze.text());
  file.set_attribute<std::string>("world", std::string(facts(maze.world()).name));
}

std::optional<Maze> read_maze(const hdf5::File& file) {
  if (!file.has_attribute("maze"))
    return {};
  try {
    const auto world =
        file.has_attribute("world") ? world_named(file.attribute<std::string>("world")) : MazeWorld::d4rl;
    return Maze::from_text(file.attribute<std::string>("maze"), world);
  } catch (const std::invalid_argument& error) {
    throw std::runtime_error(fmt::format("{}: attributes maze and world: {}", file.path(), error.what()));
  }
}

MazeDataWriter::MazeDataWriter(const std::string& path, bool overwrite, const Maze& maze, const Recipe& recipe,
                               std::int64_t steps, const Provenance& provenance)
    : target_(path, overwrite), file_(hdf5::File::create(target_.temporary(), path)), steps_(steps),
      velocities_(maze.world() == MazeWorld::d4rl), observations_(create("/observations", velocities_ ? 4 : 2)),
      actions_(create("/actions", 2)), rewards_(create("/rewards", 0)), terminals_(create("/terminals", 0, true)),
      timeouts_(create("/timeouts", 0, true)), goal_(create("/infos/goal", 2)), position_(create("/infos/qpos", 2)),
      velocity_(create("/infos/qvel", 2)) {
  write_format(file_, maze_data_format, version, false);
  write_maze(file_, maze);
  file_.set_attribute<std::string>("recipe", std::string(name_of(recipe.kind)));
  file_.set_attribute<double>("noise", recipe.noise);
  file_.set_attribute<std::int64_t>("target_steps", recipe.target_steps);
  file_.set_attribute<std::int64_t>("run_steps", recipe.run_steps);
  write_provenance(file_, provenance);
}

hdf5::Dataset MazeDataWriter::create(const std::string& name, std::int64_t columns, bool truth_values) {
  const auto dims = columns > 0 ? std::vector{steps_, columns} : std::vector{steps_};
  return file_.create_dataset(name, truth_values ? hdf5::Type::int8 : hdf5::Type::float32, dims,
                              {.rows_per_chunk = std::min(rows_per_chunk, steps_),
                               .checksum = true,
                               .growing = false,
                               .deflate = compression,
                               .truth_values = truth_values});
}

void MazeDataWriter::append(std::span<const RecipeStep> steps) {
  using Step = RecipeStep;
  const auto write = [&](hdf5::Dataset& dataset, const std::vector<float>& numbers) {
    dataset.write_rows<float>(appended_, numbers);
  };
  const auto position = columns(steps, &Step::x, &Step::y), velocity = columns(steps, &Step::vx, &Step::vy);
  write(observations_, velocities_ ? columns(steps, &Step::x, &Step::y, &Step::vx, &Step::vy) : position);
  write(actions_, columns(steps, &Step::ax, &Step::ay));
  write(rewards_, columns(steps, &Step::at_goal));
  write(goal_, columns(steps, &Step::goal_x, &Step::goal_y));
  write(position_, position);
  write(velocity_, velocity);
  std::vector<std::int8_t> ends(steps.size(), 0);
  terminals_.write_rows<std::int8_t>(appended_, ends);
  std::ranges::transform(steps, ends.begin(), [](const Step& step) { return step.last ? 1 : 0; });
  timeouts_.write_rows<std::int8_t>(appended_, ends);
  appended_ += std::ssize(steps);
}

void MazeDataWriter::commit() {
  if (appended_ != steps_)
    throw std::logic_error("a file of steps through a maze is not full");
  file_.set_attribute("end_time", utc_now());
  file_.set_attribute("complete", std::int64_t{1});
  file_.close();
  target_.commit();
}

} // namespace stint
