#pragma once
// Distances between the distributions of two samples of a real number.

#include <span>

namespace stint {

/// Kolmogorov-Smirnov statistic sup_x |F(x) - G(x)| of the empirical distribution functions; a and b sorted ascending,
/// not empty.
double ks_statistic(std::span<const double> a, std::span<const double> b);

/// Probability that two samples of one law are at least this far apart: the asymptotic law of Kolmogorov,
///   Q(s) = 2 sum_{k>=1} (-1)^{k-1} exp(-2 k^2 s^2),  s = (sqrt(n) + 0.12 + 0.11/sqrt(n)) statistic,  n = n_a n_b /
///   (n_a + n_b),
/// with the small-sample form of s by M. A. Stephens (J. R. Stat. Soc. B 32 (1970) 115). n_a and n_b > 0 are numbers of
/// independent entries, not necessarily whole.
double ks_p_value(double statistic, double n_a, double n_b);

/// Wasserstein distance W1 = int |F(x) - G(x)| dx, in units of x; a and b sorted ascending, not empty.
double wasserstein1(std::span<const double> a, std::span<const double> b);

} // namespace stint
