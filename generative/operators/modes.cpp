#include "generative/operators/modes.hpp"

#include "lattice/free_field.hpp"

#include <cmath>

namespace stint {
namespace {

/// A function of the number of a mode along one axis, to go with (L1, ..., Ld).
torch::Tensor along_axis(const Layout& layout, int mu, const torch::Tensor& values) {
  std::vector<std::int64_t> line(layout.dimensions(), 1);
  line[mu] = layout.geometry.extents()[mu];
  return values.reshape(line).expand(layout.sites());
}

} // namespace

Basis mode_basis(const Layout& layout) {
  return layout.boundary == Boundary::periodic ? Basis::fourier() : Basis::cosine();
}

torch::Tensor phat2_of(const Layout& layout) {
  if (layout.boundary == Boundary::periodic)
    return torch::tensor(laplacian_eigenvalues(layout.geometry), torch::kDouble).reshape(layout.sites());
  auto sum = torch::zeros(layout.sites(), torch::kDouble);
  for (int mu = 0; mu < layout.dimensions(); ++mu) {
    const auto extent = layout.geometry.extents()[mu];
    const auto half = torch::arange(extent, torch::kDouble) * (M_PI / (2 * extent));
    sum = sum + along_axis(layout, mu, 4 * half.sin().square());
  }
  return sum;
}

torch::Tensor modes_below(const Layout& layout, double factor) {
  auto low = torch::ones(layout.sites(), torch::kBool);
  for (int mu = 0; mu < layout.dimensions(); ++mu) {
    const std::int64_t extent = layout.geometry.extents()[mu];
    const auto n = torch::arange(extent, torch::kLong);
    const auto half_periods = layout.boundary == Boundary::periodic ? 2 * torch::minimum(n, extent - n) : n;
    low = low & along_axis(layout, mu, factor * half_periods.to(torch::kDouble) < extent);
  }
  return low;
}

} // namespace stint
