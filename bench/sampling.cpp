// What 'stint sample' costs beside the network: solver, path and noise ("plumbing") as a share of the whole, with the
// network of the default size, on a GPU if there is one.

#include "generative/model.hpp"
#include "generative/phi4/prior.hpp"
#include "generative/sampler.hpp"
#include "lattice/free_field.hpp"

#include <benchmark/benchmark.h>

#include <chrono>

namespace stint {
namespace {

using Clock = std::chrono::steady_clock;

Model free_field_model(const Geometry& geometry) {
  const Phi4 theory{.mass2 = 0.5};
  Moments moments;
  moments.spectrum = torch::tensor(free_propagator(geometry, theory), torch::kDouble).reshape(Layout{geometry}.sites());
  moments.force_spectrum = moments.spectrum.reciprocal();
  auto prior =
      std::make_unique<Phi4Prior>(Phi4Knowledge{.geometry = geometry, .theory = theory, .moments = std::move(moments)});
  const FamilyLaw scalar(prior->families());
  return {std::move(prior), {.families = scalar}, 1};
}

void sampling(benchmark::State& state, Method method, torch::ScalarType precision) {
  const auto extent = static_cast<int>(state.range(0));
  const std::int64_t batch = 65536 / (extent * extent) + 1;
  const Geometry geometry({extent, extent});
  Model model = free_field_model(geometry);
  model.set_precision(precision);
  const torch::Device device = torch::cuda::is_available() ? torch::kCUDA : torch::kCPU;
  model.to(device);
  const Operator reference = model.prior().reference();
  double inside = 0, total = 0; // seconds
  const auto mean = model.posterior_mean();
  const Sampler sampler{.drift = make_drift([&](const Pair& pair, const torch::Tensor& signal) {
                          const auto begin = Clock::now();
                          auto result = mean(pair, signal);
                          inside += std::chrono::duration<double>(Clock::now() - begin).count();
                          return result;
                        }),
                        .layout = model.layout(),
                        .task = generation(),
                        .schedule = Schedule::scales(10, reference.values()),
                        .solver = {.method = method, .reference = reference},
                        .device = device};
  std::int64_t made = 0;
  for (auto _ : state) {
    const auto begin = Clock::now();
    benchmark::DoNotOptimize(sampler(1, made, batch).configurations);
    total += std::chrono::duration<double>(Clock::now() - begin).count();
    made += batch;
  }
  state.counters["s_per_configuration"] = total / static_cast<double>(made);
  state.counters["plumbing"] = 1 - inside / total;
}

BENCHMARK_CAPTURE(sampling, multistep_bf16, Method::multistep, torch::kBFloat16)->Arg(16)->Arg(32)->Arg(64);
BENCHMARK_CAPTURE(sampling, multistep_fp32, Method::multistep, torch::kFloat)->Arg(32);
BENCHMARK_CAPTURE(sampling, sde2_bf16, Method::sde2, torch::kBFloat16)->Arg(32);
BENCHMARK_CAPTURE(sampling, heun_bf16, Method::heun, torch::kBFloat16)->Arg(32);

} // namespace
} // namespace stint
