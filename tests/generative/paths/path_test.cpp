// What moves when: schedules, paths, masks and orders.

#include "tests/generative/gaussian_laws.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace stint {
namespace {

const Geometry lattice({4, 4});

torch::Tensor table(const std::vector<std::int64_t>& values) { return torch::tensor(values).reshape({4, 4}); }

template<class F> std::string message_of(F&& call) {
  try {
    call();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return {};
}

TEST(Schedule, ConstantSpeedHasEqualActionInEveryStep) {
  // The distance of N(0, c I) laws with spectra c_k(r)^2 along the path is |dc| = sqrt(sum_k (dc_k)^2): the steps'
  // lengths, by a fine sum that knows nothing of the formula for the speed.
  const auto spectrum = free_field_law(Geometry({8, 8}), {.mass2 = 0.05}).covariance().values();
  const auto schedule = Schedule::constant_speed(12, spectrum);
  const auto deviation = [&](double r) { return (r * r + (1 - r) * (1 - r) * spectrum).sqrt(); };
  const auto levels = schedule.level(torch::arange(13), torch::ones({}, torch::kDouble));
  std::vector<double> lengths;
  for (int i = 0; i < 12; ++i) {
    const double from = levels[i].item<double>(), to = levels[i + 1].item<double>();
    EXPECT_GT(from, to);
    constexpr int fine = 2000;
    double length = 0;
    for (int j = 0; j < fine; ++j)
      length += (deviation(from + (to - from) * (j + 1) / fine) - deviation(from + (to - from) * j / fine))
                    .norm()
                    .item<double>();
    lengths.push_back(length);
  }
  const auto [least, most] = std::minmax_element(lengths.begin(), lengths.end());
  EXPECT_LT(*most / *least - 1, 0.01);
  EXPECT_EQ(levels[0].item<double>(), 1);
  EXPECT_EQ(levels[12].item<double>(), 0);
}

TEST(Schedule, KnowsItsNames) {
  const auto one = torch::ones({4});
  EXPECT_EQ(Schedule::parse("uniform", 4, {}, 5).steps(), 4);
  EXPECT_EQ(Schedule::parse("log-ratio", 4, {}, 5).steps(), 4);
  EXPECT_EQ(Schedule::parse("speed", 4, one, 5).steps(), 4);
  EXPECT_NE(message_of([] { Schedule::parse("cosine", 4, {}, 5); }).find("uniform, log-ratio, speed"),
            std::string::npos);
  EXPECT_THROW(Schedule::uniform(0), std::invalid_argument);
  EXPECT_THROW(Schedule::constant_speed(0, one), std::invalid_argument);
}

TEST(Path, KnotsAreExactlyTheEndsOfWindows) {
  for (const int steps : {3, 7, 10, 49, 93, 107, 161})
    for (const double overlap : {0.0, 0.3, 0.5}) {
      const auto way = knots(sequential(column_order(lattice, 1), overlap).path, Schedule::uniform(steps));
      const Pair first = way.at(0), last = way.at(way.steps);
      EXPECT_EQ(first.alpha.values().min().item<double>(), 1) << steps << " " << overlap;
      EXPECT_EQ(last.alpha.values().abs().max().item<double>(), 0) << steps << " " << overlap;
      EXPECT_EQ(last.beta.values().min().item<double>(), 1) << steps << " " << overlap;
      EXPECT_GT(way.at(way.steps - 1).alpha.values().max().item<double>(), 0) << steps << " " << overlap;
      for (std::int64_t i = 0; i <= way.steps; ++i) { // multiples of 1/steps to rounding, exact at both ends
        const auto alpha = way.at(i).alpha.values();
        const auto nearly_data = (alpha > 0) & (alpha < 0.5 / steps),
                   nearly_noise = (alpha < 1) & (alpha > 1 - 0.5 / steps);
        EXPECT_FALSE((nearly_data | nearly_noise).any().item<bool>()) << steps << " " << overlap << " " << i;
      }
    }
}

TEST(Path, GroupsGoOneAfterAnother) {
  const auto way = knots(sequential(column_order(lattice, 2), 0.5).path, Schedule::uniform(4));
  ASSERT_EQ(way.steps, 6);
  const std::vector<std::pair<double, double>> alphas = {{1, 1},   {0.75, 1}, {0.5, 1}, {0.25, 0.75},
                                                         {0, 0.5}, {0, 0.25}, {0, 0}};
  for (int i = 0; i <= 6; ++i) {
    const auto alpha = way.at(i).alpha.values();
    EXPECT_DOUBLE_EQ(alpha[2][1].item<double>(), alphas[i].first);
    EXPECT_DOUBLE_EQ(alpha[2][2].item<double>(), alphas[i].second);
  }
}

TEST(Path, TrigonometricCurveKeepsThePowerOfWhiteData) {
  const auto way = knots(generation(Curve::trigonometric).path, Schedule::uniform(5));
  for (int i = 0; i <= 5; ++i) {
    const double alpha = way.at(i).alpha.values().item<double>(), beta = way.at(i).beta.values().item<double>();
    EXPECT_NEAR(alpha * alpha + beta * beta, 1, 1e-14);
    EXPECT_NEAR(alpha / (alpha + beta), 1 - i / 5.0, 1e-14);
  }
}

TEST(Path, RefusesWhatIsNone) {
  const auto zero = torch::zeros({4, 4}), one = torch::ones({4, 4});
  EXPECT_THROW(Path(Basis::site(), zero - 1, one), std::invalid_argument);
  EXPECT_THROW(Path(Basis::site(), zero, one + 0.1), std::invalid_argument);
  EXPECT_THROW(Path(Basis::site(), zero, -one), std::invalid_argument);
}

TEST(Path, KnownGroupsTakeNoTime) {
  const auto known = parse_mask("block:4x1@0,2", lattice, 0); // everything but one column
  EXPECT_EQ(sequential(column_order(lattice, 1), 0, known).path.stages(), 1);
  EXPECT_EQ(sequential(column_order(lattice, 1)).path.stages(), 4);
  EXPECT_EQ(sequential(raster_order(lattice), 0, torch::ones({4, 4}, torch::kBool)).path.stages(), 1);
}

TEST(Orders, NumberSites) {
  EXPECT_TRUE(torch::equal(parse_order("raster", lattice), torch::arange(16).reshape({4, 4})));
  EXPECT_TRUE(torch::equal(parse_order("columns:2", lattice), table({0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1})));
  EXPECT_TRUE(torch::equal(parse_order("blocks:2", lattice), table({0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3, 2, 2, 3, 3})));
  EXPECT_TRUE(
      torch::equal(parse_order("morton", lattice), table({0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15})));
  EXPECT_TRUE(torch::equal(parse_order("morton:2", lattice), parse_order("blocks:2", lattice)));
  // Extents that are no powers of two leave gaps in the curve, which are closed.
  const auto oblong = morton_order(Geometry({2, 6}), 1);
  EXPECT_TRUE(torch::equal(std::get<0>(oblong.flatten().sort()), torch::arange(12)));
}

TEST(Orders, RefuseOtherTexts) {
  for (const char* text : {"spiral", "raster:2", "blocks:3", "blocks:0", "blocks:-2", "columns:8",
                           "columns:", "morton:x", "morton:0", "", "blocks:2x2"})
    EXPECT_THROW(parse_order(text, lattice), std::invalid_argument) << text;
}

TEST(Masks, KnowAllButABlock) {
  const auto known = parse_mask("block:2x3@3,2", lattice, 0); // wraps around both edges
  EXPECT_TRUE(torch::equal(~known, table({1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 1}).to(torch::kBool)));
  EXPECT_TRUE(torch::equal(parse_mask("block:1x4", lattice, 0), parse_mask("block:1x4@0,0", lattice, 0)));
}

TEST(Masks, KnowRandomSites) {
  const Geometry large({64, 64});
  const auto mask = parse_mask("random:0.3", large, 5);
  EXPECT_TRUE(torch::equal(mask, parse_mask("random:0.3", large, 5)));
  EXPECT_FALSE(torch::equal(mask, parse_mask("random:0.3", large, 6)));
  EXPECT_LT(std::abs(mask.sum().item<double>() - 0.3 * 4096) / std::sqrt(0.21 * 4096), 4);
  EXPECT_FALSE(parse_mask("random:0", large, 5).any().item<bool>());
  EXPECT_TRUE(parse_mask("random:1", large, 5).all().item<bool>());
}

TEST(Masks, RefuseOtherTexts) {
  for (const char* text :
       {"", "random", "random:", "random:1.5", "random:-0.1", "random:nan", "random:0.5x", "block", "block:", "block:2",
        "block:2x2x2", "block:5x1", "block:0x2", "block:2x2@1", "block:2x2@a,b", "disc:3"})
    EXPECT_THROW(parse_mask(text, lattice, 0), std::invalid_argument) << text;
}

TEST(Tasks, StartFromNoiseAndWhatIsKnown) {
  torch::manual_seed(1);
  const auto x0 = torch::randn({3, 1, 4, 4}), seen = torch::randn({4, 4});
  const auto known = parse_mask("block:2x2", lattice, 0);
  const torch::indexing::Slice all;
  const auto where_known = [&](const torch::Tensor& x) { return x.index({all, all, known}); };
  const auto where_free = [&](const torch::Tensor& x) { return x.index({all, all, ~known}); };
  EXPECT_TRUE(torch::equal(start_state(generation(), x0, seen), x0));
  auto blind = seen.clone();
  blind.index_put_({~known}, NAN); // may be anything where it is not observed
  const auto exact = start_state(inpainting(known), x0, blind);
  EXPECT_TRUE(torch::equal(where_free(exact), where_free(x0)));
  EXPECT_TRUE(torch::equal(where_known(exact), where_known(seen.expand_as(x0))));
  const auto noisy = start_state(inpainting(known, 0.25), x0, seen);
  EXPECT_LT((where_known(noisy) - where_known(seen.expand_as(x0)) / 1.25).abs().max().item<double>(), 1e-6);
  EXPECT_TRUE(torch::equal(where_free(noisy), where_free(x0)));
  const auto denoise = start_state(denoising(0.25), x0, seen);
  EXPECT_LT((denoise - seen / 1.25).abs().max().item<double>(), 1e-6);
}

TEST(Tasks, CoarseToFineGoesByMomentum) {
  const Geometry geometry({8, 8});
  const auto path = multiscale({geometry}, 3).path;
  const auto way = knots(path, Schedule::uniform(1));
  ASSERT_EQ(way.steps, 3);
  const auto phat2 = torch::zeros({8, 8}, torch::kDouble) +
                     4 * torch::sin(torch::arange(8, torch::kDouble) * M_PI / 8).square() +
                     4 * torch::sin(torch::arange(8, torch::kDouble) * M_PI / 8).square().reshape({8, 1});
  double last = -1;
  for (int i = 1; i <= 3; ++i) {
    const auto shell = (way.at(i - 1).alpha.values() == 1) & (way.at(i).alpha.values() == 0);
    EXPECT_TRUE(shell.any().item<bool>());
    EXPECT_GT(phat2.index({shell}).min().item<double>(), last);
    last = phat2.index({shell}).max().item<double>();
  }
  EXPECT_NEAR(last, 8, 1e-12);
}

TEST(Tasks, RefuseWhatIsNone) {
  const auto known = parse_mask("block:2x2", lattice, 0);
  EXPECT_THROW(inpainting(known, -1), std::invalid_argument);
  EXPECT_THROW(sequential(raster_order(lattice), 1), std::invalid_argument);
  EXPECT_THROW(sequential(raster_order(lattice), -0.1), std::invalid_argument);
  EXPECT_THROW(multiscale({lattice}, 0), std::invalid_argument);
  EXPECT_THROW(superresolution({lattice}, 1), std::invalid_argument);
  EXPECT_THROW(block_superresolution(lattice, 3), std::invalid_argument);
  EXPECT_THROW(denoising(0), std::invalid_argument);
  EXPECT_THROW(denoising(1, Operator(-1)), std::invalid_argument);
}

} // namespace
} // namespace stint
