#include "src/hmc/block_chains.hpp"

#include "generative/phi4/action.hpp"
#include "generative/phi4/block_updates.hpp"
#include "src/files/model_file.hpp"
#include "src/program/compute.hpp"
#include "src/program/errors.hpp"
#include "src/sample/source.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace stint {
namespace {

/// Chains whose updates are those of blocks. `accepted` and delta_h of an update are those of the first window.
class ChainsOfBlocks final : public AnyChains<float> {
public:
  ChainsOfBlocks(std::shared_ptr<const BlockUpdates> updates, const Phi4& theory, const Geometry& geometry,
                 std::uint64_t seed, std::int64_t first, std::int64_t count)
      : updates_(std::move(updates)), theory_(theory), layout_{geometry}, seed_(seed), first_(first),
        fields_(torch::zeros(layout_.shape(count))) {}

  void set_hmc(const HmcSettings&) override { throw std::logic_error("blocks are not moved by HMC"); }

  void start_hot(double width) override {
    fields_ = noise(layout_, seed_, Purpose::start, 0, first_, fields_.size(0)) * width;
  }

  void restore(std::span<const float> configurations, std::int64_t trajectory) override {
    std::ranges::copy(configurations, numbers().begin());
    update_ = trajectory;
  }

  void advance(std::span<TrajectoryInfo> info) override {
    auto outcome = (*updates_)(fields_, first_, update_++);
    fields_ = outcome.configurations.contiguous();
    const auto action = phi4_action(theory_, fields_);
    const auto magnetisation = fields_.to(torch::kDouble).flatten(1).mean(1);
    const auto virial = -(fields_ * phi4_force(theory_, fields_)).to(torch::kDouble).flatten(1).mean(1);
    for (std::int64_t i = 0; i < std::ssize(info); ++i)
      info[i] = {.action = action[i].item<float>(),
                 .magnetisation = magnetisation[i].item<float>(),
                 .delta_h = -outcome.log_acceptance[i][0].item<float>(),
                 .virial = virial[i].item<float>(),
                 .accepted = outcome.accepted[i][0].item<bool>()};
  }

  void configurations(std::span<float> out) const override { std::ranges::copy(numbers(), out.begin()); }

private:
  std::span<float> numbers() const { return {fields_.data_ptr<float>(), static_cast<std::size_t>(fields_.numel())}; }

  std::shared_ptr<const BlockUpdates> updates_;
  Phi4 theory_;
  Layout layout_;
  std::uint64_t seed_;
  std::int64_t first_, update_ = 0;
  torch::Tensor fields_; // (count, 1, L1, ..., Ld) float32
};

/// The model, tilted from the couplings of its data to these.
Source tilted_model(const Mpi& mpi, const std::string& path, const Phi4& theory, const Kinds& kinds,
                    const std::string& precision, torch::Device device) {
  SourceOptions settings;
  settings.model = path;
  if (const auto range = ModelReader(path, kinds).prior().range())
    range->name == "lambda" ? settings.lambda = theory.lambda : settings.mass2 = theory.mass2;
  const auto own = open_model(mpi, settings, kinds, precision, device).theory;
  if (!own)
    throw UsageError(fmt::format("--model {} has no action; blocks need a model of phi^4", path));
  if (own->lambda != theory.lambda)
    throw UsageError(
        fmt::format("--model {} has lambda {}, expected that of the lattice, {}", path, own->lambda, theory.lambda));
  settings.field = theory.field - own->field;
  settings.quadratic = theory.quadratic - theory.mass2 - (own->quadratic - own->mass2);
  return open_model(mpi, settings, kinds, precision, device);
}

} // namespace

BlockChains block_chains(const Kinds& kinds) {
  return [kinds](const Mpi& mpi, const BlockOptions& options, const Phi4& theory, const Geometry& geometry,
                 std::uint64_t seed) -> MakeChains<float> {
    const ComputeOptions compute;
    const auto device = compute.resolve_device(mpi);
    set_up_libtorch(device);
    const Source source = tilted_model(mpi, options.model, theory, kinds, compute.resolve_precision(device), device);
    const auto updates = checked([&] {
      const Sampler model{.drift = source.drift,
                          .layout = source.layout,
                          .task = generation(),
                          .schedule = Schedule::parse("scales", static_cast<int>(options.path_steps),
                                                      source.reference.values(), source.log_ratio_range),
                          .solver = {.reference = source.reference},
                          .device = device};
      return std::make_shared<const BlockUpdates>(
          model, theory, geometry, BlockUpdateSettings{.block = Geometry::parse(options.block).extents()}, seed);
    });
    return [=](const HmcSettings&, std::int64_t first, std::int64_t count) {
      return std::make_unique<ChainsOfBlocks>(updates, theory, geometry, seed, first, count);
    };
  };
}

} // namespace stint
