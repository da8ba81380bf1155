#include "generative/model.hpp"

#include "generative/schedule.hpp"

#include <fmt/format.h>

namespace stint {
namespace {

constexpr int harmonics = 4; // of log(alpha/beta) among the network's input numbers
constexpr int features = 2 * harmonics + 3;

UNetOptions network_options(const ModelDescription& description) {
  UNetOptions options;
  options.dimensions = description.geometry.dimensions();
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

} // namespace

Model::Model(ModelDescription description, std::uint64_t seed)
    : description_(checked(std::move(description))), network_(network_options(description_), seed) {}

std::int64_t Model::parameter_count() const {
  std::int64_t count = 0;
  for (const auto& parameter : network_->parameters())
    count += parameter.numel();
  return count;
}

void Model::to(torch::Device device) {
  network_->to(device);
  description_.moments = description_.moments.to(device);
}

Model::Prediction Model::predict(const ScalarPair& pair, const torch::Tensor& signal) {
  const Moments& moments = description_.moments;
  const double variance = moments.variance();
  const double deviation = std::sqrt(variance);
  const auto zero_mode_variance = moments.spectrum.flatten()[0].item<double>() / description_.geometry.volume();
  const auto alpha2 = pair.alpha.square(), beta2 = pair.beta.square();

  const auto base = moments.estimate(pair, signal);
  const auto sitewise = (signal - beta2 * moments.mean) * (deviation / (alpha2 + beta2 * variance));
  const auto estimate = (base - moments.mean) / deviation;
  const auto zero_mode = estimate.flatten(1).mean(1, /*keepdim=*/true);
  const auto planes = torch::stack({sitewise, estimate, zero_mode.reshape(pair.alpha.sizes()).expand_as(estimate)}, 1);

  const auto log_ratio = (pair.alpha / pair.beta).log().clamp(-log_ratio_range, log_ratio_range).reshape({-1, 1});
  const auto angles =
      log_ratio * (torch::arange(1, harmonics + 1, log_ratio.options()) * (M_PI / (2 * log_ratio_range)));
  const auto z = zero_mode * (deviation / std::sqrt(zero_mode_variance));
  const auto numbers = torch::cat({log_ratio / log_ratio_range, angles.sin(), angles.cos(), z, z.abs()}, 1);

  // In a free field the target has no variance about the Wiener estimate; the bound keeps s > 0 there.
  const auto scale_variance = torch::maximum(moments.target_variance(pair), 1e-4 * moments.wiener_variance(pair));
  return {base, scale_variance.sqrt(), network_->forward(planes, numbers, type_)};
}

PosteriorMean Model::posterior_mean() {
  return [this](const Pair& pair, const torch::Tensor& signal) {
    const auto [estimate, scale, network] = predict(scalars(pair, signal, "this model"), signal);
    return estimate + scale * network;
  };
}

} // namespace stint
