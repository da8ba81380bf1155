#include "generative/model.hpp"

#include "generative/estimate.hpp"
#include "generative/schedule.hpp"
#include "lattice/free_field.hpp"

#include <fmt/format.h>

#include <numeric>

namespace stint {
namespace {

constexpr int harmonics = 4; // of log(alpha/beta) among the network's input numbers
constexpr int shells = 6;    // of the momentum
constexpr int features = 2 * harmonics + 1 + 2 * shells + 3;
constexpr int planes = 5;

UNetOptions network_options(const ModelDescription& description) {
  UNetOptions options;
  options.dimensions = description.geometry.dimensions();
  options.planes = planes;
  options.features = features;
  options.channels = description.channels;
  options.levels = description.levels;
  options.blocks = description.blocks;
  return options;
}

ModelDescription checked(ModelDescription description) {
  const int factor = 1 << (description.levels - 1);
  for (const int extent : description.geometry.extents())
    if (extent % factor != 0 || extent / factor < 2)
      throw std::invalid_argument(fmt::format("a network of {} levels needs extents that are multiples of {} and at "
                                              "least {}, not lattice {}; use fewer levels",
                                              description.levels, factor, 2 * factor, description.geometry.text()));
  return description;
}

torch::Tensor phat2_of(const Geometry& geometry) {
  const std::vector<std::int64_t> shape(geometry.extents().begin(), geometry.extents().end());
  return torch::tensor(laplacian_eigenvalues(geometry), torch::kDouble).reshape(shape);
}

/// The smallest phat^2 > 0.
double smallest_momentum(const Geometry& geometry) {
  const auto phat2 = phat2_of(geometry);
  return phat2.masked_select(phat2 > 0).min().item<double>();
}

/// Averages over shells of phat^2 between a geometric progression of edges from `smallest`; the first one has all
/// below.
torch::Tensor momentum_shells(const Geometry& geometry, double smallest) {
  const auto phat2 = phat2_of(geometry);
  const double largest = phat2.max().item<double>();
  const auto position = (phat2.clamp_min(smallest) / smallest).log() * (shells / std::log(largest / smallest * 1.0001));
  std::vector<torch::Tensor> averages;
  for (int shell = 0; shell < shells; ++shell) {
    const auto inside = (position.floor() == shell).to(torch::kFloat);
    averages.push_back(inside / inside.sum().clamp_min(1));
  }
  return torch::stack(averages);
}

/// Entries with a batch dimension, (N or 1, L1 or 1, ..., Ld or 1), single precision.
torch::Tensor batched(const torch::Tensor& entries, std::int64_t dimensions) {
  auto values = entries.to(torch::kFloat);
  while (values.dim() <= dimensions)
    values = values.unsqueeze(0);
  return values;
}

/// How much more or less of each shell of the momentum an observation has than Gaussian data would give it:
///   asinh(sqrt(n/2) (mean over the n modes of |x(p)|^2/(alpha^2 + beta^2 P) - 1)),   x = signal/beta,
/// (N, shells); for other operators than those diagonal in Fourier space the same of all sites. What is coupled to it
/// is the magnetisation, and a tilt by k2 shows here first. Where beta is small the bracket goes to 0.
torch::Tensor excess(const Moments& moments, const Pair& pair, const Basis& basis, const torch::Tensor& signal,
                     const torch::Tensor& averages, const torch::Tensor& counts) {
  constexpr double smallest = 1e-3; // beta^2
  const bool modes = common_basis(basis, Basis::fourier()).has_value();
  const auto alpha2 = pair.alpha.values().square(), beta2 = pair.beta.values().square();
  const auto variance = modes ? moments.spectrum : moments.spectrum.mean();
  const auto whiten =
      Operator::diagonal(modes ? Basis::fourier() : basis, ((beta2 + smallest) * (alpha2 + beta2 * variance)).rsqrt());
  const auto expected = batched(beta2 / (beta2 + smallest) + torch::zeros_like(alpha2), signal.dim() - 1);
  auto centered = signal;
  if (moments.mean != 0)
    centered = signal - Operator::diagonal(basis, beta2 * moments.mean)(torch::ones_like(signal));
  const auto whitened = whiten(centered);
  const auto weight = (counts / 2).sqrt();
  if (!modes) {
    const auto energy = (whitened.square() - expected).flatten(1).mean(1, /*keepdim=*/true);
    return (weight * energy).asinh();
  }
  std::vector<std::int64_t> axes(signal.dim() - 1);
  std::iota(axes.begin(), axes.end(), 1);
  const auto volume = static_cast<double>(signal[0].numel());
  const auto energy = torch::fft::fftn(whitened, std::nullopt, axes).abs().square() / volume - expected;
  return (weight * energy.flatten(1).matmul(averages.flatten(1).t())).asinh();
}

} // namespace

Model::Model(ModelDescription description, std::uint64_t seed)
    : description_(checked(std::move(description))), network_(network_options(description_), seed),
      magnetisation_deviation_(std::sqrt(description_.moments.spectrum.flatten()[0].item<double>() /
                                         static_cast<double>(description_.geometry.volume()))),
      smallest_momentum_(smallest_momentum(description_.geometry)),
      shells_(momentum_shells(description_.geometry, smallest_momentum_)),
      shell_sizes_((shells_ > 0).to(torch::kFloat).flatten(1).sum(1)) {}

std::int64_t Model::parameter_count() const {
  std::int64_t count = 0;
  for (const auto& parameter : network_->parameters())
    count += parameter.numel();
  return count;
}

void Model::move_to(const Geometry& geometry) {
  ModelDescription moved = description_;
  moved.geometry = geometry;
  moved.moments = description_.moments.on(geometry);
  description_ = checked(std::move(moved));
  shells_ = momentum_shells(geometry, smallest_momentum_).to(device());
}

void Model::to(torch::Device device) {
  network_->to(device);
  description_.moments = description_.moments.to(device);
  shells_ = shells_.to(device);
  shell_sizes_ = shell_sizes_.to(device);
}

Model::Inputs Model::inputs(const Pair& pair, const torch::Tensor& signal) const {
  const auto basis = diagonal_basis(pair);
  if (!basis || !description_.families.cover(*basis))
    throw std::invalid_argument(fmt::format("this model was not trained for operators of the family '{}', only for {}",
                                            basis ? basis->text() : "dense", description_.families.text()));
  const Moments& moments = description_.moments;
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

  const auto log_ratio = batched((alpha / beta).log().nan_to_num().clamp(-log_ratio_range, log_ratio_range) +
                                     torch::zeros_like(alpha + beta),
                                 dimensions) /
                         log_ratio_range;
  const auto level = batched(alpha / (alpha + beta), dimensions);
  std::vector<std::int64_t> column(dimensions + 1, 1);
  column[0] = -1;
  const auto mean = [](const torch::Tensor& entries) { return entries.flatten(1).mean(1, /*keepdim=*/true); };
  const bool map = *basis == Basis::site();
  const auto plane = [&](const torch::Tensor& entries) {
    return (map ? entries : mean(entries).reshape(column)).expand_as(scaled);
  };
  const auto planes_in =
      torch::stack({single, scaled, zero_mode.reshape(column).expand_as(scaled), plane(level), plane(log_ratio)}, 1);

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
  numbers.push_back(excess(moments, pair, *basis, signal, shells_, shell_sizes_));
  const auto z = zero_mode * (deviation / magnetisation_deviation_);
  numbers.push_back(z);
  numbers.push_back(z.abs());
  numbers.push_back((estimate.spread / magnetisation_deviation_).unsqueeze(1));

  // In a free field the target has no variance about the Wiener estimate; the bound keeps s > 0 there.
  const auto scale_variance =
      torch::maximum(target_variance(moments, pair).values(), 1e-4 * posterior_variance(moments, pair).values());
  return {estimate.field, Operator::diagonal(*basis, scale_variance.sqrt()), planes_in, torch::cat(numbers, 1)};
}

UNetImpl::Output Model::evaluate(const torch::Tensor& planes_in, const torch::Tensor& numbers) {
  return network_->forward(planes_in, numbers, type_);
}

PosteriorMean Model::posterior_mean(ZeroMode zero_mode) {
  return [this, zero_mode](const Pair& pair, const torch::Tensor& signal) {
    const auto in = inputs(pair, signal);
    const auto change = in.scale(evaluate(in.planes, in.numbers).fields);
    if (zero_mode == ZeroMode::network || *diagonal_basis(pair) != Basis::any())
      return in.estimate + change;
    std::vector<std::int64_t> axes(change.dim() - 1);
    std::iota(axes.begin(), axes.end(), 1);
    return in.estimate + change - change.mean(axes, /*keepdim=*/true);
  };
}

} // namespace stint
