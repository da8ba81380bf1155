#pragma once
// Functions of a few numbers with their exact gradients, by forward differentiation.

#include <array>
#include <cmath>
#include <cstddef>

namespace stint {

/// A value and its n derivatives. A formula written with Duals yields its gradient beside its value.
template<int n> struct Dual {
  double value = 0;
  std::array<double, n> gradient{};

  Dual() = default;
  Dual(double constant) : value(constant) {} // NOLINT(google-explicit-constructor): numbers mix with Duals in formulas
  /// The number of index k that the derivatives are taken by.
  static Dual variable(double value, int k) {
    Dual x(value);
    x.gradient[k] = 1;
    return x;
  }

  /// f(x), given f and f' at this value.
  Dual chain(double f, double slope) const {
    Dual result(f);
    for (std::size_t k = 0; k < gradient.size(); ++k)
      result.gradient[k] = slope * gradient[k];
    return result;
  }

  friend Dual operator+(const Dual& a, const Dual& b) { return sum(a.value + b.value, a, 1, b, 1); }
  friend Dual operator-(const Dual& a, const Dual& b) { return sum(a.value - b.value, a, 1, b, -1); }
  friend Dual operator*(const Dual& a, const Dual& b) { return sum(a.value * b.value, a, b.value, b, a.value); }
  friend Dual operator/(const Dual& a, const Dual& b) {
    return sum(a.value / b.value, a, 1 / b.value, b, -a.value / (b.value * b.value));
  }
  friend Dual sqrt(const Dual& a) {
    const double root = std::sqrt(a.value);
    return a.chain(root, 0.5 / root);
  }

private:
  static Dual sum(double value, const Dual& a, double slope_a, const Dual& b, double slope_b) {
    Dual result(value);
    for (std::size_t k = 0; k < result.gradient.size(); ++k)
      result.gradient[k] = slope_a * a.gradient[k] + slope_b * b.gradient[k];
    return result;
  }
};

} // namespace stint
