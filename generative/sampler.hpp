#pragma once
// From noise to configurations.

#include "generative/schedule.hpp"
#include "generative/solver.hpp"
#include "lattice/geometry.hpp"

#include <cstdint>

namespace stint {

/// Standard normal fields (count, L1, ..., Ld), float32: sample n is Stream{seed, Purpose::sampling, n}, whatever the
/// batches.
torch::Tensor noise(const Geometry& geometry, std::uint64_t seed, std::int64_t first, std::int64_t count);

/// Generates the configurations first, ..., first + count - 1 of a run by taking their noise along the path of
/// generation, (alpha, 1 - alpha) with alpha from 1 to 0. The result lies on the CPU.
Solution generate(const Drift& drift, const Geometry& geometry, std::span<const double> alphas, Solver solver,
                  std::uint64_t seed, std::int64_t first, std::int64_t count, torch::Device device = torch::kCPU);

} // namespace stint
