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

double level_of_log_ratio(double log_ratio) { return 1 / (1 + std::exp(-log_ratio)); }

Schedule Schedule::uniform(int steps) {
  check(steps, 1);
  std::vector<double> levels(steps + 1);
  for (int i = 0; i <= steps; ++i)
    levels[i] = 1 - static_cast<double>(i) / steps;
  return {Kind::table, steps, std::move(levels)};
}

Schedule Schedule::log_ratio(int steps, double range) {
  check(steps, 3);
  if (!(range > 0))
    throw std::invalid_argument("a path in log(alpha/beta) needs a range > 0");
  Schedule schedule(Kind::log_ratio, steps, {});
  schedule.range_ = range;
  return schedule;
}

Schedule Schedule::constant_speed(int steps, const torch::Tensor& spectrum) {
  check(steps, 1);
  constexpr int fine = 1000; // points of the trapezoidal rule for the length
  const auto power = spectrum.to(torch::kDouble).cpu().flatten();
  std::vector<double> length(fine + 1, 0);
  double before = 0;
  for (int i = 0; i <= fine; ++i) {
    const double r = 1 - static_cast<double>(i) / fine;
    const auto slope = r - (1 - r) * power;
    const double speed = (slope.square() / (r * r + (1 - r) * (1 - r) * power)).sum().sqrt().item<double>();
    if (i > 0)
      length[i] = length[i - 1] + (before + speed) / 2;
    before = speed;
  }
  std::vector<double> levels(steps + 1);
  levels[0] = 1;
  for (int step = 1, i = 0; step < steps; ++step) {
    const double target = length[fine] * step / steps;
    while (length[i + 1] < target)
      ++i;
    levels[step] = 1 - (i + (target - length[i]) / (length[i + 1] - length[i])) / fine;
  }
  levels[steps] = 0;
  return {Kind::table, steps, std::move(levels)};
}

Schedule Schedule::scales(int steps, const torch::Tensor& spectrum) {
  check(steps, 1);
  const double least = spectrum.min().item<double>(), largest = spectrum.max().item<double>();
  if (!(least > 0))
    throw std::invalid_argument("a path for the scales of a spectrum needs a spectrum > 0");
  std::vector<double> levels(steps + 1, 0);
  for (int i = 0; i < steps; ++i)
    levels[i] = 1 / (1 + sc(static_cast<double>(i) / steps, 1 - least / largest) / std::sqrt(largest));
  return {Kind::table, steps, std::move(levels)};
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
  return torch::lerp(at(before, start), at(before + 1, start), fraction);
}

torch::Tensor Schedule::at(const torch::Tensor& step, const torch::Tensor& start) const {
  if (kind_ == Kind::table)
    return start * torch::tensor(table_, start.options()).index({step.to(torch::kLong)});
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
