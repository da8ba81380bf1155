#pragma once
// A periodic hypercubic lattice and the numbering of its sites.

#include <cstdint>
#include <string>
#include <vector>

namespace stint {

/// The lattice (Z_L1 x ... x Z_Ld) with periodic boundaries, d = 1..4.
/// Sites are numbered row-major, the last direction fastest: site = (x1 * L2 + x2) * L3 + ...; the same order as in our
/// files.
class Geometry {
public:
  static constexpr int max_dimensions = 4;

  /// Throws std::invalid_argument unless there are 1 to 4 extents, each at least 2, and the volume fits 31 bits.
  explicit Geometry(std::vector<int> extents);

  /// Reads "32x32" or "8x8x8x16". Throws std::invalid_argument for anything else.
  static Geometry parse(const std::string& text);

  int dimensions() const { return static_cast<int>(extents_.size()); }
  const std::vector<int>& extents() const { return extents_; }
  std::int64_t volume() const { return volume_; }

  /// The site one step forward (step = +1) or backward (step = -1) of `site` in direction mu = 0..d-1.
  std::int64_t neighbour(std::int64_t site, int mu, int step) const;

  /// All neighbours: entry [site * 2d + 2 mu] is the forward one in direction mu, [... + 1] the backward one.
  std::vector<std::int32_t> neighbour_table() const;

  std::string text() const; ///< "32x32"

  bool operator==(const Geometry&) const = default;

private:
  std::vector<int> extents_;
  std::vector<std::int64_t> strides_;
  std::int64_t volume_ = 1;
};

} // namespace stint
