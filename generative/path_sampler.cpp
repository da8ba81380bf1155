#include "generative/path_sampler.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace stint {
namespace {

constexpr std::int64_t most_rotated = 4096; // sites of a lattice whose missing ones are rotated

/// Those in which path and reference are both diagonal if there are any, else those of the path.
RealCoordinates coordinates_of(const Sampler& sampler, const Operator& reference) {
  const Path& path = sampler.task.path;
  if (const auto basis = common_basis(path.basis(), reference.basis()))
    return RealCoordinates(basis->to(sampler.device));
  const auto missing = path.start() > 0;
  const bool together = path.basis() == Basis::site() && path.stages() == 1 && missing.any().item<bool>();
  if (together && sampler.layout.channels == 1 && sampler.layout.volume() <= most_rotated)
    return RealCoordinates::inpainting(missing.expand(sampler.layout.sites()), reference);
  return RealCoordinates(path.basis().to(sampler.device));
}

} // namespace

PathSampler::PathSampler(Sampler sampler, std::uint64_t seed, const torch::Tensor& observed, const Settings& settings)
    : sampler_(std::move(sampler)), seed_(seed), observed_(observed),
      coordinates_(coordinates_of(sampler_, sampler_.solver.reference.to(sampler_.device))),
      knots_(knots(sampler_.task.path, sampler_.schedule, sampler_.device)) {
  const auto& levels = sampler_.task.path.start();
  if (((levels > 0) & (levels < 1)).any().item<bool>())
    throw std::invalid_argument("there are no weights of paths that begin with noisy observations");
  const torch::NoGradGuard no_gradients;
  SolverOptions options = sampler_.solver;
  options.method = Method::multistep;
  options.reference = options.reference.to(sampler_.device);
  const auto missing = (levels > 0).expand(sampler_.layout.sites()).sum().item<std::int64_t>();
  const auto trials =
      settings.trials.value_or(std::clamp<std::int64_t>(16384 / std::max<std::int64_t>(missing, 1), 64, 256));
  const auto x1 = solve(sampler_.drift, start(Purpose::path_variance, {0, trials}), knots_, options).x;
  const StepNoise noising = [&](std::int64_t k, const torch::Tensor& like) {
    return noise(sampler_.layout, seed, Purpose::path_variance, k + 1, 0, trials).to(like.options());
  };
  const auto window = static_cast<std::int64_t>(std::round(settings.window * sampler_.schedule.steps()));
  variance_ = measured_variance(
      sampler_.drift, knots_, coordinates_, coordinates_.variances(options.reference, sampler_.layout.sites()), x1,
      noising, {.groups = settings.groups, .window = window, .sites = settings.sites}, options.interrupted);
}

torch::Tensor PathSampler::start(Purpose purpose, const SampleRange& samples) const {
  const auto x0 = noise(sampler_.layout, seed_, purpose, 0, samples.first, samples.count);
  return start_state(sampler_.task, x0, observed_.defined() ? observed_ : torch::zeros_like(x0)).to(sampler_.device);
}

Sampler::Result PathSampler::operator()(std::int64_t first, std::int64_t count) const {
  const torch::NoGradGuard no_gradients;
  return joined(side_by_side({first, count}, sampler_.device, [&](const SampleRange& part) -> Sampler::Result {
    const StepNoise diffusion = [&](std::int64_t step, const torch::Tensor& like) {
      return noise(sampler_.layout, seed_, Purpose::diffusion, step, part.first, part.count).to(like.options());
    };
    const auto path = weighted_path(sampler_.drift, start(Purpose::sampling, part), knots_, coordinates_, variance_,
                                    diffusion, sampler_.solver.interrupted);
    return {.configurations = path.x.cpu(), .log_density = -path.log_ratio.cpu(), .evaluations = path.evaluations};
  }));
}

WeightedPath PathSampler::propose(const torch::Tensor& x0, const torch::Tensor& observed,
                                  const StepNoise& diffusion) const {
  const torch::NoGradGuard no_gradients;
  return weighted_path(sampler_.drift, start_state(sampler_.task, x0, observed).to(sampler_.device), knots_,
                       coordinates_, variance_, diffusion, sampler_.solver.interrupted);
}

WeightedPath PathSampler::noised(const torch::Tensor& x1, const StepNoise& diffusion) const {
  const torch::NoGradGuard no_gradients;
  return noised_path(sampler_.drift, x1.to(sampler_.device), knots_, coordinates_, variance_, diffusion,
                     sampler_.solver.interrupted);
}

} // namespace stint
