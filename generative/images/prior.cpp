#include "generative/images/prior.hpp"

#include "generative/images/families.hpp"
#include "generative/operators/modes.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <stdexcept>

namespace stint {
namespace {

constexpr double variance_floor = 1e-4; // of the average variance
constexpr std::int64_t shell_count = 6; // of modes, for the average level of each

Operator covariance_of(const torch::Tensor& spectrum) {
  const double average = spectrum.mean().item<double>();
  if (!(average > 0))
    throw std::invalid_argument("all pictures are equal: there is nothing to learn");
  return Operator::diagonal(Basis::cosine(), spectrum.to(torch::kDouble).clamp_min(variance_floor * average));
}

/// Coordinates from -1 to 1 along every axis, (1, d, H, W).
torch::Tensor places_of(const Layout& layout) {
  std::vector<torch::Tensor> places;
  for (int mu = 0; mu < layout.dimensions(); ++mu) {
    std::vector<std::int64_t> along(layout.dimensions(), 1);
    along[mu] = -1;
    places.push_back(torch::linspace(-1, 1, layout.geometry.extents()[mu]).reshape(along).expand(layout.sites()));
  }
  return torch::stack(places).unsqueeze(0);
}

/// Averages over the modes with |p| in each of shell_count intervals, equal in log |p| from the least to the largest;
/// the zero mode belongs to the first.
torch::Tensor shells_of(const Layout& layout) {
  const auto phat2 = phat2_of(layout).flatten();
  const auto least = phat2.masked_select(phat2 > 0).min();
  const auto place = (phat2.clamp_min(least) / least).log() / (phat2.max() / least).log();
  const auto shell = (place * shell_count).to(torch::kLong).clamp(0, shell_count - 1);
  const auto members = torch::one_hot(shell, shell_count).t().to(torch::kFloat);
  return members / members.sum(1, true).clamp_min(1);
}

} // namespace

ImagePrior::ImagePrior(Layout layout, torch::Tensor mean, const torch::Tensor& spectrum, bool mirror)
    : GaussianPrior("image", std::move(layout), std::move(mean), covariance_of(spectrum)), mirror_(mirror),
      places_(places_of(this->layout())), shells_(shells_of(this->layout())) {}

FamilyList ImagePrior::families() const { return image_families(layout(), log_ratio_range()); }

double ImagePrior::log_ratio_range() const {
  constexpr double share = 1e-3; // of the largest mode's variance that is known at the ends
  return std::log(reference(0).values().max().item<double>() / share) / 2;
}

std::int64_t ImagePrior::numbers() const { return GaussianPrior::numbers() + shell_count; }

Symmetries ImagePrior::symmetries() const {
  Symmetries symmetries;
  if (mirror_)
    symmetries.reflections = 1U << (layout().dimensions() - 1);
  return symmetries;
}

Look ImagePrior::look(const Pair& pair, const torch::Tensor& signal) const {
  Look look = GaussianPrior::look(pair, signal);
  const std::int64_t count = signal.size(0);
  look.planes = torch::cat({look.planes, places_.expand({count, -1, -1, -1})}, 1);
  auto level = (pair.alpha.values() / (pair.alpha.values() + pair.beta.values())).to(torch::kFloat);
  while (level.dim() < signal.dim())
    level = level.unsqueeze(0);
  level = level.select(1, 0); // the same for all channels
  const auto sites = layout().sites();
  const auto of_shells = *diagonal_basis(pair) == Basis::cosine()
                             ? level.expand({-1, sites[0], sites[1]}).flatten(1).matmul(shells_.t())
                             : level.flatten(1).mean(1, true);
  look.numbers = torch::cat({look.numbers, of_shells.expand({count, shell_count})}, 1);
  return look;
}

torch::Tensor ImagePrior::loss_weights(const Pair& pair, const Look& look) const {
  if (diagonal_basis(pair) == Basis::any())
    return {};
  const auto open = pair.alpha.values() > 0;
  const auto variance = (look.deviation.values().square() * open).to(torch::kFloat);
  return variance / variance.mean(configuration_axes(variance), true).clamp_min(std::numeric_limits<float>::min());
}

void ImagePrior::to(torch::Device device) {
  GaussianPrior::to(device);
  places_ = places_.to(device);
  shells_ = shells_.to(device);
}

State ImagePrior::state() const {
  State state = GaussianPrior::state();
  state.numbers["mirror"] = mirror_ ? 1 : 0;
  return state;
}

std::unique_ptr<Prior> ImagePrior::load(const Layout& layout, const State& state) {
  const double mirror = state.number("mirror");
  if (mirror != 0 && mirror != 1)
    throw std::invalid_argument("'mirror' is neither 0 nor 1");
  const auto mean = state.tensor("mean", at::IntArrayRef(layout.shape(1)).slice(1));
  const auto spectrum = state.tensor("variances", {1, layout.sites()[0], layout.sites()[1]}, true);
  return std::make_unique<ImagePrior>(layout, mean, spectrum, mirror == 1);
}

ImageFit::ImageFit(const PriorRequest& request) : layout_(request.layout), mirror_(request.mirror) {
  if (request.tilting.any())
    throw std::invalid_argument("models of the kind 'image' know no tilts");
  if (layout_.dimensions() != 2)
    throw std::invalid_argument(fmt::format("pictures have two directions, not lattice {}", layout_.geometry.text()));
  about_ = request.sample.to(torch::kDouble).mean(0);
  count_ = torch::zeros({1}, torch::kDouble);
  sum_ = torch::zeros_like(about_);
  power_ = torch::zeros_like(about_.narrow(0, 0, 1));
}

void ImageFit::add(const torch::Tensor& configurations) {
  const auto distance = configurations.to(torch::kDouble) - about_;
  count_ += static_cast<double>(distance.size(0));
  sum_ += distance.sum(0);
  power_ += Basis::cosine().coordinates(distance).square().sum(0).mean(0, true);
}

std::unique_ptr<Prior> ImageFit::prior(const torch::Tensor& /*field*/, const torch::Tensor& /*square*/) const {
  const auto shift = sum_ / count_;
  const auto modes = Basis::cosine().coordinates(shift.unsqueeze(0)).squeeze(0);
  const auto spectrum = (power_ / count_ - modes.square().mean(0, true)).clamp_min(0);
  return std::make_unique<ImagePrior>(layout_, about_ + shift, spectrum, mirror_);
}

} // namespace stint
