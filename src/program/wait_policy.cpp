#include "src/program/wait_policy.hpp"

#include <climits>
#include <string_view>
#include <sys/auxv.h>
#include <unistd.h>

namespace stint {
namespace {

// Rounds of waiting before a thread sleeps: some 20 us, longer than the gaps between the parallel loops of HMC.
char spins[] = "GOMP_SPINCOUNT=1000";

bool says_how_to_wait(std::string_view variable) {
  return variable.starts_with("OMP_WAIT_POLICY=") || variable.starts_with("GOMP_SPINCOUNT=");
}

} // namespace

void let_waiting_threads_sleep(char** argv, char** environment) {
  constexpr int most = 10'000;
  static char* extended[most + 2]; // not from malloc, which has not begun either
  int size = 0;
  for (; environment[size]; ++size) {
    if (size == most || says_how_to_wait(environment[size]))
      return;
    extended[size] = environment[size];
  }
  extended[size] = spins;
  if (::getauxval(AT_BASE) == 0) // started by the loader, whose file /proc/self/exe is
    return;
  static char program[PATH_MAX];
  if (::readlink("/proc/self/exe", program, sizeof program - 1) > 0) // its own path, so that ps shows its name
    ::execve(program, argv, extended);
}

} // namespace stint
