// What is known of paths through a maze without a network, against dense algebra.

#include "generative/mazes/prior.hpp"
#include "generative/training/law.hpp"

#include <gtest/gtest.h>

namespace stint {
namespace {

constexpr std::int64_t length = 7;
const Layout layout{.geometry = Geometry({length}), .channels = 2, .boundary = Boundary::open};

double largest(const torch::Tensor& t) { return t.abs().max().item<double>(); }

torch::Tensor random(std::vector<std::int64_t> shape, std::int64_t seed) {
  torch::manual_seed(seed);
  return torch::randn(shape, torch::kDouble);
}

torch::Tensor components() { return std::get<0>(torch::linalg_qr(random({length, length}, 1))).t().contiguous(); }
torch::Tensor variances() { return random({2, length}, 2).square() + 0.05; }
torch::Tensor mean() { return random({2, length}, 3); }

std::unique_ptr<MazePrior> prior() {
  return std::make_unique<MazePrior>(layout, mean(), components(), variances(),
                                     std::map<std::string, std::string>{{"maze", "###\\#O#\\###"}});
}

/// (2, T, T)
torch::Tensor covariance() { return torch::matmul(components().t() * variances().unsqueeze(1), components()); }

TEST(MazePrior, KnowsThePosteriorOfGaussianPathsInEveryBasis) {
  const auto x = 2 * random({3, 2, length}, 4);
  const auto levels = torch::linspace(0, 1, length, torch::kDouble).reshape({1, 1, length});
  const auto identity = torch::eye(length, torch::kDouble);
  for (const Basis& basis : {Basis::any(), Basis::site(), Basis::cosine()}) {
    const auto pair = basis == Basis::any() ? pair_of_levels(basis, torch::full({3, 1, 1}, 0.4, torch::kDouble))
                                            : pair_of_levels(basis, levels);
    const auto look = prior()->look(pair, pair.beta(x));
    // Matrices on the sites.
    const auto matrix = [&](const Operator& op) {
      return op(identity.unsqueeze(1).expand({length, 2, length})).select(1, 0).t();
    };
    const auto alpha = matrix(Operator::diagonal(basis, basis == Basis::any() ? torch::full({1, 1, 1}, 0.4) : levels));
    const auto beta = identity - alpha;
    const auto rotation = basis == Basis::cosine() ? basis.coordinates(identity.unsqueeze(1)).squeeze(1).t() : identity;
    for (int channel = 0; channel < 2; ++channel) {
      const auto sigma = covariance()[channel];
      const auto gain = sigma.mm(beta).mm(torch::linalg_inv(alpha.mm(alpha) + beta.mm(sigma).mm(beta)));
      const auto m = mean()[channel];
      for (int n = 0; n < 3; ++n) {
        const auto expected = m + gain.mv(x[n][channel] - beta.mv(m));
        EXPECT_LT(largest(look.estimate[n][channel] - expected), 2e-5) << basis.text();
      }
      const auto posterior = rotation.mm(sigma - gain.mm(beta).mm(sigma)).mm(rotation.t()).diagonal();
      const auto deviation = look.deviation.values().expand({3, 2, length})[0][channel];
      const double least = std::exp(-prior()->log_ratio_range());
      EXPECT_LT(largest(deviation - posterior.clamp_min(least * least).sqrt()), 1e-6) << basis.text();
    }
    EXPECT_EQ(look.planes.sizes(), (std::vector<std::int64_t>{3, prior()->planes(), length})) << basis.text();
    EXPECT_EQ(look.numbers.sizes(), (std::vector<std::int64_t>{3, prior()->numbers()})) << basis.text();
    EXPECT_TRUE(look.planes.isfinite().all().item<bool>() && look.numbers.isfinite().all().item<bool>());
  }
}

TEST(MazePrior, DoesNotLookAtPointsThatAreNoise) {
  auto levels = torch::full({1, 1, length}, 0.2, torch::kDouble);
  levels.slice(2, 2, 5).fill_(1);
  const auto pair = pair_of_levels(Basis::site(), levels);
  auto x = random({1, 2, length}, 5);
  const auto before = prior()->look(pair, pair.beta(x));
  x.slice(2, 2, 5).fill_(100);
  const auto after = prior()->look(pair, pair.beta(x));
  EXPECT_EQ(largest(after.planes - before.planes), 0);
  EXPECT_EQ(largest(after.estimate - before.estimate), 0);
}

TEST(MazePrior, IsMadeAgainFromItsState) {
  const auto made = prior();
  const auto again = MazePrior::load(layout, made->state());
  const auto pair =
      pair_of_levels(Basis::site(), torch::linspace(0, 1, length, torch::kDouble).reshape({1, 1, length}));
  const auto x = random({2, 2, length}, 6);
  EXPECT_EQ(largest(again->look(pair, pair.beta(x)).estimate - made->look(pair, pair.beta(x)).estimate), 0);
  EXPECT_EQ(again->notes(), made->notes());
}

TEST(MazePrior, EveryFamilyDrawsLevelsAndKnownOnesHoldSomePoints) {
  for (const Family& family : prior()->families()) {
    int held = 0;
    for (std::uint32_t n = 0; n < 200; ++n) {
      std::vector<float> levels(length, -1);
      family.draw({3, Purpose::training, n, 0}, 0, levels);
      for (const float level : levels)
        EXPECT_TRUE(level >= 0 && level <= 1) << family.name;
      held += std::ranges::count(levels, 0.F) > 0 ? 1 : 0;
    }
    if (family.name == "known") {
      EXPECT_GT(held, 100);
    }
  }
}

TEST(MazeFit, FindsMeanAndCovarianceOfPaths) {
  const std::int64_t count = 20000;
  const auto root = torch::linalg_cholesky(covariance());
  const auto noise = random({count, 2, length, 1}, 7);
  const auto paths = (mean() + torch::matmul(root, noise).squeeze(3)).to(torch::kFloat);
  MazeFit fit({.layout = layout, .sample = paths.narrow(0, 0, 100)});
  for (const auto& some : paths.split(3000))
    fit.add(some);
  const auto found = fit.prior({}, {})->state();
  const auto error = variances().sum(1).sqrt().max().item<double>() / std::sqrt(static_cast<double>(count));
  EXPECT_LT(largest(found.tensor("mean") - mean()), 5 * error);
  // The variances in the found basis are those of the data there.
  const auto basis = found.tensor("basis");
  const auto expected = torch::matmul(torch::matmul(basis, covariance()), basis.t()).diagonal(0, 1, 2);
  const double relative = 5 * std::sqrt(2.0 / static_cast<double>(count));
  EXPECT_LT(largest(found.tensor("variances") / expected - 1), relative);
}

TEST(MazeFit, RefusesWhatIsNoPath) {
  const auto sample = torch::zeros({3, 2, length});
  EXPECT_THROW(MazeFit({.layout = layout, .tilting = {.h_range = 1}, .sample = sample}), std::invalid_argument);
  EXPECT_THROW(MazeFit({.layout = {.geometry = Geometry({length}), .channels = 1, .boundary = Boundary::open},
                        .sample = sample.narrow(1, 0, 1)}),
               std::invalid_argument);
  MazeFit fit({.layout = layout, .sample = sample});
  fit.add(sample);
  EXPECT_THROW(fit.prior({}, {}), std::invalid_argument); // all are equal
}

} // namespace
} // namespace stint
