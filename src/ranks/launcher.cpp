#include "src/ranks/launcher.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

namespace stint {
namespace {

/// Each is set by a launcher for each rank, and not in a batch script.
constexpr std::array launcher_variables = {
    "OMPI_COMM_WORLD_RANK", // Open MPI, Spectrum MPI
    "PMIX_RANK",            // PMIx: PRRTE, srun --mpi=pmix
    "PMI_RANK",             // Hydra (MPICH, Intel MPI), srun --mpi=pmi2, Flux
    "PMI_FD",               // the same by an older protocol
    "MV2_COMM_WORLD_RANK",  // MVAPICH2
    "PALS_RANKID",          // HPE Cray PALS
    "ALPS_APP_PE",          // Cray ALPS
    "JSM_NAMESPACE_RANK",   // IBM jsrun
};

/// Slurm's srun without PMI variables. A batch script has SLURM_PROCID too, but no step.
bool started_by_srun() {
  const char* tasks = std::getenv("SLURM_STEP_NUM_TASKS");
  return std::getenv("SLURM_PROCID") && tasks && std::atoi(tasks) > 1;
}

} // namespace

bool started_by_launcher() {
  if (const char* chosen = std::getenv("STINT_MPI")) {
    const std::string value = chosen;
    if (value != "0" && value != "1")
      throw std::invalid_argument("STINT_MPI is '" + value + "', expected 0 or 1");
    return value == "1";
  }
  return started_by_srun() ||
         std::ranges::any_of(launcher_variables, [](const char* name) { return std::getenv(name); });
}

int launcher_rank() {
  for (const char* name : launcher_variables)
    if (const char* rank = std::getenv(name); rank && std::string_view(name) != "PMI_FD")
      return std::atoi(rank);
  const char* rank = std::getenv("SLURM_PROCID");
  return rank && started_by_srun() ? std::atoi(rank) : -1;
}

} // namespace stint
