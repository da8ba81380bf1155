// A step of 'stint train' with the network of the default size (on a GPU if there is one), and where its time goes:
// drawing the batch, its target, the network's inputs, and all of it.

#include "generative/phi4/prior.hpp"
#include "generative/training/regression.hpp"
#include "generative/training/trainer.hpp"
#include "lattice/free_field.hpp"

#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>
#include <malloc.h>
#include <omp.h>

namespace stint {
namespace {

const Geometry lattice{{32, 32}};
const Phi4 theory{.mass2 = 0.5};
constexpr std::int64_t configurations = 4096, batch = 64;

/// Free fields, as configurations of a phi^4 whose force spectrum the target uses.
struct Setting {
  torch::Tensor data = draw_data();
  Model model = make_model();
  TrainingLaw law{{lattice}, data, law_options(model.prior(), model.description().families)};

  explicit Setting(torch::ScalarType precision) { model.set_precision(precision); }

  static torch::Tensor draw_data() {
    const auto spectrum = torch::tensor(free_propagator(lattice, theory), torch::kDouble).reshape({32, 32});
    const auto noise = torch::randn({configurations, 1, 32, 32}, at::make_generator<at::CPUGeneratorImpl>(1));
    return torch::real(torch::fft::ifft2(spectrum.sqrt() * torch::fft::fft2(noise))).to(torch::kFloat).contiguous();
  }

  Model make_model() const {
    auto prior = std::make_unique<Phi4Prior>(Phi4Knowledge{
        .geometry = lattice, .theory = theory, .symmetric = true, .moments = measure_moments(data, true, theory)});
    const FamilyLaw scalar(prior->families());
    return {std::move(prior), {.families = scalar}, 1};
  }
};

void rates(benchmark::State& state) {
  state.counters["samples_per_second"] =
      benchmark::Counter(static_cast<double>(state.iterations() * batch), benchmark::Counter::kIsRate);
}

void step(benchmark::State& state, torch::ScalarType precision, std::int64_t accumulate) {
  Setting setting(precision);
  if (torch::cuda::is_available())
    setting.model.to(torch::kCUDA);
  Trainer trainer(setting.model, setting.law, {.batch = batch, .accumulate = accumulate}, {});
  for (auto _ : state)
    trainer.step();
  rates(state);
}

void draw(benchmark::State& state) {
  const Setting setting(torch::kFloat);
  std::int64_t number = 0;
  for (auto _ : state)
    benchmark::DoNotOptimize(setting.law.draw(1, Purpose::training, number++, {0, batch}, batch));
  rates(state);
}

/// The loss without gradients: inputs, target and the network forward.
void forward(benchmark::State& state, torch::ScalarType precision) {
  Setting setting(precision);
  const torch::NoGradGuard constant;
  const Batch samples = setting.law.draw(1, Purpose::training, 0, {0, batch}, batch);
  for (auto _ : state)
    benchmark::DoNotOptimize(regression_losses(setting.model, samples));
  rates(state);
}

BENCHMARK_CAPTURE(step, bf16, torch::kBFloat16, 1)->MeasureProcessCPUTime()->UseRealTime();
BENCHMARK_CAPTURE(step, fp32, torch::kFloat, 1)->MeasureProcessCPUTime()->UseRealTime();
BENCHMARK_CAPTURE(step, bf16_accumulate4, torch::kBFloat16, 4)->MeasureProcessCPUTime()->UseRealTime();
BENCHMARK(draw)->MeasureProcessCPUTime()->UseRealTime();
BENCHMARK_CAPTURE(forward, bf16, torch::kBFloat16)->MeasureProcessCPUTime()->UseRealTime();

} // namespace
} // namespace stint

int main(int argc, char** argv) {
  at::set_num_threads(omp_get_max_threads()); // as the program does, set_up_libtorch
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
#endif
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
