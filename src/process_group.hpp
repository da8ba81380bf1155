#pragma once
// LibTorch's process group over MPI, for data-parallel training.

#include "src/mpi.hpp"

#include <c10/util/intrusive_ptr.h>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>

namespace stint {

/// A group of all ranks that can do what c10d::Reducer asks for: allreduce (sum) and broadcast of tensors of any
/// device; those of a GPU go through host memory. The MPI session must outlive it.
c10::intrusive_ptr<c10d::ProcessGroup> mpi_process_group(const Mpi& mpi);

} // namespace stint
