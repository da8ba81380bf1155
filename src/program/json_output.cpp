#include "src/program/json_output.hpp"

#include "src/files/atomic_file.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>

namespace stint {

void write_json(const std::string& path, const Json& json, bool overwrite) {
  if (path == "-")
    std::fputs((json.dump(2) + "\n").c_str(), stdout);
  else if (!path.empty())
    write_text_file(path, json.dump(2) + "\n", overwrite);
}

} // namespace stint
