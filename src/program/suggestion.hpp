#pragma once
// What a user may have meant.

#include <span>
#include <string>

namespace stint {

/// The known word that is nearest to `word`: with at most two edits (one for words of up to four letters), or sharing a
/// part between dashes with it ("num-chains" and "chains"), or the only one that begins with it. Empty if there is
/// none.
std::string nearest_word(const std::string& word, std::span<const std::string> known);

} // namespace stint
