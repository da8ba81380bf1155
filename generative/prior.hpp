#pragma once
// The seam between what is known of the data without a network and everything else.

#include "generative/drifts/drift.hpp"
#include "generative/layout.hpp"
#include "generative/state.hpp"
#include "generative/training/family.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace stint {

/// What a prior makes of an observation: all that the network is given, and how its answer counts,
///   eta1 = estimate + deviation f(planes, numbers) - correction.
struct Look {
  torch::Tensor estimate; ///< W, the posterior mean as far as it is known, (N, C, L1, ..., Ld)
  Operator deviation;     ///< s, about that of the target from W, diagonal in the basis of the pair, entries > 0
  torch::Tensor planes;   ///< (N, planes, L1, ..., Ld), all of order 1 and finite
  torch::Tensor numbers;  ///< (N, numbers), likewise
};

/// Transformations that leave the law of the data as it is: training uses them at random.
struct Symmetries {
  bool translations = false; ///< of periodic lattices
  unsigned reflections = 0;  ///< bit mu: x_mu -> L_mu - x_mu (periodic) or L_mu - 1 - x_mu (open)
  bool permutations = false; ///< of axes of equal extent
  bool sign = false;         ///< x1 -> -x1
};

/// Rewards r(x1) = h sum x1 + k2 sum x1^2 that a model can be asked for without retraining (THEORY 4): |h| <= h_range
/// and -k2_range <= k2 <= k2_top. The law that is learned is that of the data at k2 = k2_top, from which lower k2 are
/// reached; A = 2 (k2 - k2_top) <= 0.
struct Tilting {
  double h_range = 0;
  double k2_range = 0; ///< k2 >= -k2_range
  double k2_top = 0;   ///< >= 0

  bool any() const { return h_range > 0 || k2_range > 0 || k2_top > 0; }
  double k2_span() const { return k2_range + k2_top; } ///< from the lowest to the highest k2
  bool operator==(const Tilting&) const = default;
};

/// Adds numbers up over ranks, in place.
using SumOverRanks = std::function<torch::Tensor(const torch::Tensor&)>;

class Prior;

/// The values of one coupling of the data's action that a model can be asked for.
struct CouplingRange {
  std::string name; ///< as in Prior::couplings()
  double low, high;
};

/// Measures, after training, by how much a model misses means that are known exactly.
class CorrectionFit {
public:
  virtual ~CorrectionFit() = default;
  /// Observations through multiples of the identity, mapped to the learned law from k2 = k2_top + k2_below, with the
  /// target of the regression, what the prior made of them and W + s f.
  virtual void add(const Pair& pair, const torch::Tensor& signal, const torch::Tensor& target, const Look& look,
                   const torch::Tensor& answer, double k2_below) = 0;
  /// Gives the prior its correction. Collective.
  virtual void finish(Prior& prior, const SumOverRanks& sum) const = 0;
};

/// Takes W + s f to what is wrong with it, (N, C, L1, ..., Ld); undefined where nothing is known to be.
using Correction = std::function<torch::Tensor(const Pair& pair, const torch::Tensor& signal, const Look& look,
                                               const torch::Tensor& answer)>;

/// What is known of data of one kind before a network learns. A value of a kind's own type behind this interface;
/// trainer, regression, law, solvers, sampler and model file know no more of the data than what it says.
class Prior {
public:
  virtual ~Prior() = default;
  virtual std::unique_ptr<Prior> clone() const = 0;

  virtual std::string kind() const = 0; ///< of the data, as in the ensemble file
  virtual const Layout& layout() const = 0;

  /// The families of operators that can be learned, in the order in which samples of a batch lie.
  virtual FamilyList families() const { return standard_families(layout(), log_ratio_range()); }

  /// The covariance of a Gaussian law near that of the data at k2 = k2_top + k2_below, diagonal in some basis, every
  /// entry > 0: the reference of solvers and schedules.
  virtual Operator reference(double k2_below = 0) const = 0;

  /// The largest |log(alpha/beta)| worth visiting: beyond it noise, or data, is all there is. The default leaves the
  /// modes of the reference with the largest and the least variance a thousandth.
  virtual double log_ratio_range() const;

  /// What an observation (drift.hpp) says of x1, and how to ask the network for the rest. The pair is diagonal in one
  /// basis, with beta = 1 - alpha.
  virtual Look look(const Pair& pair, const torch::Tensor& signal) const = 0;
  virtual std::int64_t planes() const = 0;  ///< of Look::planes
  virtual std::int64_t numbers() const = 0; ///< of Look::numbers

  /// What the network learns the conditional mean of: x1 itself, or anything of less variance with the same mean.
  virtual torch::Tensor target(const Pair& /*pair*/, const torch::Tensor& /*signal*/, const torch::Tensor& x1) const {
    return x1;
  }

  /// How much the coordinates of a pair's basis count in the loss, (N, C or 1, L1, ..., Ld) of mean 1 for each
  /// configuration, or undefined: all the same. The default leaves out known ones (alpha = 0), and those that are pure
  /// noise (beta = 0), which on a path wait, count for a fifth, and no more than a fifth of the others together.
  virtual torch::Tensor loss_weights(const Pair& pair, const Look& look) const;

  virtual Symmetries symmetries() const { return {}; }
  virtual Tilting tilting() const { return {}; }

  /// What is taken off the model's answers in the learned law at k2 = k2_top + k2_below; empty if nothing is known.
  virtual Correction correction(double /*k2_below*/) const { return {}; }
  /// How to measure that; null if nothing is known exactly.
  virtual std::unique_ptr<CorrectionFit> correction_fit() const { return nullptr; }

  /// The same knowledge on a larger lattice, for data whose correlations are short. Throws std::invalid_argument where
  /// that cannot be.
  virtual void move_to(const Geometry& geometry);

  /// The laws that the data are from: this one, or one for each value of a coupling, with a prior of its own.
  virtual std::int64_t laws() const { return 1; }
  virtual Prior& law(std::int64_t /*number*/) { return *this; }
  virtual const Prior& law(std::int64_t /*number*/) const { return *this; }
  /// The coupling in which these laws differ, for a model that knows all values between theirs.
  virtual std::optional<CouplingRange> range() const { return {}; }
  /// The prior at this value of it. Throws std::invalid_argument for values beyond range(), and without one.
  virtual std::unique_ptr<Prior> at(double value) const;

  virtual void to(torch::Device device) = 0;
  virtual torch::Device device() const = 0;

  /// Everything that another process needs to make the same prior, of which files know no more than that.
  virtual State state() const = 0;
  /// Couplings of the data's action, by the names of the ensemble file's attributes; empty if there is no action.
  virtual std::map<std::string, double> couplings() const { return {}; }
  /// What the data's file said of them, see Kind::notes.
  virtual std::map<std::string, std::string> notes() const { return {}; }
};

/// Gives a prior its data, which come in parts. Sums of several fits add up: every rank may have its share of the data.
class PriorFit {
public:
  virtual ~PriorFit() = default;
  virtual void add(const torch::Tensor& configurations) = 0; ///< (n, C, L1, ..., Ld) float32
  virtual std::vector<torch::Tensor> sums() const = 0;       ///< float64, may be added to
  /// `field` and `square`: sum x1 and sum x1^2 of every configuration, (N) float64.
  virtual std::unique_ptr<Prior> prior(const torch::Tensor& field, const torch::Tensor& square) const = 0;
};

/// What the kind of data is asked to make a prior of.
struct PriorRequest {
  Layout layout;
  std::map<std::string, double> couplings = {};  ///< of the data's action, as in Prior::couplings()
  Tilting tilting = {};                          ///< that the model shall know
  bool use_action = true;                        ///< for the target of the regression, where the kind has one
  std::map<std::string, std::string> notes = {}; ///< what the data's file says, see Kind::notes
  bool mirror = false; ///< the law of the data does not change where left and right, the last direction, are exchanged
  /// Configurations that tell about where the data's mean and size are, (n, C, L1, ..., Ld).
  torch::Tensor sample = {};
};

/// A kind of data: one row of the program's table. A new one is a folder with a Prior and such a row.
struct Kind {
  std::string name;
  Boundary boundary = Boundary::periodic;
  bool may_mirror = false;             ///< takes PriorRequest::mirror
  bool has_action = false;             ///< couplings in its files, HMC and observables of phi^4
  std::vector<std::string> notes = {}; ///< attributes of ensembles that priors keep, where a file has them
  /// Throws std::invalid_argument for what the kind does not have (tilts, an action).
  std::function<std::unique_ptr<PriorFit>(const PriorRequest& request)> fit;
  /// From Prior::state() and the layout in a file. Throws std::invalid_argument for a state that is not one.
  std::function<std::unique_ptr<Prior>(const Layout& layout, const State& state)> load;
  /// One prior from those of several ensembles, law(i) that of number i; empty if the kind has no such prior. Throws
  /// std::invalid_argument for ensembles that do not go together.
  std::function<std::unique_ptr<Prior>(const std::vector<std::unique_ptr<Prior>>& priors)> join = {};
};
using Kinds = std::vector<Kind>;

/// The row of this name. Throws std::invalid_argument, with the known names.
const Kind& kind_of(const Kinds& kinds, const std::string& name);

} // namespace stint
