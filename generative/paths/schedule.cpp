#include "generative/paths/schedule.hpp"

#include <cmath>
#include <stdexcept>
#include <string>

namespace stint {
namespace {

void check(int steps, int least) {
  if (steps < least)
    throw std::invalid_argument("a path needs at least " + std::to_string(least) +
                                (least == 1 ? " step, not " : " steps, not ") + std::to_string(steps));
}

/// tan of Jacobi's amplitude am(t K(m) | m) for t in [0, 1) and m in [0, 1), by the arithmetic-geometric mean and
/// Landen's transformation (Abramowitz & Stegun, 16.4).
double sc(double t, double m) {
  std::vector<double> a = {1}, c = {std::sqrt(m)};
  for (double b = std::sqrt(1 - m); c.back() > 1e-15 * a.back();) {
    const double before = a.back();
    a.push_back((before + b) / 2);
    c.push_back((before - b) / 2);
    b = std::sqrt(before * b);
  }
  // K = pi / (2 a_N).
  const auto last = static_cast<int>(a.size()) - 1;
  double amplitude = std::ldexp(t * M_PI / 2, last);
  for (int n = last; n > 0; --n)
    amplitude = (amplitude + std::asin(c[n] / a[n] * std::sin(amplitude))) / 2;
  return std::tan(amplitude);
}

} // namespace

torch::Tensor equal_arcs(const torch::Tensor& levels, const torch::Tensor& lengths, int steps) {
  check(steps, 1);
  const auto arc = torch::cat({torch::zeros({1}, torch::kDouble), lengths.to(torch::kDouble).cpu().cumsum(0)});
  const auto fine = levels.to(torch::kDouble).cpu();
  const auto target = torch::linspace(0, 1, steps + 1, torch::kDouble) * arc[-1];
  const auto left =
      (torch::searchsorted(arc, target, /*out_int32=*/false, /*right=*/true) - 1).clamp(0, lengths.size(0) - 1);
  const auto length = arc.index({left + 1}) - arc.index({left});
  const auto part = ((target - arc.index({left})) / length).nan_to_num().clamp(0, 1);
  auto result = torch::lerp(fine.index({left}), fine.index({left + 1}), part);
  result[0] = fine[0];
  result[steps] = fine[-1];
  return result;
}

double level_of_log_ratio(double log_ratio) { return 1 / (1 + std::exp(-log_ratio)); }

Schedule Schedule::of_numbers(const std::vector<double>& levels) {
  return {Kind::table, static_cast<int>(levels.size()) - 1, torch::tensor(levels, torch::kDouble)};
}

Schedule Schedule::of_levels(torch::Tensor levels, Basis basis) {
  if (levels.dim() == 0 || levels.size(0) < 2 || levels.scalar_type() != torch::kDouble)
    throw std::invalid_argument("the levels of a path need at least one step");
  const auto steps = levels.size(0) - 1;
  const auto down = levels.narrow(0, 0, steps) >= levels.narrow(0, 1, steps); // false of NaN
  if (!((levels[0] == 1).all() & (levels[steps] == 0).all() & down.all()).item<bool>())
    throw std::invalid_argument("the levels of a path go down from 1, noise, to 0, data");
  Schedule schedule(Kind::table, static_cast<int>(steps), std::move(levels));
  schedule.basis_ = std::move(basis);
  return schedule;
}

Schedule Schedule::uniform(int steps) {
  check(steps, 1);
  std::vector<double> levels(steps + 1);
  for (int i = 0; i <= steps; ++i)
    levels[i] = 1 - static_cast<double>(i) / steps;
  return of_numbers(levels);
}

Schedule Schedule::log_ratio(int steps, double range) {
  check(steps, 3);
  if (!(range > 0))
    throw std::invalid_argument("a path in log(alpha/beta) needs a range > 0");
  Schedule schedule(Kind::log_ratio, steps, torch::Tensor());
  schedule.range_ = range;
  return schedule;
}

Schedule Schedule::constant_speed(int steps, const torch::Tensor& spectrum) {
  check(steps, 1);
  constexpr int fine = 1000; // intervals of the trapezoidal rule
  const auto power = spectrum.to(torch::kDouble).cpu().flatten();
  const auto r = torch::linspace(1, 0, fine + 1, torch::kDouble), level = r.unsqueeze(1);
  const auto slope = level - (1 - level) * power;
  const auto speed = (slope.square() / (level.square() + (1 - level).square() * power)).sum(1).sqrt();
  return of_levels(equal_arcs(r, (speed.narrow(0, 0, fine) + speed.narrow(0, 1, fine)) / 2, steps));
}

Schedule Schedule::scales(int steps, const torch::Tensor& spectrum) {
  check(steps, 1);
  const double least = spectrum.min().item<double>(), largest = spectrum.max().item<double>();
  if (!(least > 0))
    throw std::invalid_argument("a path for the scales of a spectrum needs a spectrum > 0");
  std::vector<double> levels(steps + 1, 0);
  for (int i = 0; i < steps; ++i)
    levels[i] = 1 / (1 + sc(static_cast<double>(i) / steps, 1 - least / largest) / std::sqrt(largest));
  return of_numbers(levels);
}

Schedule Schedule::parse(std::string_view name, int steps, const torch::Tensor& spectrum, double range) {
  if (name == "scales")
    return scales(steps, spectrum);
  if (name == "uniform")
    return uniform(steps);
  if (name == "log-ratio")
    return log_ratio(steps, range);
  if (name == "speed")
    return constant_speed(steps, spectrum);
  throw std::invalid_argument("unknown schedule '" + std::string(name) + "'; known: scales, uniform, log-ratio, speed");
}

torch::Tensor Schedule::level(const torch::Tensor& time, const torch::Tensor& start) const {
  const auto clamped = time.to(torch::kDouble).clamp(0, steps_);
  const auto before = clamped.floor().clamp_max(steps_ - 1), fraction = clamped - before;
  const auto levels = torch::lerp(at(before, start), at(before + 1, start), fraction);
  // The ends are what they are, and known coordinates data, also for gradients, of which drifts have none there.
  const auto data = (clamped >= steps_) | (start <= 0);
  return torch::where(clamped <= 0, start, torch::where(data, torch::zeros_like(levels), levels));
}

torch::Tensor Schedule::levels() const {
  return kind_ == Kind::table ? table_ : level(torch::arange(steps_ + 1), torch::ones({}, torch::kDouble));
}

Schedule Schedule::at_times(const torch::Tensor& times) const {
  const auto start = torch::ones_like(levels()[0]);
  std::vector<torch::Tensor> rows;
  for (const auto& time : times.unbind(0))
    rows.push_back(level(time, start));
  return of_levels(torch::stack(rows), basis_);
}

torch::Tensor Schedule::at(const torch::Tensor& step, const torch::Tensor& start) const {
  if (kind_ == Kind::table) {
    const auto row = step.to(torch::kLong);
    if (table_.dim() == 1)
      return start * table_.index({row});
    const auto of_coordinates = row + torch::zeros_like(table_[0], torch::kLong);
    return start * table_.gather(0, of_coordinates.unsqueeze(0)).squeeze(0);
  }
  // log(alpha/beta) after step i: from noise +R at i = 1, otherwise that of `start` at i = 0; -R at i = steps - 1.
  const auto first = start.logit();
  const auto noise = first > range_;
  const auto from = torch::where(noise, torch::full_like(first, range_), first);
  const auto progress = torch::where(noise, (step - 1) / (steps_ - 2), step / (steps_ - 1));
  auto levels = (from + (-range_ - from) * progress).sigmoid();
  levels = torch::where(first > -range_, levels, start * (1 - step / steps_)); // nearly data: straight
  levels = torch::where(step <= 0, start, levels);
  return torch::where(step >= steps_, torch::zeros_like(levels), levels);
}

} // namespace stint
