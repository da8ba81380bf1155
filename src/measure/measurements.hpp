#pragma once
// From an ensemble file to the measurements that the analysis works on, over MPI ranks.

#include "analysis/jackknife.hpp"
#include "analysis/primaries.hpp"
#include "src/ranks/mpi.hpp"

#include <span>
#include <string>
#include <vector>

namespace stint {

/// Measures all configurations of an ensemble file, each rank a run of them, chunk by chunk: the same numbers for any
/// numbers of ranks and threads. The measurements are rank 0's, in the order of split_chains; elsewhere they are empty
/// but for the geometry. Memory is 96 bytes a configuration on rank 0, 104 while it reads, and 72 for each of its own
/// on the others. Collective. Throws std::runtime_error naming the file if it is no whole ensemble, has NaN or infinite
/// values, fewer than 2 configurations or chains that split_chains refuses.
Measurements measure_file(const Mpi& mpi, const std::string& path, bool show_progress);

/// The measurements of several files as those of one ensemble. The chains of each file are chains of their own,
/// numbered on; `number` counts on through the files. Collective. Throws as measure_file, and where a file is of
/// another lattice or of other couplings than the first, or given twice (UsageError).
Measurements measure_files(const Mpi& mpi, std::span<const std::string> paths, bool show_progress);

/// exp(/log_weight - its largest), (N) through the files: the weights by which importance sampling makes a model's
/// samples those of the action. Throws std::runtime_error naming the file if one has no /log_weight, or one with NaN or
/// +Inf or without any finite number; -Inf is the weight 0.
std::vector<double> weights_of_files(std::span<const std::string> paths);

/// The means of the columns of CorrelatorMeasurer over each block, on rank 0; blocks.of (rank 0's) numbers the
/// configurations through the files, negative for those that belong to no block. Sums run over fixed segments of each
/// file and then over these: the same numbers for any numbers of ranks and threads. Memory is 4 bytes a configuration
/// and at most 128 MiB. Collective. Throws as measure_file.
BlockMeans correlators_of_files(const Mpi& mpi, std::span<const std::string> paths, Blocks blocks, bool show_progress);

/// The columns of CorrelatorMeasurer of every configuration, (N, columns) through the files, on one rank. Throws as
/// measure_file.
std::vector<double> correlator_columns_of_files(std::span<const std::string> paths);

} // namespace stint
