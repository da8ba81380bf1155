#include "src/ranks/launcher.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <stdexcept>
#include <string>

namespace stint {
namespace {

using Variables = std::map<std::string, std::string>;

/// started_by_launcher() with these variables and no others of launchers.
bool started_with(const Variables& variables) {
  for (const char* name : {"STINT_MPI", "OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "PMI_FD", "SLURM_PROCID",
                           "SLURM_STEP_NUM_TASKS", "SLURM_JOB_ID"})
    ::unsetenv(name);
  for (const auto& [name, value] : variables)
    ::setenv(name.c_str(), value.c_str(), 1);
  const bool started = started_by_launcher();
  for (const auto& [name, value] : variables)
    ::unsetenv(name.c_str());
  return started;
}

TEST(Launcher, IsKnownByItsVariables) {
  for (const char* name : {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"})
    EXPECT_TRUE(started_with({{name, "0"}})) << name;
  EXPECT_FALSE(started_with({}));
}

TEST(Launcher, ASlurmStepOfSeveralTasksIsOneAndABatchScriptIsNot) {
  EXPECT_TRUE(started_with({{"SLURM_JOB_ID", "7"}, {"SLURM_PROCID", "0"}, {"SLURM_STEP_NUM_TASKS", "2"}}));
  EXPECT_FALSE(started_with({{"SLURM_JOB_ID", "7"}, {"SLURM_PROCID", "0"}, {"SLURM_STEP_NUM_TASKS", "1"}}));
  EXPECT_FALSE(started_with({{"SLURM_JOB_ID", "7"}, {"SLURM_PROCID", "0"}}));
}

TEST(Launcher, TheUserKnowsBetter) {
  EXPECT_TRUE(started_with({{"STINT_MPI", "1"}}));
  EXPECT_FALSE(started_with({{"STINT_MPI", "0"}, {"PMIX_RANK", "1"}}));
  EXPECT_THROW(started_with({{"STINT_MPI", "yes"}}), std::invalid_argument);
  ::unsetenv("STINT_MPI");
}

TEST(Launcher, SaysTheRank) {
  const auto rank_with = [](const Variables& variables) {
    EXPECT_FALSE(started_with({})); // unsets all
    for (const auto& [name, value] : variables)
      ::setenv(name.c_str(), value.c_str(), 1);
    const int rank = launcher_rank();
    for (const auto& [name, value] : variables)
      ::unsetenv(name.c_str());
    return rank;
  };
  EXPECT_EQ(rank_with({{"OMPI_COMM_WORLD_RANK", "3"}}), 3);
  EXPECT_EQ(rank_with({{"SLURM_PROCID", "2"}, {"SLURM_STEP_NUM_TASKS", "4"}}), 2);
  EXPECT_EQ(rank_with({{"SLURM_PROCID", "0"}}), -1);
  EXPECT_EQ(rank_with({{"PMI_FD", "7"}}), -1);
  EXPECT_EQ(rank_with({}), -1);
}

} // namespace
} // namespace stint
