#include "src/sample/relaxation.hpp"

#include "mcmc/ensemble.hpp"

#include <vector>

namespace stint {

void Relaxation::operator()(torch::Tensor& configurations, std::uint64_t seed, std::int64_t first) const {
  if (trajectories == 0)
    return;
  // A sample is a chain; an ensemble begins with a whole group of chains, so that a few idle ones may come first.
  const std::int64_t idle = first % Ensemble<float>::lanes, chains = idle + configurations.size(0);
  auto fields = configurations.contiguous();
  if (idle > 0)
    fields = torch::cat({fields.narrow(0, 0, 1).repeat_interleave(idle, 0), fields});
  const std::span<float> values(fields.data_ptr<float>(), static_cast<std::size_t>(fields.numel()));
  Ensemble<float> ensemble(geometry, theory, {.hmc = hmc}, seed, first - idle, chains);
  ensemble.restore(values, 0);
  if (held.defined()) {
    const auto sites = held.to(torch::kUInt8).contiguous();
    ensemble.hold({sites.data_ptr<std::uint8_t>(), static_cast<std::size_t>(sites.numel())});
  }
  std::vector<TrajectoryInfo> infos(chains);
  for (std::int64_t t = 0; t < trajectories; ++t)
    ensemble.advance(infos);
  ensemble.configurations(values);
  configurations = fields.narrow(0, idle, configurations.size(0));
}

} // namespace stint
