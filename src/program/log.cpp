#include "src/program/log.hpp"

#include <spdlog/spdlog.h>

namespace stint {

void log_warning(const std::string& text) { spdlog::warn("{}", text); }

} // namespace stint
