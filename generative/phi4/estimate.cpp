#include "generative/phi4/estimate.hpp"

#include "generative/operators/whitening.hpp"
#include "generative/paths/schedule.hpp"

namespace stint {
namespace {

constexpr int iterations = 8; // of conjugate gradients where there is no common basis

Operator squared(const Operator& factor) { return factor * factor; }

Operator fourier(const torch::Tensor& spectrum) { return Operator::diagonal(Basis::fourier(), spectrum); }

/// Whether multiples of the identity or functions of the momentum.
bool diagonal_in_fourier(const Pair& pair) {
  const auto basis = diagonal_basis(pair);
  return basis && common_basis(*basis, Basis::fourier());
}

/// <F^2> of each mode, or of each coordinate of a basis without modes.
torch::Tensor force_variance(const Moments& moments, const Pair& pair) {
  return fourier(moments.force_spectrum).diagonal_in(*diagonal_basis(pair), moments.force_spectrum.sizes());
}

/// The mean over coordinates of entries with a batch dimension, as (N, 1, ..., 1).
torch::Tensor mean_over_modes(torch::Tensor entries, std::int64_t dimensions) {
  while (entries.dim() <= dimensions)
    entries = entries.unsqueeze(0);
  return entries.mean(configuration_axes(entries), /*keepdim=*/true);
}

/// f(alpha^2, beta^2), the variance of scalar operators, for all entries of the pair: interpolated in log(alpha/beta)
/// between 129 values.
template<class Variance>
torch::Tensor of_each_entry(const Pair& pair, std::int64_t dimensions, const Variance& variance) {
  constexpr std::int64_t intervals = 128;
  const auto alpha = pair.alpha.values() + torch::zeros_like(pair.beta.values());
  const auto beta = pair.beta.values() + torch::zeros_like(alpha);
  const auto grid = torch::linspace(-phi4_log_ratio_range, phi4_log_ratio_range, intervals + 1, alpha.options()).exp();
  std::vector<std::int64_t> shape(dimensions + 1, 1);
  shape[0] = -1;
  const auto level = (grid / (1 + grid)).reshape(shape);
  const auto table = variance(level.square(), (1 - level).square()).flatten(1).mean(1).log();
  const auto position =
      ((alpha / beta).log().nan_to_num().clamp(-phi4_log_ratio_range, phi4_log_ratio_range) + phi4_log_ratio_range) *
      (intervals / (2 * phi4_log_ratio_range));
  const auto left = position.floor().clamp_max(intervals - 1);
  const auto index = left.to(torch::kLong).flatten();
  const auto values = [&](const torch::Tensor& at) { return table.index_select(0, at).reshape(alpha.sizes()); };
  return torch::lerp(values(index), values(index + 1), position - left).exp();
}

/// f(alpha^2, beta^2) of every mode, in the coordinates of the pair.
template<class Variance> torch::Tensor variance_of(const Moments& moments, const Pair& pair, const Variance& variance) {
  const auto dimensions = moments.spectrum.dim();
  if (!diagonal_in_fourier(pair))
    return of_each_entry(pair, dimensions, variance);
  const auto alpha = pair.alpha.values().clamp_min(level_of_log_ratio(-phi4_log_ratio_range));
  const auto of_modes = variance(alpha.square(), pair.beta.values().square());
  return *diagonal_basis(pair) == Basis::any() ? mean_over_modes(of_modes, dimensions) : of_modes;
}

/// What gaussian_estimate() needs of w and u.
struct Response {
  torch::Tensor fluctuation;  ///< Sigma w, (N, 1, L1, ..., Ld)
  torch::Tensor sum_w, sum_u; ///< (N or 1, 1) float64
  torch::Tensor unexplained;  ///< 1 - Sigma u, broadcastable to the fields
};

/// All in one basis with the spectrum: a filter, and the mode p = 0.
Response filter_response(const Pair& pair, const Operator& covariance, const torch::Tensor& centered) {
  const Operator beta2 = squared(pair.beta);
  const Operator inverse = (squared(pair.alpha) + beta2 * covariance).inverse();
  const auto zero_mode = [&](const Operator& factor) {
    auto values = factor.values();
    while (values.dim() < centered.dim())
      values = values.unsqueeze(0);
    for (std::int64_t axis = 1; axis < values.dim(); ++axis)
      values = values.narrow(axis, 0, 1);
    return values;
  };
  const auto w = zero_mode(inverse).flatten(1), u = zero_mode(inverse * beta2);
  return {(covariance * inverse)(centered), w * centered.flatten(1).sum(1, true, torch::kDouble),
          u.flatten(1) * static_cast<double>(centered[0].numel()), 1 - u * zero_mode(covariance)};
}

/// Sigma w for w = (alpha^2 + beta^2 Sigma)^{-1} signal from an approximate w. Of two forms of it, Sigma w and
/// (signal - alpha^2 w)/beta^2, the second has the smaller error where alpha is small: coordinate by coordinate, their
/// mean with the weights that alpha^2 + beta^2 v gives, v the mean of Sigma.
torch::Tensor filtered(const Pair& pair, const Operator& covariance, const torch::Tensor& signal,
                       const torch::Tensor& w) {
  const auto alpha2 = pair.alpha.values().square(), beta2 = pair.beta.values().square();
  const auto v = covariance.values().mean();
  const auto diagonal = [&](const torch::Tensor& entries) {
    return Operator::diagonal(*diagonal_basis(pair), entries);
  };
  const auto total = alpha2 + beta2 * v;
  return diagonal(alpha2 / total)(covariance(w) - v * w) + diagonal(v / total)(signal);
}

/// In double precision: in single the iterations end at their rounding errors, 1e-3 of the field where most sites are
/// known, and other processors round otherwise.
Response iterated_response(const Pair& pair, const Operator& covariance, const torch::Tensor& signal) {
  const auto centered = signal.to(torch::kDouble);
  const auto whiten = Whitener::approximate(pair, covariance, iterations);
  const auto entries = pair.alpha.values() + pair.beta.values();
  const bool shared = entries.dim() < centered.dim() || entries.size(0) == 1; // one u for all configurations
  const auto constant = squared(pair.beta)(torch::ones_like(shared ? centered.narrow(0, 0, 1) : centered));
  const auto w = whiten(centered), u = whiten(constant);
  const auto sum = [](const torch::Tensor& fields) { return fields.flatten(1).sum(1, true, torch::kDouble); };
  return {filtered(pair, covariance, centered, w).to(signal.scalar_type()), sum(w), sum(u),
          (1 - filtered(pair, covariance, constant, u)).to(signal.scalar_type())};
}

} // namespace

GaussianEstimate gaussian_estimate(const Moments& moments, const Pair& pair, const torch::Tensor& signal) {
  auto spectrum = moments.spectrum;
  const auto volume = static_cast<double>(spectrum.numel());
  const auto& law = moments.magnetisation;
  if (law.known()) {
    spectrum = spectrum.clone();
    spectrum.flatten()[0] = volume * law.width * law.width;
  }
  const Operator covariance = fourier(spectrum);
  const auto centered =
      moments.mean == 0 ? signal : signal - squared(pair.beta)(torch::full_like(signal, moments.mean));
  const auto response = diagonal_in_fourier(pair) ? filter_response(pair, covariance, centered)
                                                  : iterated_response(pair, covariance, centered);
  const auto linear = response.fluctuation + moments.mean;
  if (!law.known())
    return {linear, torch::zeros({signal.size(0)}, signal.options())};

  const auto c = law.centers - moments.mean;
  const auto p = (law.weights.log() + response.sum_w * c - response.sum_u * c.square() / 2).softmax(1);
  const auto mean = (p * c).sum(1), square = (p * c.square()).sum(1);
  const auto prior_mean = (law.weights * c).sum();
  const auto prior_variance = (law.weights * c.square()).sum() - prior_mean.square();
  const auto gaussian =
      ((response.sum_w * prior_variance + prior_mean) / (response.sum_u * prior_variance + 1)).squeeze(1);
  const auto magnetisation = column(diagonal_in_fourier(pair) ? mean : gaussian, signal);
  return {linear + (magnetisation * response.unexplained).to(signal.scalar_type()),
          (square - mean.square()).clamp_min(0).sqrt().to(signal.scalar_type())};
}

Operator posterior_variance(const Moments& moments, const Pair& pair) {
  return Operator::diagonal(*diagonal_basis(pair),
                            variance_of(moments, pair, [&](const torch::Tensor& alpha2, const torch::Tensor& beta2) {
                              return moments.spectrum * alpha2 / (alpha2 + beta2 * moments.spectrum);
                            }));
}

Operator target_variance(const Moments& moments, const Pair& pair) {
  if (!moments.force_spectrum.defined())
    return posterior_variance(moments, pair);
  // Not negative, as P Q >= 1 (Cauchy-Schwarz, <x F> = -1), but for the statistical errors of the two spectra.
  const auto Q = force_variance(moments, pair);
  const auto variance = variance_of(moments, pair, [&](const torch::Tensor& alpha2, const torch::Tensor& beta2) {
    return (moments.spectrum * alpha2 / (alpha2 + beta2 * moments.spectrum) - alpha2 / (beta2 + alpha2 * Q))
        .clamp_min(0);
  });
  const auto basis = *diagonal_basis(pair);
  if (basis != Basis::site())
    return Operator::diagonal(basis, variance);
  const auto own = posterior_variance(moments, pair).values();
  auto excess = torch::zeros_like(own);
  for (std::int64_t axis = own.dim() - moments.spectrum.dim(); axis < own.dim(); ++axis)
    for (const std::int64_t step : {-1, 1})
      excess = excess + (own.roll(step, axis) - own).clamp_min(0);
  const auto alpha2 = pair.alpha.values().square(), beta2 = pair.beta.values().square();
  return Operator::diagonal(basis, variance + (alpha2 / (beta2 + alpha2 * Q)).square() * (4 * excess));
}

torch::Tensor training_target(const Moments& moments, const Pair& pair, const torch::Tensor& signal,
                              const torch::Tensor& x1, const torch::Tensor& force, bool symmetric) {
  constexpr double smallest = 1e-12; // alpha^2: what is known to this is known
  const auto basis = *diagonal_basis(pair);
  const auto diagonal = [&](const torch::Tensor& entries) { return Operator::diagonal(basis, entries); };
  const auto alpha2 = pair.alpha.values().square(), beta2 = pair.beta.values().square();
  auto sign = torch::ones({}, signal.options());
  if (symmetric) {
    const auto y = diagonal(alpha2.clamp_min(smallest).reciprocal())(signal);
    sign = (y * x1).sum(configuration_axes(x1), /*keepdim=*/true).tanh();
  }
  if (!moments.force_spectrum.defined())
    return sign * x1;
  const Operator Q =
      Operator::diagonal(diagonal_in_fourier(pair) ? Basis::fourier() : basis, force_variance(moments, pair));
  const Operator weight = (diagonal(beta2) + diagonal(alpha2) * Q).inverse();
  return weight(signal + diagonal(alpha2)(sign * force)) + (weight * diagonal(alpha2) * Q)(sign * x1);
}

} // namespace stint
