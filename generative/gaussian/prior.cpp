#include "generative/gaussian/prior.hpp"

#include "generative/operators/whitening.hpp"
#include "generative/paths/schedule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace stint {
namespace {

constexpr int harmonics = 4; // of log(alpha/beta) among the network's input numbers
/// Of conjugate gradients where there is no common basis, at most: 64 leave 1e-5 of the estimate for pictures of 28
/// pixels, the longest waves need more in proportion.
int iterations_for(const Layout& layout) {
  const auto& extents = layout.geometry.extents();
  return std::max(64, 64 * *std::ranges::max_element(extents) / 28);
}
constexpr double tolerance = 1e-6; // of theirs

/// Entries with a batch dimension, (N or 1, 1 or C, L1 or 1, ..., Ld or 1), float32.
torch::Tensor batched(torch::Tensor entries, const torch::Tensor& fields) {
  while (entries.dim() < fields.dim())
    entries = entries.unsqueeze(0);
  return entries.to(torch::kFloat);
}

Basis basis_of(const State& state) {
  const auto& name = state.text("basis");
  for (const auto& basis : {Basis::site(), Basis::fourier(), Basis::cosine()})
    if (basis.text() == name)
      return basis;
  return Basis::orthogonal(state.tensor("basis"));
}

} // namespace

GaussianPrior::GaussianPrior(std::string kind, Layout layout, torch::Tensor mean, Operator covariance)
    : kind_(std::move(kind)), layout_(std::move(layout)), mean_(mean.to(torch::kDouble)),
      covariance_(std::move(covariance)) {
  const auto shape = layout_.shape(1);
  if (!mean_.sizes().equals(at::IntArrayRef(shape).slice(1)))
    throw std::invalid_argument("the mean of a Gaussian law has the shape of a configuration");
  const auto& variances = covariance_.values();
  if (!(variances > 0).all().item<bool>() || !variances.isfinite().all().item<bool>())
    throw std::invalid_argument("the variances of a Gaussian law are > 0");
  deviation_ = std::sqrt(variances.mean().item<double>());
  site_variances_ = covariance_.diagonal_in(Basis::site(), layout_.sites());
}

std::int64_t GaussianPrior::numbers() const { return 1 + 2 * harmonics; }

Look GaussianPrior::look(const Pair& pair, const torch::Tensor& signal) const {
  const auto basis = *diagonal_basis(pair);
  const auto &alpha = pair.alpha.values(), &beta = pair.beta.values();
  const auto alpha2 = alpha.square(), beta2 = beta.square();
  const auto mean = mean_.to(signal.options());
  const auto centered = signal - (pair.beta * pair.beta)(mean.unsqueeze(0).expand_as(signal));
  const auto whiten = Whitener::approximate(pair, covariance_, iterations_for(layout_), tolerance);
  const auto estimate = mean + covariance_(whiten(centered));

  // Coordinate by coordinate in the basis of the pair; in another one, as if each were alone.
  const auto common = common_basis(basis, covariance_.basis());
  const auto variance = common                   ? covariance_.values()
                        : basis == Basis::site() ? site_variances_
                                                 : covariance_.diagonal_in(basis, layout_.sites());
  // Where alpha = 0 nothing is open; s > 0 there too.
  const auto open = alpha.clamp_min(level_of_log_ratio(-log_ratio_range())).square();
  auto rest = variance * open / (open + beta2 * variance);
  if (basis == Basis::any()) { // one number for all modes
    const auto all = batched(rest, signal);
    rest = all.mean(configuration_axes(all), /*keepdim=*/true);
  }

  const double range = log_ratio_range();
  const auto log_ratio = batched((alpha / beta).log().nan_to_num().clamp(-range, range), signal) / range;
  const auto level = batched(alpha / (alpha + beta), signal);
  const auto average = [](const torch::Tensor& entries) { return entries.flatten(1).mean(1, /*keepdim=*/true); };
  const auto plane = [&](const torch::Tensor& entries) {
    const auto map = basis == Basis::site() ? entries : column(average(entries), signal);
    return map.expand(layout_.shape(signal.size(0))).narrow(1, 0, 1);
  };
  const auto single = Operator::diagonal(basis, deviation_ / (alpha2 + beta2 * deviation_ * deviation_))(centered);
  std::vector<torch::Tensor> numbers = {average(log_ratio)};
  for (int n = 1; n <= harmonics; ++n)
    for (const auto& wave : {(log_ratio * (n * M_PI / 2)).sin(), (log_ratio * (n * M_PI / 2)).cos()})
      numbers.push_back(average(wave));
  return {estimate, Operator::diagonal(basis, rest.sqrt()),
          torch::cat({single, (estimate - mean) / deviation_, plane(level), plane(log_ratio)}, 1),
          torch::cat(numbers, 1).expand({signal.size(0), -1})};
}

void GaussianPrior::to(torch::Device device) {
  mean_ = mean_.to(device);
  covariance_ = covariance_.to(device);
  site_variances_ = site_variances_.to(device);
}

State GaussianPrior::state() const {
  State state{.numbers = {},
              .texts = {{"basis", covariance_.basis().text()}},
              .tensors = {{"mean", mean_}, {"variances", covariance_.values()}}};
  if (covariance_.basis().matrix().defined())
    state.tensors["basis"] = covariance_.basis().matrix();
  return state;
}

std::unique_ptr<Prior> GaussianPrior::load(const std::string& kind, const Layout& layout, const State& state) {
  return std::make_unique<GaussianPrior>(kind, layout, state.tensor("mean"),
                                         Operator::diagonal(basis_of(state), state.tensor("variances", {}, true)));
}

PrincipalComponentsFit::PrincipalComponentsFit(std::string kind, const PriorRequest& request)
    : kind_(std::move(kind)), layout_(request.layout) {
  constexpr std::int64_t most = 4096;
  if (request.tilting.any())
    throw std::invalid_argument(fmt::format("models of the kind '{}' know no tilts", kind_));
  const std::int64_t volume = layout_.volume();
  if (volume > most)
    throw std::invalid_argument(fmt::format("principal components are for at most {} sites, not {}", most, volume));
  about_ = request.sample.to(torch::kDouble).mean(0).reshape({layout_.channels, volume});
  count_ = torch::zeros({1}, torch::kDouble);
  sum_ = torch::zeros({layout_.channels, volume}, torch::kDouble);
  products_ = torch::zeros({volume, volume}, torch::kDouble);
}

void PrincipalComponentsFit::add(const torch::Tensor& configurations) {
  const auto distance = configurations.to(torch::kDouble).flatten(2) - about_;
  count_ += static_cast<double>(distance.size(0));
  sum_ += distance.sum(0);
  const auto rows = distance.flatten(0, 1);
  products_ += rows.t().mm(rows);
}

std::unique_ptr<Prior> PrincipalComponentsFit::prior(const torch::Tensor& /*field*/,
                                                     const torch::Tensor& /*square*/) const {
  constexpr double floor = 1e-6; // of the mean variance
  const auto shift = sum_ / count_;
  const auto covariance = (products_ / count_ - shift.t().mm(shift)) / static_cast<double>(layout_.channels);
  const auto [variances, components] = torch::linalg_eigh(covariance, "L");
  const double mean_variance = variances.mean().item<double>();
  if (!(mean_variance > 0))
    throw std::invalid_argument("all configurations are equal: there is nothing to learn");
  const auto shape = layout_.shape(1);
  return std::make_unique<GaussianPrior>(
      kind_, layout_, (about_ + shift).reshape(at::IntArrayRef(shape).slice(1)),
      Operator::diagonal(Basis::orthogonal(components.t().contiguous()),
                         variances.clamp_min(floor * mean_variance).reshape(layout_.sites())));
}

} // namespace stint
