#include "lattice/random.hpp"
#include "tests/lattice/independent_mean.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace stint {
namespace {

using Bits = std::array<std::uint32_t, 4>;

// The vectors "philox4x32 10" of Random123's kat_vectors: counter = (block, trajectory, chain, purpose).
TEST(Stream, GivesThePublishedBits) {
  const Stream zeros{.seed = 0, .purpose = Purpose{0}, .chain = 0, .trajectory = 0};
  EXPECT_EQ(zeros.bits(0), (Bits{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  const Stream ones{
      .seed = ~std::uint64_t{0}, .purpose = Purpose{0xffffffff}, .chain = 0xffffffff, .trajectory = 0xffffffff};
  EXPECT_EQ(ones.bits(0xffffffff), (Bits{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  const Stream digits_of_pi{
      .seed = 0x299f31d0a4093822, .purpose = Purpose{0x03707344}, .chain = 0x13198a2e, .trajectory = 0x85a308d3};
  EXPECT_EQ(digits_of_pi.bits(0x243f6a88), (Bits{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Stream, UniformsHaveTheirMoments) {
  const Stream stream{.seed = 5};
  IndependentMean first, second;
  for (std::uint32_t i = 0; i < 200000; ++i) {
    const double u = stream.uniform(i);
    ASSERT_GT(u, 0);
    ASSERT_LE(u, 1);
    first.add(u);
    second.add(u * u);
  }
  EXPECT_LT(std::abs(first.z(1. / 2)), 4);
  EXPECT_LT(std::abs(second.z(1. / 3)), 4);
}

template<class Real> class Normals : public testing::Test {};
using Precisions = testing::Types<float, double>;
TYPED_TEST_SUITE(Normals, Precisions);

TYPED_TEST(Normals, HaveTheirMoments) {
  std::vector<TypeParam> draws(400000);
  Stream{.seed = 6, .chain = 3}.normals(draws);
  IndependentMean moment[6], product;
  for (std::size_t i = 0; i < draws.size(); ++i) {
    double power = 1;
    for (auto& mean : moment)
      mean.add(power *= draws[i]);
    if (i % 2 == 1)
      product.add(draws[i - 1] * draws[i]);
  }
  const double truth[] = {0, 1, 0, 3, 0, 15};
  for (int n = 0; n < 6; ++n)
    EXPECT_LT(std::abs(moment[n].z(truth[n])), 4) << "moment " << n + 1;
  EXPECT_LT(std::abs(product.z(0)), 4);
}

TYPED_TEST(Normals, AreTheSameHoweverManyAreDrawn) {
  std::vector<TypeParam> many(11);
  const Stream stream{.seed = 7, .purpose = Purpose::momenta, .chain = 1, .trajectory = 2};
  stream.normals(many);
  for (std::size_t count = 0; count < many.size(); ++count) {
    std::vector<TypeParam> few(count);
    stream.normals(few);
    EXPECT_TRUE(std::equal(few.begin(), few.end(), many.begin())) << count;
  }
}

TYPED_TEST(Normals, DifferWithEveryPartOfTheKey) {
  const Stream stream{.seed = 1, .purpose = Purpose::start, .chain = 1, .trajectory = 1};
  std::vector<Stream> others(5, stream);
  others[0].seed = 2;
  others[1].seed += std::uint64_t{1} << 32;
  others[2].purpose = Purpose::momenta;
  others[3].chain = 2;
  others[4].trajectory = 2;
  std::vector<TypeParam> draws(8), other_draws(8);
  stream.normals(draws);
  for (const Stream& other : others) {
    other.normals(other_draws);
    EXPECT_NE(draws, other_draws);
  }
}

} // namespace
} // namespace stint
