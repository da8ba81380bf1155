#pragma once
// Families of operators that a model is trained on: random noise levels of the coordinates of a basis.

#include "generative/layout.hpp"
#include "generative/operators/basis.hpp"
#include "lattice/random.hpp"

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace stint {

/// Operators that are diagonal in one basis, by a law of their noise levels alpha/(alpha + beta).
struct Family {
  std::string name;  ///< for options, files and reports
  std::string group; ///< families of one group can be asked for together
  Basis basis = Basis::any();
  /// Fills the levels of the coordinates (L1, ..., Ld), the same for all channels, with the uniform numbers of the
  /// stream from number `first` on.
  std::function<void(const Stream& stream, std::uint32_t first, std::span<float> levels)> draw;
  double share_of_group = 1, share_of_all = 1; ///< of the training, where the group, or "mixed", is asked for
};
using FamilyList = std::vector<Family>;

/// Gives the family of this name, which the list has, other shares of the training, and returns it.
Family& set_shares(FamilyList& families, std::string_view name, double share_of_group, double share_of_all);

/// The families that any data on a lattice can be asked with; |log(alpha/beta)| is drawn up to log_ratio_range, four
/// times as often at 0 as at the ends.
///   scalar       one level for all sites
///   known        random sites, or all but a rectangle (or only it), are known exactly or better than the others
///   sequential   states of sequential paths: groups before are data, one is on its way, those after are noise
///   independent  every site has a level of its own
///   fourier      (with open boundaries cosine) levels of modes: coarse to fine, known below a momentum, or rising with
///                it as after a blur
FamilyList standard_families(const Layout& layout, double log_ratio_range);

/// Families and how much of the training each gets; the weights sum to 1.
class FamilyLaw {
public:
  /// Families all of whose weights are 0 but the first one's.
  explicit FamilyLaw(FamilyList families);

  /// "scalar", "site", "fourier" (groups), "mixed" (all), or names with weights such as "scalar:0.4,known:0.6". Throws
  /// std::invalid_argument for anything else.
  static FamilyLaw parse(std::string_view text, FamilyList families);

  std::size_t size() const { return families_.size(); }
  const Family& family(std::size_t i) const { return families_[i]; }
  double weight(std::size_t i) const { return weights_[i]; }

  /// Whether operators of the basis were part of the training.
  bool cover(const Basis& basis) const;
  std::string text() const; ///< "scalar:0.4,known:0.6": parse() reads it

  /// The number of the family of sample `index`: the sequence is of low discrepancy, so that every batch and every part
  /// of it has about its share of each.
  std::size_t family_of(std::int64_t index) const;

private:
  FamilyList families_;
  std::vector<double> weights_;
};

} // namespace stint
