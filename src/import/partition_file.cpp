#include "src/import/partition_file.hpp"

#include "src/program/options.hpp"

#include <fmt/format.h>

#include <array>
#include <sstream>
#include <stdexcept>

namespace stint {

std::map<std::string, std::string> read_partition(const std::string& path) {
  static constexpr std::array<const char*, 3> parts = {"train", "valid", "test"};
  std::map<std::string, std::string> part_of;
  std::istringstream lines(read_text_file(path));
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    for (char& letter : line)
      letter = letter == ',' || letter == '\r' || letter == '\t' ? ' ' : letter;
    std::istringstream words(line);
    std::string name, part, more;
    if (!(words >> name))
      continue;
    words >> part >> more;
    if (number == 1 && part == "partition")
      continue;
    if (part.size() != 1 || part[0] < '0' || part[0] > '2' || !more.empty())
      throw std::runtime_error(fmt::format(
          "{}: line {} is '{}', expected a picture and 0 (train), 1 (valid) or 2 (test)", path, number, line));
    if (!part_of.try_emplace(name, parts[part[0] - '0']).second)
      throw std::runtime_error(fmt::format("{}: line {} names {} a second time", path, number, name));
  }
  return part_of;
}

} // namespace stint
