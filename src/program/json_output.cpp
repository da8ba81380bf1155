#include "src/program/json_output.hpp"

#include "src/files/atomic_file.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>

namespace stint {

void write_json(const std::string& path, const Json& json, bool overwrite) {
  constexpr int indent = 2;
  if (path.empty())
    return;
  // Texts of files of others may be in any encoding.
  const auto text = json.dump(indent, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) + "\n";
  if (path == "-")
    std::fputs(text.c_str(), stdout);
  else
    write_text_file(path, text, overwrite);
}

} // namespace stint
