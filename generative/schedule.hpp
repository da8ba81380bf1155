#pragma once
// Where along the path from noise to data the steps go.

#include <vector>

namespace stint {

/// The largest |log(alpha/beta)| inside a path; beyond it the law of a lattice field hardly changes.
inline constexpr double log_ratio_range = 5;

/// alpha = beta exp(log_ratio) with beta = 1 - alpha.
double alpha_of_log_ratio(double log_ratio);

/// alpha_i for i = 0..steps, from pure noise (1) to data (0), those between the ends equally spaced in log(alpha/beta)
/// from log_ratio_range down to -log_ratio_range: every scale of the field forms where alpha^2 = beta^2 P(p), so that
/// equal steps in the logarithm serve all of them. Throws std::invalid_argument unless steps >= 3.
std::vector<double> log_ratio_schedule(int steps);

} // namespace stint
