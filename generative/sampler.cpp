#include "generative/sampler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

namespace stint {
namespace {

/// +-1 from the bits of Stream{seed, Purpose::probes, sample, number}: (probes, count, C, L1, ..., Ld).
torch::Tensor rademacher(const torch::Tensor& like, int probes, std::uint64_t seed, std::int64_t first,
                         std::int64_t number) {
  const std::int64_t count = like.size(0), volume = like[0].numel();
  auto signs = torch::empty({probes, count, volume}, torch::kFloat);
  float* const out = signs.data_ptr<float>();
  for (std::int64_t n = 0; n < count; ++n) {
    const Stream stream{seed, Purpose::probes, static_cast<std::uint32_t>(first + n),
                        static_cast<std::uint32_t>(number)};
    for (std::int64_t i = 0; i < probes * volume; ++i) {
      const auto bits = stream.bits(static_cast<std::uint32_t>(i / 128));
      out[(i / volume * count + n) * volume + i % volume] = (bits[i / 32 % 4] >> (i % 32) & 1U) != 0 ? 1.0F : -1.0F;
    }
  }
  auto shape = like.sizes().vec();
  shape.insert(shape.begin(), probes);
  return signs.reshape(shape).to(like.options());
}

/// x_mu of every site, (L1, ..., Ld).
torch::Tensor coordinate(const Layout& layout, int mu) {
  std::vector<std::int64_t> line(layout.dimensions(), 1);
  line[mu] = layout.geometry.extents()[mu];
  return torch::arange(line[mu], torch::kLong).reshape(line).expand(layout.sites());
}

/// Which sites have each colour, those of one class x mod `colours`: (colours^d, 1, 1, L1, ..., Ld), 0 or 1.
torch::Tensor colour_masks(const Layout& layout, int colours) {
  auto colour = torch::zeros(layout.sites(), torch::kLong);
  std::int64_t count = 1;
  for (int mu = 0; mu < layout.dimensions(); ++mu) {
    const std::int64_t extent = layout.geometry.extents()[mu];
    if (colours < 1 || extent % colours != 0)
      throw std::invalid_argument(fmt::format("{} colours do not divide an extent of {}", colours, extent));
    colour = colour * colours + coordinate(layout, mu).remainder(colours);
    count *= colours;
  }
  std::vector<std::int64_t> first(layout.dimensions() + 3, 1);
  first[0] = count;
  return (torch::arange(count, torch::kLong).reshape(first) == colour).to(torch::kFloat);
}

/// Hierarchical probing (Stathopoulos, Laeuchli & Orginos, arXiv:1302.4018): signs, orthogonal to each other, whose
/// mean product over the first 2^j of them is 0 between the nearest sites of a colour, between the next nearest, and so
/// on: the vectors of a colour then leave what as many more colours leave. (K, 1, 1, L1, ..., Ld), K a power of 2, at
/// most `largest`.
torch::Tensor probing_signs(const Layout& layout, std::int64_t colours, std::int64_t largest) {
  auto signs = torch::ones(layout.shape(1), torch::kFloat).unsqueeze(0).narrow(2, 0, 1);
  const auto split = [&](const torch::Tensor& parity) {
    if (2 * signs.size(0) <= largest)
      signs = torch::cat({signs, signs * (1 - 2 * parity.remainder(2))});
  };
  const auto halves = [&](std::int64_t length) {
    return std::ranges::all_of(layout.geometry.extents(), [&](int extent) { return extent % (2 * length) == 0; });
  };
  for (std::int64_t length = colours; 2 * signs.size(0) <= largest && halves(length); length *= 2) {
    auto sum = torch::zeros(layout.sites(), torch::kLong);
    for (int mu = 0; mu < layout.dimensions(); ++mu)
      sum = sum + coordinate(layout, mu).floor_divide(length);
    split(sum);
    for (int mu = 1; mu < layout.dimensions(); ++mu)
      split(coordinate(layout, mu).floor_divide(length));
  }
  return signs;
}

/// The vectors of one evaluation for Hutchinson's estimate, scaled so that the mean of <v, J v> over those of one set
/// of signs is their sum: (probes colours^d, N, C, L1, ..., Ld).
std::function<torch::Tensor(std::int64_t number, const torch::Tensor& like)>
random_vectors(const Layout& layout, int colours, int probes, torch::Device device, std::uint64_t seed,
               std::int64_t first) {
  const auto masks = colour_masks(layout, colours).to(device) * std::sqrt(std::pow(colours, layout.dimensions()));
  const auto signs = probing_signs(layout, colours, probes).to(device);
  const auto sets = (probes + signs.size(0) - 1) / signs.size(0);
  return [=](std::int64_t number, const torch::Tensor& like) {
    const auto random = rademacher(like, static_cast<int>(sets), seed, first, number).unsqueeze(1);
    const auto all = (random * signs.to(like.scalar_type())).flatten(0, 1).narrow(0, 0, probes);
    return (all.unsqueeze(1) * masks.to(like.scalar_type())).flatten(0, 1);
  };
}

/// log N(x0; 0, 1) over the coordinates that start as noise, (N).
torch::Tensor noise_log_density(const Path& path, const torch::Tensor& x0) {
  const auto noisy = (path.start() == 1).to(torch::kDouble);
  const auto component = Operator::diagonal(path.basis(), noisy)(x0.to(torch::kDouble));
  const double directions = noisy.expand(x0.sizes().slice(1)).sum().item<double>();
  return -(component.square().flatten(1).sum(1) + directions * std::log(2 * M_PI)) / 2;
}

Sampler::Result result_of(const Solution& solution) {
  return {.configurations = solution.x.cpu(),
          .log_density = {},
          .evaluations = solution.evaluations,
          .memory = solution.memory.defined() ? solution.memory.cpu() : torch::Tensor()};
}

} // namespace

torch::Tensor rows_of(const torch::Tensor& values, const Layout& layout, const SampleRange& range) {
  const bool one_for_each = values.defined() && values.dim() == layout.dimensions() + 2 && values.size(0) > 1;
  return one_for_each ? values.narrow(0, range.first, range.count) : values;
}

torch::Tensor noise(const Layout& layout, std::uint64_t seed, Purpose purpose, std::int64_t step, std::int64_t first,
                    std::int64_t count) {
  torch::empty(layout.shape(count), torch::kFloat); // refuses a batch that has no room before its numbers take theirs
  std::vector<std::int64_t> samples(count);
  std::iota(samples.begin(), samples.end(), first);
  return noise(layout, seed, purpose, step, samples);
}

torch::Tensor noise(const Layout& layout, std::uint64_t seed, Purpose purpose, std::int64_t step,
                    std::span<const std::int64_t> samples) {
  const std::int64_t count = std::ssize(samples);
  auto fields = torch::empty(layout.shape(count), torch::kFloat);
  const std::span<float> values(fields.data_ptr<float>(), fields.numel());
#pragma omp parallel for
  for (std::int64_t n = 0; n < count; ++n)
    Stream{seed, purpose, static_cast<std::uint32_t>(samples[n]), static_cast<std::uint32_t>(step)}.normals(
        values.subspan(n * layout.numbers(), layout.numbers()));
  return fields;
}

torch::Tensor posterior_mean(const Drift& drift, const Task& task, const torch::Tensor& observed,
                             torch::Device device) {
  const torch::NoGradGuard no_gradients;
  const auto start = start_state(task, torch::zeros_like(observed), observed).to(device);
  const Pair pair = task.path.start_pair();
  return drift({pair.alpha.to(device), pair.beta.to(device)}, start).eta1.to(torch::kFloat).cpu();
}

Sampler::Result joined(const std::vector<Sampler::Result>& parts) {
  if (parts.size() == 1)
    return parts.front();
  const auto all = [&](torch::Tensor Sampler::Result::*member) {
    std::vector<torch::Tensor> tensors;
    for (const auto& part : parts)
      tensors.push_back(part.*member);
    return tensors.front().defined() ? torch::cat(tensors) : torch::Tensor();
  };
  Sampler::Result result{.configurations = all(&Sampler::Result::configurations),
                         .log_density = all(&Sampler::Result::log_density),
                         .memory = all(&Sampler::Result::memory)};
  for (const auto& part : parts)
    result.evaluations += part.evaluations * static_cast<double>(part.configurations.size(0)) /
                          static_cast<double>(result.configurations.size(0));
  return result;
}

bool Sampler::divisible() const {
  const auto& start = task.path.start();
  return !watch && !(start.dim() == layout.dimensions() + 2 && start.size(0) > 1);
}

Sampler::Result Sampler::operator()(std::uint64_t seed, std::int64_t first, std::int64_t count,
                                    const torch::Tensor& observed) const {
  const auto work = [&](const SampleRange& part) {
    return make(seed, part, rows_of(observed, layout, {part.first - first, part.count}));
  };
  return divisible() ? joined(side_by_side({first, count}, device, work)) : work({first, count});
}

Sampler::Result Sampler::make(std::uint64_t seed, const SampleRange& samples, const torch::Tensor& observed) const {
  const auto [first, count] = samples;
  if (log_density == LogDensity::random && solver.method == Method::dopri5)
    throw std::invalid_argument("dopri5 integrates exact divergences only: its evaluations differ between "
                                "configurations");
  const auto& levels = task.path.start();
  if (log_density != LogDensity::none && ((levels > 0) & (levels < 1)).any().item<bool>())
    throw std::invalid_argument(
        "there is no log-density of what is made from noisy observations: the flow maps each to "
        "a surface");
  const torch::NoGradGuard no_gradients;
  const auto x0 = noise(layout, seed, Purpose::sampling, 0, first, count);
  const auto start = start_state(task, x0, observed.defined() ? observed : torch::zeros_like(x0)).to(device);
  const StepNoise diffusion = [&, first, count](std::int64_t step, const torch::Tensor& like) {
    return noise(layout, seed, Purpose::diffusion, step, first, count).to(like.options());
  };
  Divergence divergence;
  if (log_density == LogDensity::exact)
    divergence = exact_divergence();
  else if (log_density == LogDensity::random)
    divergence = hutchinson_divergence(random_vectors(layout, colours, probes, device, seed, first));
  SolverOptions options = solver;
  options.reference = solver.reference.to(device);
  const Solution solution =
      solve(drift, start, knots(task.path, schedule, device), options, diffusion, divergence, watch, {.to = until});
  Result result = result_of(solution);
  if (solution.log_density_change.defined())
    result.log_density = noise_log_density(task.path, x0) + solution.log_density_change.cpu();
  return result;
}

Sampler::Result Sampler::go_on(std::uint64_t seed, std::span<const std::int64_t> samples, const State& state) const {
  const auto work = [&](const SampleRange& part) {
    return end(seed, samples.subspan(part.first, part.count),
               {.knot = state.knot,
                .x = state.x.narrow(0, part.first, part.count),
                .memory = state.memory.defined() ? state.memory.narrow(0, part.first, part.count) : torch::Tensor(),
                .factors = rows_of(state.factors, layout, part)});
  };
  const SampleRange all{0, std::ssize(samples)};
  return divisible() ? joined(side_by_side(all, device, work)) : work(all);
}

Sampler::Result Sampler::end(std::uint64_t seed, std::span<const std::int64_t> samples, const State& state) const {
  if (log_density != LogDensity::none)
    throw std::invalid_argument("the log-densities of states on their way are not known");
  const torch::NoGradGuard no_gradients;
  const StepNoise diffusion = [&](std::int64_t step, const torch::Tensor& like) {
    return noise(layout, seed, Purpose::diffusion, step, samples).to(like.options());
  };
  SolverOptions options = solver;
  options.reference = solver.reference.to(device);
  Knots way = knots(task.path, schedule, device);
  if (state.factors.defined())
    way = scaled(std::move(way), state.factors, task.path.curve());
  const auto memory = state.memory.defined() ? state.memory.to(device) : torch::Tensor();
  return result_of(solve(drift, state.x.to(device), way, options, diffusion, {}, watch,
                         {.from = state.knot, .to = until, .memory = memory}));
}

} // namespace stint
