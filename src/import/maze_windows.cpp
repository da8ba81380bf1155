#include "src/import/maze_windows.hpp"

#include "src/files/digest.hpp"
#include "src/files/ensemble_file.hpp"
#include "src/files/maze_file.hpp"
#include "src/program/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

namespace stint {
namespace {

constexpr std::int64_t batch = 1 << 14;    // windows at a time in memory
constexpr std::int64_t looked_at = 20'000; // positions
constexpr double most_in_walls = 1.0 / 20; // of positions, for soft contacts and points at walls

/// Throws if the positions do not look like those of a ball in this maze.
void check_maze(const MazePaths& paths, const MazeImport& what) {
  const auto size = std::ssize(paths.positions);
  const auto count = std::min(size, looked_at);
  std::int64_t in_walls = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const Point p = paths.positions[size * i / count];
    in_walls += what.maze.is_free(p, WallTest::centre) || what.maze.is_free(p, WallTest::physical) ? 0 : 1;
  }
  if (static_cast<double>(in_walls) > most_in_walls * static_cast<double>(count))
    throw std::runtime_error(
        fmt::format("{}: {:.0f} % of the positions lie in walls of the maze {} of the world {}; is it another one?",
                    what.source, 100.0 * static_cast<double>(in_walls) / static_cast<double>(count), what.maze.text(),
                    facts(what.maze.world()).name));
}

/// A window of the ensemble.
struct Place {
  std::int64_t run, first; // the run's number, the first step in the file
};

std::vector<Place> places_of(const std::vector<MazeRun>& runs, const MazeWindows& windows) {
  std::vector<Place> places;
  for (std::size_t run = 0; run < runs.size(); ++run) {
    for (auto first = runs[run].begin; first + windows.steps() <= runs[run].end; first += windows.shift)
      places.push_back({static_cast<std::int64_t>(run), first});
  }
  return places;
}

} // namespace

MazeImportCount import_maze(const MazePaths& paths, const MazeImport& what, const std::string& output, bool overwrite,
                            const Provenance& provenance) {
  const auto& windows = what.windows;
  const auto runs = runs_of(paths, what.maze.world());
  auto places = places_of(runs, windows);
  if (places.empty()) {
    std::int64_t longest = 0;
    for (const auto& run : runs)
      longest = std::max(longest, run.steps());
    throw std::runtime_error(
        fmt::format("{}: no run has the {} steps of a window of {} points, one every {} steps; the longest has {}",
                    what.source, windows.steps(), windows.points, windows.every, longest));
  }
  if (what.first >= std::ssize(places))
    throw std::runtime_error(
        fmt::format("{}: has {} windows, of which --first {} leaves out all", what.source, places.size(), what.first));
  places.erase(places.begin(), places.begin() + what.first);
  places.resize(std::min(std::ssize(places), what.limit.value_or(std::ssize(places))));
  check_maze(paths, what);
  const EnsembleHeader header{.geometry = Geometry({static_cast<int>(windows.points)}),
                              .channels = 2,
                              .theory = {},
                              .precision = hdf5::Type::float32,
                              .provenance = provenance,
                              .kind = maze_kind};
  EnsembleWriter out(output, overwrite, header, std::ssize(places));
  Digest digest;
  std::vector<float> configurations;
  std::vector<std::int64_t> chain, trajectory;
  Progress progress("import", std::ssize(places), "windows", what.show_progress);
  for (std::int64_t done = 0; done < std::ssize(places); done += batch) {
    const std::int64_t n = std::min(batch, std::ssize(places) - done);
    configurations.resize(n * 2 * windows.points);
    chain.resize(n);
    trajectory.resize(n);
    for (std::int64_t i = 0; i < n; ++i) {
      const Place place = places[done + i];
      float* const x = configurations.data() + i * 2 * windows.points;
      for (std::int64_t point = 0; point < windows.points; ++point) {
        const Point p = paths.positions[place.first + point * windows.every];
        x[point] = static_cast<float>(p.x);
        x[windows.points + point] = static_cast<float>(p.y);
      }
      chain[i] = place.run;
      trajectory[i] = place.first - runs[place.run].begin;
    }
    out.append<float>(configurations, chain, trajectory);
    digest.append(std::as_bytes(std::span(configurations)));
    progress.update(done + n);
  }
  write_maze(out.file(), what.maze);
  out.file().set_attribute<std::int64_t>("every", windows.every);
  out.file().set_attribute<std::string>("source", what.source);
  out.file().set_attribute<std::string>("digest", digest.text());
  out.commit();
  return {.windows = std::ssize(places),
          .runs = std::ssize(runs),
          .short_runs = std::ranges::count_if(runs, [&](const auto& run) { return run.steps() < windows.steps(); })};
}

} // namespace stint
