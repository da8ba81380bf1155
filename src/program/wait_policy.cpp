#include "src/program/wait_policy.hpp"

#include <climits>
#include <cstdlib>
#include <omp.h>
#include <sys/auxv.h>
#include <unistd.h>

namespace stint {

void let_waiting_threads_sleep(char** argv) {
  constexpr const char* spins = "1000"; // some 20 us: longer than most gaps between two parallel loops
  if (std::getenv("OMP_WAIT_POLICY") || std::getenv("GOMP_SPINCOUNT"))
    return;
  if (omp_get_max_threads() == 1 || omp_get_num_procs() == 1 || omp_get_proc_bind() != omp_proc_bind_false)
    return;
  if (::getauxval(AT_BASE) == 0) // started by the loader, whose file /proc/self/exe is
    return;
  char program[PATH_MAX] = "";
  if (::readlink("/proc/self/exe", program, sizeof program - 1) < 0) // its own path, so that ps shows its name
    return;
  ::setenv("GOMP_SPINCOUNT", spins, 1);
  ::execv(program, argv);
}

} // namespace stint
