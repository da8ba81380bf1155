#include "generative/phi4/free_field.hpp"

#include "lattice/free_field.hpp"

namespace stint {

GaussianMixture free_field_law(const Geometry& geometry, const Phi4& theory) {
  const std::vector<std::int64_t> shape(geometry.extents().begin(), geometry.extents().end());
  const auto spectrum = torch::tensor(free_propagator(geometry, theory), torch::kDouble).reshape(shape);
  std::vector<std::int64_t> one = {1, 1};
  one.insert(one.end(), shape.begin(), shape.end());
  return {Operator::diagonal(Basis::fourier(), spectrum),
          torch::full(one, free_field_moments(geometry, theory).magnetisation, torch::kDouble),
          torch::ones({1}, torch::kDouble)};
}

} // namespace stint
