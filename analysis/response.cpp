#include "analysis/response.hpp"

#include "analysis/chains.hpp"
#include "analysis/gamma_method.hpp"

#include <cmath>
#include <stdexcept>
#include <vector>

namespace stint {
namespace {

/// <M> and chi of one ensemble with the errors of a <M> + b chi for three choices of (a, b).
class Ensemble {
public:
  explicit Ensemble(const Measurements& measurements)
      : chains_(split_chains(measurements.chain, measurements.trajectory)),
        volume_(static_cast<double>(measurements.geometry.volume())) {
    for (const std::int64_t i : chains_.order)
      m_.push_back(measurements.values[i * primary_count + primary::magnetisation]);
    mean_ = series_mean(m_);
    for (const double m : m_)
      chi_ += volume_ * (m - mean_) * (m - mean_) / static_cast<double>(m_.size());
  }

  double mean() const { return mean_; }
  double chi() const { return chi_; }
  double error(double a, double b) const {
    std::vector<double> series;
    for (const double m : m_) // d chi = V (M - <M>)^2 to first order
      series.push_back(a * m + b * volume_ * (m - mean_) * (m - mean_));
    return gamma_method(series, chains_.lengths, chains_.times).error;
  }

private:
  Chains chains_;
  double volume_, mean_ = 0, chi_ = 0;
  std::vector<double> m_;
};

} // namespace

Response response(const Measurements& first, double first_field, const Measurements& second, double second_field) {
  if (first.geometry != second.geometry)
    throw std::invalid_argument("a response needs ensembles on one lattice, not on " + first.geometry.text() + " and " +
                                second.geometry.text());
  const double step = second_field - first_field;
  if (step == 0)
    throw std::invalid_argument("a response needs ensembles in two fields");
  const Ensemble a(first), b(second);
  Response found;
  found.quotient = {(b.mean() - a.mean()) / step, std::hypot(a.error(1 / step, 0), b.error(1 / step, 0))};
  found.susceptibility = {(a.chi() + b.chi()) / 2, std::hypot(a.error(0, 0.5), b.error(0, 0.5))};
  const double difference = found.quotient.value - found.susceptibility.value;
  const double error = std::hypot(a.error(-1 / step, -0.5), b.error(1 / step, -0.5));
  found.z = difference == 0 ? 0 : difference / error;
  return found;
}

} // namespace stint
