#pragma once
// What 'stint sample' samples: a model, or the free field.

#include "generative/drifts/drift.hpp"
#include "generative/prior.hpp"
#include "lattice/phi4.hpp"
#include "src/program/compute.hpp"
#include "src/ranks/mpi.hpp"

#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace stint {

class Options;

struct SourceOptions {
  std::string model;
  std::string lattice = "32x32"; ///< of the free field
  bool other_lattice = false;    ///< `lattice` is where a model is moved to
  std::optional<double> mass2;   ///< of the free field (1 without), or of a model that knows a range of it
  std::optional<double> lambda;  ///< of a model that knows a range of it
  bool uncalibrated = false;
  double field = 0, quadratic = 0;
  std::string field_map, quadratic_map; ///< files of one field (field_file.hpp): h(x), k2(x)

  void declare(Options& options); ///< as groups "Model" and "Tilt"

  bool free_field() const { return model == "free-field"; }
  bool has_maps() const { return !field_map.empty() || !quadratic_map.empty(); }
};

/// The tilted law whose configurations are made.
struct Source {
  Layout layout;
  std::string kind;
  std::optional<Phi4> theory; ///< with the tilt's h and k2, without its maps; none for data without an action
  Operator reference;         ///< a Gaussian covariance near that of the law, tilted by k2 without its map
  std::function<Operator(double k2)> reference_at; ///< that of the law tilted by another k2
  double log_ratio_range;                          ///< of paths, see Prior
  std::optional<FamilyLaw> families;               ///< of operators that a model was trained for
  Drift drift;
  Tilt tilt = {};                                ///< that the drift has
  std::map<std::string, std::string> notes = {}; ///< Prior::notes() of a model
  double nanoseconds = INFINITY; ///< of a larger loop of the drift for one configuration, on one core, roughly
};

/// The model of a file, tilted. Throws UsageError for couplings and tilts that it was not trained for.
Source open_model(const Mpi& mpi, const SourceOptions& settings, const Kinds& kinds, const std::string& precision,
                  torch::Device device);

/// That or the free field. Throws UsageError for options that do not go together, too.
Source open_source(const Mpi& mpi, const SourceOptions& settings, const Options& options, const Kinds& kinds,
                   const std::string& precision, torch::Device device);

} // namespace stint
