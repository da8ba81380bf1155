// Site updates a second of HMC and of its parts. A site update is one leapfrog step of one site of one chain.
//   OMP_NUM_THREADS=2 bench_hmc                                   the full algorithm uses OpenMP's threads
//   bench_hmc --benchmark_filter='leapfrog'                       the parts use one thread

#include "mcmc/aligned_array.hpp"
#include "mcmc/ensemble.hpp"
#include "mcmc/leapfrog.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>
#include <vector>

namespace {

using namespace stint;

const Phi4 theory{.mass2 = -4, .lambda = 4.572};
const HmcSettings settings{.step_size = 0.07, .steps = 10};

template<class Real> const char* precision() { return sizeof(Real) == 4 ? "single" : "double"; }

/// PART/LATTICE/PRECISION[/INSTRUCTION SET]
template<class... Parts> std::string name_of(const std::string& part, const Parts&... parts) {
  return (part + ... + (std::string("/") += parts));
}

void count_site_updates(benchmark::State& state, double updates_an_iteration) {
  state.counters["site_updates_per_second"] =
      benchmark::Counter(updates_an_iteration, benchmark::Counter::kIsIterationInvariantRate);
}

/// Whole trajectories: momenta, leapfrog, acceptance.
template<class Real> void full(benchmark::State& state, const Geometry& geometry, std::int64_t chains) {
  Ensemble<Real> ensemble(geometry, theory, settings, 1, 0, chains);
  ensemble.start_hot();
  std::vector<TrajectoryInfo> info(chains);
  for (auto _ : state)
    ensemble.advance(info);
  count_site_updates(state, static_cast<double>(geometry.volume() * chains * settings.steps));
}

/// The fields of one group of chains.
template<class Real> struct Group {
  explicit Group(const Geometry& geometry)
      : size(geometry.volume() * lanes), phi(size), pi(size), first(size), second(size) {
    std::fill_n(phi.data(), size, Real{0});
    std::fill_n(first.data(), size, Real{0});
  }
  std::int64_t size;
  AlignedArray<Real> phi, pi, first, second;
};

template<class Real> void leapfrog(benchmark::State& state, const Geometry& geometry, const Kernels<Real>& kernels) {
  Group<Real> group(geometry);
  kernels.normals({}, geometry.volume(), group.pi.data());
  const Leapfrog<Real> leapfrog(geometry, theory, settings, kernels);
  for (auto _ : state)
    benchmark::DoNotOptimize(leapfrog(group.phi.data(), group.pi.data(), {group.first.data(), group.second.data()}));
  count_site_updates(state, static_cast<double>(group.size * settings.steps));
}

/// One sweep over and over, without energies: the kernel alone.
template<class Real> void sweep(benchmark::State& state, const Geometry& geometry, const Kernels<Real>& kernels) {
  Group<Real> group(geometry);
  kernels.normals({}, geometry.volume(), group.pi.data());
  const int extent = geometry.extents().back();
  const Geometry rows(std::vector<int>(geometry.extents().begin(), geometry.extents().end() - 1));
  const auto row_neighbours = rows.neighbour_table();
  Sweep<Real> sweep;
  sweep.pi = group.pi.data();
  sweep.extent = extent;
  sweep.directions_across = rows.dimensions();
  sweep.row_neighbours = row_neighbours.data();
  sweep.kick = sweep.drift = static_cast<Real>(settings.step_size);
  sweep.onsite = static_cast<Real>(theory.onsite(geometry.dimensions()));
  sweep.lambda = static_cast<Real>(theory.lambda);
  for (auto _ : state) {
    sweep.phi = group.first.data(), sweep.out = group.second.data();
    kernels.sweep(sweep, 0, rows.volume());
    std::swap(group.first, group.second);
  }
  count_site_updates(state, static_cast<double>(group.size));
}

template<class Real> void normals(benchmark::State& state, std::int64_t sites, const Kernels<Real>& kernels) {
  AlignedArray<Real> out(sites * lanes);
  LaneStreams streams;
  for (auto _ : state) {
    kernels.normals(streams, sites, out.data());
    ++streams.trajectory;
  }
  state.counters["normals_per_second"] =
      benchmark::Counter(static_cast<double>(sites * lanes), benchmark::Counter::kIsIterationInvariantRate);
}

template<class Real> void add_benchmarks() {
  const std::vector<std::string> lattices = {"1024",  "8x8",      "32x32",   "128x128", "512x512",
                                             "8x8x8", "32x32x32", "4x4x4x4", "8x8x8x8", "16x16x16x16"};
  for (const std::string& text : lattices) {
    const Geometry geometry = Geometry::parse(text);
    const std::int64_t chains = std::clamp<std::int64_t>((std::int64_t{1} << 22) / geometry.volume(), 32, 4096);
    benchmark::RegisterBenchmark(name_of("hmc", text, precision<Real>()).c_str(), [=](benchmark::State& state) {
      full<Real>(state, geometry, chains);
    })->UseRealTime();
  }
  const auto supported = supported_kernels<Real>();
  for (int i = 0; i < supported.count; ++i) {
    const Kernels<Real>* kernels = supported.entries[i];
    for (const std::string& text : lattices)
      benchmark::RegisterBenchmark(
          name_of("leapfrog", text, precision<Real>(), kernels->name).c_str(),
          [=](benchmark::State& state) { leapfrog<Real>(state, Geometry::parse(text), *kernels); });
    benchmark::RegisterBenchmark(
        name_of("sweep", "32x32", precision<Real>(), kernels->name).c_str(),
        [=](benchmark::State& state) { sweep<Real>(state, Geometry::parse("32x32"), *kernels); });
    benchmark::RegisterBenchmark(name_of("normals", "1024", precision<Real>(), kernels->name).c_str(),
                                 [=](benchmark::State& state) { normals<Real>(state, 1024, *kernels); });
  }
}

const bool added = (add_benchmarks<float>(), add_benchmarks<double>(), true);

} // namespace
