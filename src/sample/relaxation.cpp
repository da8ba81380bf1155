#include "src/sample/relaxation.hpp"

namespace stint {

RelaxReport Relaxation::operator()(torch::Tensor& configurations, std::uint64_t seed, std::int64_t first) const {
  configurations = configurations.contiguous();
  const auto sites = held.defined() ? held.to(torch::kUInt8).contiguous() : torch::empty(0, torch::kUInt8);
  return relax(geometry, theory,
               {.trajectories = trajectories,
                .hmc = hmc,
                .held = {sites.data_ptr<std::uint8_t>(), static_cast<std::size_t>(sites.numel())}},
               seed, first, {configurations.data_ptr<float>(), static_cast<std::size_t>(configurations.numel())});
}

} // namespace stint
