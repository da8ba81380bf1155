#include "src/program/json_output.hpp"

#include "src/files/atomic_file.hpp"

#include <nlohmann/json.hpp>

namespace stint {

void write_json(const std::string& path, const Json& json, bool overwrite) {
  if (!path.empty())
    write_text_file(path, json.dump(2) + "\n", overwrite);
}

} // namespace stint
