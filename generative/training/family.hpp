#pragma once
// Families of operators that a model is trained on: random noise levels of the coordinates of a basis.

#include "generative/operators/operator.hpp"
#include "lattice/geometry.hpp"
#include "lattice/random.hpp"

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace stint {

enum class Family {
  scalar,      ///< one level for all sites
  known,       ///< random sites, or all but a rectangle (or only it), are known exactly or better than the others
  sequential,  ///< states of sequential paths: groups before are data, one is on its way, those after are noise
  independent, ///< every site has a level of its own
  fourier      ///< levels of modes: coarse to fine, known below a momentum, or rising with it as after a blur
};
inline constexpr std::array families = {Family::scalar, Family::known, Family::sequential, Family::independent,
                                        Family::fourier};
std::string name_of(Family family);

/// The basis in which the operators of a family are diagonal.
Basis basis_of(Family family);

/// How much of the training each family gets; weights sum to 1.
struct FamilyWeights {
  std::array<double, families.size()> weights = {1, 0, 0, 0, 0};

  double of(Family family) const { return weights[static_cast<std::size_t>(family)]; }
  /// Whether operators of the basis were part of the training.
  bool cover(const Basis& basis) const;
  std::string text() const; ///< "scalar:0.4,known:0.6": parse() reads it

  /// "scalar", "site" (known, sequential, independent), "fourier", "mixed" (all), or names with weights as in text().
  /// Throws std::invalid_argument for anything else.
  static FamilyWeights parse(std::string_view text);

  /// The family of sample `index`: the sequence is of low discrepancy, so that every batch and every part of it has
  /// about its share of each.
  Family family_of(std::int64_t index) const;

  bool operator==(const FamilyWeights&) const = default;
};

/// Draws noise levels alpha/(alpha + beta) of random operators.
class FamilyDraws {
public:
  explicit FamilyDraws(Geometry geometry);

  /// The levels of the coordinates (L1, ..., Ld) of the family's basis, with the uniform numbers of the stream from
  /// number `first` on.
  void operator()(Family family, const Stream& stream, std::uint32_t first, std::span<float> levels) const;

private:
  void draw_known(const Stream& stream, std::uint32_t first, std::span<float> levels) const;
  void draw_sequential(const Stream& stream, std::uint32_t first, std::span<float> levels) const;
  void draw_fourier(const Stream& stream, std::uint32_t first, std::span<float> levels) const;

  Geometry geometry_;
  std::vector<double> phat2_;                     // of every mode
  double smallest_phat2_ = 0, largest_phat2_ = 0; // above 0
  std::vector<std::vector<std::int64_t>> orders_; // group of every site
};

} // namespace stint
