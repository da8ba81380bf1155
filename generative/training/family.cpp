#include "generative/training/family.hpp"

#include "generative/paths/schedule.hpp"
#include "generative/paths/task.hpp"
#include "lattice/free_field.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numbers>
#include <stdexcept>

namespace stint {
namespace {

constexpr std::array<std::string_view, families.size()> names = {"scalar", "known", "sequential", "independent",
                                                                 "fourier"};

/// Uniform numbers of a stream, one after the other.
class Uniforms {
public:
  Uniforms(const Stream& stream, std::uint32_t first) : stream_(stream), next_(first) {}
  double operator()() { return stream_.uniform(next_++); }
  /// 0, ..., count - 1
  std::int64_t below(std::int64_t count) {
    return std::min(static_cast<std::int64_t>((*this)() * static_cast<double>(count)), count - 1);
  }

private:
  Stream stream_;
  std::uint32_t next_;
};

/// A log(alpha/beta) in +-log_ratio_range, four times as likely in the middle as at the ends: what a drift misses there
/// counts most in what the flow makes of waves of P = 0.1 to 25, whose share goes as P alpha beta/(alpha^2 + beta^2 P).
double log_ratio_at(double uniform) {
  const double t = 2 * uniform - 1;
  return log_ratio_range * (t + t * t * t) / 2;
}

double level_at(double uniform) { return level_of_log_ratio(log_ratio_at(uniform)); }

} // namespace

std::string name_of(Family family) { return std::string(names[static_cast<std::size_t>(family)]); }

Basis basis_of(Family family) {
  switch (family) {
  case Family::scalar:
    return Basis::any();
  case Family::fourier:
    return Basis::fourier();
  default:
    return Basis::site();
  }
}

bool FamilyWeights::cover(const Basis& basis) const {
  if (basis == Basis::any()) // the others contain multiples of the identity, too few of them
    return of(Family::scalar) > 0;
  return std::ranges::any_of(families, [&](Family family) { return of(family) > 0 && basis_of(family) == basis; });
}

std::string FamilyWeights::text() const {
  std::string result;
  for (const Family family : families)
    if (of(family) > 0)
      result += fmt::format("{}{}:{}", result.empty() ? "" : ",", name_of(family), of(family));
  return result;
}

FamilyWeights FamilyWeights::parse(std::string_view text) {
  if (text == "scalar")
    return {};
  if (text == "site")
    return {{0, 0.4, 0.45, 0.15, 0}};
  if (text == "fourier")
    return {{0, 0, 0, 0, 1}};
  if (text == "mixed")
    return {{0.3, 0.18, 0.25, 0.07, 0.2}};
  const auto refuse = [&] {
    throw std::invalid_argument(fmt::format("operators '{}' are not scalar, site, fourier, mixed, or families with "
                                            "weights such as scalar:0.5,known:0.3,fourier:0.2 (also: sequential, "
                                            "independent)",
                                            text));
  };
  FamilyWeights result{{0, 0, 0, 0, 0}};
  double sum = 0;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find(',', begin), text.size());
    const auto item = text.substr(begin, end - begin);
    const auto colon = item.find(':');
    const auto name = std::ranges::find(names, item.substr(0, colon));
    double weight = 0;
    if (colon == std::string_view::npos || name == names.end() ||
        std::from_chars(item.data() + colon + 1, item.data() + item.size(), weight).ptr != item.data() + item.size() ||
        !(weight > 0 && std::isfinite(weight)))
      refuse();
    result.weights[name - names.begin()] += weight;
    sum += weight;
    begin = end + 1;
  }
  for (double& weight : result.weights)
    weight /= sum;
  return result;
}

Family FamilyWeights::family_of(std::int64_t index) const {
  const double turns = static_cast<double>(index) / std::numbers::phi + 0.5;
  double position = turns - std::floor(turns);
  Family last = Family::scalar;
  for (const Family family : families) {
    if (of(family) == 0)
      continue;
    last = family;
    if (position < of(family))
      return family;
    position -= of(family);
  }
  return last;
}

FamilyDraws::FamilyDraws(Geometry geometry) : geometry_(std::move(geometry)), phat2_(laplacian_eigenvalues(geometry_)) {
  std::vector<double> sorted = phat2_;
  std::ranges::sort(sorted);
  largest_phat2_ = sorted.back();
  smallest_phat2_ = *std::ranges::find_if(sorted, [](double value) { return value > 1e-9; });
  const auto add = [&](const torch::Tensor& order) {
    orders_.emplace_back(order.data_ptr<std::int64_t>(), order.data_ptr<std::int64_t>() + order.numel());
  };
  // Every width that divides the extents, each as columns, blocks in rows and blocks along the Morton curve.
  const auto& extents = geometry_.extents();
  const auto divides_all = [&](int size) {
    return std::ranges::all_of(extents, [size](int extent) { return extent % size == 0 && extent > size; });
  };
  for (int size = 1; size <= geometry_.extents().back() / 2; ++size)
    if (extents.back() % size == 0)
      add(column_order(geometry_, size).to(torch::kLong).contiguous());
  for (int size = 1; divides_all(1) && size <= extents.back() / 2; ++size)
    if (divides_all(size)) {
      add(block_order(geometry_, size).to(torch::kLong).contiguous());
      add(morton_order(geometry_, size).to(torch::kLong).contiguous());
    }
}

void FamilyDraws::operator()(Family family, const Stream& stream, std::uint32_t first, std::span<float> levels) const {
  Uniforms uniform(stream, first);
  switch (family) {
  case Family::scalar:
    std::ranges::fill(levels, static_cast<float>(level_at(uniform())));
    return;
  case Family::independent:
    for (float& level : levels)
      level = static_cast<float>(level_at(uniform()));
    return;
  case Family::known:
    return draw_known(stream, first, levels);
  case Family::sequential:
    return draw_sequential(stream, first, levels);
  case Family::fourier:
    return draw_fourier(stream, first, levels);
  }
}

void FamilyDraws::draw_known(const Stream& stream, std::uint32_t first, std::span<float> levels) const {
  Uniforms uniform(stream, first);
  const double open = level_at(uniform());
  const double kind = uniform(), exactness = uniform();
  const auto closed = static_cast<float>(exactness < 0.75 ? 0 : open * (exactness - 0.75) * 4);
  if (kind < 0.5) { // random sites
    const double fraction = uniform();
    for (float& level : levels)
      level = uniform() < fraction ? closed : static_cast<float>(open);
    return;
  }
  const bool hole = kind < 0.85; // or the inside of the rectangle is what is known
  std::vector<std::uint8_t> inside(levels.size(), 1);
  std::int64_t stride = geometry_.volume();
  for (const int extent : geometry_.extents()) {
    stride /= extent;
    const auto length = 1 + uniform.below(extent), corner = uniform.below(extent);
    for (std::size_t x = 0; x < levels.size(); ++x) {
      const auto position = static_cast<std::int64_t>(x) / stride % extent;
      inside[x] &= static_cast<std::uint8_t>((position - corner + extent) % extent < length);
    }
  }
  for (std::size_t x = 0; x < levels.size(); ++x)
    levels[x] = (inside[x] != 0) == hole ? static_cast<float>(open) : closed;
}

void FamilyDraws::draw_sequential(const Stream& stream, std::uint32_t first, std::span<float> levels) const {
  Uniforms uniform(stream, first);
  const auto& order = orders_[static_cast<std::size_t>(uniform.below(static_cast<std::int64_t>(orders_.size())))];
  const auto active = uniform.below(1 + *std::ranges::max_element(order));
  const double level = level_at(uniform());
  const double overlap = uniform(); // in a quarter of the draws the next group has begun
  const auto next = static_cast<float>(overlap < 0.75 ? 1 : 1 - (1 - level) * (overlap - 0.75) * 4);
  for (std::size_t x = 0; x < levels.size(); ++x)
    levels[x] = order[x] < active        ? 0.F
                : order[x] == active     ? static_cast<float>(level)
                : order[x] == active + 1 ? next
                                         : 1.F;
}

void FamilyDraws::draw_fourier(const Stream& stream, std::uint32_t first, std::span<float> levels) const {
  Uniforms uniform(stream, first);
  const double log_ratio = log_ratio_at(uniform()), kind = uniform();
  const auto level = static_cast<float>(level_of_log_ratio(log_ratio));
  const double decades = std::log(largest_phat2_ / smallest_phat2_);
  if (kind < 0.6) { // a shell on its way, often the first, of which the zero mode is one; below it all is known
    const double begin = 1.6 * uniform() - 0.6, width = uniform();
    const double from = begin < 0 ? 0 : smallest_phat2_ * std::exp(decades * begin);
    const double to = begin < 0 ? smallest_phat2_ * std::exp(decades * std::max(1.2 * width - 0.2, 1e-9))
                                : from * std::exp(decades * (0.1 + 0.9 * width));
    for (std::size_t k = 0; k < levels.size(); ++k)
      levels[k] = phat2_[k] < from ? 0.F : phat2_[k] <= to ? level : 1.F;
  } else if (kind < 0.85) { // modes below pi / factor known, as in superresolution()
    const double factor = std::pow(static_cast<double>(geometry_.extents().back()) / 2, uniform());
    std::ranges::fill(levels, 0.F);
    std::int64_t stride = geometry_.volume();
    for (const int extent : geometry_.extents()) {
      stride /= extent;
      for (std::size_t k = 0; k < levels.size(); ++k) {
        const auto mode = static_cast<std::int64_t>(k) / stride % extent;
        if (2 * factor * static_cast<double>(std::min<std::int64_t>(mode, extent - mode)) >= extent)
          levels[k] = level;
      }
    }
  } else { // log(alpha/beta) rises with the momentum: a Gaussian blur of up to 2 sites
    const double width = 2 * uniform();
    for (std::size_t k = 0; k < levels.size(); ++k)
      levels[k] =
          static_cast<float>(level_of_log_ratio(std::min(log_ratio + width * width * phat2_[k] / 2, log_ratio_range)));
  }
}

} // namespace stint
