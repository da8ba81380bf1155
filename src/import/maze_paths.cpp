#include "src/import/maze_paths.hpp"

#include "src/files/maze_file.hpp"
#include "src/files/npz_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <stdexcept>

namespace stint {
namespace {

/// What NPZ and HDF5 files have in common.
struct Source {
  std::function<bool(const std::string&)> has;
  std::function<NpyArray(const std::string&)> array;
};

[[noreturn]] void fail(const std::string& path, const std::string& what) {
  throw std::runtime_error(path + ": " + what);
}

bool begins_as_zip(const std::string& path) {
  std::error_code problem;
  const auto status = std::filesystem::status(path, problem);
  if (!std::filesystem::exists(status))
    fail(path, "no such file, expected steps through a maze in HDF5 or NPZ");
  if (!std::filesystem::is_regular_file(status))
    fail(path, "not a regular file, expected steps through a maze in HDF5 or NPZ");
  std::array<char, 4> beginning{};
  const StandardFile stream(std::fopen(path.c_str(), "rbe"));
  return stream && std::fread(beginning.data(), 1, beginning.size(), stream.get()) == beginning.size() &&
         is_zip({beginning.data(), beginning.size()});
}

NpyArray dataset(const hdf5::File& file, const std::string& name) {
  const auto data = file.dataset("/" + name);
  return {.shape = data.dims(), .values = data.read<double>()};
}

MazePaths read(const Source& source, const std::string& path) {
  if (!source.has("observations"))
    fail(path, "has no 'observations'; expected steps through a maze, as of D4RL or OGBench");
  MazePaths paths;
  const auto observations = source.array("observations");
  const auto& shape = observations.shape;
  if (shape.size() != 2 || (shape[1] != 2 && shape[1] != 4))
    fail(path, fmt::format("'observations' has the shape ({}), expected (N, 2) or (N, 4): x, y and perhaps velocities",
                           fmt::join(shape, ", ")));
  paths.positions.reserve(shape[0]);
  for (std::int64_t i = 0; i < shape[0]; ++i) {
    const double* row = observations.values.data() + i * shape[1];
    if (!std::isfinite(row[0]) || !std::isfinite(row[1]))
      fail(path, fmt::format("row {} of 'observations' (counted from 0) has a NaN or infinite position", i));
    paths.positions.push_back({row[0], row[1]});
  }
  paths.ends.assign(paths.positions.size(), false);
  for (const char* name : {"terminals", "timeouts"}) {
    if (!source.has(name))
      continue;
    const auto flags = source.array(name);
    if (flags.shape.empty() || flags.shape[0] != shape[0] || flags.values.size() != paths.positions.size())
      fail(path, fmt::format("'{}' has the shape ({}), expected ({},) as 'observations' has rows", name,
                             fmt::join(flags.shape, ", "), shape[0]));
    for (std::size_t i = 0; i < flags.values.size(); ++i)
      paths.ends[i] = paths.ends[i] || flags.values[i] != 0;
  }
  return paths;
}

} // namespace

MazePaths read_maze_paths(const std::string& path) {
  if (begins_as_zip(path)) {
    const NpzFile file(path);
    return read({[&](const auto& name) { return file.has(name); }, [&](const auto& name) { return file.array(name); }},
                path);
  }
  const auto file = hdf5::File::open(path);
  auto paths = read({[&](const auto& name) { return file.exists("/" + name); },
                     [&](const auto& name) { return dataset(file, name); }},
                    path);
  paths.maze = read_maze(file);
  if (paths.maze && file.has_attribute("run_steps"))
    paths.run_steps = file.attribute<std::int64_t>("run_steps");
  return paths;
}

std::vector<MazeRun> runs_of(const MazePaths& paths, MazeWorld world) {
  std::vector<MazeRun> runs;
  std::int64_t begin = 0;
  const auto size = std::ssize(paths.positions);
  for (std::int64_t i = 1; i <= size; ++i) {
    const auto ends = [&] {
      const Point from = paths.positions[i - 1], to = paths.positions[i];
      const bool flagged = world == MazeWorld::ogbench && paths.ends[i - 1];
      const bool full = paths.run_steps > 0 && i % paths.run_steps == 0;
      return flagged || full || std::hypot(to.x - from.x, to.y - from.y) > facts(world).largest_advance;
    };
    if (i == size || ends()) {
      runs.push_back({begin, i});
      begin = i;
    }
  }
  return runs;
}

} // namespace stint
