// Restoration of images whose law is Gaussian, where everything has a closed form.

#include "generative/gaussian/prior.hpp"
#include "generative/images/restoration/methods.hpp"
#include "generative/images/restoration/posterior.hpp"
#include "generative/images/restoration/quality.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace stint {
namespace {

constexpr std::int64_t extent = 12, sites = extent * extent, images = 24;
constexpr std::uint64_t seed = 5;
const Layout layout{
    .geometry = Geometry({extent, extent}), .channels = 1, .boundary = Boundary::open}; // as images have it

double largest(const torch::Tensor& t) { return t.abs().max().item<double>(); }

/// Smooth cosine modes, or, with a matrix of its own, principal components that are no modes.
GaussianPrior smooth_images(bool components) {
  const auto mean = torch::linspace(-0.3, 0.3, sites, torch::kDouble).reshape({1, extent, extent});
  const auto k2 = torch::arange(extent, torch::kDouble).square();
  const auto variances = 4 / (k2.unsqueeze(0) + k2.unsqueeze(1) + 2).pow(1.5) + 1e-3;
  if (!components)
    return {"image", layout, mean, Operator::diagonal(Basis::cosine(), variances)};
  torch::manual_seed(1);
  const auto [q, r] = torch::linalg_qr(torch::randn({sites, sites}, torch::kDouble));
  return {"image", layout, mean, Operator::diagonal(Basis::orthogonal(q.t().contiguous()), variances)};
}

/// White noise of variance 1: what papers take x1 for where they need a variance of x1 given x_t.
GaussianPrior white_images() {
  return {"image", layout, torch::zeros({1, extent, extent}), Operator::diagonal(Basis::cosine(), torch::ones({1, 1}))};
}

Drift drift_of(const GaussianPrior& prior) {
  return make_drift(
      [prior](const Pair& pair, const torch::Tensor& signal) { return prior.look(pair, signal).estimate; });
}

torch::Tensor mean_of(const GaussianPrior& prior) { return prior.state().tensor("mean"); }

torch::Tensor draw_images(const GaussianPrior& prior, std::int64_t count) {
  const auto white = noise(layout, seed, Purpose::start, 0, 0, count).to(torch::kDouble);
  return (mean_of(prior) + prior.reference(0).root()(white)).to(torch::kFloat);
}

torch::Tensor matrix_of(const Operator& a) {
  return a(torch::eye(sites, torch::kDouble).reshape(layout.shape(sites))).flatten(1).t();
}

/// E[x1 | y] of every image by dense algebra.
torch::Tensor conditional_mean(const GaussianPrior& prior, const Problem& problem, const torch::Tensor& y) {
  const auto covariance = matrix_of(prior.reference(0)), mean = mean_of(prior).flatten().to(torch::kDouble);
  std::vector<torch::Tensor> means;
  for (std::int64_t n = 0; n < y.size(0); ++n) {
    const auto H = matrix_of(problem.of_image(n).H);
    const auto total = H.mm(covariance).mm(H.t()) + problem.sigma * problem.sigma * torch::eye(sites, torch::kDouble);
    const auto gain = covariance.mm(H.t()).mm(torch::linalg_pinv(total, 1e-10, /*hermitian=*/true));
    means.push_back(mean + gain.mv(y[n].flatten().to(torch::kDouble) - H.mv(mean)));
  }
  return torch::stack(means).reshape(y.sizes());
}

struct Case {
  std::string name;
  ProblemOptions options = {};
};

std::vector<Case> cases() {
  return {{"box"}, {"random"}, {"denoise"}, {"deblur"}, {"superresolve"}, {"superresolve", {.averages = true}}};
}

Problem problem_of(const Case& a_case, std::int64_t first = 0, std::int64_t count = images) {
  return make_problem(a_case.name, a_case.options, layout, seed, first, count);
}

Normals normals(std::int64_t count, std::int64_t first = 0) {
  return [=](std::int64_t i) { return noise(layout, seed, Purpose::restoration, i, first, count); };
}

TEST(Quality, PsnrIsThatOfImagesOfRange1) {
  const auto truth = torch::zeros({2, 1, 11, 11});
  auto other = truth.clone();
  other[0] += 0.2;  // 0.1 of the range
  other[1] += -2.0; // not clipped
  const auto found = psnr(other, truth);
  EXPECT_NEAR(found[0].item<double>(), 20, 1e-6);
  EXPECT_NEAR(found[1].item<double>(), 0, 1e-6);
}

TEST(Quality, SsimByHand) {
  // Constant images have no variance: (2 a b + c1)/(a^2 + b^2 + c1) is left.
  const double a = 0.25, b = 0.5, c1 = 1e-4;
  const auto x = torch::full({1, 2, 13, 12}, 2 * a - 1, torch::kDouble);
  const auto y = torch::full({1, 2, 13, 12}, 2 * b - 1, torch::kDouble);
  EXPECT_NEAR(ssim(x, y).item<double>(), (2 * a * b + c1) / (a * a + b * b + c1), 1e-12);
  // One window: weighted sums.
  torch::manual_seed(2);
  const auto u = torch::rand({1, 1, 11, 11}, torch::kDouble), v = torch::rand({1, 1, 11, 11}, torch::kDouble);
  double total = 0, mu = 0, mv = 0, uu = 0, vv = 0, uv = 0;
  for (int i = 0; i < 11; ++i)
    for (int j = 0; j < 11; ++j) {
      const double w = std::exp(-((i - 5) * (i - 5) + (j - 5) * (j - 5)) / (2 * 1.5 * 1.5));
      const double p = u[0][0][i][j].item<double>(), q = v[0][0][i][j].item<double>();
      total += w, mu += w * p, mv += w * q, uu += w * p * p, vv += w * q * q, uv += w * p * q;
    }
  mu /= total, mv /= total;
  uu = uu / total - mu * mu, vv = vv / total - mv * mv, uv = uv / total - mu * mv;
  const double expected = (2 * mu * mv + 1e-4) * (2 * uv + 9e-4) / ((mu * mu + mv * mv + 1e-4) * (uu + vv + 9e-4));
  EXPECT_NEAR(ssim(2 * u - 1, 2 * v - 1).item<double>(), expected, 1e-12);
  EXPECT_THROW(ssim(torch::zeros({1, 1, 10, 28}), torch::zeros({1, 1, 10, 28})), std::invalid_argument);
}

TEST(Problems, LoseWhatTheySay) {
  const Layout small{.geometry = Geometry({28, 28}), .boundary = Boundary::open},
      large{.geometry = Geometry({128, 128}), .boundary = Boundary::open};
  for (const auto& [at, side] : {std::pair{small, 10}, {large, 40}}) {
    const auto known = make_problem("box", {}, at, seed, 0, 1).H.values();
    const auto L = at.sites()[0];
    EXPECT_EQ(known.sum().item<double>(), static_cast<double>(L * L - side * side));
    const auto middle = known.narrow(0, (L - side) / 2, side).narrow(1, (L - side) / 2, side);
    EXPECT_EQ(middle.sum().item<double>(), 0);
  }
  const auto masks = make_problem("random", {}, large, seed, 3, 4).H.values();
  EXPECT_NEAR(masks.mean().item<double>(), 0.3, 4 * std::sqrt(0.21 / (4 * 128 * 128)));
  EXPECT_FALSE(masks[0].equal(masks[1]));
  EXPECT_TRUE(masks[2].equal(make_problem("random", {}, large, seed, 5, 1).H.values()[0]));
  const auto fewer = make_problem("random", {.fraction = 0.1}, large, seed, 3, 4).H.values();
  EXPECT_NEAR(fewer.mean().item<double>(), 0.9, 4 * std::sqrt(0.09 / (4 * 128 * 128)));
}

TEST(Problems, NoiseIsOnEveryPixelAndEachImagesOwn) {
  const auto truth = draw_images(smooth_images(false), images);
  for (const auto& a_case : cases()) {
    const auto problem = problem_of(a_case);
    const auto y = degrade(problem, layout, truth, seed, 0);
    const auto xi = (y - problem.H(truth)).to(torch::kDouble) / problem.sigma;
    EXPECT_NEAR(xi.square().mean().item<double>(), 1, 4 * std::sqrt(2.0 / static_cast<double>(xi.numel())))
        << a_case.name;
    const auto alone = degrade(problem_of(a_case, 7, 1), layout, truth.narrow(0, 7, 1), seed, 7);
    EXPECT_LT(largest(alone - y.narrow(0, 7, 1)), 1e-5) << a_case.name;
  }
}

TEST(Problems, RefuseWhatMakesNoSense) {
  const auto make = [](const std::string& name, const ProblemOptions& options) {
    return make_problem(name, options, layout, seed, 0, 1);
  };
  EXPECT_THROW(make("blur", {}), std::invalid_argument);
  EXPECT_THROW(make("box", {.box = 12}), std::invalid_argument);
  EXPECT_THROW(make("box", {.box = 0}), std::invalid_argument);
  EXPECT_THROW(make("box", {.sigma = -0.1}), std::invalid_argument);
  EXPECT_THROW(make("random", {.fraction = 1.1}), std::invalid_argument);
  EXPECT_THROW(make("denoise", {.sigma = 0}), std::invalid_argument);
  EXPECT_THROW(make("deblur", {.blur = -1}), std::invalid_argument);
  EXPECT_THROW(make("superresolve", {.factor = 1}), std::invalid_argument);
  EXPECT_THROW(make("superresolve", {.factor = 5, .averages = true}), std::invalid_argument);
}

TEST(PosteriorMean, IsTheConditionalMeanInOneEvaluation) {
  for (const bool components : {false, true}) {
    const auto prior = smooth_images(components);
    const auto truth = draw_images(prior, 3);
    for (auto& a_case : cases()) {
      if (components && a_case.name != "box" && a_case.name != "random" && a_case.name != "denoise")
        continue; // the estimate of this prior is exact on sites and multiples of the identity
      for (const std::optional<double> sigma : {std::optional<double>(), std::optional<double>(0)}) {
        if (sigma && (a_case.name == "denoise" || a_case.name == "deblur"))
          continue;
        a_case.options.sigma = sigma;
        const auto problem = problem_of(a_case, 0, 3);
        const auto y = degrade(problem, layout, truth, seed, 0);
        int evaluations = 0;
        const Drift counted = [&, drift = drift_of(prior)](const Pair& pair, const torch::Tensor& x) {
          ++evaluations;
          return drift(pair, x);
        };
        const auto mean = posterior_mean(counted, problem.task, y);
        EXPECT_LT(largest(mean - conditional_mean(prior, problem, y)), 3e-4)
            << a_case.name << " " << components << " " << sigma.value_or(-1);
        EXPECT_EQ(evaluations, 1);
        if (sigma && (a_case.name == "box" || a_case.name == "random")) {
          const auto known = problem.H.values().expand(truth.sizes()) == 1;
          EXPECT_TRUE(mean.masked_select(known).equal(truth.masked_select(known))) << a_case.name;
          const auto drawn = draw(drift_of(prior), layout, problem, y, 1, {.reference = prior.reference(0)}, seed, 0);
          EXPECT_TRUE(drawn.images[0].masked_select(known).equal(truth.masked_select(known))) << a_case.name;
        }
      }
    }
  }
}

TEST(PosteriorDraws, HaveTheMeanAndTheScatterOfThePosterior) {
  const auto prior = smooth_images(false);
  const auto truth = draw_images(prior, images);
  for (const auto& a_case : cases()) {
    const auto problem = problem_of(a_case);
    const auto y = degrade(problem, layout, truth, seed, 0);
    const auto made = draw(drift_of(prior), layout, problem, y, 16, {.reference = prior.reference(0)}, seed, 0);
    const auto found = calibration(made.images, truth);
    EXPECT_LT(std::abs(found.value - 1), 4 * found.error) << a_case.name << " " << found.value << " " << found.error;
    EXPECT_LT(found.error, 0.1) << a_case.name;
    // The mean of the draws is off that of the posterior by as much as 16 draws may be.
    const auto off = (made.images.to(torch::kDouble).mean(0) - conditional_mean(prior, problem, y)).square().mean();
    const auto scatter = made.images.to(torch::kDouble).var(0, true).mean() / 16;
    EXPECT_NEAR((off / scatter).item<double>(), 1, 0.15) << a_case.name;
    EXPECT_EQ(made.evaluations, 20) << a_case.name;
    // Draws of an image are the same in another batch.
    const auto alone = draw(drift_of(prior), layout, problem_of(a_case, 9, 2), y.narrow(0, 9, 2), 2,
                            {.reference = prior.reference(0)}, seed, 9);
    EXPECT_LT(largest(alone.images - made.images.narrow(0, 0, 2).narrow(1, 9, 2)), 1e-4) << a_case.name;
  }
}

TEST(Calibration, CorrectsForTheNumberOfDraws) {
  torch::manual_seed(3);
  const auto mean = torch::randn({400, 1, 8, 8}, torch::kDouble);
  const auto truth = mean + torch::randn(mean.sizes(), torch::kDouble);
  for (const std::int64_t number : {2, 4, 64}) {
    const auto draws = mean + torch::randn({number, 400, 1, 8, 8}, torch::kDouble);
    const auto right = calibration(draws, truth), sure = calibration(mean + (draws - mean) / 2, truth);
    EXPECT_LT(std::abs(right.value - 1), 4 * right.error) << number;
    EXPECT_LT(std::abs(sure.value - 0.25), 4 * sure.error) << number;
    EXPECT_LT(right.error, 0.03) << number;
  }
}

/// What a peer makes of the first images, and its passes for an image.
std::pair<torch::Tensor, double> restored(const Peer& peer, const Drift& drift, const Problem& problem,
                                          const torch::Tensor& y, std::int64_t first = 0) {
  Flow flow(drift);
  const auto made = peer.restore(flow, problem, y, normals(y.size(0), first));
  return {made, flow.passes() / static_cast<double>(y.size(0))};
}

TEST(Peers, ComeNearTheMeanWhichIsBest) {
  constexpr std::int64_t count = 4;
  const auto prior = smooth_images(false);
  const auto truth = draw_images(prior, count);
  for (const auto& row : peer_rows())
    for (const auto& a_case : {Case{"box"}, Case{"random"}, Case{"superresolve"}, Case{"denoise"}}) {
      const auto problem = problem_of(a_case, 0, count);
      const auto y = degrade(problem, layout, truth, seed, 0);
      const auto mean = posterior_mean(drift_of(prior), problem.task, y);
      const auto made = restored(row.candidates(a_case.name).front(), drift_of(prior), problem, y).first;
      const double found = psnr(made, truth).mean().item<double>(), best = psnr(mean, truth).mean().item<double>(),
                   data = psnr(problem.H(y), truth).mean().item<double>();
      // A draw from the posterior is 3 dB worse than the mean.
      EXPECT_GT(found, best - 6) << row.name << " " << a_case.name;
      EXPECT_LT(found, best + 0.1) << row.name << " " << a_case.name;
      EXPECT_TRUE(found > data + 1 || a_case.name != "random") << row.name << " " << data;
    }
}

TEST(Peers, DoNotDependOnTheBatch) {
  const auto prior = smooth_images(false);
  const auto truth = draw_images(prior, 3);
  for (const auto& row : peer_rows()) {
    const auto problem = problem_of({"random"}, 0, 3);
    const auto y = degrade(problem, layout, truth, seed, 0);
    const Peer peer = std::string(row.name) == "d-flow"
                          ? Peer{"",
                                 [](Flow& flow, const Problem& of, const torch::Tensor& seen, const Normals& draws) {
                                   return d_flow(flow, of, seen, {.outer_steps = 1, .inner_steps = 2}, draws);
                                 }}
                          : row.candidates("random").front();
    const auto together = restored(peer, drift_of(prior), problem, y).first;
    const auto alone = restored(peer, drift_of(prior), problem_of({"random"}, 2, 1), y.narrow(0, 2, 1), 2).first;
    EXPECT_LT(largest(together.narrow(0, 2, 1) - alone), 1e-3) << row.name;
  }
}

// For white noise of variance 1 the papers' variance of x1 given x_t is the true one.

TEST(Peers, FlowerWithItsNoiseDrawsFromThePosteriorOfWhiteNoise) {
  const auto prior = white_images();
  const auto truth = draw_images(prior, images);
  const auto problem = problem_of({"deblur", {.sigma = 0.5}});
  const auto y = degrade(problem, layout, truth, seed, 0);
  for (const int steps : {3, 10}) {
    Flow flow(drift_of(prior));
    const auto made = flower(flow, problem, y, {.steps = steps, .uncertain = true}, normals(images));
    const auto h = problem.H.values();
    // (x1 - E[x1|y]) in the modes has the variance sigma^2/(sigma^2 + h^2).
    const auto off = Basis::cosine().coordinates(made.to(torch::kDouble) - conditional_mean(prior, problem, y));
    const auto scaled = off.square() * (0.25 + h.square()) / 0.25;
    EXPECT_NEAR(scaled.mean().item<double>(), 1, 4 * std::sqrt(2.0 / static_cast<double>(off.numel()))) << steps;
    EXPECT_EQ(flow.passes(), steps * images);
  }
}

TEST(Peers, OtOdeTransportsToThePosteriorOfWhiteNoise) {
  const auto prior = white_images();
  const auto truth = draw_images(prior, images);
  const auto problem = problem_of({"denoise", {.sigma = 0.5}});
  const auto y = degrade(problem, layout, truth, seed, 0);
  Flow flow(drift_of(prior));
  const auto made = ot_ode(flow, problem, y, {.steps = 400, .start = 0.0025, .rising_gamma = false}, normals(images));
  const auto off = made.to(torch::kDouble) - conditional_mean(prior, problem, y);
  EXPECT_NEAR(off.mean().item<double>(), 0, 0.03);
  EXPECT_NEAR((off * y).mean().item<double>(), 0, 0.03);
  EXPECT_NEAR(off.square().mean().item<double>(), 0.2, 0.02); // sigma^2/(1 + sigma^2)
  EXPECT_EQ(flow.passes(), 2 * 399 * images);
}

TEST(Peers, DFlowFindsTheStationaryPoint) {
  // T(z) = c z for white noise, so that the stationary point lies along y, at the distance where
  // 2 c (c rho - |y|) + regulariser (rho - (d - 1)/rho) = 0.
  const auto prior = white_images();
  const auto truth = draw_images(prior, 2);
  const auto problem = problem_of({"denoise"}, 0, 2);
  const auto y = degrade(problem, layout, truth, seed, 0);
  Flow flow(drift_of(prior));
  const DFlowOptions free{.outer_steps = 3, .regulariser = 0};
  EXPECT_LT(largest(d_flow(flow, problem, y, free, normals(2)) - y), 1e-3);
  const DFlowOptions held{.outer_steps = 3, .regulariser = 20};
  const auto made = d_flow(flow, problem, y, held, normals(2)).to(torch::kDouble);
  double c = 1;
  for (int step = 0; step < 5; ++step) { // the midpoint rule for v = x (2 t - 1)/(t^2 + (1 - t)^2)
    const auto rate = [](double t) { return (2 * t - 1) / (t * t + (1 - t) * (1 - t)); };
    const double t = 0.2 * step;
    c *= 1 + 0.2 * rate(t + 0.1) * (1 + 0.1 * rate(t));
  }
  for (std::int64_t n = 0; n < 2; ++n) {
    const double rho = made[n].norm().item<double>() / c, size = y[n].norm().item<double>();
    EXPECT_LT(largest(made[n] / made[n].norm() - y[n] / size), 1e-3);
    EXPECT_NEAR(2 * c * (c * rho - size) + 20 * (rho - (sites - 1) / rho), 0, 0.05);
  }
}

TEST(Peers, FlowPriorsFollowTheGradientOfTheirObjective) {
  // One step of length 1 from x0: Adam moves every pixel by the learning rate against the sign of the gradient
  //   2 weight c H (c H x - H y') + x,   c = 1 + rate(t) dt, of white noise; the trace does not depend on x.
  const auto prior = white_images();
  const auto truth = draw_images(prior, 2);
  const auto problem = problem_of({"box"}, 0, 2);
  const auto y = degrade(problem, layout, truth, seed, 0);
  Flow flow(drift_of(prior));
  const double weight = 0.3, rate = 0.05, t = 1e-3;
  const auto made = flow_priors(flow, problem, y, {.steps = 1, .learning_rate = rate, .weight = weight}, normals(2));
  const auto x0 = normals(2)(0);
  const double c = 1 + (2 * t - 1) / (t * t + (1 - t) * (1 - t));
  const auto target = (t + 1) * y - t * problem.H(x0);
  const auto gradient = 2 * weight * c * problem.H(c * problem.H(x0) - target) + x0;
  const auto expected = c * (x0 - rate * gradient.sign());
  EXPECT_LT(((made - expected).abs() > 1e-5).to(torch::kDouble).mean().item<double>(), 0.01);
  EXPECT_EQ(flow.passes(), 5 * 2);
}

TEST(Peers, PnpFlowAveragesDenoisedStates) {
  // Two steps with white noise: after t = 0 x is E[x1] = 0, then z = H y/sqrt(2) and x = <(z + x0)/2>, which the flow
  // leaves as it is at t = 1/2.
  const auto prior = white_images();
  const auto problem = problem_of({"deblur"}, 0, 2);
  const auto y = degrade(problem, layout, draw_images(prior, 2), seed, 0);
  Flow flow(drift_of(prior));
  const auto made = pnp_flow(flow, problem, y, {.steps = 2, .averages = 3, .exponent = 0.5}, normals(2));
  const auto z = problem.H(y) * std::sqrt(0.5);
  const auto average = (normals(2)(3) + normals(2)(4) + normals(2)(5)) / 3;
  EXPECT_LT(largest(made - (z + average) / 2), 1e-5);
  EXPECT_EQ(flow.passes(), 6 * 2);
}

TEST(Peers, TuningBeginsWithThePublishedSettingsAndTriesEachOnce) {
  for (const auto& row : peer_rows())
    for (const auto& problem : problem_rows()) {
      const auto candidates = row.candidates(problem.name);
      EXPECT_GE(candidates.size(), 4U) << row.name;
      EXPECT_LE(candidates.size(), 7U) << row.name;
      for (const auto& one : candidates)
        EXPECT_EQ(std::ranges::count(candidates, one.settings, &Peer::settings), 1) << row.name << " " << one.settings;
    }
}

} // namespace
} // namespace stint
