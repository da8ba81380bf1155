#pragma once
// How OpenMP's threads wait for each other.

namespace stint {

/// By default libgomp's threads spin for milliseconds before they sleep, on cores that other programs may need. It
/// reads how long from the environment when it is loaded. So this sets GOMP_SPINCOUNT and starts the program anew in
/// the same process; it is to be called before any library has begun (.preinit_array, in program.cpp), when that takes
/// no time. Does nothing, and returns, if the environment says already how threads wait (OMP_WAIT_POLICY,
/// GOMP_SPINCOUNT) or if the program cannot be started anew.
void let_waiting_threads_sleep(char** argv, char** environment);

} // namespace stint
