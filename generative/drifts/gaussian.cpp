#include "generative/drifts/gaussian.hpp"

#include "generative/operators/whitening.hpp"

#include <cmath>
#include <stdexcept>

namespace stint {
namespace {

torch::Tensor scalar_product(const torch::Tensor& a, const torch::Tensor& b) { return (a * b).flatten(1).sum(1); }

} // namespace

GaussianMixture::GaussianMixture(Operator covariance, torch::Tensor means, torch::Tensor weights)
    : covariance_(std::move(covariance)), means_(means.to(torch::kDouble)), weights_(weights.to(torch::kDouble)) {
  if (!(covariance_.values() > 0).all().item<bool>())
    throw std::invalid_argument("the covariance of a Gaussian needs entries > 0");
  if (weights_.dim() != 1 || means_.dim() < 3 || means_.size(0) != weights_.size(0) ||
      !(weights_ > 0).all().item<bool>())
    throw std::invalid_argument("a mixture needs one weight > 0 for each of its means");
  weights_ = weights_ / weights_.sum();
}

torch::Tensor GaussianMixture::posterior_mean(const Pair& pair, const torch::Tensor& signal) const {
  const auto s = signal.to(torch::kDouble);
  const auto beta2 = pair.beta * pair.beta;
  const auto whiten = Whitener::exact(pair, covariance_, signal.scalar_type() == torch::kDouble ? 1e-12 : 1e-7);
  const auto seen = whiten(s);
  if (means_.size(0) == 1)
    return (means_ + covariance_(seen - whiten(beta2(means_)))).to(signal.scalar_type());
  std::vector<torch::Tensor> components, log_weights;
  for (const auto& mean : means_.split(1)) {
    const auto expected = whiten(beta2(mean));
    components.push_back(mean + covariance_(seen - expected));
    log_weights.push_back(scalar_product(seen - expected / 2, mean));
  }
  const auto p = (weights_.log() + torch::stack(log_weights, 1)).softmax(1);
  auto result = torch::zeros_like(s);
  for (std::size_t k = 0; k < components.size(); ++k) {
    result = result + column(p.select(1, static_cast<std::int64_t>(k)), s) * components[k];
  }
  return result.to(signal.scalar_type());
}

Etas GaussianMixture::etas(const Pair& pair, const torch::Tensor& x) const {
  const auto fields = x.to(torch::kDouble);
  const auto solve = [&](const torch::Tensor& right) {
    return conjugate_gradients(
        [pair, covariance = covariance_](const torch::Tensor& u) {
          return pair.alpha(pair.alpha.adjoint(u)) + pair.beta(covariance(pair.beta.adjoint(u)));
        },
        right);
  };
  std::vector<torch::Tensor> z, log_weights;
  for (const auto& mean : means_.split(1)) {
    const auto center = pair.beta(mean).expand_as(fields);
    z.push_back(solve(fields - center));
    log_weights.push_back(-scalar_product(z.back(), fields - center) / 2);
  }
  const auto p = (weights_.log() + torch::stack(log_weights, 1)).softmax(1);
  auto eta0 = torch::zeros_like(fields), eta1 = torch::zeros_like(fields);
  for (std::size_t k = 0; k < z.size(); ++k) {
    const auto weight = column(p.select(1, static_cast<std::int64_t>(k)), fields);
    eta0 = eta0 + weight * pair.alpha.adjoint(z[k]);
    eta1 = eta1 + weight * (means_[static_cast<std::int64_t>(k)] + covariance_(pair.beta.adjoint(z[k])));
  }
  return {eta0.to(x.scalar_type()), eta1.to(x.scalar_type())};
}

Drift GaussianMixture::drift() const {
  return [law = *this](const Pair& pair, const torch::Tensor& x) { return law.etas(pair, x); };
}

GaussianMixture GaussianMixture::tilted(const Tilt& tilt) const {
  const Operator precision = covariance_.inverse();
  const Operator reached = precision - tilt.A;
  if (!(reached.values() > 0).all().item<bool>())
    throw std::invalid_argument("a Gaussian tilted by A needs Sigma^{-1} - A > 0");
  const Operator covariance = reached.inverse();
  const auto means = covariance(precision(means_) + tilt.b.to(torch::kDouble));
  const auto log_factor = (scalar_product(means, reached(means)) - scalar_product(means_, precision(means_))) / 2;
  return {covariance, means, (weights_.log() + log_factor).softmax(0)};
}

torch::Tensor GaussianMixture::log_density(const torch::Tensor& x) const {
  const auto fields = x.to(torch::kDouble);
  const Operator precision = covariance_.inverse();
  std::vector<torch::Tensor> terms;
  for (const auto& mean : means_.split(1))
    terms.push_back(-scalar_product(fields - mean, precision(fields - mean)) / 2);
  const double log_volume = covariance_.values().expand(fields.sizes().slice(1)).log().sum().item<double>() +
                            static_cast<double>(fields[0].numel()) * std::log(2 * M_PI);
  return (weights_.log() + torch::stack(terms, 1)).logsumexp(1) - log_volume / 2;
}

torch::Tensor GaussianMixture::draw(const torch::Tensor& noise, const torch::Tensor& uniform) const {
  const auto component =
      torch::searchsorted(weights_.cumsum(0), uniform.to(torch::kDouble)).clamp_max(weights_.size(0) - 1);
  return (means_.index_select(0, component) + covariance_.root()(noise.to(torch::kDouble))).to(noise.scalar_type());
}

GaussianMixture GaussianMixture::to(torch::Device device) const {
  return {covariance_.to(device), means_.to(device), weights_.to(device)};
}

} // namespace stint
