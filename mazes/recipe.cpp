#include "mazes/recipe.hpp"

#include "lattice/random.hpp"
#include "mcmc/kernels/kernels.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <string>

namespace stint {
namespace {

constexpr std::array<std::pair<std::string_view, RecipeKind>, 3> recipe_names{
    {{"maze2d", RecipeKind::maze2d}, {"navigate", RecipeKind::navigate}, {"stitch", RecipeKind::stitch}}};

MazeWorld world_of(RecipeKind kind) { return kind == RecipeKind::maze2d ? MazeWorld::d4rl : MazeWorld::ogbench; }

void check_world(RecipeKind kind, const Maze& maze) {
  if (world_of(kind) != maze.world())
    throw std::invalid_argument("the recipe " + std::string(name_of(kind)) + " belongs to the world " +
                                std::string(facts(world_of(kind)).name) + ", and this maze to " +
                                std::string(facts(maze.world()).name));
}

/// The draws of one stream, one after the other.
class Draws {
public:
  explicit Draws(const Stream& stream) : stream_(stream) {}

  double uniform() { return stream_.uniform(next_++); } // in (0, 1]
  double around(double width) { return width * (2 * uniform() - 1); }
  Cell among(const std::vector<Cell>& cells) {
    const auto n = static_cast<double>(cells.size());
    return cells[static_cast<std::size_t>(std::min(n * uniform(), n - 1))];
  }
  Pair near(Point point, double width) {
    const double x = around(width);
    return Pair{point.x + x, point.y + around(width)};
  }

private:
  Stream stream_;
  std::uint32_t next_ = 0;
};

/// Standard normals, two a step: a block of steps is one stream, of which every lane of the kernel makes a part.
class StepNoise {
public:
  StepNoise(std::uint64_t seed, std::uint32_t run)
      : streams_{.seed = seed,
                 .purpose = static_cast<std::uint32_t>(Purpose::agent_noise),
                 .first_chain = run,
                 .trajectory = 0,
                 .lane_stride = lane_stride} {}

  Pair next() {
    if (next_ == values_.size()) {
      kernels_.normals(streams_, 0, lane_stride, values_.data());
      ++streams_.trajectory;
      next_ = 0;
    }
    const float* first = &values_[next_ % lane_stride * lanes + next_ / lane_stride];
    next_ += 2;
    return Pair{first[0], first[lanes]};
  }

private:
  static constexpr std::uint32_t lane_stride = 64;

  const Kernels<float>& kernels_ = *supported_kernels<float>().entries[0];
  LaneStreams streams_;
  alignas(64) std::array<float, lanes * lane_stride> values_;
  std::size_t next_ = values_.size();
};

double squared_distance(Pair a, Pair b) {
  const Pair square = (a - b) * (a - b);
  return square[0] + square[1];
}
bool within(double distance, Pair a, Pair b) { return squared_distance(a, b) <= distance * distance; }
bool closer(double distance, Pair a, Pair b) { return squared_distance(a, b) < distance * distance; }

RecipeStep recorded(Pair position, Pair velocity, Pair action, Pair goal, bool at_goal, bool last) {
  const auto f = [](double value) { return static_cast<float>(value); };
  return {f(position[0]), f(position[1]), f(velocity[0]), f(velocity[1]), f(action[0]),
          f(action[1]),   f(goal[0]),     f(goal[1]),     at_goal,        last};
}

} // namespace

std::string_view name_of(RecipeKind kind) {
  return std::ranges::find(recipe_names, kind, &std::pair<std::string_view, RecipeKind>::second)->first;
}

RecipeKind recipe_named(std::string_view name) {
  for (const auto& [known, kind] : recipe_names) {
    if (name == known)
      return kind;
  }
  throw std::invalid_argument("there is no recipe '" + std::string(name) + "'; there are maze2d, navigate and stitch");
}

Recipe standard_recipe(RecipeKind kind, const Maze& maze) {
  check_world(kind, maze);
  const int cells = maze.rows() * maze.columns();
  Recipe recipe{.kind = kind};
  if (kind == RecipeKind::maze2d) {
    recipe.target_steps = cells <= 25 ? 300 : cells <= 64 ? 600 : 800;
    recipe.steps = cells <= 25 ? 1'000'000 : cells <= 64 ? 2'000'000 : 4'000'000;
    return recipe;
  }
  const bool giant = cells >= 150;
  recipe.run_steps = kind == RecipeKind::stitch ? 201 : giant ? 2001 : 1001;
  recipe.steps = recipe.run_steps * (kind == RecipeKind::stitch ? 5000 : giant ? 500 : 1000);
  return recipe;
}

RecipeRuns::RecipeRuns(const Maze& maze, const Recipe& recipe, std::uint64_t seed)
    : maze_(maze), recipe_(recipe), seed_(seed), simulator_(maze), routes_(maze) {
  check_world(recipe.kind, maze);
  if (!(std::isfinite(recipe.noise) && recipe.noise >= 0))
    throw std::invalid_argument("the noise of a recipe is " + std::to_string(recipe.noise) + ", expected at least 0");
  if (recipe.run_steps < 1 || recipe.target_steps < 1)
    throw std::invalid_argument("a run and a target have at least one step");
  for (const Cell cell : maze.free_cells()) {
    const auto free = [&](int down, int right) { return maze.is_free(Cell{cell.row + down, cell.column + right}); };
    const bool above = free(-1, 0), below = free(1, 0), left = free(0, -1), right = free(0, 1);
    const bool corridor = (above && below && !left && !right) || (left && right && !above && !below);
    if (!corridor)
      vertices_.push_back(cell);
  }
}

namespace {

/// What an agent of any recipe shares with the others.
struct Surroundings {
  const Maze& maze;
  const Recipe& recipe;
  const MazeSimulator& simulator;
  const CellRoutes& routes;
  const std::vector<Cell>& vertices;
  std::uint64_t seed;
};

std::vector<Cell> reachable_from(Cell cell, const Maze& maze, const std::vector<Cell>& among) {
  std::vector<Cell> cells;
  std::ranges::copy_if(among, std::back_inserter(cells), [&](Cell other) { return maze.reachable(cell, other); });
  return cells;
}

class Maze2dAgent {
public:
  Maze2dAgent(const Surroundings& about, std::uint32_t run)
      : about_(about), run_(run), noise_(about.seed, run),
        of_maze_(pair_of(about.maze.goal() ? about.maze.centre(*about.maze.goal()) : Point{})) {
    Draws start(stream(0));
    const Cell first = start.among(about.maze.free_cells());
    cells_ = reachable_from(first, about.maze, about.maze.free_cells());
    position_ = start.near(about.maze.centre(first), spread);
    new_target();
  }

  void step(RecipeStep& out) {
    if (arrived_)
      new_target();
    const bool slow = closer(near, position_, before_);
    const bool solved = slow && closer(near, position_, way_.back());
    const Pair towards = solved ? way_.back() : way_[at_];
    if (!solved && slow && closer(near, position_, towards) && at_ + 1 < way_.size())
      ++at_;
    Pair action = clipped(gain * (towards - position_) - velocity_, 1);
    if (about_.recipe.noise > 0)
      action = clipped(action + about_.recipe.noise * noise_.next(), 1);
    arrived_ = solved || spent_ >= about_.recipe.target_steps;
    ++spent_;
    const bool at_goal = about_.maze.goal().has_value() && within(tolerance, position_, of_maze_);
    out = recorded(position_, velocity_, action, goal_, at_goal, arrived_);
    before_ = position_;
    about_.simulator.step(position_, velocity_, action);
  }

private:
  static constexpr double gain = 10, near = 0.1, jitter = 0.2, spread = 0.1;
  static constexpr double tolerance = facts(MazeWorld::d4rl).goal_tolerance;

  Stream stream(std::uint32_t target) const {
    return {.seed = about_.seed, .purpose = Purpose::agent, .chain = run_, .trajectory = target};
  }

  void new_target() {
    Draws draws(stream(++targets_));
    const Cell next = draws.among(cells_);
    goal_ = draws.near(about_.maze.centre(next), spread);
    spent_ = 0;
    if (next == target_)
      return;
    target_ = next;
    way_.clear();
    at_ = 0;
    Cell cell = about_.maze.cell_at(point_of(position_));
    before_ = pair_of(about_.maze.centre(cell));
    do {
      cell = about_.routes.next(cell, target_);
      Point point = about_.maze.centre(cell);
      if (cell != target_) {
        point.x -= jitter * draws.uniform();
        point.y -= jitter * draws.uniform();
      }
      way_.push_back(pair_of(point));
    } while (cell != target_);
  }

  Surroundings about_;
  std::uint32_t run_, targets_ = 0;
  StepNoise noise_;
  Pair of_maze_;
  std::vector<Cell> cells_; // the targets
  Pair position_{}, velocity_{};
  Cell target_{-1, -1};
  Pair goal_{}, before_{}; // the moved target; the position a step before
  std::vector<Pair> way_;
  std::size_t at_ = 0;     // the waypoint
  std::int64_t spent_ = 0; // steps of this target
  bool arrived_ = false;
};

class OgbenchAgent {
public:
  OgbenchAgent(const Surroundings& about, std::uint32_t run)
      : about_(about), draws_({.seed = about.seed, .purpose = Purpose::agent, .chain = run}), noise_(about.seed, run) {
    const Maze& maze = about.maze;
    const Cell first = draws_.among(maze.free_cells());
    if (about.recipe.kind == RecipeKind::navigate) {
      goals_ = reachable_from(first, maze, about.vertices);
    } else {
      const auto steps = maze.steps_to(first);
      std::ranges::copy_if(maze.free_cells(), std::back_inserter(goals_), [&](Cell cell) {
        return steps[static_cast<std::size_t>(cell.row) * maze.columns() + cell.column] == away;
      });
      if (goals_.empty())
        goals_.push_back(first);
    }
    position_ = draws_.near(maze.centre(first), spread);
    new_goal();
    at_goal_ = within(tolerance, position_, goal_);
  }

  void step(RecipeStep& out) {
    const Cell next = about_.routes.next(about_.maze.cell_at(point_of(position_)), target_);
    const Pair centre = pair_of(about_.maze.centre(next));
    Pair action = 1 / (std::sqrt(squared_distance(centre, position_)) + smallest) * (centre - position_);
    action = clipped(about_.recipe.noise > 0 ? action + about_.recipe.noise * noise_.next() : action, 1);
    out = recorded(position_, velocity_, action, goal_, at_goal_, false);
    about_.simulator.step(position_, velocity_, action);
    at_goal_ = within(tolerance, position_, goal_);
    if (at_goal_ && about_.recipe.kind == RecipeKind::navigate)
      new_goal();
  }

private:
  static constexpr double spread = 1, smallest = 1e-6, tolerance = facts(MazeWorld::ogbench).goal_tolerance;
  static constexpr int away = 4; // of stitch, in cells

  void new_goal() {
    target_ = draws_.among(goals_);
    goal_ = draws_.near(about_.maze.centre(target_), spread);
  }

  Surroundings about_;
  Draws draws_;
  StepNoise noise_;
  std::vector<Cell> goals_;
  Pair position_{}, velocity_{};
  Cell target_;
  Pair goal_{};
  bool at_goal_ = false;
};

/// The runs from number `first` on, in step: while one waits for the result of an operation, the processor works on the
/// others.
template<class Agent>
void in_step(const Surroundings& about, std::uint32_t first, std::int64_t run_steps, std::span<RecipeStep> out) {
  const auto steps = std::ssize(out);
  std::vector<Agent> agents;
  for (std::int64_t begin = 0; begin < steps; begin += run_steps)
    agents.emplace_back(about, first + static_cast<std::uint32_t>(agents.size()));
  for (std::int64_t t = 0; t < std::min(run_steps, steps); ++t) {
    RecipeStep* place = out.data() + t;
    for (auto& agent : agents) {
      if (place < out.data() + steps)
        agent.step(*place);
      place += run_steps;
    }
  }
  for (std::int64_t end = run_steps; end < steps + run_steps; end += run_steps)
    out[std::min(end, steps) - 1].last = true;
}

} // namespace

void RecipeRuns::make(std::uint32_t first, std::span<RecipeStep> out) const {
  const Surroundings about{maze_, recipe_, simulator_, routes_, vertices_, seed_};
  const auto group = static_cast<std::size_t>(runs_in_step * recipe_.run_steps);
  for (std::size_t begin = 0; begin < out.size(); begin += group) {
    const auto some = out.subspan(begin, std::min(group, out.size() - begin));
    recipe_.kind == RecipeKind::maze2d ? in_step<Maze2dAgent>(about, first, recipe_.run_steps, some)
                                       : in_step<OgbenchAgent>(about, first, recipe_.run_steps, some);
    first += runs_in_step;
  }
}

} // namespace stint
