#include "generative/phi4/block_updates.hpp"

#include "generative/phi4/action.hpp"

#include <fmt/format.h>

#include <limits>
#include <stdexcept>

namespace stint {
namespace {

/// All of the window but the block in its middle.
torch::Tensor known_sites(const Geometry& window, const std::vector<int>& block) {
  if (std::ssize(block) != window.dimensions())
    throw std::invalid_argument(fmt::format("blocks need {} extents", window.dimensions()));
  auto known = torch::ones(at::IntArrayRef(Layout{window}.sites()), torch::kBool);
  auto middle = known;
  for (int mu = 0; mu < window.dimensions(); ++mu) {
    const int extent = window.extents()[mu];
    if (block[mu] < 1 || block[mu] > extent - 4)
      throw std::invalid_argument(
          fmt::format("blocks have extents from 1 to {} in windows of {}", extent - 4, window.text()));
    middle = middle.narrow(mu, (extent - block[mu]) / 2, block[mu]);
  }
  middle.fill_(false);
  return known;
}

PathSampler path_sampler(Sampler model, const BlockUpdateSettings& settings, std::uint64_t seed) {
  const auto windows = model(seed, 0, settings.windows).configurations;
  model.task = inpainting(known_sites(model.layout.geometry, settings.block));
  return {std::move(model), seed, windows, {.trials = settings.windows}};
}

/// The windows that cover the first sites of each axis, (N, 1, L1, ..., Ld) to (N, along_1, ..., along_d, W1, ..., Wd),
/// a view.
torch::Tensor windows_of(torch::Tensor fields, const std::vector<std::int64_t>& along, const Geometry& window) {
  const auto d = static_cast<std::int64_t>(along.size());
  fields = fields.select(1, 0);
  for (std::int64_t mu = 0; mu < d; ++mu)
    fields = fields.unfold(1 + mu, window.extents()[mu], window.extents()[mu]).narrow(1 + mu, 0, along[mu]);
  return fields;
}

} // namespace

BlockUpdates::BlockUpdates(Sampler model, const Phi4& theory, Geometry lattice, const BlockUpdateSettings& settings,
                           std::uint64_t seed)
    : theory_(theory), lattice_(std::move(lattice)), seed_(seed),
      paths_(path_sampler(std::move(model), settings, seed)) {
  const Geometry& window = paths_.layout().geometry;
  if (window.dimensions() != lattice_.dimensions())
    throw std::invalid_argument(fmt::format("a model of {} dimensions cannot update a lattice of {}",
                                            window.dimensions(), lattice_.dimensions()));
  for (int mu = 0; mu < lattice_.dimensions(); ++mu) {
    along_.push_back(lattice_.extents()[mu] / window.extents()[mu]);
    windows_ *= along_.back();
  }
  if (windows_ == 0)
    throw std::invalid_argument(
        fmt::format("the lattice {} is smaller than the model's {}", lattice_.text(), window.text()));
}

std::vector<std::int64_t> BlockUpdates::offset(std::int64_t update) const {
  const Stream stream{seed_, Purpose::block_place, 0, static_cast<std::uint32_t>(update)};
  std::vector<std::int64_t> shifts;
  for (int mu = 0; mu < lattice_.dimensions(); ++mu)
    shifts.push_back(stream.bits(static_cast<std::uint32_t>(mu))[0] % lattice_.extents()[mu]);
  return shifts;
}

BlockUpdates::Outcome BlockUpdates::operator()(const torch::Tensor& configurations, std::int64_t first_chain,
                                               std::int64_t update) const {
  if (update >= std::numeric_limits<std::uint32_t>::max() / (2 * paths_.steps() + 1))
    throw std::invalid_argument(fmt::format("no random numbers are left for block update {}", update));
  const torch::NoGradGuard no_gradients;
  const Geometry& window = paths_.layout().geometry;
  const std::int64_t rows = configurations.size(0) * windows_;
  auto shifts = offset(update);
  const auto axes = lattice_axes(configurations);
  auto moved = torch::roll(configurations, shifts, axes);
  auto places = windows_of(moved, along_, window);
  const auto present = places.reshape(paths_.layout().shape(rows));

  struct Part {
    torch::Tensor fields, log_acceptance, accepted;
  };
  const auto parts = side_by_side({0, rows}, paths_.device(), [&](const SampleRange& part) -> Part {
    const auto old = present.narrow(0, part.first, part.count);
    const std::int64_t first = first_chain * windows_ + part.first;
    // Number i of the update: 0 for the start, then the steps there and back.
    const auto noise_of = [&](std::int64_t i) {
      return noise(paths_.layout(), seed_, Purpose::block_noise, update * (2 * paths_.steps() + 1) + i, first,
                   part.count);
    };
    const auto made = paths_.propose(noise_of(0), old, [&](std::int64_t step, const torch::Tensor& like) {
      return noise_of(1 + step).to(like.options());
    });
    const auto noised = paths_.noised(old, [&](std::int64_t step, const torch::Tensor& like) {
      return noise_of(1 + paths_.steps() + step).to(like.options());
    });
    const auto fresh = made.x.cpu();
    const auto log_acceptance =
        phi4_action(theory_, old) - phi4_action(theory_, fresh) + (made.log_ratio - noised.log_ratio).cpu();
    auto uniform = torch::empty_like(log_acceptance);
    for (std::int64_t i = 0; i < part.count; ++i)
      uniform[i] = Stream{seed_, Purpose::block_acceptance, static_cast<std::uint32_t>(first + i),
                          static_cast<std::uint32_t>(update)}
                       .uniform(0);
    const auto accepted = uniform.log() < log_acceptance; // false for NaN
    return {torch::where(column(accepted, old), fresh, old), log_acceptance, accepted};
  });
  std::vector<torch::Tensor> fields, log_acceptance, accepted;
  for (const auto& part : parts) {
    fields.push_back(part.fields);
    log_acceptance.push_back(part.log_acceptance);
    accepted.push_back(part.accepted);
  }
  places.copy_(torch::cat(fields).reshape(places.sizes()));
  for (auto& shift : shifts)
    shift = -shift;
  return {torch::roll(moved, shifts, axes), torch::cat(log_acceptance).reshape({-1, windows_}),
          torch::cat(accepted).reshape({-1, windows_})};
}

} // namespace stint
