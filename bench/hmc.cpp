// Rates of HMC and of its parts, and the bounds of the machine beside them.
//   OMP_NUM_THREADS=2 bench_hmc                  everything
//   bench_hmc --benchmark_filter='^bound'        the machine
// A site update is one evaluation of the force and the kick and drift that follow, at one site of one chain. Names are
// PART/LATTICE/PRECISION/WHAT:
//   update/.../ALGORITHM   whole updates by all threads: momenta, trajectory, acceptance, energies; cluster sweeps
//   large/.../leapfrog     the same on lattices that fit no cache, 16 chains, one thread
//   kernel/.../leapfrog    as many trajectories by all threads, without momenta and acceptance
//   leapfrog, pass, clusters, normals/.../INSTRUCTION SET   parts, by one thread
//   bound/...              what the machine can do
//
// Bounds. A site update in d dimensions takes, on the register of all its chains,
//   2 d additions (neighbours, field), 1 product (phi^2), 4 multiply-adds (force, two for the kick, drift):
//   2 d + 5 instructions for the units that do multiply-adds, 9 in d = 2, where they count 2 d + 9 = 13 operations.
// Its loads and stores, 2 d + 2, need no longer: there are units for two loads and a store at the same time. A pass
// that finds nothing in cache moves 5 numbers a site: it reads phi and pi and writes pi and the new phi, which has to
// be read before it is written. A trajectory in tiles (mcmc/tiled_dynamics.hpp) moves that once for many stages.

#include "mcmc/aligned_array.hpp"
#include "mcmc/cluster.hpp"
#include "mcmc/markov_chains.hpp"
#include "mcmc/tiled_dynamics.hpp"

#include <benchmark/benchmark.h>

#include <omp.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace stint;

const Phi4 theory{.mass2 = -4, .lambda = 4.572};
const HmcSettings plain{.step_size = 0.07, .steps = 10};

template<class Real> const char* precision() { return sizeof(Real) == 4 ? "single" : "double"; }

template<class... Parts> std::string name_of(const std::string& part, const Parts&... parts) {
  return (part + ... + (std::string("/") += parts));
}

void count(benchmark::State& state, const char* what, double an_iteration) {
  state.counters[what] = benchmark::Counter(an_iteration, benchmark::Counter::kIsIterationInvariantRate);
}

/// All that `run` uses of OpenMP is one thread.
template<class Run> void on_one_thread(Run run) {
  const int threads = omp_get_max_threads();
  omp_set_num_threads(1);
  run();
  omp_set_num_threads(threads);
}

template<class Real>
void update(benchmark::State& state, const Geometry& geometry, std::int64_t chains, const UpdateSettings& settings) {
  MarkovChains<Real> ensemble(geometry, theory, settings, 1, 0, chains);
  ensemble.start_hot();
  std::vector<TrajectoryInfo> info(chains);
  ensemble.advance(info);
  for (auto _ : state)
    ensemble.advance(info);
  const auto sites = static_cast<double>(geometry.volume() * chains);
  count(state, "site_updates_per_second", sites * settings.hmc.steps * force_evaluations(settings.hmc.integrator));
  count(state, "sites_per_second", sites);
}

/// The fields of one group of chains.
template<class Real> struct Group {
  explicit Group(const Geometry& geometry)
      : size(geometry.volume() * lanes), phi(size), pi(size), first(size), second(size) {
    std::fill_n(phi.data(), size, Real{0});
    std::fill_n(first.data(), size, Real{0});
  }
  Workspace<Real> workspace() { return {pi.data(), first.data(), second.data()}; }

  std::int64_t size;
  AlignedArray<Real> phi, pi, first, second;
};

/// A trajectory of each of many groups, which threads share.
template<class Real> void kernel(benchmark::State& state, const Geometry& geometry, std::int64_t chains) {
  const std::int64_t groups = chains / lanes, size = geometry.volume() * lanes;
  AlignedArray<Real> fields(groups * size);
  std::fill_n(fields.data(), groups * size, Real{0});
  const TiledDynamics<Real> dynamics(LatticePass<Real>(geometry, theory, *supported_kernels<Real>().entries[0]));
  const auto stages = trajectory_stages(plain.integrator, plain.step_size, plain.steps);
  std::vector<Group<Real>> scratch;
  for (int i = 0; i < omp_get_max_threads(); ++i) {
    scratch.emplace_back(geometry);
    dynamics.pass().draw({}, dynamics.pass().whole(), scratch.back().pi.data());
  }
  for (auto _ : state)
#pragma omp parallel for schedule(static)
    for (std::int64_t group = 0; group < groups; ++group) {
      Group<Real>& mine = scratch[omp_get_thread_num()];
      benchmark::DoNotOptimize(dynamics.move(stages, fields.data() + group * size, mine.workspace()));
    }
  count(state, "site_updates_per_second", static_cast<double>(groups * size * plain.steps));
}

template<class Real> void leapfrog(benchmark::State& state, const Geometry& geometry, const Kernels<Real>& kernels) {
  Group<Real> group(geometry);
  kernels.normals({}, 0, geometry.volume(), group.pi.data());
  const TiledDynamics<Real> dynamics(LatticePass<Real>(geometry, theory, kernels));
  const auto stages = trajectory_stages(plain.integrator, plain.step_size, plain.steps);
  for (auto _ : state)
    benchmark::DoNotOptimize(dynamics.move(stages, group.phi.data(), group.workspace()));
  count(state, "site_updates_per_second", static_cast<double>(group.size * plain.steps));
}

/// One pass over and over, without energies and tiles.
template<class Real> void one_pass(benchmark::State& state, const Geometry& geometry, const Kernels<Real>& kernels) {
  Group<Real> group(geometry);
  kernels.normals({}, 0, geometry.volume(), group.pi.data());
  const LatticePass<Real> pass(geometry, theory, kernels);
  for (auto _ : state) {
    auto step = pass.prepared(group.first.data(), group.pi.data(), plain.step_size);
    step.out = group.second.data();
    step.drift = static_cast<Real>(plain.step_size);
    pass(step);
    std::swap(group.first, group.second);
  }
  count(state, "site_updates_per_second", static_cast<double>(group.size));
}

template<class Real> void clusters(benchmark::State& state, const Geometry& geometry, const Kernels<Real>& kernels) {
  MarkovChains<Real> ensemble(geometry, theory, {.hmc = plain, .cluster_sweeps = 1}, 1, 0, lanes);
  ensemble.start_hot();
  std::vector<TrajectoryInfo> info(lanes);
  for (int i = 0; i < 20; ++i)
    ensemble.advance(info);
  std::vector<Real> configurations(geometry.volume() * lanes);
  ensemble.configurations(configurations);
  AlignedArray<Real> phi(geometry.volume() * lanes);
  for (std::int64_t x = 0; x < geometry.volume(); ++x)
    for (int lane = 0; lane < lanes; ++lane)
      phi.data()[x * lanes + lane] = configurations[lane * geometry.volume() + x];
  const ClusterSweep<Real> cluster(geometry, theory.field, kernels);
  ClusterScratch scratch(geometry);
  std::uint32_t trajectory = 0;
  for (auto _ : state)
    cluster(1, 0, trajectory++, 0, phi.data(), scratch);
  count(state, "sites_per_second", static_cast<double>(geometry.volume() * lanes));
}

template<class Real> void normals(benchmark::State& state, std::int64_t sites, const Kernels<Real>& kernels) {
  AlignedArray<Real> out(sites * lanes);
  LaneStreams streams;
  for (auto _ : state) {
    kernels.normals(streams, 0, sites, out.data());
    ++streams.trajectory;
  }
  count(state, "normals_per_second", static_cast<double>(sites * lanes));
}

/// a = b + s c on arrays of `size` floats, by all threads.
void triad(benchmark::State& state) {
  const std::int64_t size = std::int64_t{1} << 27; // 512 MiB an array
  const AlignedArray<float> arrays[3] = {AlignedArray<float>(size), AlignedArray<float>(size),
                                         AlignedArray<float>(size)};
  float *const a = arrays[0].data(), *const b = arrays[1].data(), *const c = arrays[2].data();
#pragma omp parallel for simd schedule(static)
  for (std::int64_t i = 0; i < size; ++i)
    a[i] = b[i] = c[i] = 1;
  for (auto _ : state) {
#pragma omp parallel for simd schedule(static)
    for (std::int64_t i = 0; i < size; ++i)
      a[i] = b[i] + 0.5F * c[i];
    benchmark::ClobberMemory();
  }
  // a is read before it is written
  const double bytes = 4. * static_cast<double>(size * sizeof(float));
  count(state, "bytes_per_second", bytes);
  count(state, "site_updates_per_second", bytes / (5 * sizeof(float))); // single precision, nothing in cache
}

#if defined(__x86_64__)
constexpr int chains_of_sums = 12; // enough to hide the latency of a multiply-add, 4 or 5 cycles, on two units
constexpr std::int64_t repetitions = 4096;

__attribute__((target("avx512f"))) float multiply_adds_512() {
  __m512 sums[chains_of_sums];
  for (auto& sum : sums)
    sum = _mm512_set1_ps(1);
  __m512 factor = _mm512_set1_ps(0.5F);
  benchmark::DoNotOptimize(factor);
  for (std::int64_t i = 0; i < repetitions; ++i)
#pragma GCC unroll 12
    for (auto& sum : sums)
      sum = _mm512_fmadd_ps(sum, factor, factor);
  float total = 0;
  for (const auto& sum : sums)
    total += _mm512_cvtss_f32(sum);
  return total;
}

__attribute__((target("avx2,fma"))) float multiply_adds_256() {
  __m256 sums[chains_of_sums];
  for (auto& sum : sums)
    sum = _mm256_set1_ps(1);
  __m256 factor = _mm256_set1_ps(0.5F);
  benchmark::DoNotOptimize(factor);
  for (std::int64_t i = 0; i < repetitions; ++i)
#pragma GCC unroll 12
    for (auto& sum : sums)
      sum = _mm256_fmadd_ps(sum, factor, factor);
  float total = 0;
  for (const auto& sum : sums)
    total += _mm256_cvtss_f32(sum);
  return total;
}

/// Multiply-adds of numbers in registers of `width` floats, one thread.
void multiply_adds(benchmark::State& state, float (*run)(), int width) {
  for (auto _ : state)
    benchmark::DoNotOptimize(run());
  const auto instructions = static_cast<double>(repetitions * chains_of_sums);
  count(state, "multiply_adds_per_second", instructions * width);
  count(state, "site_updates_per_second", instructions * width / 9); // d = 2
}

void add_multiply_adds() {
  if (__builtin_cpu_supports("avx512f"))
    benchmark::RegisterBenchmark("bound/arithmetic/single/avx512", multiply_adds, multiply_adds_512, 16);
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    benchmark::RegisterBenchmark("bound/arithmetic/single/avx2", multiply_adds, multiply_adds_256, 8);
}
#else
void add_multiply_adds() {}
#endif

void add_bounds() {
  add_multiply_adds();
  benchmark::RegisterBenchmark("bound/memory/single/all threads", triad)->MeasureProcessCPUTime()->UseRealTime();
  benchmark::RegisterBenchmark("bound/memory/single/one thread",
                               [](benchmark::State& state) { on_one_thread([&] { triad(state); }); })
      ->MeasureProcessCPUTime()
      ->UseRealTime();
}

std::int64_t chains_for(const Geometry& geometry) {
  return std::clamp<std::int64_t>((std::int64_t{1} << 22) / geometry.volume() / lanes * lanes, 2 * lanes, 4096);
}

template<class Real> void add_updates() {
  const auto add = [](const std::string& lattice, const std::string& algorithm, const UpdateSettings& settings) {
    const Geometry geometry = Geometry::parse(lattice);
    benchmark::RegisterBenchmark(
        name_of("update", lattice, precision<Real>(), algorithm).c_str(),
        [=](benchmark::State& state) { update<Real>(state, geometry, chains_for(geometry), settings); })
        ->MeasureProcessCPUTime()
        ->UseRealTime();
  };
  for (const std::string lattice : {"1024", "8x8", "16x16", "32x32", "64x64", "128x128", "256x256", "8x8x8", "16x16x16",
                                    "32x32x32", "4x4x4x4", "8x8x8x8", "16x16x16x16"})
    add(lattice, "leapfrog", {.hmc = plain});
  for (const std::string lattice : {"32x32", "128x128", "16x16x16", "8x8x8x8"}) {
    add(lattice, "omelyan", {.hmc = {.step_size = 0.14, .steps = 5, .integrator = Integrator::omelyan}});
    add(lattice, "omelyan4", {.hmc = {.step_size = 0.35, .steps = 2, .integrator = Integrator::omelyan4}});
    add(lattice, "Fourier", {.hmc = {.step_size = 0.07, .steps = 10, .fourier_mass2 = 0.1}});
    add(lattice, "cluster", {.hmc = plain, .cluster_sweeps = 1});
  }
  benchmark::RegisterBenchmark(name_of("kernel", "32x32", precision<Real>(), "leapfrog").c_str(),
                               [](benchmark::State& state) {
                                 kernel<Real>(state, Geometry({32, 32}), 4096);
                               })
      ->MeasureProcessCPUTime()
      ->UseRealTime();
  for (const std::string lattice : {"32x32", "512x512", "1024x1024", "2048x2048", "64x64x64", "32x32x32x32"})
    benchmark::RegisterBenchmark(name_of("large", lattice, precision<Real>(), "leapfrog").c_str(),
                                 [=](benchmark::State& state) {
                                   on_one_thread(
                                       [&] { update<Real>(state, Geometry::parse(lattice), lanes, {.hmc = plain}); });
                                 })
        ->MeasureProcessCPUTime()
        ->UseRealTime();
}

template<class Real> void add_parts() {
  const auto supported = supported_kernels<Real>();
  for (int i = 0; i < supported.count; ++i) {
    const Kernels<Real>* kernels = supported.entries[i];
    const auto add = [kernels](const std::string& part, const std::string& lattice, auto run) {
      benchmark::RegisterBenchmark(name_of(part, lattice, precision<Real>(), kernels->name).c_str(),
                                   [=](benchmark::State& state) { run(state, Geometry::parse(lattice), *kernels); });
    };
    for (const std::string lattice : {"1024", "32x32", "128x128", "16x16x16", "8x8x8x8"}) {
      add("leapfrog", lattice, leapfrog<Real>);
      add("clusters", lattice, clusters<Real>);
    }
    add("pass", "32x32", one_pass<Real>);
    add("normals", "1024", [](benchmark::State& state, const Geometry& geometry, const Kernels<Real>& chosen) {
      normals<Real>(state, geometry.volume(), chosen);
    });
  }
}

const bool added = [] {
  add_bounds();
  add_updates<float>(), add_updates<double>();
  add_parts<float>(), add_parts<double>();
  return true;
}();

} // namespace
