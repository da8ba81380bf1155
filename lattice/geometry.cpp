#include "lattice/geometry.hpp"

#include <charconv>
#include <limits>
#include <numeric>
#include <stdexcept>

namespace stint {

Geometry::Geometry(std::vector<int> extents) : extents_(std::move(extents)), strides_(extents_.size()) {
  if (extents_.empty() || dimensions() > max_dimensions)
    throw std::invalid_argument("a lattice has 1 to 4 directions, not " + std::to_string(extents_.size()));
  for (int mu = dimensions() - 1; mu >= 0; --mu) {
    if (extents_[mu] < 2)
      throw std::invalid_argument("a lattice needs at least 2 sites in every direction, not " +
                                  std::to_string(extents_[mu]) + " (lattice " + text() + ")");
    strides_[mu] = volume_;
    volume_ *= extents_[mu];
    if (volume_ > std::numeric_limits<std::int32_t>::max())
      throw std::invalid_argument("lattice " + text() + " has more than 2^31 sites");
  }
}

Geometry Geometry::parse(const std::string& text) {
  std::vector<int> extents;
  const char* position = text.data();
  const char* end = position + text.size();
  while (true) {
    int extent = 0;
    const auto [next, error] = std::from_chars(position, end, extent);
    if (error != std::errc{} || (next != end && *next != 'x'))
      throw std::invalid_argument("'" + text + "' is not a lattice; expected extents like 32x32 or 8x8x8x16");
    extents.push_back(extent);
    if (next == end)
      return Geometry(std::move(extents));
    position = next + 1;
  }
}

std::int64_t Geometry::neighbour(std::int64_t site, int mu, int step) const {
  const std::int64_t extent = extents_[mu];
  const std::int64_t coordinate = site / strides_[mu] % extent;
  const std::int64_t moved = (coordinate + step + extent) % extent;
  return site + (moved - coordinate) * strides_[mu];
}

std::vector<std::int32_t> Geometry::neighbour_table() const {
  std::vector<std::int32_t> table;
  table.reserve(volume_ * 2 * dimensions());
  for (std::int64_t site = 0; site < volume_; ++site)
    for (int mu = 0; mu < dimensions(); ++mu)
      for (const int step : {+1, -1})
        table.push_back(static_cast<std::int32_t>(neighbour(site, mu, step)));
  return table;
}

std::string Geometry::text() const {
  std::string text;
  for (const int extent : extents_) {
    if (!text.empty())
      text += 'x';
    text += std::to_string(extent);
  }
  return text;
}

} // namespace stint
