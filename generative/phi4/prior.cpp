#include "generative/phi4/prior.hpp"

#include "generative/operators/lattice_fft.hpp"
#include "generative/operators/modes.hpp"
#include "generative/phi4/action.hpp"
#include "generative/phi4/estimate.hpp"

#include <cmath>
#include <stdexcept>

namespace stint {
namespace {

constexpr int harmonics = 4; // of log(alpha/beta) among the network's input numbers
constexpr int shells = Phi4Prior::shell_count;
constexpr int features = 2 * harmonics + 1 + 2 * shells + 3;
constexpr int place_features = 4; // in a region
constexpr int input_planes = 5;

/// The mean over the lattice of each of N fields, (N, 1, ..., 1).
torch::Tensor zero_mode(const torch::Tensor& fields) {
  return fields.mean(configuration_axes(fields), /*keepdim=*/true);
}

/// The smallest phat^2 > 0.
double smallest_momentum(const Layout& layout) {
  const auto phat2 = phat2_of(layout);
  return phat2.masked_select(phat2 > 0).min().item<double>();
}

/// Averages over shells of phat^2 between a geometric progression of edges from `smallest`; the first one has all
/// below.
torch::Tensor momentum_shells(const Layout& layout, double smallest) {
  const auto phat2 = phat2_of(layout);
  const double largest = phat2.max().item<double>();
  const auto position = (phat2.clamp_min(smallest) / smallest).log() * (shells / std::log(largest / smallest * 1.0001));
  std::vector<torch::Tensor> averages;
  for (int shell = 0; shell < shells; ++shell) {
    const auto inside = (position.floor() == shell).to(torch::kFloat);
    averages.push_back(inside / inside.sum().clamp_min(1));
  }
  return torch::stack(averages);
}

/// Entries with a batch dimension, (N or 1, 1, L1 or 1, ..., Ld or 1), single precision.
torch::Tensor batched(const torch::Tensor& entries, std::int64_t dimensions) {
  auto values = entries.to(torch::kFloat);
  while (values.dim() <= dimensions)
    values = values.unsqueeze(0);
  return values;
}

Layout layout_of(const Geometry& geometry) {
  return {.geometry = geometry, .channels = 1, .boundary = Boundary::periodic};
}

} // namespace

Phi4Prior::Phi4Prior(Phi4Knowledge knowledge)
    : knowledge_(std::move(knowledge)), layout_(layout_of(knowledge_.geometry)),
      magnetisation_deviation_(
          std::sqrt(knowledge_.moments.spectrum.flatten()[0].item<double>() / static_cast<double>(layout_.volume()))),
      smallest_momentum_(smallest_momentum(layout_)), shells_(momentum_shells(layout_, smallest_momentum_)),
      shell_sizes_((shells_ > 0).to(torch::kFloat).flatten(1).sum(1)) {}

std::int64_t Phi4Prior::planes() const { return input_planes; }

std::int64_t Phi4Prior::numbers() const { return features + (knowledge_.place ? place_features : 0); }

Operator Phi4Prior::reference(double k2_below) const {
  return Operator::diagonal(Basis::fourier(), knowledge_.moments.tilted_spectrum(k2_below));
}

Symmetries Phi4Prior::symmetries() const {
  return {.translations = true, .reflections = ~0U, .permutations = true, .sign = knowledge_.symmetric};
}

torch::Tensor Phi4Prior::target(const Pair& pair, const torch::Tensor& signal, const torch::Tensor& x1) const {
  const auto& moments = knowledge_.moments;
  const auto force = moments.force_spectrum.defined() ? phi4_force(knowledge_.learned_theory(), x1) : torch::Tensor();
  return training_target(moments, pair, signal, x1, force, knowledge_.symmetric);
}

void Phi4Prior::move_to(const Geometry& geometry) {
  const auto device = this->device();
  knowledge_.moments = knowledge_.moments.on(geometry);
  if (geometry != knowledge_.geometry)
    knowledge_.correction = {};
  knowledge_.geometry = geometry;
  layout_ = layout_of(geometry);
  shells_ = momentum_shells(layout_, smallest_momentum_).to(device);
}

void Phi4Prior::to(torch::Device device) {
  knowledge_.moments = knowledge_.moments.to(device);
  knowledge_.correction = knowledge_.correction.to(device);
  shells_ = shells_.to(device);
  shell_sizes_ = shell_sizes_.to(device);
}

/// How much more or less of each shell of the momentum an observation has than Gaussian data would give it:
///   asinh(sqrt(n/2) (mean over the n modes of |x(p)|^2/(alpha^2 + beta^2 P) - 1)),   x = signal/beta,
/// (N, shells), at most 2, beyond which training hardly ever goes; for other operators than those diagonal in
/// Fourier space the same of all sites. What is coupled to it is the magnetisation, and a tilt by k2 shows here first.
/// Where beta is small the bracket goes to 0.
torch::Tensor Phi4Prior::shell_excess(const Pair& pair, const Basis& basis, const torch::Tensor& signal) const {
  const auto& moments = knowledge_.moments;
  constexpr double smallest = 1e-3; // beta^2
  constexpr double most = 2;
  const bool modes = common_basis(basis, Basis::fourier()).has_value();
  const auto alpha2 = pair.alpha.values().square(), beta2 = pair.beta.values().square();
  const auto variance = Operator::diagonal(Basis::fourier(), moments.spectrum)
                            .diagonal_in(modes ? Basis::fourier() : basis, layout_.sites());
  const auto whiten =
      Operator::diagonal(modes ? Basis::fourier() : basis, ((beta2 + smallest) * (alpha2 + beta2 * variance)).rsqrt());
  const auto expected = batched(beta2 / (beta2 + smallest) + torch::zeros_like(alpha2), signal.dim() - 1);
  auto centered = signal;
  if (moments.mean != 0)
    centered = signal - Operator::diagonal(basis, beta2 * moments.mean)(torch::ones_like(signal));
  const auto whitened = whiten(centered);
  const auto weight = (shell_sizes_ / 2).sqrt();
  if (!modes) {
    const auto energy = (whitened.square() - expected).flatten(1).mean(1, /*keepdim=*/true);
    return (weight * energy).asinh().clamp_max(most);
  }
  const auto volume = static_cast<double>(signal[0].numel());
  const auto energy = whole_lattice_fft(whitened).abs().square() / volume - expected;
  return (weight * energy.flatten(1).matmul(shells_.flatten(1).t())).asinh().clamp_max(most);
}

Look Phi4Prior::look(const Pair& pair, const torch::Tensor& signal) const {
  const auto basis = diagonal_basis(pair);
  const Moments& moments = knowledge_.moments;
  const auto variance = moments.variance(), deviation = variance.sqrt();
  const auto dimensions = signal.dim() - 1;
  const auto count = signal.size(0);

  const auto estimate = gaussian_estimate(moments, pair, signal);
  const auto& alpha = pair.alpha.values();
  const auto& beta = pair.beta.values();
  const auto coordinatewise = Operator::diagonal(*basis, deviation / (alpha.square() + beta.square() * variance));
  const auto shift = Operator::diagonal(*basis, beta.square() * moments.mean);
  const auto single = coordinatewise(moments.mean == 0 ? signal : signal - shift(torch::ones_like(signal)));
  const auto scaled = (estimate.field - moments.mean) / deviation;
  const auto zero_mode = scaled.flatten(1).mean(1, /*keepdim=*/true);

  const auto log_ratio = batched((alpha / beta).log().nan_to_num().clamp(-log_ratio_range(), log_ratio_range()) +
                                     torch::zeros_like(alpha + beta),
                                 dimensions) /
                         log_ratio_range();
  const auto level = batched(alpha / (alpha + beta), dimensions);
  const auto mean = [](const torch::Tensor& entries) { return entries.flatten(1).mean(1, /*keepdim=*/true); };
  const bool map = *basis == Basis::site();
  const auto plane = [&](const torch::Tensor& entries) {
    return (map ? entries : column(mean(entries), scaled)).expand_as(scaled);
  };
  const auto planes_in =
      torch::cat({single, scaled, column(zero_mode, scaled).expand_as(scaled), plane(level), plane(log_ratio)}, 1);

  std::vector<torch::Tensor> numbers = {mean(log_ratio)};
  for (int n = 1; n <= harmonics; ++n) {
    const auto angle = log_ratio * (n * M_PI / 2);
    numbers.push_back(mean(angle.sin()));
    numbers.push_back(mean(angle.cos()));
  }
  const bool shell_by_shell = *basis == Basis::fourier();
  numbers.push_back(shell_by_shell
                        ? (log_ratio + torch::zeros_like(shells_[0])).flatten(1).matmul(shells_.flatten(1).t())
                        : mean(log_ratio).expand({-1, shells}));
  for (auto& number : numbers)
    number = number.expand({count, number.size(1)});
  numbers.push_back(shell_excess(pair, *basis, signal));
  const auto z = zero_mode * (deviation / magnetisation_deviation_);
  numbers.push_back(z);
  numbers.push_back(z.abs());
  numbers.push_back((estimate.spread / magnetisation_deviation_).unsqueeze(1));
  if (knowledge_.place)
    for (int n = 1; n <= place_features; ++n) // T_n(cos x) = cos(n x)
      numbers.push_back(torch::full_like(z, std::cos(n * std::acos(*knowledge_.place))));

  // In a free field the target has no variance about the Wiener estimate; the bound keeps s > 0 there.
  const auto scale_variance =
      torch::maximum(target_variance(moments, pair).values(), 1e-4 * posterior_variance(moments, pair).values());
  return {estimate.field, Operator::diagonal(*basis, scale_variance.sqrt()), planes_in, torch::cat(numbers, 1)};
}

Moments Phi4Prior::moments_at(double k2_below) const {
  Moments tilted = knowledge_.moments;
  tilted.magnetisation = tilted.magnetisation.tilted(k2_below);
  return tilted;
}

Phi4Prior::Place Phi4Prior::place(const Pair& pair, const torch::Tensor& signal, const torch::Tensor& estimate,
                                  double k2_below, const Moments& tilted) const {
  const auto count = signal.size(0);
  const auto magnetisation =
      zero_mode(k2_below == 0 ? estimate : gaussian_estimate(tilted, pair, signal).field).flatten();
  const auto alpha2 = pair.alpha.values().square();
  // A tilt by k2 reaches the level sqrt(beta^2 - 2 k2 alpha^2), see observe().
  const auto beta2 = (pair.beta.values().square() + 2 * k2_below * alpha2).clamp_min(0);
  const auto log_ratio = ((alpha2 / beta2).log() / 2).to(signal.scalar_type()).flatten().expand({count});
  const double range = knowledge_.tilting.k2_span();
  const auto k2 = torch::full({count}, range > 0 ? -k2_below / range : 0, signal.options());
  const auto m = (magnetisation - knowledge_.moments.mean) / magnetisation_deviation_;
  return {magnetisation,
          GridWeights{{MeanCorrection::k2_axis, k2},
                      {MeanCorrection::log_ratio_axis, log_ratio},
                      {MeanCorrection::magnetisation_axis, m}},
          GridWeights{{MeanCorrection::log_ratio_axis, log_ratio}, {MeanCorrection::deviation_axis, m.abs()}}};
}

torch::Tensor Phi4Prior::shell_products(const torch::Tensor& a, const torch::Tensor& b) const {
  const auto modes = [](const torch::Tensor& fields) {
    return whole_lattice_fft(fields - zero_mode(fields)).flatten(1);
  };
  const auto inside = (shells_ > 0).to(torch::kFloat).flatten(1).t();
  return torch::real(modes(a).conj() * modes(b)).mm(inside) / static_cast<double>(a[0].numel());
}

Correction Phi4Prior::correction(double k2_below) const {
  if (!knowledge_.correction.known())
    return {};
  return
      [this, k2_below, tilted = moments_at(k2_below)](const Pair& pair, const torch::Tensor& signal, const Look& look,
                                                      const torch::Tensor& answer) -> torch::Tensor {
        const auto basis = *diagonal_basis(pair);
        if (!common_basis(basis, Basis::fourier()))
          return {};
        if (basis != Basis::any())
          return zero_mode(answer) -
                 zero_mode(k2_below == 0 ? look.estimate : gaussian_estimate(tilted, pair, signal).field);
        const auto& tables = knowledge_.correction;
        const auto at = place(pair, signal, look.estimate, k2_below, tilted);
        const auto last = shells_.dim() - 1;
        const auto inside = (shells_ > 0).to(torch::kFloat).narrow(last, 0, shells_.size(last) / 2 + 1);
        const auto waves = lattice_fft(look.estimate - zero_mode(look.estimate));
        const auto filter = at.shells(tables.shells).mm(inside.flatten(1)).reshape(waves.sizes());
        return inverse_lattice_fft(waves * filter, signal.sizes().slice(2)) +
               column(at.zero_mode(tables.zero_mode) * magnetisation_deviation_, signal);
      };
}

std::unique_ptr<CorrectionFit> Phi4Prior::correction_fit() const {
  return knowledge_.moments.magnetisation.known() ? std::make_unique<MeanCorrectionFit>(*this) : nullptr;
}

std::map<std::string, double> Phi4Prior::couplings() const {
  const auto& theory = knowledge_.theory;
  return {{"mass2", theory.mass2}, {"lambda", theory.lambda}, {"field", theory.field}, {"quadratic", theory.quadratic}};
}

} // namespace stint
