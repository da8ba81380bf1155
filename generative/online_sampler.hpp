#pragma once
// Sequential generation in an order that is chosen on the way, by what has been made so far.

#include "generative/sampler.hpp"

#include <functional>

namespace stint {

/// What is known when the next group of sites is chosen. N configurations, G groups.
struct Seen {
  torch::Tensor x;       ///< (N, C, L1, ..., Ld): the sites that are data, 0 elsewhere
  torch::Tensor made;    ///< which these are, (N, 1, L1, ..., Ld) bool
  torch::Tensor groups;  ///< the group of every site, (L1, ..., Ld) int64 from 0 to G - 1
  torch::Tensor waiting; ///< which groups are still to come, (N, G) bool
};

/// The next group of each configuration, (N) int64, one of those that wait. A function of what is seen alone: then the
/// law of the result is that of any fixed order, p(first) p(second | first) ..., whatever the choices. The noise of
/// sites that wait must not be looked at: noise that was selected is not white.
using ChooseGroup = std::function<torch::Tensor(const Seen& seen)>;

/// Var[average of x1 over the open sites of a group | the sites that are made], (N, G) float64, 0 for groups that do
/// not wait. By Tweedie's formula it is a derivative of the drift: with the level alpha at the open sites, beta = 1 -
/// alpha, and X = 0 there,
///   Cov[x1(x), x1(z) | made, X] = (alpha^2/beta) d eta1(x) / d X(z),
/// one gradient a group. X = 0 is an observation of the precision beta^2/alpha^2 = `precision`: for Gaussian data whose
/// modes have at most the variance P, variances are too small by a factor between 1 and 1 + precision P. A small
/// precision is closer to no observation, but multiplies errors of a learned drift.
torch::Tensor group_variances(const Drift& drift, const Seen& seen, double precision);

/// The group of the largest, or of the smallest, of group_variances(). Of groups within a thousandth of that the first:
/// those that are alike by symmetry do not depend on rounding.
ChooseGroup choose_by_variance(Drift drift, bool largest, double precision);

/// As weak an observation as goes with data of these variances: a tenth of the precision of the largest.
double weak_precision(const Operator& reference);

/// Makes configurations group by group, each from noise to data in one stage, in the order that `choose` finds for each
/// configuration by itself.
struct OnlineSampler {
  Sampler sampler;      ///< its task's path says which sites are known (level 0); its schedule serves each stage
  torch::Tensor groups; ///< of sites, (L1, ..., Ld) int64 from 0 on without gaps; those without open sites take no time
  ChooseGroup choose;

  struct Result {
    Sampler::Result samples; ///< evaluations without those of `choose`
    torch::Tensor order;     ///< the groups of each configuration as they came, (count, stages) int64
  };

  /// The configurations first, ..., first + count - 1, as Sampler makes them. Throws std::invalid_argument for a choice
  /// that does not wait, and for what Sampler can do that this cannot: log-densities, stops, and known sites with
  /// noise.
  Result operator()(std::uint64_t seed, std::int64_t first, std::int64_t count,
                    const torch::Tensor& observed = {}) const;

private:
  Result make(std::uint64_t seed, const SampleRange& samples, const torch::Tensor& observed) const;
};

} // namespace stint
