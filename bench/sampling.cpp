// What 'stint sample' costs beside the network: solver, path and noise ("plumbing") as a share of the whole, with the
// network of the default size.

#include "generative/model.hpp"
#include "generative/sampler.hpp"
#include "lattice/free_field.hpp"

#include <benchmark/benchmark.h>

#include <chrono>

namespace stint {
namespace {

using Clock = std::chrono::steady_clock;

ModelDescription description(const Geometry& geometry) {
  const Phi4 theory{.mass2 = 0.5};
  const std::vector<std::int64_t> shape(geometry.extents().begin(), geometry.extents().end());
  ModelDescription result{.geometry = geometry, .kind = "phi4", .theory = theory, .moments = {}};
  result.moments.spectrum = torch::tensor(free_propagator(geometry, theory), torch::kDouble).reshape(shape);
  result.moments.force_spectrum = result.moments.spectrum.reciprocal();
  return result;
}

void sampling(benchmark::State& state, Method method, torch::ScalarType precision) {
  const auto extent = static_cast<int>(state.range(0));
  const std::int64_t batch = 65536 / (extent * extent) + 1;
  const Geometry geometry({extent, extent});
  Model model(description(geometry), 1);
  model.set_precision(precision);
  const auto& spectrum = model.description().moments.spectrum;
  double inside = 0, total = 0; // seconds
  const auto mean = model.posterior_mean();
  const Sampler sampler{.drift = make_drift([&](const Pair& pair, const torch::Tensor& signal) {
                          const auto begin = Clock::now();
                          auto result = mean(pair, signal);
                          inside += std::chrono::duration<double>(Clock::now() - begin).count();
                          return result;
                        }),
                        .geometry = geometry,
                        .task = generation(),
                        .schedule = Schedule::scales(10, spectrum),
                        .solver = {.method = method, .reference = Operator::diagonal(Basis::fourier(), spectrum)}};
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
BENCHMARK_CAPTURE(sampling, sde2_bf16, Method::sde2, torch::kBFloat16)->Arg(32);
BENCHMARK_CAPTURE(sampling, heun_bf16, Method::heun, torch::kBFloat16)->Arg(32);

} // namespace
} // namespace stint
