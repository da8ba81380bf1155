#include "src/ranks/mpi.hpp"

#include <gtest/gtest.h>
#include <mpi.h>

#include <array>
#include <stdexcept>

namespace stint {
namespace {

TEST(Mpi, OneRankDoesWithoutMpi) {
  int argc = 0;
  char** argv = nullptr;
  const Mpi mpi(false, argc, argv);
  int initialised = 1;
  MPI_Initialized(&initialised);
  EXPECT_FALSE(initialised);
  EXPECT_TRUE(mpi.root());
  EXPECT_EQ(mpi.size(), 1);
  EXPECT_GE(mpi.default_threads(), 1);

  const std::array<int, 4> rows = {1, 2, 3, 4};
  std::array<int, 4> gathered{}, scattered{};
  mpi.gather_rows<int>(rows, 2, gathered);
  mpi.scatter_rows<int>(gathered, 2, scattered);
  EXPECT_EQ(scattered, rows);
  std::array<int, 3> too_small{};
  EXPECT_THROW(mpi.gather_rows<int>(rows, 1, too_small), std::logic_error);

  std::array<double, 2> sums = {1.5, -2};
  mpi.sum(sums);
  mpi.broadcast(std::span<double>(sums));
  mpi.barrier();
  EXPECT_EQ(sums, (std::array<double, 2>{1.5, -2}));
}

} // namespace
} // namespace stint
