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

/// Running sums of the weights exp(sum_x h phi_x + k2 phi_x^2), in units of the largest.
std::vector<double> cumulative_weights(const Choice& data, double field, double quadratic, bool symmetric) {
  std::vector<double> weights(data.field.size());
  // With phi -> -phi a configuration and its mirror image together weigh 2 cosh(h V M).
  const auto exponent = [&](std::size_t n) {
    const double linear = field * data.field[n];
    return (symmetric ? std::abs(linear) : linear) + quadratic * data.square[n];
  };
  double largest = exponent(0);
  for (std::size_t n = 0; n < weights.size(); ++n)
    largest = std::max(largest, exponent(n));
  double sum = 0;
  for (std::size_t n = 0; n < weights.size(); ++n) {
    const double mirror = symmetric ? std::exp(-2 * std::abs(field * data.field[n])) : 0;
    sum += std::exp(exponent(n) - largest) * (1 + mirror);
    weights[n] = sum;
  }
  return weights;
}

/// What samples of a lane draw from.
struct Lane {
  Choice data;
  std::vector<double> cumulative; ///< weights of tilted samples
};

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
  for (const double quadratic : {0.0, -options.quadratic_range, options.quadratic_top}) {
    const auto weights = cumulative_weights(data, options.field_range, quadratic, options.symmetric);
    if (const double left = effective_configurations(weights); left < effective) {
      effective = left;
      hardest = quadratic;
    }
  }
  if (share * effective < needed)
    throw std::invalid_argument(fmt::format(
        "tilting the data by a field of {} and a quadratic term of {} leaves {:.0f} effective configurations "
        "of {:.0f}{}, fewer than {:.0f}; use smaller ranges or more data{}",
        options.field_range, hardest, share * effective, share * static_cast<double>(data.size()),
        share < 1 ? " in memory" : "", needed, share < 1 ? " in a larger memory" : ""));
}

TrainingLaw::TrainingLaw(Geometry geometry, std::shared_ptr<TrainingData> data, LawOptions options)
    : geometry_(std::move(geometry)), data_(std::move(data)), options_(options), draws_(geometry_) {}

TrainingLaw::TrainingLaw(Geometry geometry, const torch::Tensor& configurations, LawOptions options)
    : TrainingLaw(std::move(geometry), std::make_shared<WholeEnsemble>(configurations), options) {
  check_tilts(options_, data_->choice(0, 0));
}

void TrainingLaw::transformed_copy(std::span<const float> in, std::span<const std::uint32_t> bits,
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
  for (std::size_t x = 0; x < out.size(); ++x)
    out[x] = in[source[x]];
}

Batch TrainingLaw::draw(std::uint64_t seed, Purpose purpose, std::int64_t step, std::int64_t first, std::int64_t count,
                        std::int64_t size) const {
  const Purpose noise_purpose = purpose == Purpose::training ? Purpose::training_noise : Purpose::validation_noise;
  constexpr std::uint32_t first_of_operator = 8; // uniform number of a sample's stream; those before are used here
  const auto trajectory = static_cast<std::uint32_t>(step);
  const auto volume = static_cast<std::size_t>(geometry_.volume());
  // One tilt a batch, keyed as the sample after the last.
  const Stream batch_stream{seed, purpose, static_cast<std::uint32_t>(size), trajectory};
  // A third of them have a field alone, a third k2 alone: a network taught with both learns neither's edge.
  const double range = options_.quadratic_range + options_.quadratic_top;
  const double kind = range > 0 && options_.field_range > 0 ? batch_stream.uniform(2) * 3 : 3;
  const double field = kind < 1 ? 0 : options_.field_range * (2 * batch_stream.uniform(0) - 1);
  const double quadratic = kind >= 1 && kind < 2 ? 0 : options_.quadratic_top - range * batch_stream.uniform(1);
  std::map<std::int64_t, Lane> lanes;
  for (std::int64_t i = first; i < first + count; ++i)
    if (const auto lane = data_->lane_of(i); !lanes.contains(lane)) {
      const Choice data = data_->choice(step, lane);
      lanes[lane] = {data, options_.tilts() ? cumulative_weights(data, field, quadratic, options_.symmetric)
                                            : std::vector<double>{}};
    }

  // Where sample first + i goes: samples of one family lie one after another.
  std::array<std::vector<std::int64_t>, families.size()> members;
  for (std::int64_t i = 0; i < count; ++i)
    members[static_cast<std::size_t>(options_.families.family_of(first + i))].push_back(first + i);

  std::vector<std::int64_t> shape = {0};
  shape.insert(shape.end(), geometry_.extents().begin(), geometry_.extents().end());
  Batch batch;
  for (const Family family : families) {
    const auto& indices = members[static_cast<std::size_t>(family)];
    if (indices.empty())
      continue;
    shape[0] = static_cast<std::int64_t>(indices.size());
    auto x0 = torch::empty(shape, torch::kFloat), x1 = torch::empty(shape, torch::kFloat),
         levels = torch::empty(shape, torch::kFloat);
    auto tilted = torch::zeros({shape[0]}, torch::kDouble);
    float* x0_data = x0.data_ptr<float>();
    float* x1_data = x1.data_ptr<float>();
    float* levels_data = levels.data_ptr<float>();
    double* tilted_data = tilted.data_ptr<double>();
    parallel_for(shape[0], [&](std::int64_t i) {
      const auto index = static_cast<std::uint32_t>(indices[i]);
      const Stream stream{seed, purpose, index, trajectory};
      const auto& [data, cumulative] = lanes.at(data_->lane_of(indices[i]));
      const double pick = stream.uniform(0);
      double mirror_probability = options_.symmetric ? 0.5 : 0;
      std::size_t configuration = 0;
      if (options_.tilts() && stream.uniform(1) < options_.tilted_fraction) {
        tilted_data[i] = 1;
        const auto found = std::upper_bound(cumulative.begin(), cumulative.end() - 1, pick * cumulative.back());
        configuration = static_cast<std::size_t>(found - cumulative.begin());
        if (options_.symmetric)
          mirror_probability = 1 / (1 + std::exp(2 * field * data.field[configuration]));
      } else {
        configuration =
            std::min(static_cast<std::size_t>(pick * static_cast<double>(data.field.size())), data.field.size() - 1);
      }
      std::array<std::uint32_t, 8> bits{};
      std::ranges::copy(stream.bits(1), bits.begin());
      std::ranges::copy(stream.bits(2), bits.begin() + 4);
      const std::span<float> fields(x1_data + i * volume, volume);
      transformed_copy(data.configurations.subspan(configuration * volume, volume), bits, fields);
      if (stream.uniform(6) < mirror_probability)
        for (float& value : fields)
          value = -value;
      Stream{seed, noise_purpose, index, trajectory}.normals(std::span<float>(x0_data + i * volume, volume));
      draws_(family, stream, first_of_operator, {levels_data + i * volume, volume});
    });
    if (family == Family::scalar)
      for (int mu = 1; mu <= geometry_.dimensions(); ++mu)
        levels = levels.narrow(mu, 0, 1);
    const Pair pair = pair_of_levels(basis_of(family), levels);
    std::vector<std::int64_t> column(shape.size(), 1);
    column[0] = -1;
    const auto relative = quadratic * tilted - options_.quadratic_top;
    const Tilt tilt{.quadratic = Operator::scalar(2 * relative, geometry_.dimensions()),
                    .source = (field * tilted).reshape(column)};
    batch.push_back({family, observe(pair, interpolate(pair, x0, x1), tilt), x1, relative});
  }
  return batch;
}

} // namespace stint
