#include "src/maze/plans_file.hpp"

#include "src/files/atomic_file.hpp"
#include "src/files/ensemble_file.hpp"
#include "src/files/hdf5.hpp"
#include "src/program/errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace stint {
namespace {

constexpr std::int64_t format_version = 1;

using Paths = std::vector<Point> PlanRow::*;

/// (N, T, 2) numbers, each path filled up with its goal.
void write_paths(hdf5::File& file, const std::string& name, const std::vector<PlanRow>& rows, Paths paths,
                 std::int64_t longest) {
  std::vector<float> values;
  for (const auto& row : rows)
    for (std::size_t t = 0; t < static_cast<std::size_t>(longest); ++t) {
      const Point place = t < (row.*paths).size() ? (row.*paths)[t] : row.goal;
      values.insert(values.end(), {static_cast<float>(place.x), static_cast<float>(place.y)});
    }
  file.write<float>(name, {std::ssize(rows), longest, 2}, values);
}

void write_places(hdf5::File& file, const std::string& name, const std::vector<PlanRow>& rows, Point PlanRow::*place) {
  std::vector<float> values;
  for (const auto& row : rows)
    values.insert(values.end(), {static_cast<float>((row.*place).x), static_cast<float>((row.*place).y)});
  file.write<float>(name, {std::ssize(rows), 2}, values);
}

template<class Number>
void write_numbers(hdf5::File& file, const std::string& name, const std::vector<PlanRow>& rows, Number number) {
  std::vector<std::int64_t> values;
  for (const auto& row : rows)
    values.push_back(number(row));
  file.write<std::int64_t>(name, {std::ssize(rows)}, values);
}

[[noreturn]] void refuse(const hdf5::File& file, const std::string& what) {
  throw std::runtime_error(fmt::format("{}: {}; expected plans of 'stint maze plan'", file.path(), what));
}

std::vector<float> read_floats(const hdf5::File& file, const std::string& name, std::int64_t rows, std::size_t dims) {
  const auto dataset = file.dataset(name);
  if (dataset.dims().size() != dims || dataset.dims()[0] != rows || dataset.dims().back() != 2)
    refuse(file, name + " has another shape");
  auto values = dataset.read<float>();
  if (!std::ranges::all_of(values, [](float value) { return std::isfinite(value); }))
    refuse(file, name + " has numbers that are not finite");
  return values;
}

std::vector<std::int64_t> read_numbers(const hdf5::File& file, const std::string& name, std::int64_t rows,
                                       std::int64_t least, std::int64_t most) {
  const auto dataset = file.dataset(name);
  if (dataset.dims() != std::vector<std::int64_t>{rows})
    refuse(file, name + " has another shape");
  auto values = dataset.read<std::int64_t>();
  if (!std::ranges::all_of(values, [=](std::int64_t value) { return value >= least && value <= most; }))
    refuse(file, name + " has numbers out of their range");
  return values;
}

void read_paths(const hdf5::File& file, const std::string& name, const std::string& lengths, std::vector<PlanRow>& rows,
                Paths paths) {
  const auto count = std::ssize(rows);
  const auto values = read_floats(file, name, count, 3);
  const std::int64_t longest = file.dataset(name).dims()[1];
  const auto points = read_numbers(file, lengths, count, 0, longest);
  for (std::int64_t n = 0; n < count; ++n)
    for (std::int64_t t = 0; t < points[n]; ++t) {
      const auto at = static_cast<std::size_t>(2 * (n * longest + t));
      (rows[n].*paths).push_back({values[at], values[at + 1]});
    }
}

} // namespace

void write_plans(const std::string& path, bool overwrite, const PlansFile& plans, const Provenance& provenance) {
  AtomicFile target(path, overwrite);
  auto file = hdf5::File::create(target.temporary(), path);
  write_format(file, plans_format, format_version, /*complete=*/true);
  file.set_attribute<std::string>("kind", "maze");
  file.set_attribute("maze", plans.maze.text());
  file.set_attribute("world", std::string(facts(plans.maze.world()).name));
  file.set_attribute("every", plans.every);
  file.set_attribute("model", plans.model);
  file.set_attribute("ends", plans.ends);
  file.set_attribute("retry_test", plans.retry_test);
  file.set_attribute("seconds", plans.seconds);
  write_provenance(file, provenance);

  std::int64_t longest = 1, most_stops = 2;
  for (const auto& row : plans.rows) {
    longest = std::max({longest, std::ssize(row.points), std::ssize(row.first)});
    most_stops = std::max({most_stops, std::ssize(row.stops), std::ssize(row.places)});
  }
  write_paths(file, "/plans", plans.rows, &PlanRow::points, longest);
  write_paths(file, "/first", plans.rows, &PlanRow::first, longest);
  write_numbers(file, "/points", plans.rows, [](const PlanRow& row) { return std::ssize(row.points); });
  write_numbers(file, "/first_points", plans.rows, [](const PlanRow& row) { return std::ssize(row.first); });
  write_places(file, "/start", plans.rows, &PlanRow::start);
  write_places(file, "/goal", plans.rows, &PlanRow::goal);
  write_numbers(file, "/retries", plans.rows, [](const PlanRow& row) { return row.retries; });
  write_numbers(file, "/pair", plans.rows, [](const PlanRow& row) { return row.pair; });
  std::vector<std::int64_t> stops;
  for (const auto& row : plans.rows) {
    stops.insert(stops.end(), row.stops.begin(), row.stops.end());
    stops.insert(stops.end(), most_stops - row.stops.size(), -1);
  }
  file.write<std::int64_t>("/stops", {std::ssize(plans.rows), most_stops}, stops);
  write_ways(file, "/places", plans.rows, &PlanRow::places, most_stops);
  file.close();
  target.commit();
}

PlansFile read_plans(const std::string& path) {
  const auto file = hdf5::File::open(path);
  check_format(file, plans_format, format_version, "a file of plans");
  PlansFile plans;
  try {
    plans.maze =
        Maze::from_text(file.attribute<std::string>("maze"), world_named(file.attribute<std::string>("world")));
  } catch (const std::invalid_argument& error) {
    refuse(file, error.what());
  }
  plans.every = file.attribute<std::int64_t>("every");
  if (plans.every < 1)
    refuse(file, fmt::format("'every' is {}", plans.every));
  plans.model = file.attribute<std::string>("model");
  plans.ends = file.attribute<std::string>("ends");
  plans.retry_test = file.attribute<std::string>("retry_test");
  plans.seconds = file.attribute<double>("seconds");

  const auto dims = file.dataset("/plans").dims();
  if (dims.size() != 3)
    refuse(file, "/plans has another shape");
  plans.rows.resize(static_cast<std::size_t>(dims[0]));
  const auto count = std::ssize(plans.rows);
  read_paths(file, "/plans", "/points", plans.rows, &PlanRow::points);
  read_paths(file, "/first", "/first_points", plans.rows, &PlanRow::first);
  const auto start = read_floats(file, "/start", count, 2), goal = read_floats(file, "/goal", count, 2);
  constexpr auto any = std::numeric_limits<std::int64_t>::max();
  const auto retries = read_numbers(file, "/retries", count, 0, any), pair = read_numbers(file, "/pair", count, 0, any);
  const auto asked = read_floats(file, "/places", count, 3);
  const auto stops = file.dataset("/stops");
  if (stops.dims().size() != 2 || stops.dims()[0] != count)
    refuse(file, "/stops has another shape");
  const std::int64_t most_stops = stops.dims()[1];
  if (std::ssize(asked) != 2 * count * most_stops || most_stops < 2)
    refuse(file, "/places has another shape");
  const auto indices = stops.read<std::int64_t>();
  for (std::int64_t n = 0; n < count; ++n) {
    auto& row = plans.rows[n];
    row.start = {start[2 * n], start[2 * n + 1]};
    row.goal = {goal[2 * n], goal[2 * n + 1]};
    row.retries = retries[n];
    row.pair = pair[n];
    for (std::int64_t s = n * most_stops; s < (n + 1) * most_stops; ++s) {
      row.places.push_back({asked[2 * s], asked[2 * s + 1]});
      if (indices[s] >= std::ssize(row.points))
        refuse(file, "/stops has numbers out of their range");
      if (indices[s] >= 0)
        row.stops.push_back(indices[s]);
    }
    while (row.places.size() > 2 && row.places[row.places.size() - 2] == row.goal)
      row.places.pop_back();
  }
  return plans;
}

} // namespace stint
