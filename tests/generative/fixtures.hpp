#pragma once
// Data with a known law, and estimates with their errors, for the tests of this folder.

#include "generative/operators/pair.hpp"
#include "generative/phi4/estimate.hpp"
#include "generative/prior.hpp"
#include "lattice/free_field.hpp"

#include <string_view>
#include <vector>

namespace stint::testing {

/// Independent exact draws of the free field, (count, 1, L1, ..., Ld) float32.
inline torch::Tensor free_field(const Geometry& geometry, const Phi4& theory, std::uint64_t seed, std::int64_t count) {
  auto fields = torch::empty(Layout{geometry}.shape(count), torch::kDouble);
  const auto volume = static_cast<std::size_t>(geometry.volume());
  for (std::int64_t n = 0; n < count; ++n)
    draw_free_field(geometry, theory, Stream{seed, Purpose::free_field, static_cast<std::uint32_t>(n)},
                    {fields.data_ptr<double>() + n * geometry.volume(), volume});
  return fields.to(torch::kFloat);
}

/// The moments of the free field in closed form; Q = 1/P.
inline Moments free_field_moments_of(const Geometry& geometry, const Phi4& theory) {
  Moments moments;
  moments.mean = free_field_moments(geometry, theory).magnetisation;
  moments.spectrum = torch::tensor(free_propagator(geometry, theory), torch::kDouble).reshape(Layout{geometry}.sites());
  moments.force_spectrum = moments.spectrum.reciprocal();
  return moments;
}

/// Families of operators on phi^4 fields by their names, FamilyLaw::parse().
inline FamilyLaw phi4_families(const Geometry& geometry, std::string_view text = "scalar") {
  return FamilyLaw::parse(text, standard_families({geometry}, phi4_log_ratio_range));
}

/// The symmetries of phi^4 on a periodic lattice, those of the lattice alone without the sign.
inline Symmetries phi4_symmetries(bool sign) {
  return {.translations = true, .reflections = ~0U, .permutations = true, .sign = sign};
}

/// Multiples of the identity: (alpha, 1 - alpha) for each of the alphas.
inline Pair scalar_pair(const torch::Tensor& alphas, int dimensions) {
  const Operator alpha = Operator::scalar(alphas, dimensions);
  return {alpha, Operator(1) - alpha};
}

/// Mean of independent values (N) and how many of its standard errors it is off `expected`.
inline double z_score(const torch::Tensor& values, double expected) {
  const auto v = values.to(torch::kDouble);
  const double error = v.std().item<double>() / std::sqrt(static_cast<double>(v.numel()));
  return (v.mean().item<double>() - expected) / error;
}

} // namespace stint::testing
