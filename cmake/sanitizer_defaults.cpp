// Settings of the sanitizers, in every program of a sanitizer build: they hold however it is started (by CTest, by
// mpirun, by a job), and ASAN_OPTIONS, LSAN_OPTIONS and UBSAN_OPTIONS change them.
//
// A finding ends the process with status 99, which no command has: a test that expects a command to fail must not take
// a finding for that.

#include <sanitizer/lsan_interface.h>

extern "C" {

const char* __asan_default_options() {
  return "exitcode=99:detect_stack_use_after_return=1:check_initialization_order=1:strict_init_order=1:"
         "strict_string_checks=1";
}

const char* __ubsan_default_options() { return "exitcode=99:print_stacktrace=1"; }

const char* __lsan_default_options() { return "exitcode=99:print_suppressions=0"; }

/// PMIx, through which a rank talks to its launcher, loses the answers to some questions of Open MPI.
const char* __lsan_default_suppressions() { return "leak:libpmix\n"; }

// MPI's profiling interface, for what no suppression can name.

int PMPI_Init_thread(int*, char***, int, int*) __attribute__((weak));
int PMPI_Finalize() __attribute__((weak));

/// What MPI allocates at its start and then forgets is its own affair.
int MPI_Init_thread(int* argc, char*** argv, int required, int* provided) {
  __lsan_disable();
  const int status = PMPI_Init_thread(argc, argv, required, provided);
  __lsan_enable();
  return status;
}

/// Leaks are looked for before MPI ends, which unloads its plugins: a later report could not name them.
int MPI_Finalize() {
  __lsan_do_leak_check();
  return PMPI_Finalize();
}

} // extern "C"
