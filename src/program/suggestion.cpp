#include "src/program/suggestion.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <numeric>
#include <utility>
#include <vector>

namespace stint {
namespace {

constexpr std::size_t shortest_part = 4; // letters; shorter parts say nothing

/// Edits (insert, delete, replace a letter, swap two neighbours) that make one word of the other.
std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> before, last, row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before = std::exchange(last, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + static_cast<std::size_t>(a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row.back();
}

/// Lower case, with dashes for underscores.
std::string plain(std::string word) {
  std::ranges::transform(word, word.begin(), [](unsigned char c) { return c == '_' ? '-' : std::tolower(c); });
  return word;
}

/// Whether all of `part`, a word of some length, stands in `word` between dashes.
bool has_part(const std::string& word, const std::string& part) {
  return part.size() >= shortest_part && ("-" + word + "-").find("-" + part + "-") != std::string::npos;
}

} // namespace

std::string nearest_word(const std::string& given, std::span<const std::string> known) {
  const std::string word = plain(given);
  std::string nearest;
  std::size_t least = word.size() <= 4 ? 2 : 3; // more than is allowed
  for (const auto& candidate : known)
    if (const auto edits = distance(plain(candidate), word); edits < least && edits < candidate.size()) {
      nearest = candidate;
      least = edits;
    }
  for (const auto& candidate : known)
    if (nearest.empty() && (has_part(word, candidate) || has_part(candidate, word)))
      nearest = candidate;
  const auto begins = [&word](const std::string& candidate) { return word.size() > 1 && candidate.starts_with(word); };
  if (nearest.empty() && std::ranges::count_if(known, begins) == 1)
    nearest = *std::ranges::find_if(known, begins);
  return nearest;
}

} // namespace stint
