#include "src/hmc/start.hpp"

#include "src/program/errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace stint {

template<class Real> RunState<Real> state_of_ensemble(const HmcRunSettings& settings, const Geometry& geometry) {
  const std::string& path = settings.start;
  const EnsembleReader ensemble(path);
  ensemble.theory(); // refuses other kinds
  if (ensemble.geometry() != geometry)
    throw UsageError(fmt::format("--start {}: its lattice is {}, but --lattice is {}", path, ensemble.geometry().text(),
                                 geometry.text()));
  if (ensemble.size() < settings.chains)
    throw UsageError(fmt::format("--start {}: has {} configurations, too few for --chains {}", path, ensemble.size(),
                                 settings.chains));
  RunState<Real> state;
  const auto trajectories = ensemble.trajectory();
  state.position.first_trajectory = *std::ranges::max_element(trajectories);
  constexpr std::int64_t largest = std::numeric_limits<std::uint32_t>::max();
  if (state.position.first_trajectory < 0 || state.position.first_trajectory > largest - settings.updates())
    throw UsageError(fmt::format("--start {}: goes on from trajectory {}, but they are numbered with 32 bits", path,
                                 state.position.first_trajectory));
  state.configurations.resize(settings.chains * geometry.volume());
  ensemble.read<Real>(ensemble.size() - settings.chains, state.configurations);
  return state;
}

template RunState<float> state_of_ensemble(const HmcRunSettings&, const Geometry&);
template RunState<double> state_of_ensemble(const HmcRunSettings&, const Geometry&);

} // namespace stint
