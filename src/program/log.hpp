#pragma once
// Log lines from code that sees LibTorch, whose headers do not go with those of the log.

#include <string>

namespace stint {

void log_warning(const std::string& text);

} // namespace stint
