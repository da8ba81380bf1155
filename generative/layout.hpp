#pragma once
// What a configuration is, whatever the kind of data: channels on a lattice.

#include "lattice/geometry.hpp"

#include <cstdint>
#include <vector>

namespace stint {

enum class Boundary { periodic, open };

/// Configurations are fields (N, C, L1, ..., Ld) in generative/: C numbers on every site.
struct Layout {
  Geometry geometry; ///< the extents; neighbours across the boundary count only if it is periodic
  std::int64_t channels = 1;
  Boundary boundary = Boundary::periodic;

  int dimensions() const { return geometry.dimensions(); }
  std::int64_t volume() const { return geometry.volume(); }             ///< sites
  std::int64_t numbers() const { return channels * geometry.volume(); } ///< of a configuration

  /// (L1, ..., Ld)
  std::vector<std::int64_t> sites() const { return {geometry.extents().begin(), geometry.extents().end()}; }

  /// (count, C, L1, ..., Ld)
  std::vector<std::int64_t> shape(std::int64_t count) const {
    std::vector<std::int64_t> result = {count, channels};
    result.insert(result.end(), geometry.extents().begin(), geometry.extents().end());
    return result;
  }

  bool operator==(const Layout&) const = default;
};

} // namespace stint
