#include "analysis/correlators.hpp"

#include <fftw3.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <limits>
#include <memory>
#include <numbers>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace stint {
namespace {

constexpr double largest_relative_error = 0.25; // of an effective mass on the plateau

int longest_extent(const Geometry& geometry) { return *std::ranges::max_element(geometry.extents()); }
int shortest_extent(const Geometry& geometry) { return *std::ranges::min_element(geometry.extents()); }

/// Where |phi(p)|^2 of a column stands in a real-to-complex transform; a column is the mean of them.
using Modes = std::vector<std::int64_t>;

/// Position of the mode with k[mu] periods along direction mu, k[last] from 0 to L/2.
std::int64_t position(const Geometry& geometry, const std::array<int, Geometry::max_dimensions>& k) {
  const int d = geometry.dimensions();
  std::int64_t index = 0;
  for (int mu = 0; mu < d; ++mu) {
    const int extent = geometry.extents()[mu];
    index = index * (mu == d - 1 ? extent / 2 + 1 : extent) + (k[mu] + extent) % extent;
  }
  return index;
}

std::vector<Modes> modes_of(const Geometry& geometry) {
  const CorrelatorColumns columns(geometry);
  const int d = geometry.dimensions();
  std::vector<Modes> modes(columns.axis + columns.diagonal);
  for (int k = 0; k < columns.axis; ++k)
    for (int mu = 0; mu < d; ++mu)
      if (geometry.extents()[mu] == longest_extent(geometry)) {
        std::array<int, Geometry::max_dimensions> mode{};
        mode[mu] = k;
        modes[k].push_back(position(geometry, mode));
      }
  for (int k = 0; k < columns.diagonal; ++k)
    for (int signs = 0; signs < 1 << (d - 1); ++signs) {
      std::array<int, Geometry::max_dimensions> mode{};
      for (int mu = 0; mu < d; ++mu)
        mode[mu] = (signs >> mu & 1) != 0 ? -k : k; // never the last: |phi(-p)| = |phi(p)|
      modes[columns.axis + k].push_back(position(geometry, mode));
    }
  return modes;
}

double lattice_momentum2(double k, int extent) { return 4 * std::pow(std::sin(std::numbers::pi * k / extent), 2); }

/// G on the axis, connected, from the means of the columns.
std::vector<double> connected_axis(const Geometry& geometry, std::span<const double> means) {
  const CorrelatorColumns columns(geometry);
  std::vector<double> axis(means.begin(), means.begin() + columns.axis);
  axis[0] -= static_cast<double>(geometry.volume()) * means.back() * means.back();
  return axis;
}

/// The inverse transform of a function of momenta on the axis, t = 0 ... L/2.
std::vector<double> transform_of_axis(const Geometry& geometry, std::span<const double> axis) {
  const int L = longest_extent(geometry);
  std::vector<double> time(axis.size());
  for (std::size_t t = 0; t < time.size(); ++t) {
    for (std::size_t k = 0; k < axis.size(); ++k) {
      const double weight = k == 0 || 2 * k == static_cast<std::size_t>(L) ? 1 : 2;
      time[t] += weight * axis[k] * std::cos(2 * std::numbers::pi * static_cast<double>(k * t % L) / L) / L;
    }
  }
  return time;
}

std::vector<double> effective_masses(const Geometry& geometry, std::span<const double> means) {
  const auto time = time_correlator(geometry, means);
  const std::int64_t L = longest_extent(geometry);
  std::vector<double> masses;
  for (std::int64_t t = 1; t < std::ssize(time); ++t)
    masses.push_back(std::acosh((time[t - 1] + time[std::min(t + 1, L - t - 1)]) / (2 * time[t])));
  return masses;
}

/// The mean of the masses at times first ... last with weights 1/error^2.
double weighted_mean(std::span<const double> masses, const std::vector<ValueError>& errors, std::int64_t first,
                     std::int64_t last) {
  double sum = 0, weights = 0;
  for (std::int64_t t = first; t <= last; ++t) {
    const double weight = 1 / std::pow(std::max(errors[t - 1].error, 1e-12 * errors[t - 1].value), 2);
    sum += weight * masses[t - 1];
    weights += weight;
  }
  return sum / weights;
}

MassPlateau find_plateau(const Geometry& geometry, const BlockMeans& blocks, const std::vector<ValueError>& masses) {
  constexpr double undefined = std::numeric_limits<double>::quiet_NaN();
  MassPlateau plateau{{undefined, undefined}, {undefined, undefined}};
  while (plateau.last < std::ssize(masses) &&
         masses[plateau.last].error <= largest_relative_error * masses[plateau.last].value)
    ++plateau.last;
  if (plateau.last == 0)
    return plateau;
  const auto excess = jackknife(blocks, [&](std::span<const double> means) {
    const auto sample = effective_masses(geometry, means);
    std::vector<double> differences;
    for (std::int64_t t = 1; t < plateau.last; ++t)
      differences.push_back(sample[t - 1] - weighted_mean(sample, masses, t + 1, plateau.last));
    return differences;
  });
  plateau.first = 1;
  while (plateau.first < plateau.last && std::abs(excess[plateau.first - 1].value) > excess[plateau.first - 1].error)
    ++plateau.first;
  const auto results = jackknife(blocks, [&](std::span<const double> means) {
    const double mass = weighted_mean(effective_masses(geometry, means), masses, plateau.first, plateau.last);
    return std::vector{mass, 1 / mass};
  });
  plateau.mass = results[0];
  plateau.length = results[1];
  return plateau;
}

template<class Function>
std::vector<ValueError> errors_of(const Geometry& geometry, const BlockMeans& blocks, Function function) {
  return jackknife(blocks, [&](std::span<const double> means) { return function(geometry, means); });
}

} // namespace

std::vector<double> time_correlator(const Geometry& geometry, std::span<const double> means) {
  return transform_of_axis(geometry, connected_axis(geometry, means));
}

std::vector<double> time_correlator_change(const Geometry& geometry, std::span<const double> means,
                                           std::span<const double> change) {
  std::vector<double> axis(change.begin(), change.begin() + CorrelatorColumns(geometry).axis);
  axis[0] -= 2 * static_cast<double>(geometry.volume()) * means.back() * change.back();
  return transform_of_axis(geometry, axis);
}

CorrelatorColumns::CorrelatorColumns(const Geometry& geometry)
    : axis(longest_extent(geometry) / 2 + 1), diagonal(shortest_extent(geometry) / 2 + 1) {}

/// The modes of the columns and the transform that they are picked from.
struct CorrelatorMeasurer::Transform {
  explicit Transform(const Geometry& geometry)
      : modes(modes_of(geometry)),
        size(geometry.volume() / geometry.extents().back() * (geometry.extents().back() / 2 + 1)),
        plan(nullptr, fftw_destroy_plan) {
    const std::vector<int> extents(geometry.extents().begin(), geometry.extents().end());
    std::vector<double> sites(geometry.volume());
    std::vector<std::complex<double>> transformed(size);
    plan.reset(fftw_plan_dft_r2c(geometry.dimensions(), extents.data(), sites.data(),
                                 reinterpret_cast<fftw_complex*>(transformed.data()), FFTW_ESTIMATE | FFTW_UNALIGNED));
  }

  std::vector<Modes> modes;
  std::int64_t size; ///< complex numbers
  std::unique_ptr<std::remove_pointer_t<fftw_plan>, decltype(&fftw_destroy_plan)> plan;
};

CorrelatorMeasurer::CorrelatorMeasurer(const Geometry& geometry)
    : geometry_(geometry), transform_(std::make_shared<Transform>(geometry)) {}

template<class Real>
void CorrelatorMeasurer::measure(std::span<const Real> configurations, std::span<double> values) const {
  const std::int64_t volume = geometry_.volume(), columns = std::ssize(transform_->modes) + 1;
  const std::int64_t n = std::ssize(configurations) / volume;
  if (std::ssize(configurations) % volume != 0 || std::ssize(values) != n * columns)
    throw std::invalid_argument("correlators: " + std::to_string(configurations.size()) + " sites and " +
                                std::to_string(values.size()) + " values do not fit configurations on lattice " +
                                geometry_.text());
  std::vector<double> phi(volume);
  std::vector<std::complex<double>> transformed(transform_->size);
  for (std::int64_t i = 0; i < n; ++i) {
    std::copy_n(configurations.begin() + i * volume, volume, phi.begin());
    fftw_execute_dft_r2c(transform_->plan.get(), phi.data(), reinterpret_cast<fftw_complex*>(transformed.data()));
    double* row = values.data() + i * columns;
    for (const auto& modes : transform_->modes) {
      double power = 0;
      for (const std::int64_t mode : modes)
        power += std::norm(transformed[mode]);
      *row++ = power / (static_cast<double>(modes.size()) * static_cast<double>(volume));
    }
    *row = transformed[0].real() / static_cast<double>(volume);
  }
}

template void CorrelatorMeasurer::measure(std::span<const float>, std::span<double>) const;
template void CorrelatorMeasurer::measure(std::span<const double>, std::span<double>) const;

Correlators correlators(const Geometry& geometry, const BlockMeans& blocks) {
  const CorrelatorColumns columns(geometry);
  Correlators result;
  for (int k = 0; k < columns.axis; ++k)
    result.axis_p2.push_back(lattice_momentum2(k, longest_extent(geometry)));
  for (int k = 0; k < columns.diagonal; ++k) {
    result.diagonal_p2.push_back(0);
    for (const int extent : geometry.extents())
      result.diagonal_p2.back() += lattice_momentum2(k, extent);
  }
  result.axis = errors_of(geometry, blocks, connected_axis);
  result.diagonal = errors_of(geometry, blocks, [&columns](const Geometry& lattice, std::span<const double> means) {
    std::vector<double> diagonal(means.begin() + columns.axis, means.end() - 1);
    diagonal[0] = connected_axis(lattice, means)[0];
    return diagonal;
  });
  result.time = errors_of(geometry, blocks, time_correlator);
  result.effective_mass = errors_of(geometry, blocks, effective_masses);
  result.plateau = find_plateau(geometry, blocks, result.effective_mass);
  return result;
}

} // namespace stint
