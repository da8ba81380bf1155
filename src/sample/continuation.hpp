#pragma once
// 'stint sample --continue': what becomes of states that a user may have changed.

#include "generative/sampler.hpp"
#include "src/sample/source.hpp"
#include "src/sample/state_file.hpp"

#include <cstdint>
#include <string>

namespace stint {

/// Where the sampler's path is at one of its knots, for a file of states; without digests and k2.
PathStop stop_at(const Sampler& sampler, std::int64_t knot);

/// Fingerprint of the model file, "" for the free field. Collective.
std::string digest_of_model(const Mpi& mpi, const SourceOptions& settings);
/// Fingerprint of numbers.
std::string digest_of(const std::vector<torch::Tensor>& tensors);

/// States from a file, on their way to data. Each configuration is decided by itself:
///   - as it was left: it goes on with the solver's memory, and ends as if it had never stopped, bit for bit where the
///     drift's rounding does not depend on the batch;
///   - state changed, or all where the tilt has: the solver begins anew with one value;
///   - alpha lowered at sites: also there the noise levels that are still to come are lowered in proportion. At alpha =
///   0
///     a site keeps its bits.
class Continuation {
public:
  /// `path` is of a file of states, `families` those that the model was trained for, `wanted` what stop_at() says of
  /// the sampler at any knot, with the digests of model, tilt and path. Throws UsageError, one line naming the file,
  /// for states of another model, path or number of samples, and for an alpha that does not fit.
  Continuation(const std::string& path, const Sampler& sampler, const std::optional<FamilyLaw>& families,
               std::int64_t samples, PathStop wanted);

  /// Samples first, ..., first + count - 1.
  Sampler::Result operator()(const Sampler& sampler, std::uint64_t seed, std::int64_t first, std::int64_t count) const;

  const PathStop& stop() const { return reader_.stop(); }
  std::int64_t edited() const { return edited_; } ///< configurations whose state or alpha was changed
  bool same_tilt() const { return same_tilt_; }   ///< as that of the run that left the states
  std::string digest() const { return digest_; }  ///< of states and alpha, as they are now

  /// Sites where alpha = 0 in all configurations, (L1, ..., Ld) bool, if alpha was changed, else undefined. Throws
  /// UsageError if they differ between configurations.
  torch::Tensor held() const;

  /// What a run that stops again at `stop` leaves: with the noise levels lowered at sites as they are here. Throws
  /// UsageError if they differ between configurations.
  PathStop left_at(PathStop stop) const;

private:
  torch::Tensor states(std::int64_t first, std::int64_t n) const;
  torch::Tensor factors(std::int64_t first, std::int64_t n) const; // of noise levels, (1 or n, 1, L1, ..., Ld)
  void check_beta(std::int64_t first, std::int64_t n, const torch::Tensor& factors) const;

  PathStateReader reader_;
  Layout layout_;
  Curve curve_;
  Pair pair_; // of the path where the states are
  bool same_tilt_;
  std::int64_t edited_ = 0;
  bool lowered_ = false; // alpha, anywhere
  bool alike_ = true;    // all begin anew or none does: the solver's memory has one size
  std::string digest_;
};

} // namespace stint
