#pragma once
// Paths that 'stint adapt' found, on disk: the format "stint-path".
//
//   /levels    (steps + 1) float64, or (steps + 1, [C,] L1, ..., Ld): the noise levels alpha/(alpha + beta) of all
//              coordinates, or of each, at the ends of steps, from 1 (noise) to 0 (data)
//   /history   (evaluations) float64: the objective as it was minimised; only where it was
//   attributes format_version, kind, lattice, channels; basis of the coordinates ("scalar": all alike), curve;
//   objective
//              and what was found of it, each a number; and the provenance

#include "generative/layout.hpp"
#include "generative/paths/path.hpp"
#include "src/program/provenance.hpp"

#include <map>
#include <string>
#include <vector>

namespace stint {

inline constexpr const char* path_format = "stint-path"; ///< attribute "format"

struct PathFile {
  Schedule schedule;
  Curve curve = Curve::linear;
  std::string kind;
  Layout layout; ///< its boundary is not in the file
};

/// Writes a path with its objective's name, what was found and the history. The file is whole or absent.
void write_path(const std::string& file, bool overwrite, const PathFile& path, const std::string& objective,
                const std::map<std::string, double>& found, const std::vector<double>& history,
                const Provenance& provenance);

/// Reads a path for a model of this kind and layout. `reference` is the basis of the model's reference law, which a
/// file names but does not contain. Throws std::runtime_error, one line naming the file, for anything that is not a
/// whole path file of a version that this program knows, or that is for other configurations.
PathFile read_path(const std::string& file, const std::string& kind, const Layout& layout, const Basis& reference);

} // namespace stint
