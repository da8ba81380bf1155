#include "generative/law.hpp"

#include "generative/schedule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace stint {
namespace {

/// The permutation of axes number `choice` (of d!) if it maps the lattice to itself, else the identity.
std::vector<int> axis_permutation(const Geometry& geometry, std::uint32_t choice) {
  const int d = geometry.dimensions();
  std::vector<int> order(d);
  std::iota(order.begin(), order.end(), 0);
  const std::vector<int> identity = order;
  std::uint32_t permutations = 1;
  for (int i = 2; i <= d; ++i)
    permutations *= i;
  for (choice %= permutations; choice > 0; --choice)
    std::next_permutation(order.begin(), order.end());
  for (int mu = 0; mu < d; ++mu)
    if (geometry.extents()[mu] != geometry.extents()[order[mu]])
      return identity;
  return order;
}

} // namespace

TrainingLaw::TrainingLaw(Geometry geometry, torch::Tensor configurations, LawOptions options)
    : geometry_(std::move(geometry)), configurations_(configurations.contiguous()), options_(options) {
  const auto sums = configurations_.flatten(1).sum(1, false, torch::kDouble);
  total_field_.assign(sums.data_ptr<double>(), sums.data_ptr<double>() + sums.numel());
  if (options_.field_range > 0) {
    constexpr double needed = 100;
    const double effective = effective_configurations(options_.field_range);
    if (effective < needed)
      throw std::invalid_argument(
          fmt::format("tilting the data by a field of {} leaves {:.0f} effective configurations of {}, "
                      "fewer than {:.0f}; use a smaller field range or more data",
                      options_.field_range, effective, total_field_.size(), needed));
  }
}

std::vector<double> TrainingLaw::cumulative_weights(double field) const {
  std::vector<double> weights(total_field_.size());
  // With phi -> -phi a configuration and its mirror image together weigh 2 cosh(h V M).
  const auto exponent = [&](double total) { return options_.symmetric ? std::abs(field * total) : field * total; };
  double largest = exponent(total_field_.front());
  for (const double total : total_field_)
    largest = std::max(largest, exponent(total));
  double sum = 0;
  for (std::size_t n = 0; n < weights.size(); ++n) {
    const double mirror = options_.symmetric ? std::exp(-2 * std::abs(field * total_field_[n])) : 0;
    sum += std::exp(exponent(total_field_[n]) - largest) * (1 + mirror);
    weights[n] = sum;
  }
  return weights;
}

double TrainingLaw::effective_configurations(double field) const {
  const auto cumulative = cumulative_weights(field);
  double previous = 0, squares = 0;
  for (const double value : cumulative) {
    squares += (value - previous) * (value - previous);
    previous = value;
  }
  return previous * previous / squares;
}

void TrainingLaw::transformed_copy(std::int64_t configuration, std::span<const std::uint32_t> bits,
                                   std::span<float> out) const {
  const int d = geometry_.dimensions();
  const auto& extents = geometry_.extents();
  const auto order = axis_permutation(geometry_, bits[0] >> 8);
  // source[x] for destinations x, built axis by axis: destination axis mu reads axis order[mu], reflected and
  // translated.
  std::vector<std::int32_t> source = {0};
  for (int mu = 0; mu < d; ++mu) {
    std::int64_t stride = 1;
    for (int nu = order[mu] + 1; nu < d; ++nu)
      stride *= extents[nu];
    const int extent = extents[mu];
    const int shift = static_cast<int>(bits[1 + mu] % extent);
    const bool reflected = (bits[0] >> mu & 1U) != 0;
    std::vector<std::int32_t> next(source.size() * extent);
    for (std::size_t i = 0; i < source.size(); ++i)
      for (int x = 0; x < extent; ++x) {
        const int moved = ((reflected ? extent - x : x) + shift) % extent;
        next[i * extent + x] = static_cast<std::int32_t>(source[i] + moved * stride);
      }
    source = std::move(next);
  }
  const float* in = configurations_.data_ptr<float>() + configuration * geometry_.volume();
  for (std::size_t x = 0; x < out.size(); ++x)
    out[x] = in[source[x]];
}

Batch TrainingLaw::draw(std::uint64_t seed, Purpose purpose, std::int64_t step, std::int64_t first, std::int64_t count,
                        std::int64_t size) const {
  const Purpose noise_purpose = purpose == Purpose::training ? Purpose::training_noise : Purpose::validation_noise;
  const auto trajectory = static_cast<std::uint32_t>(step);
  const std::int64_t volume = geometry_.volume();
  const auto tilted = options_.field_range > 0 ? std::llround(options_.tilted_fraction * static_cast<double>(size)) : 0;
  // One field a batch, keyed as the sample after the last.
  const Stream batch_stream{seed, purpose, static_cast<std::uint32_t>(size), trajectory};
  const double field = options_.field_range * (2 * batch_stream.uniform(0) - 1);
  const auto cumulative = tilted > 0 ? cumulative_weights(field) : std::vector<double>{};

  std::vector<std::int64_t> shape = {count};
  shape.insert(shape.end(), geometry_.extents().begin(), geometry_.extents().end());
  auto x0 = torch::empty(shape, torch::kFloat), x1 = torch::empty(shape, torch::kFloat);
  auto alpha = torch::empty({count}, torch::kFloat), shift = torch::zeros({count}, torch::kFloat);
  float* x0_data = x0.data_ptr<float>();
  float* x1_data = x1.data_ptr<float>();
  float* alpha_data = alpha.data_ptr<float>();
  float* shift_data = shift.data_ptr<float>();

#pragma omp parallel for
  for (std::int64_t i = 0; i < count; ++i) {
    const auto index = static_cast<std::uint32_t>(first + i);
    const Stream stream{seed, purpose, index, trajectory};
    alpha_data[i] = static_cast<float>(level_of_log_ratio(log_ratio_range * (2 * stream.uniform(0) - 1)));
    const double pick = stream.uniform(1);
    double mirror_probability = options_.symmetric ? 0.5 : 0;
    std::int64_t configuration = 0;
    if (first + i < tilted) {
      shift_data[i] = static_cast<float>(field);
      const auto found = std::upper_bound(cumulative.begin(), cumulative.end() - 1, pick * cumulative.back());
      configuration = found - cumulative.begin();
      if (options_.symmetric)
        mirror_probability = 1 / (1 + std::exp(2 * field * total_field_[configuration]));
    } else {
      configuration = static_cast<std::int64_t>(pick * static_cast<double>(total_field_.size()));
    }
    std::array<std::uint32_t, 8> bits{};
    std::ranges::copy(stream.bits(1), bits.begin());
    std::ranges::copy(stream.bits(2), bits.begin() + 4);
    const std::span<float> fields(x1_data + i * volume, static_cast<std::size_t>(volume));
    transformed_copy(configuration, bits, fields);
    if (stream.uniform(6) < mirror_probability)
      for (float& value : fields)
        value = -value;
    Stream{seed, noise_purpose, index, trajectory}.normals(
        std::span<float>(x0_data + i * volume, static_cast<std::size_t>(volume)));
  }

  Batch batch{scalar_pair(alpha, geometry_.dimensions()), {}, x1};
  batch.signal = batch.pair.beta * interpolate(batch.pair, x0, x1) +
                 batch.pair.alpha.square() * shift.reshape(batch.pair.alpha.sizes());
  return batch;
}

} // namespace stint
