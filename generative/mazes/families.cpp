#include "generative/mazes/families.hpp"

#include "generative/paths/schedule.hpp"
#include "generative/training/uniforms.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace stint {
namespace {

constexpr double least_sigma = 0.003, largest_sigma = 0.5; // of the noise of what is known

/// Which points are known.
std::vector<bool> known_points(Uniforms& uniform, std::int64_t length) {
  std::vector<bool> known(static_cast<std::size_t>(length), false);
  const auto set = [&](std::int64_t begin, std::int64_t end) {
    std::fill(known.begin() + begin, known.begin() + std::min(end, length), true);
  };
  const double what = uniform();
  if (what < 0.4) { // a start and a later point
    set(0, 1);
    const bool last = uniform() < 0.3;
    const auto later = last ? length - 1 : 1 + uniform.below(length - 1);
    set(later, later + 1);
  } else if (what < 0.6) { // a beginning, and perhaps a later point
    const auto beginning =
        1 + (uniform() < 0.6 ? uniform.below(std::min<std::int64_t>(8, length - 1)) : uniform.below(length - 1));
    set(0, beginning);
    if (uniform() < 0.7) {
      const auto later = uniform.below(length);
      set(later, later + 1);
    }
  } else if (what < 0.8) { // waypoints
    set(0, 1);
    for (auto points = 1 + uniform.below(6); points > 0; --points) {
      const auto point = uniform.below(length);
      set(point, point + 1);
    }
  } else {
    const double fraction = uniform();
    for (std::size_t t = 0; t < known.size(); ++t)
      known[t] = uniform() < fraction;
  }
  return known;
}

void draw_known(const Stream& stream, std::uint32_t first, double range, std::span<float> levels) {
  Uniforms uniform(stream, first);
  constexpr double at_start = 0.1, exact = 0.8, waiting = 0.15;
  const double t = 2 * uniform() - 1; // log(alpha/beta) four times as likely in the middle as at the ends
  const double level = uniform() < at_start ? 1 : level_of_log_ratio(range * (t + t * t * t) / 2);
  const double noise = uniform() < exact ? 0 : least_sigma * std::pow(largest_sigma / least_sigma, uniform());
  const auto open = static_cast<float>(level), closed = static_cast<float>(level * noise / (1 + noise));
  const auto length = static_cast<std::int64_t>(levels.size());
  const bool some_wait = uniform() < waiting;
  const auto begin = uniform.below(length), stretch = uniform() < 0.5 ? 1 : 1 + uniform.below(length);
  const auto known = known_points(uniform, length);
  for (std::int64_t site = 0; site < length; ++site) {
    const bool waits = some_wait && (site < begin || site >= begin + stretch);
    levels[site] = known[site] ? closed : waits ? 1.F : open;
  }
}

} // namespace

FamilyList maze_families(const Layout& layout, double log_ratio_range) {
  FamilyList families = standard_families(layout, log_ratio_range);
  set_shares(families, "scalar", 1, 0.15);
  set_shares(families, "known", 0.85, 0.7).draw = [log_ratio_range](const Stream& stream, std::uint32_t first,
                                                                    std::span<float> levels) {
    draw_known(stream, first, log_ratio_range, levels);
  };
  set_shares(families, "sequential", 0.1, 0.07);
  set_shares(families, "independent", 0.05, 0.03);
  set_shares(families, "cosine", 1, 0.05);
  return families;
}

} // namespace stint
