#pragma once
// Several ensembles of one law as one.

#include "src/files/ensemble_file.hpp"

#include <string>
#include <vector>

namespace stint {

/// What was joined.
struct JoinedEnsembles {
  std::int64_t configurations = 0, chains = 0;
  bool history = false; ///< all ensembles have one, of the same trajectories, and so has the new one
};

/// Throws UsageError, one line naming the files, if an ensemble shares configurations with another one (of kinds other
/// than "phi4", whose configurations may be equal by chance: half of its configurations or more).
void check_no_duplicates(const std::vector<std::string>& paths);

/// Writes the configurations of the ensembles `paths`, file after file, to `output`. Chains get new numbers: those of a
/// file follow those of the file before it, in their order; trajectories stay. The columns log_density and log_weight
/// and the histories are joined where all files have them. Throws UsageError, one line naming the file, if an ensemble
/// is of another kind, lattice, theory or set of columns than the first one, and what check_no_duplicates() throws.
JoinedEnsembles join_ensembles(const std::vector<std::string>& paths, const std::string& output, bool overwrite,
                               const Provenance& provenance);

} // namespace stint
