#pragma once
// How OpenMP's threads wait for each other.

namespace stint {

/// By default libgomp's threads spin for milliseconds before they sleep, on cores that other programs may need. It
/// reads how long when it is loaded: so this starts the program anew in the same process, with GOMP_SPINCOUNT set. Does
/// nothing, and returns, if the environment says already how threads wait (OMP_WAIT_POLICY, GOMP_SPINCOUNT) or
/// binds them to cores (OMP_PROC_BIND: libgomp has then bound this thread, and the new start would find one core), if
/// there is one thread or one core only, or if the program cannot be started anew. To be called at the start of main(),
/// before files are open.
void let_waiting_threads_sleep(char** argv);

} // namespace stint
