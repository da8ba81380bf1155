#include "generative/networks/unet.hpp"

#include "generative/networks/periodic_padding.hpp"
#include "lattice/random.hpp"

#include <fmt/format.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include <algorithm>
#include <cmath>

namespace stint {
namespace {

constexpr std::int64_t embedding_size = 64;
constexpr int kernel_width = 3;
constexpr double central_share = 0.5; // of the variance of a kernel's weights at the start

std::int64_t channels_on_level(const UNetOptions& options, int level) {
  return options.channels * std::min(1 << std::min(level, 16), options.widening);
}

torch::Tensor linear(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias) {
  return torch::linear(x, weight, bias);
}

/// Gives the central tap of kernels (out, in, 3, ..., 3), whose weights are equally distributed, its share of the sum
/// of their variances. What a site says of itself is otherwise lost among its neighbours: in three dimensions, where it
/// is 1/27 of a kernel, training stays where it begins for hundreds of steps.
void favour_centre(torch::Tensor& weight) {
  const double taps = std::pow(kernel_width, static_cast<double>(weight.dim() - 2));
  auto centre = weight;
  for (std::int64_t axis = 2; axis < weight.dim(); ++axis)
    centre = centre.select(2, kernel_width / 2);
  const auto favoured = centre * std::sqrt(central_share * taps);
  weight *= std::sqrt((1 - central_share) * taps / (taps - 1));
  centre.copy_(favoured);
}

/// The memory format in which convolutions are quickest: the channels of a site together.
at::MemoryFormat channels_last(int dimensions) {
  return dimensions == 2   ? at::MemoryFormat::ChannelsLast
         : dimensions == 3 ? at::MemoryFormat::ChannelsLast3d
                           : at::MemoryFormat::Contiguous;
}

/// Averages of 2 sites along every axis of the lattice.
torch::Tensor coarsen(const torch::Tensor& x) {
  switch (x.dim() - 2) {
  case 1:
    return torch::avg_pool1d(x, 2);
  case 2:
    return torch::avg_pool2d(x, 2);
  default:
    return torch::avg_pool3d(x, 2);
  }
}

/// Copies every site to 2 along every axis of the lattice.
torch::Tensor refine(const torch::Tensor& x) {
  switch (x.dim() - 2) {
  case 1:
    return torch::upsample_nearest1d(x, {2 * x.size(2)});
  case 2:
    return torch::upsample_nearest2d(x, {2 * x.size(2), 2 * x.size(3)});
  default:
    return torch::upsample_nearest3d(x, {2 * x.size(2), 2 * x.size(3), 2 * x.size(4)});
  }
}

} // namespace

UNetImpl::UNetImpl(const UNetOptions& options, std::uint64_t seed) : options_(options), seed_(seed) {
  if (options.dimensions < 1 || options.dimensions > 3)
    throw std::invalid_argument(fmt::format("the network works in 1 to 3 dimensions, not {}", options.dimensions));
  if (options.channels < 1 || options.widening < 1 || options.levels < 1 || options.blocks < 1)
    throw std::invalid_argument(
        fmt::format("a network needs at least 1 channel, level and block and a widening of 1, not "
                    "{}, {}, {} and {}",
                    options.channels, options.levels, options.blocks, options.widening));
  std::vector<std::int64_t> kernel(options.dimensions, kernel_width), point(options.dimensions, 1);
  const auto shape = [](std::int64_t out, std::int64_t in, const std::vector<std::int64_t>& extents) {
    std::vector<std::int64_t> result = {out, in};
    result.insert(result.end(), extents.begin(), extents.end());
    return result;
  };
  embed_first_ = add_affine("embed1", {embedding_size, options.features}, 1);
  embed_second_ = add_affine("embed2", {embedding_size, embedding_size}, 1);
  pool_ = add_affine("pool", {embedding_size, channels_on_level(options, options.levels - 1)}, 1);
  input_ = add_affine("input", shape(options.channels, options.planes, kernel), 1);
  for (int level = 0; level < options.levels; ++level) {
    const auto channels = channels_on_level(options, level);
    down_.emplace_back();
    up_.emplace_back();
    for (int b = 0; b < options.blocks; ++b) {
      down_.back().push_back(add_block(fmt::format("down{}_{}", level, b), channels));
      up_.back().push_back(add_block(fmt::format("up{}_{}", level, b), channels));
    }
    if (level + 1 < options.levels) {
      const auto coarser = channels_on_level(options, level + 1);
      widen_.push_back(add_affine(fmt::format("widen{}", level), shape(coarser, channels, point), 1));
      narrow_.push_back(add_affine(fmt::format("narrow{}", level), shape(channels, coarser, point), 1));
    }
  }
  output_ = add_affine("output", shape(options.outputs, options.channels, kernel), 0);
  constant_first_ = add_affine("constant1", {embedding_size, embedding_size}, 1);
  constant_second_ = add_affine("constant2", {options.outputs, embedding_size}, 0);
}

UNetImpl::Affine UNetImpl::add_affine(const std::string& name, std::vector<std::int64_t> shape, double scale) {
  auto weight = torch::zeros(shape, torch::kFloat);
  const auto index = static_cast<std::uint32_t>(parameters().size());
  if (scale > 0) { // the mean variance is scale^2 / fan_in
    const auto fan_in = static_cast<double>(weight.numel() / shape[0]);
    Stream{seed_, Purpose::parameters, index}.normals(
        std::span<float>(weight.data_ptr<float>(), static_cast<std::size_t>(weight.numel())));
    weight *= scale / std::sqrt(fan_in);
    if (weight.dim() > 2 && shape.back() == kernel_width)
      favour_centre(weight);
  }
  return {register_parameter(name + "_weight", weight), register_parameter(name + "_bias", torch::zeros({shape[0]}))};
}

UNetImpl::Block UNetImpl::add_block(const std::string& name, std::int64_t channels) {
  std::vector<std::int64_t> shape(options_.dimensions + 2, kernel_width);
  shape[0] = shape[1] = channels;
  const double gain = std::sqrt(2.0); // silu halves the variance
  return {add_affine(name + "_first", shape, gain), add_affine(name + "_second", shape, 0),
          add_affine(name + "_modulation", {2 * channels, embedding_size}, 0.5)};
}

torch::Tensor UNetImpl::convolve(const torch::Tensor& x, const Affine& affine) const {
  const auto type = x.scalar_type();
  // Flat on the way, so that its gradient, which comes with channels last, gets the memory format of the parameter.
  const auto weight = affine.weight.flatten().to(type).view(affine.weight.sizes()), bias = affine.bias.to(type);
  const bool pointwise = affine.weight.size(-1) == 1;
  const bool periodic = options_.boundary == Boundary::periodic;
  const auto padded = pointwise || !periodic ? x : pad_periodic(x);
  const std::int64_t zeros = pointwise || periodic ? 0 : 1;
  switch (options_.dimensions) {
  case 1:
    return torch::conv1d(padded, weight, bias, 1, zeros);
  case 2:
    return torch::conv2d(padded, weight, bias, 1, zeros);
  default:
    return torch::conv3d(padded, weight, bias, 1, zeros);
  }
}

torch::Tensor UNetImpl::apply(const Block& block, torch::Tensor x, const torch::Tensor& embedding) const {
  std::vector<std::int64_t> shape(options_.dimensions + 2, 1);
  shape[0] = x.size(0);
  shape[1] = x.size(1);
  const auto modulation =
      linear(embedding, block.modulation.weight, block.modulation.bias).to(x.scalar_type()).chunk(2, 1);
  auto h = convolve(torch::silu(x), block.first);
  h = torch::addcmul(modulation[1].reshape(shape), h, 1 + modulation[0].reshape(shape));
  return x + convolve(torch::silu(h), block.second);
}

torch::Tensor UNetImpl::forward(const torch::Tensor& planes_in, const torch::Tensor& features, torch::ScalarType type) {
  // Open extents are filled up with zeros to multiples of the coarsest level's sites.
  const std::int64_t factor = std::int64_t{1} << (options_.levels - 1);
  std::vector<std::int64_t> fill;
  for (auto axis = planes_in.dim() - 1; axis >= 2; --axis)
    fill.insert(fill.end(), {0, (factor - planes_in.size(axis) % factor) % factor});
  const bool fits = std::ranges::all_of(fill, [](std::int64_t more) { return more == 0; });
  const auto planes = fits ? planes_in : torch::constant_pad_nd(planes_in, fill);
  auto embedding = torch::silu(linear(features, embed_first_.weight, embed_first_.bias));
  embedding = torch::silu(linear(embedding, embed_second_.weight, embed_second_.bias));
  auto x = convolve(planes.to(type).contiguous(channels_last(options_.dimensions)), input_);
  std::vector<torch::Tensor> finer;
  for (int level = 0; level < options_.levels; ++level) {
    for (const Block& block : down_[level])
      x = apply(block, x, embedding);
    if (level + 1 < options_.levels) {
      finer.push_back(x);
      x = convolve(coarsen(x), widen_[level]);
    }
  }
  const auto averages = x.flatten(2).mean(2, /*keepdim=*/false, torch::kFloat);
  embedding = embedding + torch::silu(linear(averages, pool_.weight, pool_.bias));
  for (int level = options_.levels - 1; level >= 0; --level) {
    for (const Block& block : up_[level])
      x = apply(block, x, embedding);
    if (level > 0)
      x = finer[level - 1] + refine(convolve(x, narrow_[level - 1]));
  }
  const auto hidden = torch::silu(linear(embedding, constant_first_.weight, constant_first_.bias));
  std::vector<std::int64_t> column(options_.dimensions + 2, 1);
  column[0] = x.size(0);
  column[1] = options_.outputs;
  auto fields = convolve(torch::silu(x), output_).to(torch::kFloat);
  for (std::int64_t axis = 2; axis < fields.dim(); ++axis)
    fields = fields.narrow(axis, 0, planes_in.size(axis));
  return fields + linear(hidden, constant_second_.weight, constant_second_.bias).reshape(column);
}

} // namespace stint
