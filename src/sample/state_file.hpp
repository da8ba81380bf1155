#pragma once
// States of configurations on their way from noise to data, as 'stint sample --until' leaves them and '--continue'
// takes them: the format "stint-path-state", version 1. The file has all that an ensemble has (ensemble_file.hpp), but
//
//   /configurations    the states X_t
//   /alpha, /beta      (L1, ..., Ld) float64: the operators there, the entries in the basis of the attribute "basis".
//                      With "operators" = "scalar" all sites have the same.
//   /solver/memory     (N, parts, numbers) float32: Solution::memory, of solvers that have one
//   /solver/digest     (N) int64: the 64 bits of the Digest of each state, as it was left
//   attributes         knot of knots steps, path_time (in stages), path_quadratic, basis, operators, model_digest,
//                      tilt_digest, path_digest
//
// A user may change /configurations, and lower /alpha at sites; /alpha and /beta may then have a leading axis of N
// configurations, and a second one of channels.

#include "src/files/ensemble_file.hpp"
#include "src/sample/parts.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace stint {

/// Where states are on a path, and of which run.
struct PathStop {
  std::int64_t knot = 0, knots = 0;          ///< the number of the knot, and of the last one
  double time = 0;                           ///< in stages
  double quadratic = 0;                      ///< k2 of the tilt, which its schedule is made for
  std::vector<double> alpha = {}, beta = {}; ///< (L1, ..., Ld)
  std::string basis = {}, operators = {};    ///< Basis::text(): of the entries, "site" for scalars; of the path
  std::string model_digest = {}, tilt_digest = {};
  std::string path_digest = {}; ///< of the levels of --path; empty without it
};

/// The Digest of a state's numbers.
std::int64_t digest_of_state(std::span<const float> state);

/// What a file of states has beside an ensemble, as its rows are written.
class PathStateColumns {
public:
  /// The next of `samples` rows in all.
  void append(hdf5::File& file, const SampleRows& rows, std::int64_t samples);
  void finish(hdf5::File& file, const PathStop& stop);

private:
  std::optional<hdf5::Dataset> memory_;
  std::vector<std::int64_t> digests_;
};

/// The options in force of the run that left these states. Throws std::runtime_error, one line naming the file, for
/// files of other formats and those that are not whole.
std::string options_of_states(const std::string& path);

/// A file of states. Errors are std::runtime_error with one line naming the file.
class PathStateReader {
public:
  explicit PathStateReader(const std::string& path);

  const EnsembleReader& states() const { return states_; }
  const PathStop& stop() const { return stop_; } ///< without alpha and beta

  /// Entries of an operator for some configurations.
  struct Entries {
    std::vector<double> values;
    std::vector<std::int64_t> shape; ///< (n, C, L1, ..., Ld), 1 in place of n or C where the file has no such axis
  };
  /// Of the configurations first, ..., first + n - 1.
  Entries entries(const std::string& name, std::int64_t first, std::int64_t n) const; ///< of "/alpha" or "/beta"
  bool has(const std::string& name) const { return states_.file().exists(name); }
  bool one_for_all(const std::string& name) const; ///< whether these entries have no axis of configurations

  std::int64_t digest(std::int64_t n) const { return digests_[n]; } ///< as it was left

  /// (parts, numbers) of the memory; zeros if there is none.
  std::array<std::int64_t, 2> parts_and_numbers() const;
  std::vector<float> memory(std::int64_t first, std::int64_t n) const;

private:
  EnsembleReader states_;
  PathStop stop_;
  std::vector<std::int64_t> digests_;
  std::optional<hdf5::Dataset> memory_;
};

} // namespace stint
