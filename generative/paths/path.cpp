#include "generative/paths/path.hpp"

#include <cmath>
#include <stdexcept>

namespace stint {
namespace {

constexpr double to_nearest = 0.5 + 1e-9; // floor(x + to_nearest), with halves upwards whatever the rounding of x

} // namespace

std::string text_of(Curve curve) { return curve == Curve::linear ? "linear" : "trigonometric"; }

Curve parse_curve(const std::string& name) {
  for (const auto curve : {Curve::linear, Curve::trigonometric})
    if (text_of(curve) == name)
      return curve;
  throw std::invalid_argument("unknown curve '" + name + "'; known: linear, trigonometric");
}

Pair pair_of_levels(Basis basis, const torch::Tensor& r, Curve curve) {
  const auto scale = curve == Curve::linear ? torch::ones_like(r) : (r.square() + (1 - r).square()).rsqrt();
  return {Operator::diagonal(basis, r * scale), Operator::diagonal(basis, (1 - r) * scale)};
}

Path::Path(Basis basis, torch::Tensor begin, torch::Tensor start, Curve curve)
    : basis_(basis), begin_(begin.to(torch::kDouble)), start_(start.to(torch::kDouble)), curve_(curve) {
  if ((begin_ < 0).any().item<bool>())
    throw std::invalid_argument("a window of a path cannot begin before the path does");
  if (!((start_ >= 0) & (start_ <= 1)).all().item<bool>())
    throw std::invalid_argument("noise levels at the start of a path lie between 0 and 1");
  // Coordinates that are data from the start need no window.
  stages_ = torch::where(start_ > 0, begin_, torch::zeros_like(begin_)).max().item<double>() + 1;
}

Path Path::straight(Pair from, Pair to) {
  Path path(Basis::any(), torch::zeros({}), torch::ones({}));
  path.ends_ = std::make_shared<const std::pair<Pair, Pair>>(std::move(from), std::move(to));
  return path;
}

Pair Path::at(double t, const Schedule& schedule) const {
  const double steps = schedule.steps();
  double now = t * steps;
  if (std::abs(now - std::round(now)) < 1e-9) // knots are the ends of steps, not nearly so
    now = std::round(now);
  const auto time = now - (begin_ * steps + to_nearest).floor();
  const auto r = schedule.level(time, start_);
  if (ends_) {
    const double rest = r.item<double>();
    const auto& [from, to] = *ends_;
    return {rest * from.alpha + (1 - rest) * to.alpha, rest * from.beta + (1 - rest) * to.beta};
  }
  const auto basis = common_basis(basis_, schedule.basis());
  if (!basis)
    throw std::invalid_argument("this path moves the coordinates of the basis '" + basis_.text() +
                                "', its schedule is one for those of '" + schedule.basis().text() + "'");
  return pair_of_levels(*basis, r, curve_);
}

Pair Path::start_pair() const { return ends_ ? ends_->first : pair_of_levels(basis_, start_, curve_); }

Knots knots(const Path& path, const Schedule& schedule, torch::Device device) {
  const auto steps = static_cast<std::int64_t>(std::floor(path.stages() * schedule.steps() + to_nearest));
  return {steps, [=](std::int64_t i) {
            const Pair pair = path.at(static_cast<double>(i) / schedule.steps(), schedule);
            return Pair{pair.alpha.to(device), pair.beta.to(device)};
          }};
}

torch::Tensor level_of_alpha(const torch::Tensor& alpha, Curve curve) {
  const auto beta = curve == Curve::linear ? 1 - alpha : (1 - alpha.square()).clamp_min(0).sqrt();
  return alpha / (alpha + beta);
}

Knots scaled(Knots knots, const torch::Tensor& factors, Curve curve) {
  const auto steps = knots.steps;
  return {steps, [at = std::move(knots.at), factors, curve](std::int64_t i) {
            const Pair pair = at(i);
            const auto basis = diagonal_basis(pair);
            if (!basis || !common_basis(*basis, Basis::site()))
              throw std::invalid_argument("noise levels of sites belong to operators that are scalar or diagonal in "
                                          "sites");
            const auto &alpha = pair.alpha.values(), &beta = pair.beta.values();
            return pair_of_levels(Basis::site(), alpha / (alpha + beta) * factors.to(alpha.options()), curve);
          }};
}

Knots reversed(Knots forward) {
  const auto steps = forward.steps;
  return {steps, [at = std::move(forward.at), steps](std::int64_t i) { return at(steps - i); }};
}

} // namespace stint
