#include "src/program/config_file.hpp"

#include "src/program/errors.hpp"
#include "src/program/suggestion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <string_view>

namespace stint {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF", blanks = " \t\r", comment_signs = "#;", quotes = "\"'";

bool one_of(char c, std::string_view characters) { return characters.find(c) != std::string_view::npos; }

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(blanks);
  return first == std::string_view::npos ? "" : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// Where a comment begins: at a sign with a blank before it.
std::size_t comment_in(std::string_view value) {
  for (std::size_t i = 1; i < value.size(); ++i)
    if (one_of(value[i], comment_signs) && one_of(value[i - 1], blanks))
      return i;
  return std::string_view::npos;
}

/// A value in quotes, which a comment may follow; false if it is none.
bool read_quoted(std::string_view text, ConfigEntry& entry) {
  const auto end = text.find(text[0], 1);
  if (end == std::string_view::npos)
    return false;
  const auto rest = trimmed(text.substr(end + 1));
  entry.value = text.substr(1, end - 1);
  return rest.empty() || one_of(rest[0], comment_signs);
}

/// False for a value that begins with a quote and does not end with it.
bool read_value(std::string_view text, ConfigEntry& entry) {
  if (const auto value = trimmed(text); !value.empty() && one_of(value[0], quotes))
    return read_quoted(value, entry);
  const auto comment = comment_in(text);
  entry.commented = comment != std::string_view::npos;
  entry.value = trimmed(text.substr(0, comment));
  return true;
}

/// Throws UsageError for a heading that is nearly the name of a command: without meaning, or for another command?
void check_heading(const std::string& title, const std::string& place, std::span<const std::string> commands) {
  std::vector<std::string> known(commands.begin(), commands.end());
  known.emplace_back("defaults");
  const std::string nearest = nearest_word(title, known);
  if (!nearest.empty() && nearest != title)
    throw UsageError(fmt::format("{} is the heading [{}]; did you mean [{}]?", place, title, nearest));
}

/// Neither a letter nor a blank: a file of another encoding, or with line ends of another age.
bool has_control_characters(std::string_view line) {
  return std::ranges::any_of(line, [](unsigned char c) { return (c < ' ' && c != '\t') || c == 0x7f; });
}

} // namespace

std::vector<ConfigEntry> parse_config(const std::string& text, const std::string& path, const std::string& command,
                                      std::span<const std::string> commands) {
  std::vector<ConfigEntry> entries;
  bool counts = true, fallback = false;
  std::istringstream lines(text.starts_with(byte_order_mark) ? text.substr(byte_order_mark.size()) : text);
  int number = 0;
  for (std::string whole; std::getline(lines, whole);) {
    ++number;
    const auto line = trimmed(whole);
    if (has_control_characters(line))
      throw UsageError(
          fmt::format("{}: line {} has control characters; expected a text of lines name=value", path, number));
    if (line.empty() || one_of(line[0], comment_signs))
      continue;
    if (const auto heading = trimmed(line.substr(0, comment_in(line)));
        heading.front() == '[' && heading.back() == ']') {
      const std::string title(trimmed(heading.substr(1, heading.size() - 2)));
      check_heading(title, fmt::format("{}: line {}", path, number), commands);
      counts = title == command || std::ranges::find(commands, title) == commands.end();
      fallback = heading == defaults_heading;
      continue;
    }
    const auto equals = line.find('=');
    auto name = trimmed(line.substr(0, equals));
    name.remove_prefix(std::min(name.find_first_not_of('-'), name.size()));
    if (equals == std::string_view::npos || name.empty())
      throw UsageError(fmt::format("{}: line {} is '{}', expected name=value", path, number, line));
    ConfigEntry entry{.name = std::string(name), .value = "", .line = number, .fallback = fallback};
    if (!read_value(line.substr(equals + 1), entry))
      throw UsageError(
          fmt::format("{}: line {} is '{}', expected nothing behind the closing quote", path, number, line));
    if (counts)
      entries.push_back(std::move(entry));
  }
  return entries;
}

std::string quoted_if_needed(const std::string& value) {
  const bool bare = trimmed(value) == value && comment_in(value) == std::string_view::npos &&
                    (value.empty() || !one_of(value[0], quotes));
  const char quote = value.find('"') == std::string::npos ? '"' : '\'';
  return bare ? value : quote + value + quote;
}

} // namespace stint
