#include "generative/online_sampler.hpp"

#include <cmath>
#include <stdexcept>

namespace stint {
namespace {

/// One entry of (N) or (N, G) for each site, (N, 1, L1, ..., Ld).
torch::Tensor on_sites(const torch::Tensor& numbers, const torch::Tensor& groups) {
  std::vector<std::int64_t> shape(groups.dim() + 2, 1);
  shape[0] = numbers.size(0);
  return numbers.reshape(shape);
}

} // namespace

torch::Tensor group_variances(const Drift& drift, const Seen& seen, double precision) {
  const torch::AutoGradMode gradients(true);
  const double level = level_of_log_ratio(-std::log(precision) / 2);
  const auto levels = torch::where(seen.made, 0.0, level).to(torch::kDouble);
  const auto x = seen.x.detach().clone().set_requires_grad(true);
  const auto eta1 = drift(pair_of_levels(Basis::site(), levels, Curve::linear), x).eta1;
  auto variances = torch::zeros(seen.waiting.sizes(), seen.x.options().dtype(torch::kDouble));
  for (std::int64_t g = 0; g < seen.waiting.size(1); ++g) {
    const auto waits = seen.waiting.select(1, g);
    if (!waits.any().item<bool>())
      continue;
    const auto sites = (seen.groups == g) & ~seen.made;
    const auto v = sites.to(x.options()).expand_as(x);
    const auto response = torch::autograd::grad({eta1}, {x}, {v}, /*retain_graph=*/true)[0] * v;
    const auto count = v.flatten(1).sum(1, false, torch::kDouble).clamp_min(1);
    const auto sum = response.flatten(1).sum(1, false, torch::kDouble);
    variances.select(1, g).copy_(torch::where(waits, sum / count.square(), torch::zeros_like(sum)));
  }
  return variances.detach() * (level * level / (1 - level));
}

ChooseGroup choose_by_variance(Drift drift, bool largest, double precision) {
  return [drift = std::move(drift), largest, precision](const Seen& seen) {
    constexpr double alike = 1e-3;
    const auto variance = group_variances(drift, seen, precision);
    const auto value = largest ? variance : -variance;
    const auto candidates = value.masked_fill(~seen.waiting, -INFINITY);
    const auto best = candidates.amax(1, /*keepdim=*/true);
    return (candidates >= best - alike * best.abs()).to(torch::kLong).argmax(1);
  };
}

double weak_precision(const Operator& reference) { return 0.1 / reference.values().max().item<double>(); }

OnlineSampler::Result OnlineSampler::operator()(std::uint64_t seed, std::int64_t first, std::int64_t count,
                                                const torch::Tensor& observed) const {
  std::vector<Sampler::Result> samples;
  std::vector<torch::Tensor> orders;
  for (auto& part : side_by_side({first, count}, sampler.device, [&](const SampleRange& range) {
         return make(seed, range, rows_of(observed, sampler.layout, {range.first - first, range.count}));
       })) {
    samples.push_back(std::move(part.samples));
    orders.push_back(std::move(part.order));
  }
  return {joined(samples), torch::cat(orders)};
}

OnlineSampler::Result OnlineSampler::make(std::uint64_t seed, const SampleRange& samples,
                                          const torch::Tensor& observed) const {
  const auto [first, count] = samples;
  const auto& start_levels = sampler.task.path.start();
  if (sampler.log_density != Sampler::LogDensity::none || sampler.until)
    throw std::invalid_argument("an order that is chosen on the way has no log-densities and no stops");
  if (((start_levels > 0) & (start_levels < 1)).any().item<bool>())
    throw std::invalid_argument("an order that is chosen on the way needs known sites without noise");
  const torch::NoGradGuard no_gradients;
  const auto& device = sampler.device;
  const auto x0 = noise(sampler.layout, seed, Purpose::sampling, 0, first, count);
  auto x = start_state(sampler.task, x0, observed.defined() ? observed : torch::zeros_like(x0)).to(device);
  SolverOptions options = sampler.solver;
  options.reference = sampler.solver.reference.to(device);
  const int steps = sampler.schedule.steps();
  const Curve curve = sampler.task.path.curve();

  std::vector<std::int64_t> shape = sampler.layout.shape(count);
  shape[1] = 1;
  const auto of_site = groups.to(device);
  auto made = (start_levels == 0).to(device).expand(shape).clone();
  const std::int64_t number = groups.max().item<std::int64_t>() + 1;
  std::vector<torch::Tensor> open;
  for (std::int64_t g = 0; g < number; ++g)
    open.push_back(((of_site == g) & ~made).flatten(1).any(1));
  auto waiting = torch::stack(open, 1);
  const auto stages = waiting[0].sum().item<std::int64_t>();

  Result result{.samples = {}, .order = torch::empty({count, stages}, torch::kLong)};
  for (std::int64_t stage = 0; stage < stages; ++stage) {
    const Seen seen{.x = x * made, .made = made, .groups = of_site, .waiting = waiting};
    const auto chosen = stage + 1 < stages ? choose(seen).to(device) : waiting.to(torch::kLong).argmax(1);
    if (!waiting.gather(1, chosen.unsqueeze(1)).all().item<bool>())
      throw std::invalid_argument("a group was chosen that does not wait");
    result.order.select(1, stage).copy_(chosen.cpu());
    const auto active = (of_site == on_sites(chosen, of_site)) & ~made;
    const Knots way{steps, [&, active, made](std::int64_t i) {
                      const auto now =
                          sampler.schedule.level(torch::tensor(i, torch::kDouble), torch::ones({}, torch::kDouble));
                      const auto rest = torch::where(made, 0.0, 1.0).to(torch::kDouble);
                      return pair_of_levels(Basis::site(), torch::where(active, now.to(device), rest), curve);
                    }};
    const StepNoise diffusion = [&, first, count](std::int64_t step, const torch::Tensor& like) {
      return noise(sampler.layout, seed, Purpose::diffusion, stage * steps + step, first, count).to(like.options());
    };
    const auto solution = solve(sampler.drift, x, way, options, diffusion);
    x = solution.x;
    result.samples.evaluations += solution.evaluations;
    made = made | active;
    waiting = waiting.scatter(1, chosen.unsqueeze(1), false);
  }
  result.samples.configurations = x.cpu();
  return result;
}

} // namespace stint
