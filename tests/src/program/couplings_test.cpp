#include "src/program/couplings.hpp"

#include "src/program/errors.hpp"
#include "src/program/options.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace stint {
namespace {

Phi4 couplings_of(const std::vector<std::string>& arguments, int dimensions = 2) {
  CouplingOptions couplings;
  Options options("test", "");
  couplings.declare(options);
  options.parse(arguments);
  return couplings.resolve(options, dimensions);
}

TEST(Couplings, TheLatticeFormIsTakenAsItIs) {
  EXPECT_EQ(couplings_of({"--mass2", "-4", "--lambda", "1", "--field", "-0.5"}),
            (Phi4{.mass2 = -4, .lambda = 1, .field = -0.5}));
}

TEST(Couplings, TheOtherFormsAreConverted) {
  EXPECT_EQ(couplings_of({"--kappa", "0.2", "--hopping-lambda", "0.1", "--field", "0.3"}, 3),
            (Phi4{.mass2 = 0.8 / 0.2 - 6, .lambda = 0.1 / (0.2 * 0.2), .field = 0.3}));
  EXPECT_EQ(couplings_of({"--mu2", "-1", "--g", "0.5", "--quadratic", "0.1"}),
            (Phi4{.mass2 = -1, .lambda = 0.5, .quadratic = 0.1}));
}

TEST(Couplings, FormsDoNotMix) {
  EXPECT_THROW(couplings_of({"--mass2", "1", "--kappa", "0.2", "--hopping-lambda", "0.1"}), UsageError);
  EXPECT_THROW(couplings_of({"--mu2", "1", "--g", "1", "--lambda", "0.1"}), UsageError);
  EXPECT_THROW(couplings_of({"--kappa", "0.2"}), UsageError);
  EXPECT_THROW(couplings_of({"--g", "0.2"}), UsageError);
}

TEST(Couplings, RefusesTheoriesWithoutALaw) {
  EXPECT_THROW(couplings_of({"--kappa", "0", "--hopping-lambda", "0.1"}), UsageError);
  EXPECT_THROW(couplings_of({"--lambda", "-1"}), UsageError);
  EXPECT_THROW(couplings_of({"--lambda", "0"}), UsageError);
}

} // namespace
} // namespace stint
