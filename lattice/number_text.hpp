#pragma once
// Numbers in messages.

#include <charconv>
#include <string>

namespace stint {

/// The shortest decimal that is `x` again: -1, 0.1, 1e-09, nan.
inline std::string number_text(double x) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, x).ptr};
}

} // namespace stint
