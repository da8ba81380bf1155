#include "generative/phi4/region.hpp"

#include "generative/phi4/free_field.hpp"
#include "generative/sampler.hpp"
#include "generative/training/trainer.hpp"

#include "tests/generative/fixtures.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace stint {
namespace {

TEST(Spline, IsExactForLinesAtNodesAndNearlyForSmoothFunctions) {
  const std::vector<double> nodes = {1.0, 0.0, 0.5, 2.0, 1.4}; // in any order
  const auto at = [&](double x, auto&& f) {
    std::vector<double> values;
    for (const double node : nodes)
      values.push_back(f(node));
    return spline_weights(nodes, x).dot(torch::tensor(values, torch::kDouble)).template item<double>();
  };
  for (const double x : {0.0, 0.2, 0.75, 1.0, 1.9, 2.0})
    EXPECT_NEAR(at(x, [](double t) { return 3 * t - 1; }), 3 * x - 1, 1e-12);
  EXPECT_NEAR(at(1.4, [](double t) { return std::sin(5 * t); }), std::sin(7.0), 1e-12);
  // sin has no second derivative at 0 and pi: there the natural spline is of fourth order.
  std::vector<double> even(9);
  auto sines = torch::empty({9}, torch::kDouble);
  for (int i = 0; i < 9; ++i) {
    even[i] = M_PI * i / 8;
    sines[i] = std::sin(even[i]);
  }
  EXPECT_NEAR(spline_weights(even, 1.1).dot(sines).item<double>(), std::sin(1.1), std::pow(M_PI / 8, 4) / 300);
  EXPECT_GT(std::abs(at(0.2, [](double t) { return std::sin(5 * t); }) - std::sin(1.0)), 1e-3); // too few nodes show
}

/// The exact law p(M) ~ exp(-(a M^2 + b M^4)) in bins.
MagnetisationLaw quartic_law(double a, double b) {
  constexpr int bins = 64;
  constexpr double end = 2.5;
  MagnetisationLaw law;
  law.centers = -end + 2 * end / bins * (torch::arange(bins, torch::kDouble) + 0.5);
  law.width = end / bins;
  law.weights = (-(a * law.centers.square() + b * law.centers.pow(4))).softmax(0);
  law.square_mean = 10 + 3 * law.centers.square() - a;
  law.square_variance = torch::full({bins}, 2.0, torch::kDouble);
  return law;
}

double moment(const MagnetisationLaw& law, int power) { // without the width of the components
  return (law.weights * law.centers.pow(power)).sum().item<double>();
}

TEST(EffectivePotential, IsThatOfTheLawsAndOfThoseBetweenThem) {
  // From one peak to two: a = 1 - 4 u.
  std::vector<MagnetisationLaw> laws;
  const std::vector<double> places = {-1, -0.4, 0.1, 0.5, 1};
  for (const double u : places)
    laws.push_back(quartic_law(1 - 4 * u, 1.5));
  const auto potential = fit_effective_potential(laws, places);
  for (const double u : {-1.0, -0.7, 0.3, 0.8, 1.0}) {
    const auto law = potential.at(u), exact = quartic_law(1 - 4 * u, 1.5);
    for (const int power : {2, 4, 6})
      EXPECT_NEAR(moment(law, power) / moment(exact, power), 1, 1e-3) << "u " << u << ", power " << power;
    EXPECT_NEAR(moment(law, 1), 0, 1e-12);
    const auto squares = 10 + 3 * law.centers.square() - (1 - 4 * u);
    EXPECT_LT(((law.square_mean - squares) * law.weights).abs().sum().item<double>(), 1e-3);
    EXPECT_LT(((law.square_variance - 2) * law.weights).abs().sum().item<double>(), 1e-6);
  }
}

TEST(EffectivePotential, IsRefusedForLawsThatAreNoSmoothFunction) {
  // Wide and narrow in turn, which no cubic follows.
  std::vector<MagnetisationLaw> laws;
  for (const double a : {0.5, 20., 0.5, 20., 0.5, 20.})
    laws.push_back(quartic_law(a, 1));
  EXPECT_THROW(fit_effective_potential(laws, {-1, -0.6, -0.2, 0.2, 0.6, 1}), std::invalid_argument);
}

TEST(SeveralEnsembles, AreMetEquallyOftenAndSayWhichTheyAre) {
  // Configurations of ensemble e have the value e everywhere.
  constexpr int ensembles = 5, batch = 64;
  std::vector<std::shared_ptr<TrainingData>> data;
  for (int e = 0; e < ensembles; ++e)
    data.push_back(std::make_shared<WholeEnsemble>(torch::full({3, 1, 4, 4}, static_cast<float>(e))));
  const Geometry lattice({4, 4});
  const TrainingLaw law({lattice}, std::make_shared<SeveralEnsembles>(data),
                        {.families = testing::phi4_families(lattice, "mixed")});
  std::vector<std::int64_t> met(ensembles);
  for (int step = 0; step < ensembles; ++step) {
    std::vector<std::int64_t> laws;
    for (const auto& part : law.draw(1, Purpose::training, step, {0, batch}, batch)) {
      EXPECT_TRUE((part.x1 == static_cast<float>(part.law)).all().item<bool>());
      met[part.law] += part.x1.size(0);
      if (std::ranges::find(laws, part.law) == laws.end())
        laws.push_back(part.law);
    }
    EXPECT_EQ(std::ssize(laws), 4) << "in one batch";
  }
  EXPECT_EQ(met, std::vector<std::int64_t>(ensembles, batch));
}

/// Free fields on 8x8 of several masses, what a region makes of them, and the theory at a mass that is none of theirs.
class FreeFields : public ::testing::Test {
protected:
  static constexpr std::int64_t count = 8192;
  const Geometry lattice{{8, 8}};
  const std::vector<double> masses = {0.8, 0.4, 1.2, 0.6, 1.0};
  const Phi4 between{.mass2 = 0.7};

  /// Draws at each mass.
  const std::vector<torch::Tensor>& configurations() const {
    static const auto all = [&] {
      std::vector<torch::Tensor> result;
      for (const double mass2 : masses)
        result.push_back(
            testing::free_field(lattice, {.mass2 = mass2}, static_cast<std::uint64_t>(1000 * mass2), count));
      return result;
    }();
    return all;
  }

  RegionKnowledge region(double field = 0) const {
    std::vector<std::unique_ptr<Prior>> priors;
    for (std::size_t i = 0; i < masses.size(); ++i) {
      const Phi4 theory{.mass2 = masses[i], .field = field};
      priors.push_back(std::make_unique<Phi4Prior>(
          Phi4Knowledge{.geometry = lattice,
                        .theory = theory,
                        .symmetric = field == 0,
                        .moments = measure_moments(configurations()[i], field == 0, theory)}));
    }
    return Phi4Region::join(priors);
  }
};

TEST_F(FreeFields, HaveTheSpectrumOfTheMassThatIsAskedFor) {
  const Phi4Region all(region());
  ASSERT_TRUE(all.range().has_value());
  EXPECT_EQ(all.range()->name, "mass2");
  EXPECT_EQ(all.range()->low, 0.4);
  EXPECT_EQ(all.range()->high, 1.2);
  const auto prior = all.at(between.mass2);
  EXPECT_EQ(prior->couplings().at("mass2"), between.mass2);
  const auto& moments = dynamic_cast<const Phi4Prior&>(*prior).knowledge().moments;
  const auto exact = testing::free_field_moments_of(lattice, between);
  // log |phi(p)|^2/V of n configurations scatters by sqrt(2/n) where p = -p, less elsewhere and where modes are
  // averaged.
  const auto weights = spline_weights(masses, between.mass2);
  const double error = (weights.norm() * std::sqrt(2.0 / count)).item<double>();
  EXPECT_LT((moments.spectrum / exact.spectrum).log().abs().max().item<double>(), 4 * error);
  EXPECT_LT((moments.force_spectrum / exact.force_spectrum).log().abs().max().item<double>(), 4 * error);
}

TEST_F(FreeFields, HaveTheMagnetisationOfAnyMassBetweenThoseOfTheData) {
  const Phi4Region all(region());
  for (int i = 0; i <= 40; ++i) {
    const double mass2 = std::min(0.4 + 0.02 * i, 1.2);
    const auto prior = all.at(mass2);
    const auto& law = dynamic_cast<const Phi4Prior&>(*prior).knowledge().moments.magnetisation;
    const double exact = free_field_moments(lattice, {.mass2 = mass2}).magnetisation_squared;
    EXPECT_LT(std::abs(moment(law, 2) / exact - 1), 4 * std::sqrt(2.0 / count)) << mass2;
  }
}

TEST_F(FreeFields, OfOneModelHaveTheLawOfTheMassThatIsAskedFor) {
  const auto families = testing::phi4_families(lattice, "mixed");
  auto prior = std::make_unique<Phi4Region>(region());
  Model model(std::move(prior), {.families = families, .channels = 4, .levels = 2}, 3);
  std::vector<std::shared_ptr<TrainingData>> data;
  for (const auto& some : configurations())
    data.push_back(std::make_shared<WholeEnsemble>(some));
  const TrainingLaw law(model.layout(), std::make_shared<SeveralEnsembles>(data), law_options(model.prior(), families));
  const TrainingOptions options{.steps = 60, .batch = 64, .warmup = 10, .seed = 2};
  Trainer trainer(model, law, options, {});
  for (int i = 0; i < 60; ++i)
    ASSERT_TRUE(trainer.step().has_value());
  trainer.finish();
  trainer.swap_average();
  model.move_to(between.mass2);
  constexpr std::int64_t samples = 8192;
  const auto x = Sampler{.drift = make_drift(model.posterior_mean()),
                         .layout = model.layout(),
                         .task = generation(),
                         .schedule = Schedule::scales(12, model.prior().reference(0).values())}(5, 0, samples)
                     .configurations;
  // The data are as many, and what is learned scatters as they do.
  const auto z = [](const torch::Tensor& values, double exact) {
    return testing::z_score(values, exact) / std::sqrt(2);
  };
  const auto exact = free_field_moments(lattice, between);
  EXPECT_LT(std::abs(z(x.square().flatten(1).mean(1), exact.phi2)), 4);
  EXPECT_LT(std::abs(z(x.flatten(1).mean(1).square(), exact.magnetisation_squared)), 4);
  const auto neighbours = (x * x.roll(1, 2) + x * x.roll(1, 3)).flatten(1).mean(1) / 2;
  EXPECT_LT(std::abs(z(neighbours, exact.nearest_neighbour)), 4);
}

TEST_F(FreeFields, TellTheNetworkWhereInTheRegionTheyAre) {
  const Phi4Region all(region());
  const auto pair = testing::scalar_pair(torch::full({2}, 0.5), 2);
  const auto signal = testing::free_field(lattice, between, 1, 2);
  const auto low = all.at(0.4)->look(pair, signal), middle = all.look(pair, signal);
  EXPECT_EQ(low.numbers.size(1), all.numbers());
  const auto last = [](const Look& look) { return look.numbers.narrow(1, look.numbers.size(1) - 4, 4)[1]; };
  EXPECT_TRUE(torch::allclose(last(low), torch::tensor({-1., 1., -1., 1.}).to(torch::kFloat), 1e-6, 1e-6));
  EXPECT_TRUE(torch::allclose(last(middle), torch::tensor({0., -1., 0., 1.}).to(torch::kFloat), 1e-6, 1e-6));
  // The law of a number of the data is at its own coupling.
  EXPECT_TRUE(torch::equal(all.law(1).look(pair, signal).numbers, low.numbers));
}

TEST_F(FreeFields, AreTheSameFromTheirState) {
  Phi4Region all(region());
  for (std::int64_t i = 0; i < all.laws(); ++i)
    all.set_correction(i,
                       {torch::full({MeanCorrection::zero_mode_points}, static_cast<float>(i)),
                        torch::full({MeanCorrection::shell_points, Phi4Prior::shell_count}, -static_cast<float>(i))});
  const auto restored = phi4_fields().load(all.layout(), all.state());
  EXPECT_EQ(restored->laws(), all.laws());
  const auto pair = testing::scalar_pair(torch::full({2}, 0.5), 2);
  const auto signal = testing::free_field(lattice, between, 1, 2);
  for (const double mass2 : {0.4, 0.7, 1.1}) {
    const auto was = all.at(mass2), is = restored->at(mass2);
    EXPECT_EQ(was->couplings(), is->couplings());
    EXPECT_TRUE(torch::equal(was->look(pair, signal).planes, is->look(pair, signal).planes));
    const auto correction = [&](const Prior& prior) {
      return dynamic_cast<const Phi4Prior&>(prior).knowledge().correction;
    };
    EXPECT_TRUE(torch::equal(correction(*was).zero_mode, correction(*is).zero_mode));
    EXPECT_TRUE(torch::equal(correction(*was).shells, correction(*is).shells));
  }
  // Between the values of the data the corrections are, too: 0.4 and 1.2 are numbers 1 and 2.
  EXPECT_EQ(dynamic_cast<const Phi4Prior&>(*all.at(1.2)).knowledge().correction.zero_mode[0].item<float>(), 2);
}

TEST_F(FreeFields, ThatDoNotGoTogetherAreRefused) {
  const Phi4Region all(region());
  EXPECT_THROW(all.at(0.39), std::invalid_argument);
  EXPECT_THROW(all.at(1.21), std::invalid_argument);
  EXPECT_THROW(all.law(0).at(0.8), std::invalid_argument); // one theory is no region
  EXPECT_THROW(region(0.1), std::invalid_argument);        // a field
  const auto prior = [&](const Phi4& theory) {
    return std::make_unique<Phi4Prior>(Phi4Knowledge{.geometry = lattice,
                                                     .theory = theory,
                                                     .symmetric = true,
                                                     .moments = testing::free_field_moments_of(lattice, between)});
  };
  const auto refused = [&](const Phi4& first, const Phi4& second) {
    std::vector<std::unique_ptr<Prior>> both;
    both.push_back(prior(first));
    both.push_back(prior(second));
    EXPECT_THROW(Phi4Region::join(both), std::invalid_argument);
  };
  refused({.mass2 = 1}, {.mass2 = 1});                           // the same
  refused({.mass2 = 1, .lambda = 1}, {.mass2 = 2, .lambda = 2}); // two couplings
  refused({.mass2 = 1, .quadratic = 0.1}, {.mass2 = 2});         // a tilt
  refused({.mass2 = 1}, {.mass2 = 2});                           // no law of the magnetisation
}

} // namespace
} // namespace stint
