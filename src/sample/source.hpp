#pragma once
// What 'stint sample' samples: a model, or the free field.

#include "generative/drifts/drift.hpp"
#include "generative/training/family.hpp"
#include "lattice/geometry.hpp"
#include "lattice/phi4.hpp"
#include "src/program/compute.hpp"
#include "src/ranks/mpi.hpp"

#include <optional>
#include <string>

namespace stint {

class Options;

struct SourceOptions {
  std::string model;
  std::string lattice = "32x32"; ///< of the free field
  double mass2 = 1;              ///< of the free field
  bool uncalibrated = false;
  double field = 0, quadratic = 0;
  std::string field_map, quadratic_map; ///< files of one field (field_file.hpp): h(x), k2(x)

  void declare(Options& options); ///< as groups "Model" and "Tilt"

  bool free_field() const { return model == "free-field"; }
  bool has_maps() const { return !field_map.empty() || !quadratic_map.empty(); }
};

/// The tilted law whose configurations are made.
struct Source {
  Geometry geometry;
  Phi4 theory; ///< with the tilt's field and quadratic, without its maps
  std::string kind;
  torch::Tensor spectrum;                ///< about P(p), tilted by k2 without its map
  std::optional<FamilyWeights> families; ///< of operators that a model was trained for
  Drift drift;
};

/// Collective. Throws UsageError for options that do not go together or tilts that the model was not trained for.
Source open_source(const Mpi& mpi, const SourceOptions& settings, const Options& options, const std::string& precision,
                   torch::Device device);

} // namespace stint
