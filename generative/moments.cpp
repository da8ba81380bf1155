#include "generative/moments.hpp"

#include "generative/phi4.hpp"

namespace stint {
namespace {

std::vector<std::int64_t> field_axes(const torch::Tensor& fields) {
  std::vector<std::int64_t> axes;
  for (std::int64_t axis = 1; axis < fields.dim(); ++axis)
    axes.push_back(axis);
  return axes;
}

/// F^-1[ factor(p) F[fields] ] for factors (N, L1, ..., Ld) that are real and even in p; the half spectrum suffices.
torch::Tensor filter(const torch::Tensor& factor, const torch::Tensor& fields) {
  const auto axes = field_axes(fields);
  const auto half = factor.narrow(-1, 0, fields.size(-1) / 2 + 1).to(fields.dtype());
  return torch::fft::irfftn(half * torch::fft::rfftn(fields, std::nullopt, axes), fields.sizes().slice(1), axes);
}

torch::Tensor mean_over_modes(const torch::Tensor& values) {
  return values.mean(field_axes(values), /*keepdim=*/true).to(torch::kFloat);
}

/// The mean over all reflections p_mu -> -p_mu and permutations of axes of equal extent.
torch::Tensor symmetrise(torch::Tensor spectrum) {
  const auto dimensions = spectrum.dim();
  for (std::int64_t axis = 0; axis < dimensions; ++axis)
    spectrum = (spectrum + spectrum.flip({axis}).roll(1, axis)) / 2;
  auto sum = torch::zeros_like(spectrum);
  std::vector<std::int64_t> order(dimensions);
  std::iota(order.begin(), order.end(), 0);
  int permutations = 0;
  do {
    const auto permuted = spectrum.permute(order);
    if (permuted.sizes() == spectrum.sizes()) {
      sum += permuted;
      ++permutations;
    }
  } while (std::next_permutation(order.begin(), order.end()));
  return sum / permutations;
}

} // namespace

torch::Tensor Moments::wiener(const ScalarPair& pair, const torch::Tensor& signal) const {
  const auto alpha2 = pair.alpha.square().to(torch::kDouble), beta2 = pair.beta.square().to(torch::kDouble);
  return filter(spectrum / (alpha2 + beta2 * spectrum), signal - pair.beta.square() * mean) + mean;
}

torch::Tensor MagnetisationLaw::posterior_mean(const ScalarPair& pair, const torch::Tensor& average_signal,
                                               std::int64_t volume) const {
  // The observation says M = s / b^2 +- a / (b sqrt(V)); everything times b^2, so that b = 0 is no exception.
  const auto a2 = (pair.alpha.square() / volume).to(torch::kDouble).reshape({-1, 1});
  const auto b2 = pair.beta.square().to(torch::kDouble).reshape({-1, 1});
  const auto s = average_signal.to(torch::kDouble).reshape({-1, 1});
  const auto total = a2 + b2 * (width * width);
  // N(s/b^2; center, width^2 + a^2/b^2) up to a factor that all components share.
  const auto log_weight = weights.log() + (s * centers - b2 * centers.square() / 2) / total;
  const auto component_mean = (a2 * centers + s * (width * width)) / total;
  return (log_weight.softmax(1) * component_mean).sum(1).reshape(average_signal.sizes()).to(average_signal.dtype());
}

torch::Tensor Moments::estimate(const ScalarPair& pair, const torch::Tensor& signal) const {
  const auto linear = wiener(pair, signal);
  if (!magnetisation.known())
    return linear;
  const auto average = [axes = field_axes(signal)](const torch::Tensor& fields) { return fields.mean(axes, true); };
  return linear + (magnetisation.posterior_mean(pair, average(signal), signal[0].numel()) - average(linear));
}

torch::Tensor Moments::wiener_variance(const ScalarPair& pair) const {
  const auto alpha2 = pair.alpha.square().to(torch::kDouble), beta2 = pair.beta.square().to(torch::kDouble);
  return mean_over_modes(spectrum * alpha2 / (alpha2 + beta2 * spectrum));
}

torch::Tensor Moments::target_variance(const ScalarPair& pair) const {
  if (!force_spectrum.defined())
    return wiener_variance(pair);
  const auto alpha2 = pair.alpha.square().to(torch::kDouble), beta2 = pair.beta.square().to(torch::kDouble);
  // Not negative, as P Q >= 1 (Cauchy-Schwarz, <x F> = -1), but for the statistical errors of the two spectra.
  const auto variance = spectrum * alpha2 / (alpha2 + beta2 * spectrum) - alpha2 / (beta2 + alpha2 * force_spectrum);
  return mean_over_modes(variance.clamp_min(0));
}

torch::Tensor Moments::training_target(const ScalarPair& pair, const torch::Tensor& signal, const torch::Tensor& x1,
                                       const torch::Tensor& force, bool symmetric) const {
  const auto alpha2_single = pair.alpha.square();
  const auto sign = symmetric ? ((signal * x1).sum(field_axes(x1), /*keepdim=*/true) / alpha2_single).tanh()
                              : torch::ones_like(pair.alpha);
  if (!force_spectrum.defined())
    return sign * x1;
  const auto alpha2 = alpha2_single.to(torch::kDouble), beta2 = pair.beta.square().to(torch::kDouble);
  const auto denominator = beta2 + alpha2 * force_spectrum;
  return filter(denominator.reciprocal(), signal + alpha2_single * sign * force) +
         filter(alpha2 * force_spectrum / denominator, sign * x1);
}

Moments Moments::to(torch::Device device) const {
  Moments moved = *this;
  for (auto* tensor :
       {&moved.spectrum, &moved.force_spectrum, &moved.magnetisation.centers, &moved.magnetisation.weights})
    if (tensor->defined())
      *tensor = tensor->to(device);
  return moved;
}

namespace {

/// A kernel density estimate of the law of M: a histogram whose bins are Gaussians.
MagnetisationLaw measure_magnetisation(const torch::Tensor& configurations, bool symmetric) {
  constexpr std::int64_t components = 64;
  auto m = configurations.flatten(1).mean(1, false, torch::kDouble);
  if (symmetric)
    m = torch::cat({m, -m});
  const double low = m.min().item<double>(), high = m.max().item<double>();
  if (!(high > low))
    return {};
  MagnetisationLaw law;
  const double spacing = (high - low) / components;
  law.width = spacing / 2;
  law.centers = low + spacing * (torch::arange(components, torch::kDouble) + 0.5);
  const auto counts = torch::histc(m, components, low, high);
  law.weights = (counts + 1e-3) / (counts + 1e-3).sum(); // no logarithm of 0 in empty bins
  return law;
}

} // namespace

Moments measure_moments(const torch::Tensor& configurations, bool symmetric, const std::optional<Phi4>& theory) {
  constexpr std::int64_t block = 1024; // bounds the memory of the complex copies
  const auto axes = field_axes(configurations);
  const auto volume = static_cast<double>(configurations[0].numel());
  const auto count = static_cast<double>(configurations.size(0));
  Moments moments;
  moments.mean = symmetric ? 0 : configurations.mean(torch::kDouble).item<double>();
  const auto power = [&](const torch::Tensor& fields) {
    return torch::fft::fftn(fields, std::nullopt, axes).abs().square().sum(0, false, torch::kDouble) / (volume * count);
  };
  auto spectrum = torch::zeros_like(configurations[0], torch::kDouble);
  auto force_spectrum = torch::zeros_like(spectrum);
  for (const auto& fields : configurations.split(block)) {
    spectrum += power(fields - moments.mean);
    if (theory)
      force_spectrum += power(phi4_force(*theory, fields));
  }
  moments.spectrum = symmetrise(spectrum);
  if (theory)
    moments.force_spectrum = symmetrise(force_spectrum);
  moments.magnetisation = measure_magnetisation(configurations, symmetric);
  return moments;
}

} // namespace stint
