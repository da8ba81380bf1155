#pragma once
// Means of independent values, with the error bars that the tests judge them by.

#include <cmath>
#include <vector>

namespace stint {

/// Mean of independent values and its standard error.
class IndependentMean {
public:
  void add(double value) { values_.push_back(value); }

  double value() const {
    double sum = 0;
    for (const double value : values_)
      sum += value;
    return sum / count();
  }
  double error() const {
    const double mean = value();
    double squares = 0;
    for (const double value : values_)
      squares += (value - mean) * (value - mean);
    return std::sqrt(squares / (count() - 1) / count());
  }
  /// Distance from the truth in errors.
  double z(double truth) const { return (value() - truth) / error(); }

private:
  double count() const { return static_cast<double>(values_.size()); }
  std::vector<double> values_;
};

} // namespace stint
