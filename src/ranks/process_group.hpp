#pragma once
// LibTorch's process group of all ranks, over MPI and NCCL, for data-parallel training.

#include "src/ranks/mpi.hpp"

#include <c10/core/Device.h>
#include <c10/util/intrusive_ptr.h>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>

namespace stint {

/// A group of all ranks that can do allreduce, sums of floats or doubles. Tensors of a GPU go through NCCL if this is a
/// build with STINT_CUDA, they are on `device`, and each rank of every host has a GPU of its own; else through host
/// memory and MPI. Collective. The MPI session must outlive the group.
c10::intrusive_ptr<c10d::ProcessGroup> process_group(const Mpi& mpi, c10::Device device);

} // namespace stint
