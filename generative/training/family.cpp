#include "generative/training/family.hpp"

#include "generative/operators/modes.hpp"
#include "generative/paths/schedule.hpp"
#include "generative/paths/task.hpp"
#include "generative/training/uniforms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <memory>
#include <numbers>
#include <stdexcept>

namespace stint {
namespace {

/// Draws of the standard families.
class Draws {
public:
  Draws(Layout layout, double log_ratio_range);

  void scalar(const Stream& stream, std::uint32_t first, std::span<float> levels) const {
    std::ranges::fill(levels, static_cast<float>(level_at(stream.uniform(first))));
  }
  void independent(const Stream& stream, std::uint32_t first, std::span<float> levels) const {
    Uniforms uniform(stream, first);
    for (float& level : levels)
      level = static_cast<float>(level_at(uniform()));
  }
  void known(const Stream& stream, std::uint32_t first, std::span<float> levels) const;
  void sequential(const Stream& stream, std::uint32_t first, std::span<float> levels) const;
  void modes(const Stream& stream, std::uint32_t first, std::span<float> levels) const;

private:
  /// A log(alpha/beta), four times as likely in the middle as at the ends: what a drift misses there counts most in
  /// what the flow makes of modes whose share goes as P alpha beta/(alpha^2 + beta^2 P), P about 1.
  double log_ratio_at(double uniform) const {
    const double t = 2 * uniform - 1;
    return range_ * (t + t * t * t) / 2;
  }
  double level_at(double uniform) const { return level_of_log_ratio(log_ratio_at(uniform)); }

  Layout layout_;
  double range_;
  std::vector<double> phat2_;                     // of every mode
  double smallest_phat2_ = 0, largest_phat2_ = 0; // above 0
  std::vector<std::vector<std::int64_t>> orders_; // group of every site
};

Draws::Draws(Layout layout, double log_ratio_range) : layout_(std::move(layout)), range_(log_ratio_range) {
  const auto phat2 = phat2_of(layout_).contiguous();
  phat2_.assign(phat2.data_ptr<double>(), phat2.data_ptr<double>() + phat2.numel());
  std::vector<double> sorted = phat2_;
  std::ranges::sort(sorted);
  largest_phat2_ = sorted.back();
  smallest_phat2_ = *std::ranges::find_if(sorted, [](double value) { return value > 1e-9; });
  const auto add = [&](const torch::Tensor& order) {
    orders_.emplace_back(order.data_ptr<std::int64_t>(), order.data_ptr<std::int64_t>() + order.numel());
  };
  // Every width that divides the extents, each as columns, blocks in rows and blocks along the Morton curve.
  const auto& extents = layout_.geometry.extents();
  const auto divides_all = [&](int size) {
    return std::ranges::all_of(extents, [size](int extent) { return extent % size == 0 && extent > size; });
  };
  for (int size = 1; size <= layout_.geometry.extents().back() / 2; ++size)
    if (extents.back() % size == 0)
      add(column_order(layout_.geometry, size).to(torch::kLong).contiguous());
  for (int size = 1; divides_all(1) && size <= extents.back() / 2; ++size)
    if (divides_all(size)) {
      add(block_order(layout_.geometry, size).to(torch::kLong).contiguous());
      add(morton_order(layout_.geometry, size).to(torch::kLong).contiguous());
    }
}

void Draws::known(const Stream& stream, std::uint32_t first, std::span<float> levels) const {
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
  const bool periodic = layout_.boundary == Boundary::periodic;
  std::vector<std::uint8_t> inside(levels.size(), 1);
  std::int64_t stride = layout_.geometry.volume();
  for (const int extent : layout_.geometry.extents()) {
    stride /= extent;
    const auto length = 1 + uniform.below(extent), corner = uniform.below(extent);
    for (std::size_t x = 0; x < levels.size(); ++x) {
      const auto position = static_cast<std::int64_t>(x) / stride % extent;
      const auto from = periodic ? (position - corner + extent) % extent : position - corner;
      inside[x] &= static_cast<std::uint8_t>(from >= 0 && from < length);
    }
  }
  for (std::size_t x = 0; x < levels.size(); ++x)
    levels[x] = (inside[x] != 0) == hole ? static_cast<float>(open) : closed;
}

void Draws::sequential(const Stream& stream, std::uint32_t first, std::span<float> levels) const {
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

void Draws::modes(const Stream& stream, std::uint32_t first, std::span<float> levels) const {
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
  } else if (kind < 0.85) { // modes below pi / factor known, modes_below()
    const double factor = std::pow(static_cast<double>(layout_.geometry.extents().back()) / 2, uniform());
    std::ranges::fill(levels, 0.F);
    std::int64_t stride = layout_.geometry.volume();
    for (const int extent : layout_.geometry.extents()) {
      stride /= extent;
      for (std::size_t k = 0; k < levels.size(); ++k) {
        const auto mode = static_cast<std::int64_t>(k) / stride % extent;
        const auto half_periods =
            layout_.boundary == Boundary::periodic ? 2 * std::min<std::int64_t>(mode, extent - mode) : mode;
        if (factor * static_cast<double>(half_periods) >= extent)
          levels[k] = level;
      }
    }
  } else { // log(alpha/beta) rises with the momentum: a Gaussian blur of up to 2 sites
    const double width = 2 * uniform();
    for (std::size_t k = 0; k < levels.size(); ++k)
      levels[k] = static_cast<float>(level_of_log_ratio(std::min(log_ratio + width * width * phat2_[k] / 2, range_)));
  }
}

} // namespace

Family& set_shares(FamilyList& families, std::string_view name, double share_of_group, double share_of_all) {
  auto& family = *std::ranges::find(families, name, &Family::name);
  family.share_of_group = share_of_group;
  family.share_of_all = share_of_all;
  return family;
}

FamilyList standard_families(const Layout& layout, double log_ratio_range) {
  const auto draws = std::make_shared<const Draws>(layout, log_ratio_range);
  const auto by = [&draws](void (Draws::*draw)(const Stream&, std::uint32_t, std::span<float>) const) {
    return [draws, draw](const Stream& stream, std::uint32_t first, std::span<float> levels) {
      ((*draws).*draw)(stream, first, levels);
    };
  };
  const Basis modes = mode_basis(layout);
  return {{"scalar", "scalar", Basis::any(), by(&Draws::scalar), 1, 0.3},
          {"known", "site", Basis::site(), by(&Draws::known), 0.4, 0.18},
          {"sequential", "site", Basis::site(), by(&Draws::sequential), 0.45, 0.25},
          {"independent", "site", Basis::site(), by(&Draws::independent), 0.15, 0.07},
          {modes.text(), modes.text(), modes, by(&Draws::modes), 1, 0.2}};
}

FamilyLaw::FamilyLaw(FamilyList families) : families_(std::move(families)), weights_(families_.size(), 0) {
  weights_.at(0) = 1;
}

bool FamilyLaw::cover(const Basis& basis) const {
  // Families of other bases contain multiples of the identity, too few of them.
  for (std::size_t i = 0; i < size(); ++i)
    if (weight(i) > 0 && family(i).basis == basis)
      return true;
  return false;
}

std::string FamilyLaw::text() const {
  std::string result;
  for (std::size_t i = 0; i < size(); ++i)
    if (weight(i) > 0)
      result += fmt::format("{}{}:{}", result.empty() ? "" : ",", family(i).name, weight(i));
  return result;
}

FamilyLaw FamilyLaw::parse(std::string_view text, FamilyList families) {
  FamilyLaw law(std::move(families));
  const auto set = [&law](const auto& weight_of) {
    double sum = 0;
    for (std::size_t i = 0; i < law.size(); ++i)
      sum += law.weights_[i] = weight_of(law.families_[i]);
    return sum;
  };
  if (text == "mixed") {
    set([](const Family& family) { return family.share_of_all; });
    return law;
  }
  if (set([text](const Family& family) { return family.group == text ? family.share_of_group : 0; }) > 0)
    return law;
  const auto refuse = [&] {
    std::string known;
    for (const auto& family : law.families_)
      known += (known.empty() ? "" : ", ") + family.name;
    throw std::invalid_argument(fmt::format("operators '{}' are not scalar, site, {}, mixed, or families with weights "
                                            "such as scalar:0.5,known:0.5 (of {})",
                                            text, law.families_.back().group, known));
  };
  double sum = 0;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find(',', begin), text.size());
    const auto item = text.substr(begin, end - begin);
    const auto colon = item.find(':');
    const auto named = std::ranges::find(law.families_, item.substr(0, colon), &Family::name);
    double weight = 0;
    if (colon == std::string_view::npos || named == law.families_.end() ||
        std::from_chars(item.data() + colon + 1, item.data() + item.size(), weight).ptr != item.data() + item.size() ||
        !(weight > 0 && std::isfinite(weight)))
      refuse();
    law.weights_[named - law.families_.begin()] += weight;
    sum += weight;
    begin = end + 1;
  }
  for (double& weight : law.weights_)
    weight /= sum;
  return law;
}

std::size_t FamilyLaw::family_of(std::int64_t index) const {
  const double turns = static_cast<double>(index) / std::numbers::phi + 0.5;
  double position = turns - std::floor(turns);
  std::size_t last = 0;
  for (std::size_t i = 0; i < size(); ++i) {
    if (weight(i) == 0)
      continue;
    last = i;
    if (position < weight(i))
      return i;
    position -= weight(i);
  }
  return last;
}

} // namespace stint
