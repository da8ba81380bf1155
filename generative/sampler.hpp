#pragma once
// From noise and what is known to configurations.

#include "generative/layout.hpp"
#include "generative/paths/task.hpp"
#include "generative/side_by_side.hpp"
#include "generative/solvers/solver.hpp"
#include "lattice/random.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace stint {

/// Standard normal fields (count, C, L1, ..., Ld), float32, of purpose `sampling` (x0) or `diffusion` (SDE noise of
/// step `step`): sample n is Stream{seed, purpose, n, step}, whatever the batches.
torch::Tensor noise(const Layout& layout, std::uint64_t seed, Purpose purpose, std::int64_t step, std::int64_t first,
                    std::int64_t count);
/// The same of any samples.
torch::Tensor noise(const Layout& layout, std::uint64_t seed, Purpose purpose, std::int64_t step,
                    std::span<const std::int64_t> samples);

/// E[x1 | observed], the estimate of least squared error, in one evaluation of the drift: eta1 where the task's path
/// starts from `observed` (N, C, L1, ..., Ld). There noisy coordinates are an interpolant state, and unknown ones, at
/// alpha = 1, count for nothing. Coordinates that are known exactly keep their values. float32 on the CPU; `device` is
/// that of the drift.
torch::Tensor posterior_mean(const Drift& drift, const Task& task, const torch::Tensor& observed,
                             torch::Device device = torch::kCPU);

/// How configurations are made.
struct Sampler {
  Drift drift;
  Layout layout;
  Task task;
  Schedule schedule;
  SolverOptions solver = {};
  /// What to integrate log q with: nothing, a vector for each site, or `probes` vectors of signs on the sites of each
  /// class x mod `colours` (which divides all extents), colours^d classes. The signs are random up to factors that
  /// cancel what is between the nearest sites of a class (hierarchical probing, arXiv:1302.4018).
  enum class LogDensity { none, exact, random } log_density = LogDensity::none;
  int probes = 1, colours = 1;
  torch::Device device = torch::kCPU;
  Watch watch = {};                       ///< of the states on the way
  std::optional<std::int64_t> until = {}; ///< the knot of the path at which to stop; the last one without

  struct Result {
    torch::Tensor configurations; ///< (count, C, L1, ..., Ld) float32 on the CPU
    torch::Tensor log_density; ///< (count) float64 of the coordinates that began as noise, given the others; undefined
                               ///< if not asked for
    double evaluations = 0;    ///< of the drift, mean over configurations
    torch::Tensor memory = {}; ///< Solution::memory where the solver stopped, on the CPU
  };

  /// Configurations on their way, at a knot of the path.
  struct State {
    std::int64_t knot = 0;
    torch::Tensor x;            ///< (count, C, L1, ..., Ld) float32
    torch::Tensor memory = {};  ///< Solution::memory; undefined: the solver begins anew
    torch::Tensor factors = {}; ///< of the noise levels from here on, see scaled(); undefined: 1
  };

  /// The configurations first, ..., first + count - 1 of a run; on the CPU each thread makes some of them, unless they
  /// are watched or each has a path of its own. `observed` broadcasts with (count, C, L1, ..., Ld) and
  /// is undefined for tasks that start from noise alone. Each configuration is a function of (seed, its number),
  /// whatever the batches. Throws std::invalid_argument for log-densities with dopri5 and random vectors, with noisy
  /// observations, or with colours that do not divide the extents.
  Result operator()(std::uint64_t seed, std::int64_t first, std::int64_t count,
                    const torch::Tensor& observed = {}) const;

  /// What becomes of the samples of a run that have come to this state; the noise of SDEs is that of the run. Where
  /// neither state nor path was changed, the result is that of operator() without `until`. Throws
  /// std::invalid_argument for log-densities: they are not known here.
  Result go_on(std::uint64_t seed, std::span<const std::int64_t> samples, const State& state) const;

private:
  bool divisible() const; ///< into parts for threads
  Result make(std::uint64_t seed, const SampleRange& samples, const torch::Tensor& observed) const;
  Result end(std::uint64_t seed, std::span<const std::int64_t> samples, const State& state) const;
};

/// Of what broadcasts with fields of this layout, or is undefined, that of some samples.
torch::Tensor rows_of(const torch::Tensor& values, const Layout& layout, const SampleRange& range);

/// Of parts of the samples, in their order.
Sampler::Result joined(const std::vector<Sampler::Result>& parts);

} // namespace stint
