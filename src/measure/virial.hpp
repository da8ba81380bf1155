#pragma once
// The virial (1/V) sum_x phi_x dS/dphi_x, whose mean is 1 for the action that configurations follow (Schwinger-Dyson):
// it shows couplings or a unit of the fields that are wrong, and chains that are not in equilibrium.

#include "lattice/phi4.hpp"
#include "src/files/ensemble_file.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace stint {

/// Of each row of `primaries`, (n, primary_count).
std::vector<double> virials_of(const Phi4& theory, std::span<const double> primaries);

/// Whether the configurations are samples of a model.
bool sampled_from_model(const EnsembleReader& ensemble);

/// The theory whose action the configurations of a file follow. None for other kinds than phi^4, and for samples of a
/// model: known sites are held in them, maps are in no coupling, and what the model is off is for `stint compare`.
std::optional<Phi4> theory_followed(const EnsembleReader& ensemble);

/// What is wrong with a mean virial that is further from 1 than `most_errors` errors and 0.02; else empty.
std::string virial_warning(double value, double error, double most_errors);

/// The same of at most 1024 configurations of a file, as if they were independent, with a limit of 20 errors.
std::string virial_warning(const EnsembleReader& ensemble);

} // namespace stint
