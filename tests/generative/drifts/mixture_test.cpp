// Laws with a drift that is not linear: mixtures of Gaussians, and a chain of four phi^4 sites by quadrature.

#include "generative/sampler.hpp"

#include "tests/generative/fixtures.hpp"
#include "tests/generative/gaussian_laws.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace stint {
namespace {

using testing::matrix_of;

constexpr std::int64_t samples = 10000;

/// sqrt(N) sup |F_N - F| of Kolmogorov and Smirnov; above 2.2 with probability 1e-4.
double kolmogorov(const torch::Tensor& values, const std::function<torch::Tensor(const torch::Tensor&)>& cdf) {
  const auto sorted = std::get<0>(values.to(torch::kDouble).sort());
  const std::int64_t n = sorted.numel();
  const auto F = cdf(sorted), below = torch::arange(n, torch::kDouble) / static_cast<double>(n);
  const double largest =
      torch::maximum((F - below).max(), (below + 1.0 / static_cast<double>(n) - F).max()).item<double>();
  return std::sqrt(static_cast<double>(n)) * largest;
}
constexpr double ks_limit = 2.2;

/// The distribution function of <u, x> under a mixture.
auto cdf_along(const GaussianMixture& law, const torch::Tensor& u) {
  const auto direction = u.unsqueeze(0).unsqueeze(0);
  const auto centres = (law.means() * direction).flatten(1).sum(1);
  const double deviation = (law.covariance()(direction) * direction).sum().sqrt().item<double>();
  return [=, weights = law.weights()](const torch::Tensor& x) {
    return (0.5 * (1 + torch::erf((x.unsqueeze(1) - centres) / (deviation * std::sqrt(2.0)))) * weights).sum(1);
  };
}

void expect_law(const torch::Tensor& configurations, const GaussianMixture& law, const Geometry& lattice,
                const std::string& name) {
  const auto x = configurations.to(torch::kDouble).flatten(1), means = law.means().flatten(1);
  const auto mean = law.weights().matmul(means);
  const auto covariance =
      matrix_of(law.covariance(), lattice) + (means.t() * law.weights()).mm(means) - torch::outer(mean, mean);
  const double n = static_cast<double>(x.size(0));
  const auto z_mean = (x.mean(0) - mean) / (covariance.diagonal() / n).sqrt();
  EXPECT_LT(z_mean.abs().max().item<double>(), 4) << name;
  const auto products = (x - mean).unsqueeze(1) * (x - mean).unsqueeze(2);
  const auto z_products = (products.mean(0) - covariance) / (products.std(0) / std::sqrt(n));
  EXPECT_LT(z_products.abs().max().item<double>(), 4) << name;

  auto site = torch::zeros(testing::shape_of(lattice), torch::kDouble);
  site.flatten()[1] = 1;
  const auto M = torch::full_like(site, 1.0 / static_cast<double>(lattice.volume()));
  for (const auto& direction : {site, M})
    EXPECT_LT(kolmogorov(x.mv(direction.flatten()), cdf_along(law, direction)), ks_limit) << name;
}

Drift drift_of(const GaussianMixture& law) {
  return make_drift([law](const Pair& pair, const torch::Tensor& signal) { return law.posterior_mean(pair, signal); });
}

struct Way {
  const char* name;
  Task task;
  Schedule schedule;
  SolverOptions solver;
};

TEST(MixtureLaws, OnASquareLattice) {
  const Geometry lattice({4, 4});
  const auto checkerboard = (torch::arange(4).reshape({4, 1}) + torch::arange(4)).remainder(2) * 2.0 - 1;
  const auto up = 0.5 * torch::ones({4, 4});
  const GaussianMixture law(free_field_law(lattice, {.mass2 = 0.5}).covariance(),
                            torch::stack({up, -up, 0.6 * checkerboard}).unsqueeze(1), torch::tensor({0.5, 0.2, 0.3}));
  const std::vector<Way> ways = {
      {"generate, multistep", generation(), testing::log_ratio(64), {}},
      {"generate, rk4", generation(), Schedule::uniform(16), {.method = Method::rk4}},
      {"generate, sde2", generation(Curve::trigonometric), testing::log_ratio(96), {.method = Method::sde2}},
      {"coarse to fine, multistep", multiscale({lattice}, 2, 0.3), testing::log_ratio(48), {}}};
  std::uint64_t seed = 10;
  for (const auto& [name, task, schedule, solver] : ways) {
    const Sampler sampler{
        .drift = drift_of(law), .layout = {lattice}, .task = task, .schedule = schedule, .solver = solver};
    expect_law(sampler(++seed, 0, samples).configurations, law, lattice, name);
  }
}

const Geometry chain({4});

TEST(MixtureLaws, SiteBySite) {
  const auto up = torch::tensor({0.8, 0.6, 0.9, 0.7});
  const GaussianMixture law(free_field_law(chain, {.mass2 = 0.5}).covariance(), torch::stack({up, -up}).unsqueeze(1),
                            torch::tensor({0.7, 0.3}));
  const std::vector<Way> ways = {
      {"raster, multistep", sequential(raster_order(chain)), testing::log_ratio(32), {}},
      {"overlapping, heun", sequential(column_order(chain, 2), 0.5), Schedule::uniform(48), {.method = Method::heun}},
      {"by pairs, sde2",
       sequential(column_order(chain, 2)),
       testing::log_ratio(96),
       {.method = Method::sde2, .noise = 0.5}}};
  std::uint64_t seed = 20;
  for (const auto& [name, task, schedule, solver] : ways) {
    const Sampler sampler{
        .drift = drift_of(law), .layout = {chain}, .task = task, .schedule = schedule, .solver = solver};
    expect_law(sampler(++seed, 0, samples).configurations, law, chain, name);
  }
}

TEST(MixtureLaws, KnownSitesTellTheModesApart) {
  const auto up = torch::tensor({0.8, 0.6, 0.9, 0.7});
  const GaussianMixture law(free_field_law(chain, {.mass2 = 0.5}).covariance(), torch::stack({up, -up}).unsqueeze(1),
                            torch::tensor({0.7, 0.3}));
  const auto known = torch::tensor({true, true, false, false});
  const auto observed = torch::tensor({0.2, -0.45, 0.0, 0.0});
  const Sampler sampler{
      .drift = drift_of(law), .layout = {chain}, .task = inpainting(known), .schedule = testing::log_ratio(48)};
  const auto x = sampler(31, 0, samples, observed).configurations.flatten(1);
  // Weights times the densities of what is known, and in each mode the Schur complement.
  const auto H = known.to(torch::kDouble).diag();
  const auto seen = matrix_of(law.covariance(), chain).narrow(0, 0, 2).narrow(1, 0, 2);
  std::vector<torch::Tensor> log_weights, means;
  torch::Tensor covariance;
  for (int k = 0; k < 2; ++k) {
    const testing::AffineLaw mode{law.means()[k].flatten(), matrix_of(law.covariance(), chain)};
    const auto rest = (observed.to(torch::kDouble) - mode.mean).narrow(0, 0, 2);
    log_weights.push_back(law.weights()[k].log() - rest.dot(torch::linalg_inv(seen).mv(rest)) / 2);
    const auto conditional = testing::posterior(mode, H, torch::zeros_like(H), H.mv(observed.to(torch::kDouble)));
    means.push_back(conditional.mean[2]);
    covariance = conditional.covariance;
  }
  const auto weights = torch::stack(log_weights).softmax(0), centres = torch::stack(means);
  EXPECT_GT(weights.min().item<double>(), 0.1); // both modes matter
  EXPECT_LT(std::abs(testing::z_score(x.select(1, 2), weights.dot(centres).item<double>())), 4);
  const auto scale = (2 * covariance[2][2]).sqrt();
  EXPECT_LT(kolmogorov(x.select(1, 2),
                       [&](const torch::Tensor& v) {
                         return (0.5 * (1 + torch::erf((v.unsqueeze(1) - centres) / scale)) * weights).sum(1);
                       }),
            ks_limit);
}

/// A periodic chain of four sites with the weight exp(-S - sum_x [Gamma_x phi_x^2/2 - y_x phi_x]), by transfer matrices
/// on grids that follow each site's own window: trapezoidal sums of smooth functions that vanish at both ends.
class Phi4Chain {
public:
  explicit Phi4Chain(const Phi4& theory) : theory_(theory) {}

  /// E[phi] (N, 4) from Gamma and y (N, 4).
  torch::Tensor mean(const torch::Tensor& gamma, const torch::Tensor& y) const {
    // Six standard deviations of the observation, or all of the field's range.
    const auto width = 6 * gamma.clamp_min(1e-6).rsqrt(), centre = (y / gamma.clamp_min(1e-6)).clamp(-range, range);
    const auto low = (centre - width).clamp_min(-range), high = (centre + width).clamp_max(range);
    std::vector<torch::Tensor> phi, weight;
    for (int x = 0; x < 4; ++x) {
      const auto at = [&](const torch::Tensor& t) { return t.select(1, x).unsqueeze(1); };
      phi.push_back(at(low) + (at(high) - at(low)) * torch::linspace(0, 1, points, torch::kDouble)); // (N, G)
      const auto& f = phi.back();
      const auto exponent = -theory_.onsite(1) * f.square() - theory_.lambda * f.pow(4) + theory_.field * f -
                            at(gamma) * f.square() / 2 + at(y) * f;
      weight.push_back((exponent - exponent.amax(1, true)).exp());
    }
    // From site 0 to site 2 through 1 and through 3, (N, G, G), with and without the field in between.
    const auto hop = [&](int a, int b) {
      return (2 * phi[a].unsqueeze(2) * phi[b].unsqueeze(1) - shift(a, b, phi)).exp();
    };
    const auto through = [&](int b) {
      const auto in = hop(0, b), out = hop(b, 2);
      const auto w = weight[b].unsqueeze(1);
      return std::pair{(in * w).matmul(out), (in * (w * phi[b].unsqueeze(1))).matmul(out)};
    };
    const auto [one, field_one] = through(1);
    const auto [three, field_three] = through(3);
    const auto ends = weight[0].unsqueeze(2) * weight[2].unsqueeze(1);
    const auto joint = ends * one * three;
    const auto sum = [](const torch::Tensor& t) { return t.sum({1, 2}); };
    const auto Z = sum(joint);
    return torch::stack({sum(joint * phi[0].unsqueeze(2)) / Z, sum(ends * field_one * three) / Z,
                         sum(joint * phi[2].unsqueeze(1)) / Z, sum(ends * one * field_three) / Z},
                        1);
  }

  /// <f(phi)> by a sum over all four fields; f takes them as tensors that broadcast.
  double expectation(const std::function<torch::Tensor(const std::array<torch::Tensor, 4>&)>& f) const {
    constexpr int grid = 48;
    std::array<torch::Tensor, 4> phi;
    for (int x = 0; x < 4; ++x) {
      std::vector<std::int64_t> shape(4, 1);
      shape[x] = grid;
      phi[x] = torch::linspace(-range, range, grid, torch::kDouble).reshape(shape);
    }
    auto exponent = torch::zeros({}, torch::kDouble);
    for (int x = 0; x < 4; ++x)
      exponent = exponent - theory_.onsite(1) * phi[x].square() - theory_.lambda * phi[x].pow(4) +
                 theory_.field * phi[x] + 2 * phi[x] * phi[(x + 1) % 4];
    const auto w = (exponent - exponent.max()).exp();
    return ((w * f(phi)).sum() / w.sum()).item<double>();
  }

  PosteriorMean posterior_mean() const {
    return [*this](const Pair& pair, const torch::Tensor& signal) {
      const auto s = signal.to(torch::kDouble);
      const auto alpha2 = pair.alpha.values().square().clamp_min(1e-8); // anything may be said of data
      const auto gamma = (pair.beta.values().square() / alpha2).expand_as(s);
      return mean(gamma.flatten(1), (s / alpha2).flatten(1)).reshape(s.sizes()).to(signal.scalar_type());
    };
  }

private:
  static constexpr int points = 22;
  static constexpr double range = 2.5;
  static torch::Tensor shift(int a, int b, const std::vector<torch::Tensor>& phi) {
    return 2 * (phi[a].abs().amax(1, true) * phi[b].abs().amax(1, true)).unsqueeze(2);
  }

  Phi4 theory_;
};

constexpr Phi4 couplings{.mass2 = -1.5, .lambda = 0.8};

TEST(Phi4ChainLaws, QuadratureAgreesWithItself) {
  Phi4 theory = couplings;
  theory.field = 0.2;
  const Phi4Chain oracle(theory);
  const auto mean = oracle.mean(torch::zeros({1, 4}, torch::kDouble), torch::zeros({1, 4}, torch::kDouble));
  const double exact = oracle.expectation([](const auto& phi) { return phi[2]; });
  for (int x = 0; x < 4; ++x)
    EXPECT_NEAR(mean[0][x].item<double>(), exact, 1e-6);
  // An observation that all but fixes the field, and one that is a change of couplings.
  const auto y = torch::tensor({{0.3, -0.8, 1.1, 0.2}}, torch::kDouble);
  EXPECT_LT((oracle.mean(torch::full({1, 4}, 1e6, torch::kDouble), 1e6 * y) - y).abs().max().item<double>(), 1e-4);
  const auto shifted = oracle.mean(torch::full({1, 4}, 0.6, torch::kDouble), torch::full({1, 4}, 0.1, torch::kDouble));
  const double other =
      Phi4Chain({.mass2 = -1.5 + 0.3, .lambda = 0.8, .field = 0.3}).expectation([](const auto& phi) { return phi[0]; });
  EXPECT_NEAR(shifted[0][1].item<double>(), other, 1e-6);
}

void expect_chain(const torch::Tensor& configurations, const Phi4Chain& oracle, const std::string& name) {
  const auto x = configurations.to(torch::kDouble).flatten(1);
  const auto M = x.mean(1);
  using Phi = std::array<torch::Tensor, 4>;
  const auto magnetisation = [](const Phi& phi) { return (phi[0] + phi[1] + phi[2] + phi[3]) / 4; };
  const auto z = [&](const torch::Tensor& values, const std::function<torch::Tensor(const Phi&)>& f) {
    return std::abs(testing::z_score(values, oracle.expectation(f)));
  };
  for (int s = 0; s < 4; ++s) {
    EXPECT_LT(z(x.select(1, s), [=](const Phi& phi) { return phi[s]; }), 4) << name;
    EXPECT_LT(z(x.select(1, s).pow(4), [=](const Phi& phi) { return phi[s].pow(4); }), 4) << name;
    for (int t = 0; t <= s; ++t)
      EXPECT_LT(z(x.select(1, s) * x.select(1, t), [=](const Phi& phi) { return phi[s] * phi[t]; }), 4) << name;
  }
  // The distribution of M by its characteristic function.
  for (const double k : {1.0, 2.0, 4.0, 7.0}) {
    EXPECT_LT(z((k * M).cos(), [=](const Phi& phi) { return (k * magnetisation(phi)).cos(); }), 4) << name;
    EXPECT_LT(z((k * M).sin(), [=](const Phi& phi) { return (k * magnetisation(phi)).sin(); }), 4) << name;
  }
}

TEST(Phi4ChainLaws, OfEveryPathAndTilt) {
  const Phi4Chain oracle(couplings);
  constexpr double h = 0.15, k2 = -0.4;
  Phi4 tilted = couplings;
  tilted.field += h;
  tilted.quadratic += k2;
  struct Case {
    Way way;
    Tilt tilt;
    Phi4 theory;
  };
  const std::vector<Case> cases = {
      {{"generate, multistep", generation(), testing::log_ratio(20), {}}, {}, couplings},
      {{"even sites, then odd ones, multistep", sequential(torch::tensor({0, 1, 0, 1})), testing::log_ratio(14), {}},
       {},
       couplings},
      {{"generate, sde2", generation(), testing::log_ratio(40), {.method = Method::sde2}}, {}, couplings},
      {{"tilted by h and k2, rk4", generation(), Schedule::uniform(8), {.method = Method::rk4}},
       {.A = 2 * k2, .b = torch::tensor(h)},
       tilted}};
  std::uint64_t seed = 40;
  for (const auto& [way, tilt, theory] : cases) {
    const Sampler sampler{.drift = make_drift(oracle.posterior_mean(), tilt),
                          .layout = {chain},
                          .task = way.task,
                          .schedule = way.schedule,
                          .solver = way.solver};
    expect_chain(sampler(++seed, 0, 1000).configurations, Phi4Chain(theory), way.name);
  }
}

} // namespace
} // namespace stint
