// The seam with the simplest prior behind it: data of any layout whose second moments are all that is known.

#include "generative/gaussian/prior.hpp"
#include "generative/model.hpp"
#include "generative/training/law.hpp"
#include "generative/training/regression.hpp"

#include "tests/generative/fixtures.hpp"

#include <gtest/gtest.h>

namespace stint {
namespace {

const Layout layout{.geometry = Geometry({3, 4}), .channels = 2, .boundary = Boundary::open};
constexpr std::int64_t sites = 12;

double largest(const torch::Tensor& t) { return t.abs().max().item<double>(); }

torch::Tensor random(std::vector<std::int64_t> shape, std::int64_t seed) {
  torch::manual_seed(seed);
  return torch::randn(shape, torch::kDouble);
}

/// A Gaussian law of both channels by dense algebra.
struct Dense {
  torch::Tensor root = random({sites, sites}, 1) + 2 * torch::eye(sites, torch::kDouble);
  torch::Tensor covariance = root.mm(root.t());
  torch::Tensor mean = random({2, 3, 4}, 2);

  torch::Tensor draw(std::int64_t count, std::int64_t seed) const {
    return (mean + random({count, 2, sites}, seed).matmul(root.t()).reshape({count, 2, 3, 4})).to(torch::kFloat);
  }
  /// E[x1 | alpha x0 + beta x1 = x] for alpha (12), beta = 1 - alpha on the sites.
  torch::Tensor posterior_mean(const torch::Tensor& alpha, const torch::Tensor& x) const {
    const auto a = alpha.flatten().diag(), b = (1 - alpha).flatten().diag();
    const auto gain = covariance.mm(b).mm(torch::linalg_inv(a.mm(a) + b.mm(covariance).mm(b)));
    return mean + (x - mean * (1 - alpha)).flatten(2).matmul(gain.t()).reshape(x.sizes());
  }
  std::unique_ptr<GaussianPrior> prior() const {
    const auto [values, vectors] = torch::linalg_eigh(covariance, "L");
    return std::make_unique<GaussianPrior>(
        "dense", layout, mean, Operator::diagonal(Basis::orthogonal(vectors.t().contiguous()), values.reshape({3, 4})));
  }
};

const Dense dense;

TEST(GaussianPrior, KnowsThePosteriorMeanOfGaussianData) {
  const auto prior = dense.prior();
  auto levels = torch::linspace(0.05, 1, sites, torch::kDouble).reshape({3, 4}).clone();
  levels[1][2] = 0; // known
  const auto x = 2 * random({4, 2, 3, 4}, 3);
  for (const auto& [name, pair] : {std::pair{"sites", pair_of_levels(Basis::site(), levels)},
                                   {"one level", pair_of_levels(Basis::any(), torch::full({}, 0.4, torch::kDouble))}}) {
    const auto look = prior->look(pair, pair.beta(x));
    const auto alpha = pair.alpha.values().expand({3, 4});
    const auto expected = dense.posterior_mean(alpha, x);
    EXPECT_LT(largest((look.estimate - expected) * (alpha > 0)), 1e-5) << name;
    EXPECT_GT(look.deviation.values().min().item<double>(), 0) << name;
    EXPECT_EQ(look.planes.sizes(), (std::vector<std::int64_t>{4, prior->planes(), 3, 4})) << name;
    EXPECT_EQ(look.numbers.sizes(), (std::vector<std::int64_t>{4, prior->numbers()})) << name;
    EXPECT_LT(largest(look.planes), 20) << name;
  }
}

TEST(GaussianPrior, ComesBackFromItsState) {
  const auto prior = dense.prior();
  const auto pair = pair_of_levels(Basis::site(), torch::linspace(0.1, 1, sites, torch::kDouble).reshape({3, 4}));
  const auto x = random({2, 2, 3, 4}, 4);
  const auto again = GaussianPrior::load("dense", layout, prior->state());
  EXPECT_EQ(largest(again->look(pair, x).estimate - prior->look(pair, x).estimate), 0);
  EXPECT_EQ(again->kind(), "dense");
  State damaged = prior->state();
  damaged.tensors["variances"] = -damaged.tensors["variances"];
  EXPECT_THROW(GaussianPrior::load("dense", layout, damaged), std::invalid_argument);
  damaged = prior->state();
  damaged.tensors.erase("mean");
  EXPECT_THROW(GaussianPrior::load("dense", layout, damaged), std::invalid_argument);
}

TEST(PrincipalComponents, OfDataInPartsAreThoseOfTheLaw) {
  constexpr std::int64_t count = 20000;
  const auto data = dense.draw(count, 5);
  const PriorRequest request{.layout = layout, .sample = data.narrow(0, 0, 1)};
  PrincipalComponentsFit all("dense", request), first("dense", request), second("dense", request);
  all.add(data);
  first.add(data.narrow(0, 0, 7000));
  second.add(data.narrow(0, 7000, count - 7000));
  for (std::size_t i = 0; i < first.sums().size(); ++i)
    first.sums()[i] += second.sums()[i];
  const auto prior = all.prior({}, {}), summed = first.prior({}, {});
  const auto units = torch::eye(sites, torch::kDouble).reshape({sites, 1, 3, 4});
  const auto matrix = [&](const Prior& p) { return p.reference()(units).flatten(1); };
  EXPECT_LT(largest(matrix(*prior) - matrix(*summed)), 1e-9);
  // Entries of a covariance from 2 x 20000 draws, in units of their errors sqrt((C_ii C_jj + C_ij^2)/n).
  const auto variances = dense.covariance.diagonal();
  const auto errors = ((torch::outer(variances, variances) + dense.covariance.square()) / (2.0 * count)).sqrt();
  EXPECT_LT(largest((matrix(*prior) - dense.covariance) / errors), 4);
}

TEST(PrincipalComponents, KnowNoTiltsAndNothingOfConstantData) {
  const auto constant = torch::ones({10, 2, 3, 4});
  PrincipalComponentsFit fit("dense", {.layout = layout, .sample = constant});
  fit.add(constant);
  EXPECT_THROW(fit.prior({}, {}), std::invalid_argument);
  EXPECT_THROW(PrincipalComponentsFit("dense", {.layout = layout, .tilting = {.h_range = 1}, .sample = constant}),
               std::invalid_argument);
}

TEST(Seam, TheLossOfTheEstimateIsOneForGaussianData) {
  // x1 - W has the mean square s^2 by definition; a network starts as 0.
  const auto families = FamilyLaw::parse("scalar", dense.prior()->families());
  Model model(dense.prior(), {.families = families, .channels = 4, .levels = 1}, 1);
  const TrainingLaw law(layout, dense.draw(4000, 6), law_options(model.prior(), families));
  const auto losses = regression_losses(model, law.draw(7, Purpose::validation, 0, {0, 4000}, 4000)).detach();
  EXPECT_LT(std::abs(testing::z_score(losses, 1)), 4);
  const auto loss = prior_loss(model, law, 7, 1, 4000);
  EXPECT_NEAR(loss.total, losses.mean().item<double>(), 1e-5);
  EXPECT_EQ(loss.of_family.size(), families.size());
  EXPECT_TRUE(std::isnan(loss.of_family[1]));
}

TEST(Seam, NetworksOfOpenLatticesTakeAnyExtents) {
  const auto families = FamilyLaw::parse("mixed", dense.prior()->families());
  EXPECT_EQ(families.text(), "scalar:0.3,known:0.18,sequential:0.25,independent:0.07,cosine:0.2");
  const Layout odd{.geometry = Geometry({7, 5}), .channels = 2, .boundary = Boundary::open};
  Model model(std::make_unique<GaussianPrior>("odd", odd, torch::zeros({2, 7, 5}),
                                              Operator::diagonal(Basis::cosine(), torch::ones({7, 5}))),
              {.families = families, .channels = 4, .levels = 2}, 1);
  const auto x = random({3, 2, 7, 5}, 8).to(torch::kFloat);
  for (const auto& basis : {Basis::any(), Basis::site(), Basis::cosine()}) {
    const auto pair = pair_of_levels(basis, torch::full({}, 0.5, torch::kDouble));
    EXPECT_EQ(model.posterior_mean()(pair, x).sizes(), x.sizes());
  }
  EXPECT_THROW(model.look(pair_of_levels(Basis::fourier(), torch::full({7, 5}, 0.5)), x), std::invalid_argument);
  EXPECT_THROW(model.move_to(Geometry({14, 10})), std::invalid_argument);
}

TEST(Seam, SymmetriesOfOpenLatticesMirrorAndNeverWrap) {
  // Data that rise along both axes: a mirror image falls, a translated one would jump.
  const auto ramp = (10 * torch::arange(3).reshape({3, 1}) + torch::arange(4)).to(torch::kFloat).expand({1, 2, 3, 4});
  LawOptions options{.families = FamilyLaw::parse("scalar", standard_families(layout, 5)),
                     .symmetries = {.reflections = 0b10}};
  const TrainingLaw law(layout, ramp.contiguous(), options);
  bool plain = false, mirrored = false;
  for (const auto& x1 : law.draw(1, Purpose::training, 0, {0, 64}, 64).front().x1.unbind(0)) {
    const bool same = torch::equal(x1, ramp[0]), mirror = torch::equal(x1, ramp[0].flip({2}));
    EXPECT_TRUE(same || mirror);
    plain = plain || same;
    mirrored = mirrored || mirror;
  }
  EXPECT_TRUE(plain && mirrored);
}

TEST(Kinds, AreFoundByName) {
  Kinds kinds(2);
  kinds[0].name = "one";
  kinds[1].name = "two";
  EXPECT_EQ(kind_of(kinds, "two").name, "two");
  try {
    kind_of(kinds, "three");
    FAIL();
  } catch (const std::invalid_argument& error) {
    EXPECT_NE(std::string(error.what()).find("one, two"), std::string::npos);
  }
}

} // namespace
} // namespace stint
