#include "generative/phi4/moments.hpp"

#include "generative/phi4/action.hpp"
#include "lattice/action.hpp"

#include "tests/generative/fixtures.hpp"

#include <gtest/gtest.h>

namespace stint {
namespace {

const Geometry lattice({6, 6});
const Phi4 free_theory{.mass2 = 0.4};

TEST(Moments, ForceEqualsTheLatticeOneInAllDimensions) {
  const Phi4 theory{.mass2 = -3, .lambda = 1.3, .field = 0.2, .quadratic = 0.1};
  for (const std::vector<int>& extents : {std::vector{5}, {4, 3}, {3, 4, 2}, {2, 3, 2, 3}}) {
    const Geometry geometry(extents);
    const auto phi = testing::free_field(geometry, free_theory, 3, 1);
    const auto fast = phi4_force(theory, phi);
    std::vector<float> plain(geometry.volume());
    force<float>(geometry, theory, {phi.data_ptr<float>(), plain.size()}, plain);
    for (std::size_t x = 0; x < plain.size(); ++x)
      EXPECT_NEAR(fast.flatten()[x].item<float>(), plain[x], 1e-5) << geometry.text() << " site " << x;
  }
}

TEST(Moments, MeasuredSpectraAreThoseOfTheFreeField) {
  const auto fields = testing::free_field(lattice, free_theory, 1, 20000);
  const auto measured = measure_moments(fields, true, free_theory);
  const auto exact = testing::free_field_moments_of(lattice, free_theory);
  // Each mode is a chi-squared variable; averaging over 20000 draws and mirror images leaves less than 1 %.
  EXPECT_LT((measured.spectrum / exact.spectrum - 1).abs().max().item<double>(), 0.04);
  EXPECT_LT((measured.force_spectrum / exact.force_spectrum - 1).abs().max().item<double>(), 0.04);
}

TEST(Moments, ReweightedAreThoseOfTheOtherMass) {
  // Also about a mean that is not 0: in a field, where the law is not taken as symmetric.
  const Phi4 theory{.mass2 = 0.5, .field = 0.2}, lighter{.mass2 = 0.4, .field = 0.2};
  constexpr std::int64_t count = 40000;
  const auto fields = testing::free_field(lattice, theory, 1, count);
  const auto measured = measure_moments(fields, false, lighter, 0.1);
  const auto exact = testing::free_field_moments_of(lattice, lighter);
  const auto squares = fields.square().sum({1, 2, 3}, false, torch::kDouble);
  const auto weights = Reweighting{0.1, squares.mean().item<double>()}.weights(squares);
  const double effective = (weights.sum().square() / weights.square().sum()).item<double>();
  EXPECT_GT(effective, count / 2);
  EXPECT_LT(effective, 0.99 * count);
  const double error = std::sqrt(exact.spectrum[0][0].item<double>() / (36 * effective));
  EXPECT_NEAR(measured.mean, exact.mean, 4 * error);
  EXPECT_LT((measured.spectrum / exact.spectrum - 1).abs().max().item<double>(), 0.04);
  EXPECT_LT((measured.force_spectrum / exact.force_spectrum - 1).abs().max().item<double>(), 0.04);
  const auto& law = measured.magnetisation;
  const double variance =
      (law.weights * (law.centers - exact.mean).square()).sum().item<double>() + law.width * law.width;
  EXPECT_NEAR(variance * 36 / exact.spectrum[0][0].item<double>(), 1, 0.03);

  // And back.
  const auto heavier = testing::free_field_moments_of(lattice, theory).spectrum;
  EXPECT_LT((measured.tilted_spectrum(-0.1) / heavier - 1).abs().max().item<double>(), 0.04);
  EXPECT_GT((measured.spectrum / heavier - 1).abs().max().item<double>(), 0.2);
}

TEST(Moments, OfALargerLatticeAreThoseOfTheFreeFieldThere) {
  // The kernel of 1/P couples neighbours only: it is known exactly from any lattice.
  for (const std::vector<int>& extents : {std::vector{12}, {12, 6}, {15, 6}, {12, 12, 8}}) {
    const std::vector<int> halves = {6, 6, 4}, thirds = {5, 6};
    std::vector<int> small(extents.size());
    for (std::size_t mu = 0; mu < extents.size(); ++mu)
      small[mu] = extents[0] == 15 ? thirds[mu] : halves[mu];
    auto moments = testing::free_field_moments_of(Geometry(small), free_theory);
    moments.magnetisation = {torch::zeros({1}, torch::kDouble), torch::ones({1}, torch::kDouble), 0.1};
    const auto larger = moments.on(Geometry(extents));
    const auto exact = testing::free_field_moments_of(Geometry(extents), free_theory);
    EXPECT_LT((larger.spectrum / exact.spectrum - 1).abs().max().item<double>(), 1e-10);
    EXPECT_LT((larger.force_spectrum / exact.force_spectrum - 1).abs().max().item<double>(), 1e-10);
    const auto& law = larger.magnetisation;
    const double variance = (law.weights * law.centers.square()).sum().item<double>() + law.width * law.width;
    EXPECT_NEAR(variance * static_cast<double>(Geometry(extents).volume()), exact.spectrum.flatten()[0].item<double>(),
                1e-4);
  }
  EXPECT_THROW(testing::free_field_moments_of(lattice, free_theory).on(Geometry({9, 12})), std::invalid_argument);
  EXPECT_THROW(testing::free_field_moments_of(lattice, free_theory).on(Geometry({12})), std::invalid_argument);
}

TEST(Moments, TiltedLawOfTheMagnetisationWeighsItsFluctuations) {
  // Configurations M + sigma xi whose sigma depends on the sign of M: exp(k2 sum (phi - M)^2) has the mean
  // (1 - 2 k2 sigma^2)^(-(V - 1)/2) for each sign.
  constexpr std::int64_t count = 40000;
  constexpr double k2 = -0.04, low = 0.5, high = 1.5; // sigma^2
  const auto generator = at::make_generator<at::CPUGeneratorImpl>(5);
  auto xi = torch::randn({count, 1, 4, 4}, generator, torch::kDouble);
  xi = xi - xi.mean({2, 3}, true);
  const auto m = 4 * torch::rand({count, 1, 1, 1}, generator, torch::kDouble) - 2;
  const auto phi = m + xi * torch::where(m > 0, std::sqrt(high), std::sqrt(low));
  const auto law = measure_moments(phi.to(torch::kFloat), false, std::nullopt).magnetisation;
  const auto positive = [](const MagnetisationLaw& of) {
    return of.weights.masked_select(of.centers > 0).sum().item<double>();
  };
  const auto mean = [](double sigma2) { return std::pow(1 - 2 * k2 * sigma2, -7.5); };
  EXPECT_NEAR(positive(law), 0.5, 0.01);
  EXPECT_NEAR(positive(law.tilted(k2)), mean(high) / (mean(low) + mean(high)), 0.01);
  EXPECT_THROW(measure_moments(phi, false, std::nullopt).on(Geometry({8, 8})).magnetisation.tilted(k2),
               std::invalid_argument);
}

} // namespace
} // namespace stint
