#include "src/sample/relaxation.hpp"

#include "generative/solvers/solver.hpp"

namespace stint {

RelaxReport Relaxation::operator()(torch::Tensor& configurations, std::uint64_t seed, std::int64_t first) const {
  configurations = configurations.contiguous();
  const auto sites = held.defined() ? held.to(torch::kUInt8).contiguous() : torch::empty(0, torch::kUInt8);
  bool stopped = false;
  const auto stop = [&] { return stopped = stopped || (interrupted && interrupted()); };
  const RelaxReport report =
      relax(geometry, theory,
            {.trajectories = trajectories,
             .hmc = hmc,
             .held = {sites.data_ptr<std::uint8_t>(), static_cast<std::size_t>(sites.numel())},
             .interrupted = stop},
            seed, first, {configurations.data_ptr<float>(), static_cast<std::size_t>(configurations.numel())});
  if (stopped)
    throw Interrupted();
  return report;
}

} // namespace stint
