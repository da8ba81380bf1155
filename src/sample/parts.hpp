#pragma once
// The parts and the state of unfinished sampling (parts_folder.hpp):
//
//   part-000001.h5, ...   "stint-sample-part": the samples made between two checkpoints
//     /configurations       (n, L1, ..., Ld) float32, in the order of samples
//     /log_density          (n) float64, with --weights; of paths log prod F_k / prod B_k
//     /memory               (n, parts, numbers) float32, with --until and a solver that has one (state_file.hpp)
//   state.h5              "stint-sample-state": attributes only, the position

#include "src/files/parts_folder.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

namespace stint {

inline constexpr const char* sample_part_format = "stint-sample-part";   ///< attribute "format"
inline constexpr const char* sample_state_format = "stint-sample-state"; ///< the same

/// Where sampling is. Plain numbers, which MPI can send.
struct SamplePosition {
  std::int64_t parts = 0;   ///< finished ones
  std::int64_t samples = 0; ///< in them
  double evaluations = 0;   ///< of the drift, summed over samples
  double acceptance = 0;    ///< of --relax, summed over samples
  std::int64_t unmoved = 0; ///< samples that --relax left as they were
  double seconds = 0;       ///< spent so far
};

void write_position(const PartsFolder& folder, const EnsembleHeader& header, const SamplePosition& position);

/// The position, with the parts that it counts in place.
SamplePosition read_position(const PartsFolder& folder);

/// Samples one after another.
struct SampleRows {
  std::span<const float> configurations;              ///< (n, V)
  std::span<const double> log_density = {};           ///< (n), or empty
  std::span<const float> memory = {};                 ///< (n, parts, numbers), or empty
  std::array<std::int64_t, 2> parts_and_numbers = {}; ///< of the memory
};

/// Writes one part as sampling goes on.
class SamplePartWriter {
public:
  SamplePartWriter(const std::string& path, const EnsembleHeader& header, bool densities);

  void append(const SampleRows& rows);
  void commit();

private:
  AtomicFile target_;
  hdf5::File file_;
  hdf5::Dataset configurations_;
  std::optional<hdf5::Dataset> log_density_, memory_;
};

/// Calls visit(rows) with all samples of the first `parts` parts in their order, at most `block`
/// at a time.
void read_samples(const PartsFolder& folder, std::int64_t parts, const EnsembleHeader& header, bool densities,
                  std::int64_t block, const std::function<void(const SampleRows&)>& visit);

} // namespace stint
