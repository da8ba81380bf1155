#include "lattice/free_field.hpp"

#include "lattice/number_text.hpp"

#include <fftw3.h>

#include <cmath>
#include <complex>
#include <memory>
#include <numbers>
#include <stdexcept>

namespace stint {

std::vector<double> laplacian_eigenvalues(const Geometry& geometry) {
  std::vector<double> eigenvalues(geometry.volume());
  for (std::int64_t mode = 0; mode < geometry.volume(); ++mode) {
    std::int64_t rest = mode;
    for (int mu = geometry.dimensions() - 1; mu >= 0; --mu) {
      const int extent = geometry.extents()[mu];
      const double half_sine = std::sin(std::numbers::pi * static_cast<double>(rest % extent) / extent);
      eigenvalues[mode] += 4 * half_sine * half_sine;
      rest /= extent;
    }
  }
  return eigenvalues;
}

std::vector<double> free_propagator(const Geometry& geometry, const Phi4& theory) {
  theory.validate();
  if (theory.lambda != 0)
    throw std::invalid_argument("the free field has lambda = 0, not " + number_text(theory.lambda));
  std::vector<double> propagator = laplacian_eigenvalues(geometry);
  for (double& value : propagator)
    value = 1 / (2 * (theory.mass2 - theory.quadratic + value));
  return propagator;
}

FreeFieldMoments free_field_moments(const Geometry& geometry, const Phi4& theory) {
  const auto eigenvalues = laplacian_eigenvalues(geometry);
  const auto propagator = free_propagator(geometry, theory);
  const auto volume = static_cast<double>(geometry.volume());
  const int d = geometry.dimensions();
  double trace = 0, hopping = 0; // <(phi - mean)^2> and its sum of nearest-neighbour products over the d directions
  for (std::int64_t p = 0; p < geometry.volume(); ++p) {
    trace += propagator[p] / volume;
    hopping += propagator[p] * (d - eigenvalues[p] / 2) / volume; // sum_mu cos p_mu = d - phat^2 / 2
  }
  const double mean = theory.field / (2 * (theory.mass2 - theory.quadratic));
  FreeFieldMoments moments{};
  moments.magnetisation = mean;
  moments.magnetisation_squared = mean * mean + propagator[0] / volume;
  moments.phi2 = mean * mean + trace;
  moments.nearest_neighbour = mean * mean + hopping / d;
  moments.action_density = theory.onsite(d) * moments.phi2 - 2 * d * moments.nearest_neighbour - theory.field * mean;
  return moments;
}

void draw_free_field(const Geometry& geometry, const Phi4& theory, const Stream& stream, std::span<double> phi) {
  const auto propagator = free_propagator(geometry, theory);
  const std::int64_t volume = geometry.volume();
  const int last = geometry.extents().back();
  const std::int64_t rows = volume / last;
  const int half = last / 2 + 1;
  stream.normals(phi);
  std::vector<std::complex<double>> modes(rows * half);
  auto* raw = reinterpret_cast<fftw_complex*>(modes.data());
  const auto transform = [](fftw_plan plan) {
    fftw_execute(plan);
    fftw_destroy_plan(plan);
  };
  // FFTW_ESTIMATE leaves its input as it is while it plans.
  transform(fftw_plan_dft_r2c(geometry.dimensions(), geometry.extents().data(), phi.data(), raw, FFTW_ESTIMATE));
  for (std::int64_t row = 0; row < rows; ++row)
    for (int k = 0; k < half; ++k)
      modes[row * half + k] *= std::sqrt(propagator[row * last + k]) / static_cast<double>(volume);
  transform(fftw_plan_dft_c2r(geometry.dimensions(), geometry.extents().data(), raw, phi.data(), FFTW_ESTIMATE));
  const double mean = theory.field / (2 * (theory.mass2 - theory.quadratic));
  for (double& value : phi)
    value += mean;
}

} // namespace stint
