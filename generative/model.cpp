#include "generative/model.hpp"

#include "generative/paths/schedule.hpp"
#include "generative/phi4/estimate.hpp"
#include "lattice/free_field.hpp"

#include <fmt/format.h>

#include <numeric>

namespace stint {
namespace {

constexpr int harmonics = 4; // of log(alpha/beta) among the network's input numbers
constexpr int shells = 6;    // of the momentum
constexpr int features = 2 * harmonics + 1 + 2 * shells + 3;
constexpr int planes = 5;
constexpr double largest_output = 20; // in standard deviations of the target: more is extrapolation gone wild

std::vector<std::int64_t> field_axes(const torch::Tensor& fields) {
  std::vector<std::int64_t> axes(fields.dim() - 1);
  std::iota(axes.begin(), axes.end(), 1);
  return axes;
}

/// The mean over the lattice of each of N fields, (N, 1, ..., 1).
torch::Tensor zero_mode(const torch::Tensor& fields) { return fields.mean(field_axes(fields), /*keepdim=*/true); }

/// N numbers as (N, 1, ..., 1), to go with fields.
torch::Tensor column(const torch::Tensor& numbers, const torch::Tensor& fields) {
  std::vector<std::int64_t> shape(fields.dim(), 1);
  shape[0] = -1;
  return numbers.reshape(shape);
}

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
/// (N, shells), at most 2, beyond which training hardly ever goes; for other operators than those diagonal in
/// Fourier space the same of all sites. What is coupled to it is the magnetisation, and a tilt by k2 shows here first.
/// Where beta is small the bracket goes to 0.
torch::Tensor excess(const Moments& moments, const Pair& pair, const Basis& basis, const torch::Tensor& signal,
                     const torch::Tensor& averages, const torch::Tensor& counts) {
  constexpr double smallest = 1e-3; // beta^2
  constexpr double most = 2;
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
    return (weight * energy).asinh().clamp_max(most);
  }
  const auto volume = static_cast<double>(signal[0].numel());
  const auto energy = torch::fft::fftn(whitened, std::nullopt, field_axes(signal)).abs().square() / volume - expected;
  return (weight * energy.flatten(1).matmul(averages.flatten(1).t())).asinh().clamp_max(most);
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
  if (geometry != description_.geometry)
    moved.calibration = {};
  description_ = checked(std::move(moved));
  shells_ = momentum_shells(geometry, smallest_momentum_).to(device());
}

void Model::to(torch::Device device) {
  network_->to(device);
  description_.moments = description_.moments.to(device);
  shells_ = shells_.to(device);
  shell_sizes_ = shell_sizes_.to(device);
  if (auto& calibration = description_.calibration; calibration.known())
    calibration = {calibration.zero_mode.to(device), calibration.shells.to(device)};
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
  const auto mean = [](const torch::Tensor& entries) { return entries.flatten(1).mean(1, /*keepdim=*/true); };
  const bool map = *basis == Basis::site();
  const auto plane = [&](const torch::Tensor& entries) {
    return (map ? entries : column(mean(entries), scaled)).expand_as(scaled);
  };
  const auto planes_in =
      torch::stack({single, scaled, column(zero_mode, scaled).expand_as(scaled), plane(level), plane(log_ratio)}, 1);

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

torch::Tensor Model::evaluate(const torch::Tensor& planes_in, const torch::Tensor& numbers) {
  return network_->forward(planes_in, numbers, type_).clamp(-largest_output, largest_output);
}

Model::Standing Model::standing(const Pair& pair, const torch::Tensor& signal, const torch::Tensor& estimate,
                                double quadratic, const Moments& tilted) const {
  const auto count = signal.size(0);
  const auto magnetisation =
      zero_mode(quadratic == 0 ? estimate : gaussian_estimate(tilted, pair, signal).field).flatten();
  const auto alpha2 = pair.alpha.values().square();
  // A tilt by k2 reaches the level sqrt(beta^2 - 2 k2 alpha^2), see observe().
  const auto beta2 = (pair.beta.values().square() + 2 * quadratic * alpha2).clamp_min(0);
  const auto log_ratio = ((alpha2 / beta2).log() / 2).to(signal.scalar_type()).flatten().expand({count});
  const double range = description_.quadratic_range + description_.quadratic_top;
  const auto k2 = torch::full({count}, range > 0 ? -quadratic / range : 0, signal.options());
  const auto m = (magnetisation - description_.moments.mean) / magnetisation_deviation_;
  return {magnetisation,
          GridWeights{{Calibration::quadratic_axis, k2},
                      {Calibration::log_ratio_axis, log_ratio},
                      {Calibration::magnetisation_axis, m}},
          GridWeights{{Calibration::log_ratio_axis, log_ratio}, {Calibration::deviation_axis, m.abs()}}};
}

int Model::shell_count() { return shells; }

torch::Tensor Model::shell_products(const torch::Tensor& a, const torch::Tensor& b) const {
  const auto modes = [axes = field_axes(a)](const torch::Tensor& fields) {
    return torch::fft::fftn(fields - zero_mode(fields), std::nullopt, axes).flatten(1);
  };
  const auto inside = (shells_ > 0).to(torch::kFloat).flatten(1).t();
  return torch::real(modes(a).conj() * modes(b)).mm(inside) / static_cast<double>(a[0].numel());
}

PosteriorMean Model::posterior_mean(double quadratic, bool calibrated) {
  Moments tilted = description_.moments;
  calibrated = calibrated && description_.calibration.known();
  if (calibrated)
    tilted.magnetisation = tilted.magnetisation.tilted(quadratic);
  return [this, quadratic, calibrated, tilted](const Pair& pair, const torch::Tensor& signal) {
    const auto in = inputs(pair, signal);
    const auto field = answer(in);
    const auto basis = *diagonal_basis(pair);
    if (!calibrated || !common_basis(basis, Basis::fourier()))
      return field;
    if (basis != Basis::any())
      return field - zero_mode(field) +
             zero_mode(quadratic == 0 ? in.estimate : gaussian_estimate(tilted, pair, signal).field);
    const auto& tables = description_.calibration;
    const auto at = standing(pair, signal, in.estimate, quadratic, tilted);
    const auto axes = field_axes(signal);
    const auto last = shells_.dim() - 1;
    const auto inside = (shells_ > 0).to(torch::kFloat).narrow(last, 0, shells_.size(last) / 2 + 1);
    const auto waves = torch::fft::rfftn(in.estimate - zero_mode(in.estimate), std::nullopt, axes);
    const auto filter = at.shells(tables.shells).mm(inside.flatten(1)).reshape(waves.sizes());
    return field - torch::fft::irfftn(waves * filter, signal.sizes().slice(1), axes) -
           column(at.zero_mode(tables.zero_mode) * magnetisation_deviation_, signal);
  };
}

} // namespace stint
