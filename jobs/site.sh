# What the jobs need to know of your cluster or workstation: the only file to edit. STINT_SITE=FILE takes another one in its place.

stint=$repository/build/release/bin/stint # the program
python=${STINT_PYTHON:-${STINT_DEPS:-${XDG_CACHE_HOME:-$HOME/.cache}/stint}/python/bin/python3} # with numpy, h5py, matplotlib: for tables
runs=runs                                 # results go to $runs/STUDY; a path without / at its start is from where you are

# Options of sbatch: for every job, and for those whose stage says cpu or gpu.
all=()  # (--account=abc123 --mail-type=FAIL)
cpu=()  # (--partition=standard)
gpu=()  # (--partition=gpu --gpus-per-task=1); empty: these stages run on CPUs too

# Starts the program on several MPI ranks, as many as the job has tasks.
launcher=(mpirun --bind-to none) # or: (srun --mpi=pmix)

# Done in each job before the program starts.
prepare() {
  : # module purge; module load gcc openmpi hdf5 fftw boost
}
