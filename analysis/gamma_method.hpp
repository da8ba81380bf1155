#pragma once
// The error of the mean of a correlated series: U. Wolff, "Monte Carlo errors with less errors", hep-lat/0306017.

#include <cstdint>
#include <span>

namespace stint {

/// What the Gamma method says about the mean of a series. Times are in steps of the series.
struct GammaResult {
  double error = 0;          ///< one standard deviation of the mean
  double error_of_error = 0; ///< error sqrt((W + 1/2)/N)
  double tau_int = 0.5; ///< integrated autocorrelation time 1/2 + sum_{t=1}^W Gamma(t)/Gamma(0); 0.5 if independent,
                        ///< less if anticorrelated
  double tau_int_error = 0;  ///< 2 tau_int sqrt((W + 1/2 - tau_int)/N), Wolff (42)
  double independent = 1;    ///< entries that count as independent: variance / error^2, at most N; N if constant
  std::int64_t window = 0;   ///< W
  bool window_closed = true; ///< false: the chains are too short to see the correlations end
};

/// series (N): R replica chains one after the other, of `lengths` n_r >= 1. With the mean of all N entries as abar,
///   Gamma(t) = sum_r sum_{i < n_r - t} (a_{r,i} - abar)(a_{r,i+t} - abar) / P(t),   P(t) = sum_r max(0, n_r - t),
/// summed up to the first W >= 1 with exp(-W/tau) < tau/sqrt(W N), tau = window_factor / ln((2 tau_int + 1)/(2 tau_int
/// - 1)), Wolff (50-52).
///
/// Two refinements matter for many short chains and vanish as tau_int/n_r for long ones:
///   - the variance of the mean weighs Gamma(t) by the pairs there are, error^2 = [Gamma(0) + 2 sum_{t=1}^W P(t)/N
///   Gamma(t)]/N;
///   - the bias of Gamma, -error^2 at every t because abar is estimated, is solved for instead of expanded to 1/N as in
///   Wolff (49).
/// Where no window fulfils the condition, W is the longest that leaves this bias below half of the variance. For two or
/// more chains of equal length that is the whole chain, and the error is exactly the scatter of the chains' means:
/// honest for any tau_int. tau_int then lacks the tail beyond W; an estimate of it, tau_int exp(-W/tau_int), is added
/// to its error in quadrature. A constant series has error 0.
///
/// Anticorrelated series, Gamma(1)/Gamma(0) < -4/sqrt(P(1)): tau_int below 1/2 is real, but Gamma(t) alternates and its
/// sums converge late. The window is that of the smoothed series (a_i + a_{i+1})/2, which has the same variance at zero
/// frequency and hardly any alternation. Its sums are those of Gamma with the factors 3/4 at t = W and 1/4 at t = W + 1
/// instead of 1 and 0. Where noise makes the summed variance negative, W = 0: entries, or smoothed ones, count as
/// independent.
///
/// Gaps: with `times`, steps of each entry since its chain's first (see split_chains), P(t) counts the pairs of entries
/// that are t apart, and sums run over these pairs. error^2, which weighs Gamma(t) by P(t), remains the exact
/// bookkeeping of the entries there are. tau_int sums Gamma(t) over all t; where fewer than a quarter of the pairs that
/// gaps at random would leave, Gamma(t) is interpolated linearly between its neighbours that have enough.
///
/// For derived quantities F(abar_1, abar_2, ...) pass the projected series sum_k (dF/dabar_k) a_k, Wolff (33).
/// Throws std::invalid_argument if there are fewer than 2 entries or the lengths or times do not fit.
/// Threads may call it at once, but nothing else may plan FFTs meanwhile.
GammaResult gamma_method(std::span<const double> series, std::span<const std::int64_t> lengths,
                         std::span<const std::int64_t> times = {}, double window_factor = 1.5);

/// The mean of a series of at least one entry; exactly c for a series of constant c.
double series_mean(std::span<const double> series);

} // namespace stint
