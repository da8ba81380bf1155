#pragma once
// The names of an ensemble's axes, as HDF5 dimension scales: netCDF and xarray read them.

#include "src/files/ensemble_file.hpp"

#include <cstdint>

namespace stint {

/// Names the axes of /configurations (configuration, channel, x1, ..., xd; no channel for the kind "phi4"), of every
/// dataset with one number a configuration (configuration) and of /history (trajectory, chains). For all but
/// trajectory a dataset of the axis' name is added to the root group, which has no values. For a file of
/// `configurations` whose datasets are all there; once a file.
void name_ensemble_axes(hdf5::File& file, const EnsembleHeader& header, std::int64_t configurations);

} // namespace stint
