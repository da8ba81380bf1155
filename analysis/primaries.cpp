#include "analysis/primaries.hpp"

#include "lattice/parallel.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <numbers>
#include <stdexcept>
#include <string>

namespace stint {

/// A lattice as rows of sites along its last direction: what a sweep needs beside the field, computed once for all
/// configurations.
struct Measurer::Rows {
  explicit Rows(const Geometry& geometry);

  int outer;                               ///< directions beside the last
  std::int64_t length;                     ///< sites of a row
  std::int64_t count;                      ///< rows
  std::vector<std::int64_t> forward;       ///< (count, outer) first site of the row one step ahead
  std::vector<std::complex<double>> phase; ///< (count, outer) exp(2 pi i x_mu / L_mu)
  std::vector<double> cosine, sine;        ///< (length) the same phase along the last direction
  std::vector<int> longest;                ///< the directions of largest extent
};

namespace {

std::complex<double> lowest_phase(std::int64_t x, int extent) {
  return std::polar(1.0, 2 * std::numbers::pi * static_cast<double>(x) / extent);
}

/// Reads the configuration phi once, row by row, into the primary_count numbers of `values`.
template<int outer, class Rows, class Real>
void measure_configuration(const Rows& rows, const Phi4& theory, const Real* phi, double* values) {
  double total = 0, squares = 0, fourths = 0, hopping = 0;
  double real = 0, imaginary = 0;                      // the lowest mode along the last direction
  std::array<std::complex<double>, outer + 1> modes{}; // and along each direction
  for (std::int64_t r = 0; r < rows.count; ++r) {
    const Real* row = phi + r * rows.length;
    std::array<const Real*, outer + 1> ahead{};
    for (int mu = 0; mu < outer; ++mu)
      ahead[mu] = phi + rows.forward[r * outer + mu];
    const auto forward_sum = [&ahead](std::int64_t x, Real next) {
      auto sum = static_cast<double>(next);
      for (int mu = 0; mu < outer; ++mu)
        sum += static_cast<double>(ahead[mu][x]);
      return sum;
    };
    const std::int64_t last = rows.length - 1;
    double row_total = row[last];
    double square = row_total * row_total;
    squares += square;
    fourths += square * square;
    hopping += row_total * forward_sum(last, row[0]);
    real += rows.cosine[last] * row_total;
    imaginary += rows.sine[last] * row_total;
#pragma omp simd reduction(+ : row_total, squares, fourths, hopping, real, imaginary) private(square)
    for (std::int64_t x = 0; x < last; ++x) {
      const double p = row[x];
      square = p * p;
      row_total += p;
      squares += square;
      fourths += square * square;
      hopping += p * forward_sum(x, row[x + 1]);
      real += rows.cosine[x] * p;
      imaginary += rows.sine[x] * p;
    }
    total += row_total;
    for (int mu = 0; mu < outer; ++mu)
      modes[mu] += rows.phase[r * outer + mu] * row_total;
  }
  modes[outer] = {real, imaginary};

  constexpr int d = outer + 1;
  const auto volume = static_cast<double>(rows.count * rows.length);
  const double mean = total / volume;
  values[primary::magnetisation] = mean;
  values[primary::abs_magnetisation] = std::abs(mean);
  values[primary::magnetisation2] = mean * mean;
  values[primary::magnetisation4] = mean * mean * mean * mean;
  values[primary::phi2] = squares / volume;
  values[primary::phi4] = fourths / volume;
  values[primary::nearest_neighbour] = hopping / (d * volume);
  values[primary::action_density] = theory.onsite(d) * values[primary::phi2] + theory.lambda * values[primary::phi4] -
                                    2 * d * values[primary::nearest_neighbour] - theory.field * mean;
  double power = 0;
  for (const int mu : rows.longest)
    power += std::norm(modes[mu]);
  values[primary::lowest_mode] = power / (static_cast<double>(rows.longest.size()) * volume);
}

/// Throws std::invalid_argument unless the sizes fit.
void check_sizes(const Geometry& geometry, std::size_t sites, std::size_t values) {
  const auto volume = static_cast<std::size_t>(geometry.volume());
  if (sites % volume != 0 || values != sites / volume * primary_count)
    throw std::invalid_argument("measure: " + std::to_string(sites) + " sites and " + std::to_string(values) +
                                " values do not fit configurations on lattice " + geometry.text());
}

} // namespace

Measurer::Rows::Rows(const Geometry& geometry)
    : outer(geometry.dimensions() - 1), length(geometry.extents().back()), count(geometry.volume() / length) {
  const auto& extents = geometry.extents();
  for (std::int64_t row = 0; row < count; ++row) {
    std::array<std::int64_t, Geometry::max_dimensions> x{};
    std::int64_t rest = row;
    for (int mu = outer - 1; mu >= 0; --mu) {
      x[mu] = rest % extents[mu];
      rest /= extents[mu];
    }
    for (int mu = 0; mu < outer; ++mu) {
      forward.push_back(geometry.neighbour(row * length, mu, +1));
      phase.push_back(lowest_phase(x[mu], extents[mu]));
    }
  }
  for (std::int64_t x = 0; x < length; ++x) {
    cosine.push_back(lowest_phase(x, extents.back()).real());
    sine.push_back(lowest_phase(x, extents.back()).imag());
  }
  for (int mu = 0; mu <= outer; ++mu)
    if (extents[mu] == *std::ranges::max_element(extents))
      longest.push_back(mu);
}

Measurer::Measurer(const Geometry& geometry, const Phi4& theory)
    : geometry_(geometry), theory_(theory), rows_(std::make_shared<Rows>(geometry)) {}

template<class Real> void Measurer::measure(std::span<const Real> configurations, std::span<double> values) const {
  check_sizes(geometry_, configurations.size(), values.size());
  const auto each = [&]<int outer>() {
    const Real* phi = configurations.data();
    for (auto of_one = values.begin(); of_one != values.end(); of_one += primary_count, phi += geometry_.volume())
      measure_configuration<outer>(*rows_, theory_, phi, &*of_one);
  };
  switch (geometry_.dimensions()) {
  case 1:
    return each.template operator()<0>();
  case 2:
    return each.template operator()<1>();
  case 3:
    return each.template operator()<2>();
  default:
    return each.template operator()<3>();
  }
}

template<class Real>
void measure(const Geometry& geometry, const Phi4& theory, std::span<const Real> configurations,
             std::span<double> values) {
  check_sizes(geometry, configurations.size(), values.size());
  const Measurer measurer(geometry, theory);
  const auto n = std::ssize(values) / primary_count;
  parallel_for(n, [&](std::int64_t i) {
    measurer.measure(configurations.subspan(i * geometry.volume(), geometry.volume()),
                     values.subspan(i * primary_count, primary_count));
  });
}

template void Measurer::measure(std::span<const float>, std::span<double>) const;
template void Measurer::measure(std::span<const double>, std::span<double>) const;
template void measure(const Geometry&, const Phi4&, std::span<const float>, std::span<double>);
template void measure(const Geometry&, const Phi4&, std::span<const double>, std::span<double>);

} // namespace stint
