#include "generative/mazes/prior.hpp"

#include "generative/mazes/families.hpp"
#include "generative/paths/schedule.hpp"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

namespace stint {
namespace {

constexpr int harmonics = 4;            // of the mean log(alpha/beta) among the network's input numbers
constexpr int octaves = 6;              // of waves of W
constexpr double variance_floor = 1e-6; // of the average variance

torch::Tensor covariance_of(const torch::Tensor& components, const torch::Tensor& variances) {
  return torch::matmul(components.t() * variances.unsqueeze(1), components); // (C, T, T)
}

void check_layout(const Layout& layout) {
  if (layout.dimensions() != 1 || layout.channels != 2)
    throw std::invalid_argument(fmt::format("paths have 2 channels, x and y, and one direction, time, not {} and {}",
                                            layout.channels, layout.geometry.text()));
}

/// Entries with a batch dimension, (N or 1, C or 1, T), float64.
torch::Tensor batched(torch::Tensor entries, std::int64_t length) {
  while (entries.dim() < 3)
    entries = entries.unsqueeze(0);
  return entries.expand({-1, -1, length});
}

/// Matrices (N or 1, C, T, T) times vectors (N, C, T).
torch::Tensor times(const torch::Tensor& matrices, const torch::Tensor& vectors) {
  if (matrices.size(0) != 1)
    return torch::matmul(matrices, vectors.unsqueeze(3)).squeeze(3);
  return torch::bmm(vectors.transpose(0, 1), matrices.squeeze(0).transpose(1, 2)).transpose(0, 1);
}

} // namespace

MazePrior::MazePrior(Layout layout, torch::Tensor mean, const torch::Tensor& components, const torch::Tensor& variances,
                     std::map<std::string, std::string> notes)
    : GaussianPrior("maze", std::move(layout), mean,
                    Operator::diagonal(Basis::orthogonal(components), variances.to(torch::kDouble))),
      notes_(std::move(notes)), mean_(mean.to(torch::kDouble)),
      unit_(variances.to(torch::kDouble).mean(1).sqrt().reshape({1, 2, 1})),
      of_points_(covariance_of(components.to(torch::kDouble), variances.to(torch::kDouble))) {
  check_layout(this->layout());
  const std::int64_t length = this->layout().volume();
  const auto modes = Basis::cosine().coordinates(torch::eye(length, torch::kDouble).unsqueeze(1)).squeeze(1).t();
  of_modes_ = modes.matmul(of_points_).matmul(modes.t());
  times_ = torch::linspace(-1, 1, length).reshape({1, 1, length});
}

FamilyList MazePrior::families() const { return maze_families(layout(), log_ratio_range()); }

double MazePrior::log_ratio_range() const {
  constexpr double share = 1e-3; // of the largest mode's variance that is known at the ends
  return std::log(reference(0).values().max().item<double>() / share) / 2;
}

std::int64_t MazePrior::planes() const { return 2 + 2 + 4 * octaves + 2 + 2 + 1; }
std::int64_t MazePrior::numbers() const { return 1 + 2 * harmonics; }

const torch::Tensor& MazePrior::covariance_in(const Basis& basis) const {
  if (basis == Basis::any() || basis == Basis::site())
    return of_points_;
  if (basis == Basis::cosine())
    return of_modes_;
  throw std::invalid_argument(fmt::format("models of paths know no operators in the basis '{}'", basis.text()));
}

Look MazePrior::look(const Pair& pair, const torch::Tensor& signal) const {
  const auto basis = *diagonal_basis(pair);
  const std::int64_t count = signal.size(0), length = layout().volume();
  const auto& covariance = covariance_in(basis); // Sigma
  const auto alpha = batched(pair.alpha.values(), length), beta = batched(pair.beta.values(), length);
  const auto alpha2 = alpha.square(), beta2 = beta.square();
  const auto coordinates = [&](const torch::Tensor& fields) { return basis.coordinates(fields); };
  const auto mean = coordinates(mean_.unsqueeze(0));

  // As in Whitener, so that nothing is divided by beta: Sigma (alpha^2 + beta^2 Sigma)^{-1} applied to what the
  // observation says beyond the mean.
  const auto beyond = coordinates(signal.to(torch::kDouble)) - beta2 * mean;
  const auto sigma = beyond / (alpha2 + beta2);
  const auto beta_columns = beta.unsqueeze(3), beta_rows = beta.unsqueeze(2);
  const auto factor = torch::linalg_cholesky(beta_columns * covariance * beta_rows + torch::diag_embed(alpha2));
  const auto change = times(torch::cholesky_inverse(factor), beta * (sigma - times(covariance.unsqueeze(0), sigma)));
  const auto estimate = mean + times(covariance.unsqueeze(0), sigma + beta * change);

  const auto explained = torch::linalg_solve_triangular(factor, beta_columns * covariance, /*upper=*/false);
  const auto variance = covariance.diagonal(0, 1, 2) - explained.square().sum(2);
  const double least = std::exp(-2 * log_ratio_range());
  const auto deviation = variance.clamp_min(least).sqrt(); // s > 0 where all is known, too

  const double range = log_ratio_range();
  const auto log_ratio = ((alpha / beta).log().nan_to_num().clamp(-range, range) / range).to(torch::kFloat);
  const auto level = (alpha / (alpha + beta)).to(torch::kFloat);
  const auto plane = [&](const torch::Tensor& entries) {
    const auto map = basis == Basis::cosine() ? entries.mean(2, /*keepdim=*/true) : entries;
    return map.expand({count, -1, length}).narrow(1, 0, 1);
  };
  const auto fields = [&](const torch::Tensor& of) { return basis.fields(of, signal).to(torch::kFloat); };
  const auto unit = unit_.to(torch::kFloat);
  const auto w = fields(estimate), place = (w - mean_.mean(1).reshape({1, 2, 1}).to(torch::kFloat)) / unit;
  const auto single = fields(unit_ * beyond / (alpha2 + beta2 * unit_.square()));
  const auto spread =
      basis == Basis::cosine() ? deviation.square().mean(2, true).sqrt().expand({-1, -1, length}) : deviation;
  std::vector<torch::Tensor> planes = {single,
                                       place,
                                       (spread / unit_).log().to(torch::kFloat).expand({count, -1, -1}) / 4,
                                       plane(level),
                                       plane(log_ratio),
                                       times_.expand({count, -1, -1})};
  for (int octave = 0; octave < octaves; ++octave) {
    const auto phase = place * static_cast<double>(1 << octave);
    planes.push_back(phase.sin());
    planes.push_back(phase.cos());
  }
  const auto average = log_ratio.mean(at::IntArrayRef({1, 2})).unsqueeze(1);
  std::vector<torch::Tensor> numbers = {average};
  for (int n = 1; n <= harmonics; ++n)
    for (const auto& wave : {(log_ratio * (n * M_PI / 2)).sin(), (log_ratio * (n * M_PI / 2)).cos()})
      numbers.push_back(wave.mean(at::IntArrayRef({1, 2})).unsqueeze(1));
  return {w, Operator::diagonal(basis == Basis::any() ? Basis::site() : basis, deviation), torch::cat(planes, 1),
          torch::cat(numbers, 1).expand({count, -1})};
}

void MazePrior::to(torch::Device device) {
  GaussianPrior::to(device);
  for (auto* tensor : {&mean_, &unit_, &of_points_, &of_modes_, &times_})
    *tensor = tensor->to(device);
}

State MazePrior::state() const {
  State state = GaussianPrior::state();
  for (const auto& [name, text] : notes_)
    state.texts["note/" + name] = text;
  return state;
}

std::unique_ptr<Prior> MazePrior::load(const Layout& layout, const State& state) {
  check_layout(layout);
  const std::int64_t length = layout.volume();
  std::map<std::string, std::string> notes;
  for (const auto& [name, text] : state.texts)
    if (name.starts_with("note/"))
      notes[name.substr(5)] = text;
  return std::make_unique<MazePrior>(layout, state.tensor("mean", {2, length}), state.tensor("basis", {length, length}),
                                     state.tensor("variances", {2, length}, true), notes);
}

MazeFit::MazeFit(const PriorRequest& request) : layout_(request.layout), notes_(request.notes) {
  check_layout(layout_);
  if (request.tilting.any())
    throw std::invalid_argument("models of the kind 'maze' know no tilts");
  about_ = request.sample.to(torch::kDouble).mean(0);
  count_ = torch::zeros({1}, torch::kDouble);
  sum_ = torch::zeros_like(about_);
  products_ = torch::zeros({2, layout_.volume(), layout_.volume()}, torch::kDouble);
}

void MazeFit::add(const torch::Tensor& configurations) {
  const auto distance = configurations.to(torch::kDouble) - about_;
  count_ += static_cast<double>(distance.size(0));
  sum_ += distance.sum(0);
  const auto by_channel = distance.transpose(0, 1); // (2, n, T)
  products_ += torch::matmul(by_channel.transpose(1, 2), by_channel);
}

std::unique_ptr<Prior> MazeFit::prior(const torch::Tensor& /*field*/, const torch::Tensor& /*square*/) const {
  const auto shift = sum_ / count_;
  const auto covariance = products_ / count_ - shift.unsqueeze(2) * shift.unsqueeze(1);
  const auto [eigenvalues, vectors] = torch::linalg_eigh(covariance.mean(0), "L");
  const double average = eigenvalues.mean().item<double>();
  if (!(average > 0))
    throw std::invalid_argument("all paths are equal: there is nothing to learn");
  const auto components = vectors.t().contiguous();
  const auto variances = torch::matmul(torch::matmul(components, covariance), components.t()).diagonal(0, 1, 2);
  return std::make_unique<MazePrior>(layout_, about_ + shift, components, variances.clamp_min(variance_floor * average),
                                     notes_);
}

} // namespace stint
