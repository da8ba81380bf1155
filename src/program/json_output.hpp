#pragma once
// The numbers that a command printed, for scripts.

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace stint {

using Json = nlohmann::ordered_json;

/// Writes `json` to `path` as a whole; nothing if `path` is empty. NaN becomes null.
void write_json(const std::string& path, const Json& json, bool overwrite);

} // namespace stint
