#pragma once
// What `stint compare` found, as a Markdown report that says where every number comes from.

#include "analysis/compare.hpp"
#include "analysis/response.hpp"

#include <optional>
#include <span>
#include <string>

namespace stint {

/// One ensemble against the reference.
struct ComparedFile {
  std::string file;
  Comparison comparison;
  std::optional<Response> response; ///< where the two differ in the field and in nothing else
};

/// Sentences on the tests beyond single observables, one a line: distances of the magnetisation, all observables at
/// once, how many large z there are and how many are expected, the response.
std::string tests_text(const ComparedFile& other);

/// A summary with the number of comparisons, the figure, tables and tests for each file, what the observables are, and
/// the provenance of the reference and of every file, which it opens.
/// `figure` is linked relative to the folder of `path`; no figure if it is empty. Throws std::runtime_error naming the
/// file if one cannot be read.
std::string markdown_report(const std::string& path, const std::string& reference, std::span<const ComparedFile> others,
                            const std::string& figure, const std::string& command_line);

} // namespace stint
