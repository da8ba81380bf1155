#pragma once
// Data with a known law, and estimates with their errors, for the tests of this folder.

#include "generative/torch.hpp"
#include "lattice/free_field.hpp"

#include <vector>

namespace stint::testing {

/// Independent exact draws of the free field, (count, L1, ..., Ld) float32.
inline torch::Tensor free_field(const Geometry& geometry, const Phi4& theory, std::uint64_t seed, std::int64_t count) {
  std::vector<std::int64_t> shape = {count};
  shape.insert(shape.end(), geometry.extents().begin(), geometry.extents().end());
  auto fields = torch::empty(shape, torch::kDouble);
  const auto volume = static_cast<std::size_t>(geometry.volume());
  for (std::int64_t n = 0; n < count; ++n)
    draw_free_field(geometry, theory, Stream{seed, Purpose::free_field, static_cast<std::uint32_t>(n)},
                    {fields.data_ptr<double>() + n * geometry.volume(), volume});
  return fields.to(torch::kFloat);
}

/// Mean of independent values (N) and how many of its standard errors it is off `expected`.
inline double z_score(const torch::Tensor& values, double expected) {
  const auto v = values.to(torch::kDouble);
  const double error = v.std().item<double>() / std::sqrt(static_cast<double>(v.numel()));
  return (v.mean().item<double>() - expected) / error;
}

} // namespace stint::testing
