#pragma once
// What `stint compare` found, as a Markdown report that says where every number comes from.

#include "analysis/compare.hpp"
#include "analysis/observables.hpp"
#include "analysis/response.hpp"
#include "lattice/phi4.hpp"

#include <optional>
#include <string>
#include <vector>

namespace stint {

/// One ensemble against the reference.
struct ComparedFile {
  std::string file;
  std::string differences; ///< of its couplings from those of the reference; empty if there are none
  Comparison comparison;
  std::optional<Response> response; ///< where the two differ in the field and in nothing else
};

/// All that `stint compare` found.
struct ComparisonResult {
  std::string reference; ///< its file
  ObservableRows rows = observables();
  std::vector<ComparedFile> others = {};
};

/// "field 0.02 (reference 0)", ...; empty if the theories are one.
std::string differences(const Phi4& reference, const Phi4& theory);

/// A z for people: two decimals, none where it is large, "-" where it has no value.
std::string z_text(double z);

/// Sentences on the tests beyond single observables, one a line: distances of the magnetisation, all observables at
/// once, how many large z there are and how many are expected, the response.
std::string tests_text(const ComparedFile& other);

/// A verdict on each file in words (from the smallest p value below), a summary with the number of comparisons, the
/// figure, tables and tests for each file, what the observables are, and the provenance of the reference and of every
/// file, which it opens. `figure` is linked relative to the folder of `path`; no figure if it is empty. Throws
/// std::runtime_error naming the file if one cannot be read.
std::string markdown_report(const std::string& path, const ComparisonResult& result, const std::string& figure,
                            const std::string& command_line);

} // namespace stint
