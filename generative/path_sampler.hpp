#pragma once
// From noise and what is known to configurations with exact weights in the space of paths.

#include "generative/sampler.hpp"
#include "generative/solvers/path_variance.hpp"

#include <optional>

namespace stint {

/// Makes configurations by weighted_path(). The variances of its kernels are measured with samples of the drift's own,
/// the same whatever the batches and ranks (Purpose::path_variance).
class PathSampler {
public:
  struct Settings {
    /// Samples to measure variances with. By default as many as make 16384 coordinates that move, from 64 to 256: the
    /// fewer of these there are, the better their variances must be known.
    std::optional<std::int64_t> trials = {};
    int groups = 12;          ///< of coordinates whose variances are measured together
    double window = 1.0 / 16; ///< knots on either side that count for one, as a part of a stage
    bool sites = true;        ///< variances on sites depend on the mean there
  };

  /// Of `sampler` the drift, layout, task, schedule, device, and of its solver the reference and `interrupted` are
  /// used. `observed` (1, C, L1, ..., Ld) is what all samples know, undefined if nothing; or what each trial knows, for
  /// propose(). Throws std::invalid_argument for tasks whose start is neither noise nor data, coordinate by coordinate.
  PathSampler(Sampler sampler, std::uint64_t seed, const torch::Tensor& observed, const Settings& settings);
  PathSampler(Sampler sampler, std::uint64_t seed, const torch::Tensor& observed = {})
      : PathSampler(std::move(sampler), seed, observed, Settings{}) {}

  /// The configurations first, ..., first + count - 1 of a run, as Sampler makes them; in place of log q the logarithm
  /// of prod F_k / prod B_k, so that log w = -S - log_density.
  Sampler::Result operator()(std::int64_t first, std::int64_t count) const;

  /// Paths from this noise to configurations that know `observed`, both (count, C, L1, ..., Ld).
  WeightedPath propose(const torch::Tensor& x0, const torch::Tensor& observed, const StepNoise& diffusion) const;
  /// Paths back to noise from configurations x1, noised_path().
  WeightedPath noised(const torch::Tensor& x1, const StepNoise& diffusion) const;

  const Layout& layout() const { return sampler_.layout; }
  torch::Device device() const { return sampler_.device; }
  std::int64_t steps() const { return knots_.steps; }

private:
  torch::Tensor start(Purpose purpose, const SampleRange& samples) const;

  Sampler sampler_;
  std::uint64_t seed_;
  torch::Tensor observed_;
  RealCoordinates coordinates_;
  Knots knots_;
  PosteriorVariance variance_;
};

} // namespace stint
