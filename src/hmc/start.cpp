#include "src/hmc/start.hpp"

#include "src/program/errors.hpp"
#include "src/program/numbers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <tuple>
#include <utility>

namespace stint {

std::vector<std::int64_t> rows_to_start_from(std::span<const std::int64_t> chain,
                                             std::span<const std::int64_t> trajectory, std::int64_t count) {
  std::vector<std::int64_t> rows(chain.size());
  std::iota(rows.begin(), rows.end(), 0);
  std::ranges::sort(rows, {}, [&](std::int64_t row) { return std::tuple(chain[row], -trajectory[row], -row); });
  std::vector<std::pair<std::int64_t, std::int64_t>> by_age; // (configurations of its chain after it, row), by chain
  for (const std::int64_t row : rows) {
    const bool same_chain = !by_age.empty() && chain[by_age.back().second] == chain[row];
    by_age.emplace_back(same_chain ? by_age.back().first + 1 : 0, row);
  }
  std::ranges::stable_sort(by_age, {}, [](const auto& entry) { return entry.first; });
  rows.resize(count);
  std::transform(by_age.begin(), by_age.begin() + count, rows.begin(), [](const auto& entry) { return entry.second; });
  return rows;
}

template<class Real> RunState<Real> state_of_ensemble(const HmcRunSettings& settings, const Geometry& geometry) {
  const std::string& path = settings.start;
  const EnsembleReader ensemble(path);
  ensemble.theory(); // refuses other kinds
  if (ensemble.geometry() != geometry)
    throw UsageError(fmt::format("--start {}: its lattice is {}, but --lattice is {}", path, ensemble.geometry().text(),
                                 geometry.text()));
  if (ensemble.size() < settings.chains)
    throw UsageError(fmt::format("--start {}: has {}, too few for --chains {}", path,
                                 counted(ensemble.size(), "configuration"), settings.chains));
  RunState<Real> state;
  const auto trajectories = ensemble.trajectory();
  state.position.first_trajectory = *std::ranges::max_element(trajectories);
  constexpr std::int64_t largest = std::numeric_limits<std::uint32_t>::max();
  if (state.position.first_trajectory < 0 || state.position.first_trajectory > largest - settings.updates())
    throw UsageError(fmt::format("--start {}: goes on from trajectory {}, but they are numbered with 32 bits", path,
                                 state.position.first_trajectory));
  state.configurations.resize(settings.chains * geometry.volume());
  const auto rows = rows_to_start_from(ensemble.chain(), trajectories, settings.chains);
  for (std::int64_t i = 0, run = 1; i < settings.chains; i += std::exchange(run, 1)) {
    while (i + run < settings.chains && rows[i + run] == rows[i] + run)
      ++run;
    ensemble.read<Real>(rows[i],
                        std::span(state.configurations).subspan(i * geometry.volume(), run * geometry.volume()));
  }
  return state;
}

template RunState<float> state_of_ensemble(const HmcRunSettings&, const Geometry&);
template RunState<double> state_of_ensemble(const HmcRunSettings&, const Geometry&);

} // namespace stint
