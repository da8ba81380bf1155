#include "mcmc/relax.hpp"

#include <algorithm>
#include <vector>

namespace stint {

RelaxReport relax(MarkovChains<float>& chains, std::int64_t first, const RelaxSettings& settings,
                  std::span<float> configurations) {
  const std::int64_t count = chains.chains() - first;
  const std::size_t volume = configurations.size() / count;
  std::vector<float> all(chains.chains() * volume); // the idle ones are at 0
  std::ranges::copy(configurations, all.end() - std::ssize(configurations));
  chains.restore(all, 0);
  if (!settings.held.empty())
    chains.hold(settings.held);
  std::vector<TrajectoryInfo> infos(chains.chains());
  std::vector<std::int64_t> accepted(count);
  for (std::int64_t t = 0; t < settings.trajectories && !(settings.interrupted && settings.interrupted()); ++t) {
    chains.advance(infos);
    for (std::int64_t i = 0; i < count; ++i)
      accepted[i] += infos[first + i].accepted ? 1 : 0;
  }
  chains.configurations(all);
  std::ranges::copy(std::span(all).last(configurations.size()), configurations.begin());
  RelaxReport report;
  for (const std::int64_t moves : accepted) {
    report.acceptance += static_cast<double>(moves) / static_cast<double>(count * settings.trajectories);
    report.unmoved += moves == 0 ? 1 : 0;
  }
  return report;
}

} // namespace stint
