#include "lattice/parallel.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace stint {
namespace {

/// With four threads, whatever the machine has.
class Parallel : public ::testing::Test {
protected:
  Parallel() { omp_set_num_threads(4); }
  ~Parallel() override { omp_set_num_threads(threads_); }

private:
  int threads_ = omp_get_max_threads();
};

TEST_F(Parallel, EveryIterationRunsOnce) {
  std::vector<int> dealt(1000), taken(1000);
  parallel_for(1000, [&](std::int64_t i) { ++dealt[i]; });
  parallel_for(1000, 4, [&](std::int64_t i) { ++taken[i]; });
  EXPECT_EQ(dealt, std::vector<int>(1000, 1));
  EXPECT_EQ(taken, std::vector<int>(1000, 1));
  parallel_for(0, [&](std::int64_t) { ADD_FAILURE(); });
}

TEST_F(Parallel, TheFirstIterationToThrowIsHeard) {
  const auto body = [](std::int64_t i) {
    if (i % 100 == 37)
      throw std::runtime_error("iteration " + std::to_string(i));
  };
  const auto message = [](const auto& loop) {
    try {
      loop();
    } catch (const std::runtime_error& error) {
      return std::string(error.what());
    }
    return std::string("none");
  };
  for (int round = 0; round < 20; ++round) {
    EXPECT_EQ(message([&] { parallel_for(1000, body); }), "iteration 37");
    EXPECT_EQ(message([&] { parallel_for(1000, 4, body); }), "iteration 37");
  }
}

TEST_F(Parallel, ErrorsOfAnotherKindKeepTheirType) {
  EXPECT_THROW(parallel_for(10, 4, [](std::int64_t) { std::vector<double>(std::size_t{1} << 60); }), std::exception);
  EXPECT_THROW(parallel_for(10, [](std::int64_t) { throw 1; }), int);
}

TEST_F(Parallel, LittleWorkIsDoneByFewThreads) {
  EXPECT_EQ(threads_for(0), 1);
  EXPECT_EQ(threads_for(5e3), 1);
  EXPECT_EQ(threads_for(5e4), 2);
  EXPECT_EQ(threads_for(1e12), 4);
}

} // namespace
} // namespace stint
