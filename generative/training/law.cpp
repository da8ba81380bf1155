#include "generative/training/law.hpp"

#include "lattice/parallel.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
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

/// Running sums of the weights exp(h sum x1 + k2 sum x1^2), in units of the largest.
std::vector<double> cumulative_weights(const Choice& data, double h, double k2, bool symmetric) {
  std::vector<double> weights(data.field.size());
  // With x1 -> -x1 a configuration and its mirror image together weigh 2 cosh(h sum x1).
  const auto exponent = [&](std::size_t n) {
    const double linear = h * data.field[n];
    return (symmetric ? std::abs(linear) : linear) + k2 * data.square[n];
  };
  double largest = exponent(0);
  for (std::size_t n = 0; n < weights.size(); ++n)
    largest = std::max(largest, exponent(n));
  double sum = 0;
  for (std::size_t n = 0; n < weights.size(); ++n) {
    const double mirror = symmetric ? std::exp(-2 * std::abs(h * data.field[n])) : 0;
    sum += std::exp(exponent(n) - largest) * (1 + mirror);
    weights[n] = sum;
  }
  return weights;
}

/// What samples of a group draw from.
struct Source {
  Choice data;
  std::vector<double> cumulative; ///< weights of tilted samples
};

/// Samples of a batch of one law whose families have one basis.
struct Members {
  Basis basis;
  std::int64_t law;
  std::vector<std::int64_t> samples, families; ///< their numbers
};

/// `law_of` takes the number of a sample to that of its law.
template<class LawOf>
std::vector<Members> divide(const FamilyLaw& families, const SampleRange& samples, const LawOf& law_of) {
  std::vector<Members> all;
  for (std::int64_t sample = samples.first; sample < samples.first + samples.count; ++sample) {
    const std::size_t family = families.family_of(sample);
    const Basis& basis = families.family(family).basis;
    const std::int64_t law = law_of(sample);
    auto found =
        std::ranges::find_if(all, [&](const Members& members) { return members.basis == basis && members.law == law; });
    if (found == all.end())
      found = all.insert(found, {basis, law, {}, {}});
    found->samples.push_back(sample);
    found->families.push_back(static_cast<std::int64_t>(family));
  }
  return all;
}

double effective_configurations(std::span<const double> cumulative) {
  double previous = 0, squares = 0;
  for (const double value : cumulative) {
    squares += (value - previous) * (value - previous);
    previous = value;
  }
  return previous * previous / squares;
}

} // namespace

void check_tilts(const LawOptions& options, const Choice& data, double share) {
  if (!options.tilts())
    return;
  constexpr double needed = 100;
  double effective = static_cast<double>(data.size()), hardest = 0;
  const auto& [h_range, k2_range, k2_top] = options.tilting;
  for (const double k2 : {0.0, -k2_range, k2_top}) {
    const auto weights = cumulative_weights(data, h_range, k2, options.symmetries.sign);
    if (const double left = effective_configurations(weights); left < effective) {
      effective = left;
      hardest = k2;
    }
  }
  if (share * effective < needed)
    throw std::invalid_argument(fmt::format(
        "tilting the data by a field of {} and a quadratic term of {} leaves {:.0f} effective configurations "
        "of {:.0f}{}, fewer than {:.0f}; use smaller ranges or more data{}",
        h_range, hardest, share * effective, share * static_cast<double>(data.size()), share < 1 ? " in memory" : "",
        needed, share < 1 ? " in a larger memory" : ""));
}

LawOptions law_options(const Prior& prior, FamilyLaw families, double tilted_fraction) {
  return {.families = std::move(families),
          .symmetries = prior.symmetries(),
          .tilting = prior.tilting(),
          .tilted_fraction = tilted_fraction};
}

TrainingLaw::TrainingLaw(Layout layout, std::shared_ptr<TrainingData> data, LawOptions options)
    : layout_(std::move(layout)), data_(std::move(data)), options_(std::move(options)) {}

TrainingLaw::TrainingLaw(Layout layout, const torch::Tensor& configurations, LawOptions options)
    : TrainingLaw(std::move(layout), std::make_shared<WholeEnsemble>(configurations), std::move(options)) {
  check_tilts(options_, data_->choice(0, 0));
}

void TrainingLaw::transformed_copy(std::span<const float> in, std::span<const std::uint32_t> bits,
                                   std::span<float> out) const {
  const auto& geometry = layout_.geometry;
  const auto& symmetries = options_.symmetries;
  const int d = geometry.dimensions();
  const auto& extents = geometry.extents();
  const auto order = axis_permutation(geometry, symmetries.permutations ? bits[0] >> 8 : 0);
  const bool periodic = layout_.boundary == Boundary::periodic;
  // source[x] for destinations x, built axis by axis: destination axis mu reads axis order[mu], reflected and
  // translated.
  std::vector<std::int32_t> source = {0};
  for (int mu = 0; mu < d; ++mu) {
    std::int64_t stride = 1;
    for (int nu = order[mu] + 1; nu < d; ++nu)
      stride *= extents[nu];
    const int extent = extents[mu];
    const int shift = symmetries.translations ? static_cast<int>(bits[1 + mu] % extent) : 0;
    const bool reflected = (bits[0] >> mu & symmetries.reflections >> mu & 1U) != 0;
    const int last = periodic ? extent : extent - 1; // where a reflection takes 0
    std::vector<std::int32_t> next(source.size() * extent);
    for (std::size_t i = 0; i < source.size(); ++i)
      for (int x = 0; x < extent; ++x) {
        const int moved = ((reflected ? last - x : x) + shift) % extent;
        next[i * extent + x] = static_cast<std::int32_t>(source[i] + moved * stride);
      }
    source = std::move(next);
  }
  for (std::size_t channel = 0; channel < out.size(); channel += source.size())
    for (std::size_t x = 0; x < source.size(); ++x)
      out[channel + x] = in[channel + source[x]];
}

Batch TrainingLaw::draw(std::uint64_t seed, Purpose purpose, std::int64_t step, const SampleRange& samples,
                        std::int64_t size) const {
  const Purpose noise_purpose = purpose == Purpose::training ? Purpose::training_noise : Purpose::validation_noise;
  constexpr std::uint32_t first_of_operator = 8; // uniform number of a sample's stream; those before are used here
  const auto trajectory = static_cast<std::uint32_t>(step);
  const auto numbers = static_cast<std::size_t>(layout_.numbers()), sites = static_cast<std::size_t>(layout_.volume());
  const bool symmetric = options_.symmetries.sign;
  // One tilt a batch, keyed as the sample after the last.
  const Stream batch_stream{seed, purpose, static_cast<std::uint32_t>(size), trajectory};
  // A third of them have h alone, a third k2 alone: a network taught with both learns neither's edge.
  const auto& tilting = options_.tilting;
  const double which = tilting.k2_span() > 0 && tilting.h_range > 0 ? batch_stream.uniform(2) * 3 : 3;
  const double h = which < 1 ? 0 : tilting.h_range * (2 * batch_stream.uniform(0) - 1);
  const double k2 = which >= 1 && which < 2 ? 0 : tilting.k2_top - tilting.k2_span() * batch_stream.uniform(1);
  std::map<std::int64_t, Source> sources;
  for (std::int64_t i = samples.first; i < samples.first + samples.count; ++i)
    if (const auto group = data_->group_of(i); !sources.contains(group)) {
      const Choice data = data_->choice(step, group);
      sources[group] = {data, options_.tilts() ? cumulative_weights(data, h, k2, symmetric) : std::vector<double>{}};
    }

  auto all_x1 = torch::empty(layout_.shape(samples.count), torch::kFloat); // here a batch that has no room is refused
  Batch batch;
  std::int64_t used = 0;
  const auto law_of = [&](std::int64_t sample) { return sources.at(data_->group_of(sample)).data.law; };
  for (const auto& [basis, law, numbers_of_samples, families] : divide(options_.families, samples, law_of)) {
    const auto n = static_cast<std::int64_t>(numbers_of_samples.size());
    const auto shape = layout_.shape(n);
    auto levels_shape = shape; // the same for all channels
    levels_shape[1] = 1;
    const auto x1 = all_x1.narrow(0, used, n);
    used += n;
    auto x0 = torch::empty(shape, torch::kFloat), levels = torch::empty(levels_shape, torch::kFloat);
    auto tilted = torch::zeros({n}, torch::kDouble);
    float* x0_data = x0.data_ptr<float>();
    float* x1_data = x1.data_ptr<float>();
    float* levels_data = levels.data_ptr<float>();
    double* tilted_data = tilted.data_ptr<double>();
    parallel_for(n, [&](std::int64_t i) {
      const auto index = static_cast<std::uint32_t>(numbers_of_samples[i]);
      const Stream stream{seed, purpose, index, trajectory};
      const auto& [data, cumulative] = sources.at(data_->group_of(numbers_of_samples[i]));
      const double pick = stream.uniform(0);
      double mirror_probability = symmetric ? 0.5 : 0;
      std::size_t configuration = 0;
      if (options_.tilts() && stream.uniform(1) < options_.tilted_fraction) {
        tilted_data[i] = 1;
        const auto found = std::upper_bound(cumulative.begin(), cumulative.end() - 1, pick * cumulative.back());
        configuration = static_cast<std::size_t>(found - cumulative.begin());
        if (symmetric)
          mirror_probability = 1 / (1 + std::exp(2 * h * data.field[configuration]));
      } else {
        configuration =
            std::min(static_cast<std::size_t>(pick * static_cast<double>(data.field.size())), data.field.size() - 1);
      }
      std::array<std::uint32_t, 8> bits{};
      std::ranges::copy(stream.bits(1), bits.begin());
      std::ranges::copy(stream.bits(2), bits.begin() + 4);
      const std::span<float> values(x1_data + i * numbers, numbers);
      transformed_copy(data.configurations.subspan(configuration * numbers, numbers), bits, values);
      if (stream.uniform(6) < mirror_probability)
        for (float& value : values)
          value = -value;
      Stream{seed, noise_purpose, index, trajectory}.normals(std::span<float>(x0_data + i * numbers, numbers));
      options_.families.family(families[i]).draw(stream, first_of_operator, {levels_data + i * sites, sites});
    });
    if (basis == Basis::any()) // one level each
      for (std::int64_t axis = 2; axis < levels.dim(); ++axis)
        levels = levels.narrow(axis, 0, 1);
    const Pair pair = pair_of_levels(basis, levels);
    const auto k2_below = k2 * tilted - tilting.k2_top;
    const Tilt tilt{.A = Operator::scalar(2 * k2_below, layout_.dimensions()), .b = column(h * tilted, x1)};
    batch.push_back({torch::tensor(families), observe(pair, interpolate(pair, x0, x1), tilt), x1, k2_below, law});
  }
  return batch;
}

} // namespace stint
