#include "src/files/same_run.hpp"

#include "tests/src/temporary_folder.hpp"

namespace stint {
namespace {

using test::is_one_line;
using test::message_of;

TEST(SameRun, OnlyWhatDecidesTheResultsIsCompared) {
  const std::string options = "lattice=4x4\nmass2=-4\nthreads=2\nresume=true\noutput=a.h5\ntime-limit=10\n";
  EXPECT_EQ(deciding_options(options), "lattice=4x4\nmass2=-4\n");
  check_same_run("a.parts", "lattice=4x4\nmass2=-4\n", "mass2=-4\nlattice=4x4\n");
  const auto message = [](const char* found, const char* wanted) {
    return message_of([&] { check_same_run("a.parts", found, wanted); });
  };
  EXPECT_TRUE(is_one_line(message("mass2=-4\n", "mass2=-3\n"), "a.parts", "--mass2 -4, not -3"));
  EXPECT_TRUE(is_one_line(message("mass2=-4\n", "mass2=-4\njitter=0.1\n"), "a.parts", "--jitter absent, not 0.1"));
  EXPECT_TRUE(is_one_line(message("mass2=-4\njitter=0.1\n", "mass2=-4\n"), "a.parts", "--jitter 0.1, not absent"));
}

} // namespace
} // namespace stint
