#pragma once
// The way of a few configurations from noise to data, as a file: what film strips are made of.

#include "generative/sampler.hpp"
#include "src/files/ensemble_file.hpp"

#include <map>
#include <string>

namespace stint {

/// Makes the first `count` configurations of a run once more and writes their states at all knots:
///   /frames      (knots, count, L1, ..., Ld) float32, with channels where the ensemble has them
///   /frame_time  (knots) float64, from 0 (noise) to 1 (data)
/// with the attributes format = "stint-frames" and kind, `notes` (Prior::notes()) and the provenance. The file is whole
/// or absent.
void write_frames(const std::string& path, bool overwrite, Sampler sampler, std::uint64_t seed, std::int64_t count,
                  const torch::Tensor& observed, const EnsembleHeader& header,
                  const std::map<std::string, std::string>& notes);

} // namespace stint
