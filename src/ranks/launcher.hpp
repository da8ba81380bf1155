#pragma once
// Whether a launcher started this process.

namespace stint {

/// Whether a launcher of MPI programs (mpirun, mpiexec, srun, aprun, jsrun, ...) started this process as one of its
/// ranks, as the variables say that launchers set. srun of one task does not count: one rank needs no MPI. STINT_MPI=1
/// and STINT_MPI=0 in the environment answer instead. Throws std::invalid_argument for any other value of STINT_MPI.
bool started_by_launcher();

/// The rank that the launcher gave this process; -1 if it does not say.
int launcher_rank();

} // namespace stint
