#include "src/program/options.hpp"

#include "src/program/errors.hpp"

#include <boost/program_options.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <numeric>

namespace stint {
namespace {

namespace po = boost::program_options;
constexpr const char* positional_key = "positional arguments"; // no option can have this name
constexpr std::size_t text_width = 100, description_column = 30;

// Values from and to text.

template<class Number> bool from_text(const std::string& text, Number& value) {
  const char* begin = text.data() + (text.starts_with('+') ? 1 : 0);
  const auto [end, error] = std::from_chars(begin, text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}
bool from_text(const std::string& text, double& value) {
  return from_text<double>(text, value) && std::isfinite(value);
}
bool from_text(const std::string& text, std::string& value) {
  value = text;
  return true;
}
bool from_text(const std::string& text, bool& value) {
  static const std::map<std::string, bool> words = {{"true", true},   {"yes", true}, {"on", true},   {"1", true},
                                                    {"false", false}, {"no", false}, {"off", false}, {"0", false}};
  const auto word = words.find(text);
  if (word != words.end())
    value = word->second;
  return word != words.end();
}

template<class T> std::string to_text(const T& value) { return fmt::format("{}", value); }

const char* expected(const std::string&) { return "a text"; }
const char* expected(int) { return "a whole number"; }
const char* expected(std::int64_t) { return "a whole number"; }
const char* expected(double) { return "a finite number"; }
const char* expected(bool) { return "true or false"; }

template<class T> T parsed(const std::string& name, const std::string& text) {
  T value{};
  if (!from_text(text, value))
    throw UsageError(fmt::format("--{} is '{}', expected {}", name, text, expected(value)));
  return value;
}

/// Edits (insert, delete, replace) that make one word of the other.
std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j)
      diagonal = std::exchange(
          row[j], std::min({row[j] + 1, row[j - 1] + 1, diagonal + static_cast<std::size_t>(a[i - 1] != b[j - 1])}));
  }
  return row.back();
}

/// `text` in lines of at most text_width, those after the first indented by `indent`.
std::string wrapped(const std::string& text, std::size_t indent, std::size_t column) {
  std::string out;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const std::size_t length = end - begin;
    if (column > indent && column + length > text_width) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (begin > 0) {
      out += ' ';
      ++column;
    }
    out.append(text, begin, length);
    column += length;
    begin = end + 1;
  }
  return out;
}

/// "--name" of Boost's messages without its dashes.
std::string bare(const std::string& name) { return name.substr(std::min(name.find_first_not_of('-'), name.size())); }

} // namespace

Options::Options(std::string command, std::string description)
    : command_(std::move(command)), description_(std::move(description)) {}

void Options::group(const std::string& title) { groups_.push_back({title, {}}); }

Options::Option& Options::add(const std::string& name, const std::string& placeholder, const std::string& description) {
  if (groups_.empty())
    group("Options");
  auto& options = groups_.back().options;
  options.push_back({});
  options.back().name = name;
  options.back().placeholder = placeholder;
  options.back().description = description;
  return options.back();
}

template<class T>
void Options::value(const std::string& name, T& variable, const std::string& placeholder,
                    const std::string& description) {
  Option& option = add(name, placeholder, description);
  option.fallback = to_text(variable).empty() ? "" : "default " + to_text(variable);
  option.set = [name, &variable](const std::string& text) { variable = parsed<T>(name, text); };
  option.get = [&variable] { return std::optional(to_text(variable)); };
}

template<class T>
void Options::value(const std::string& name, std::optional<T>& variable, const std::string& placeholder,
                    const std::string& description, const std::string& absent) {
  Option& option = add(name, placeholder, description);
  option.fallback = absent.empty() ? "" : "default: " + absent;
  option.set = [name, &variable](const std::string& text) { variable = parsed<T>(name, text); };
  option.get = [&variable] { return variable ? std::optional(to_text(*variable)) : std::nullopt; };
}

void Options::choice(const std::string& name, std::string& variable, const std::vector<std::string>& choices,
                     const std::string& description) {
  value(name, variable, fmt::format("{}", fmt::join(choices, "|")), description);
  find(name)->set = [name, choices, &variable](const std::string& text) {
    if (std::find(choices.begin(), choices.end(), text) == choices.end())
      throw UsageError(fmt::format("--{} is '{}', expected {}", name, text, fmt::join(choices, " or ")));
    variable = text;
  };
}

void Options::flag(const std::string& name, bool& variable, const std::string& description) {
  Option& option = add(name, "", description);
  option.flag = true;
  option.set = [name, &variable](const std::string& text) { variable = parsed<bool>(name, text); };
  option.get = [&variable] { return std::optional(to_text(variable)); };
}

void Options::require(const std::string& name) {
  find(name)->required = true;
  find(name)->fallback = "required";
}

void Options::positional(const std::string& placeholder, std::vector<std::string>& variable, int least, int most,
                         const std::string& description) {
  positional_ = {placeholder, description, &variable, least, most};
}

void Options::example(const std::string& text) { examples_.push_back(text); }

const Options::Option* Options::find(const std::string& name) const {
  for (const auto& group : groups_)
    for (const auto& option : group.options)
      if (option.name == name)
        return &option;
  return nullptr;
}

Options::Option* Options::find(const std::string& name) {
  return const_cast<Option*>(static_cast<const Options*>(this)->find(name));
}

std::string Options::unknown(const std::string& name) const {
  std::string nearest;
  for (const auto& group : groups_)
    for (const auto& option : group.options)
      if (distance(option.name, name) <= 2 &&
          (nearest.empty() || distance(option.name, name) < distance(nearest, name)))
        nearest = option.name;
  return nearest.empty() ? fmt::format("see 'stint {} --help'", command_) : fmt::format("did you mean '{}'?", nearest);
}

Options::Values Options::read_command_line(std::span<const std::string> arguments,
                                           std::vector<std::string>& positional) {
  po::options_description known;
  const auto declare = [&known](const std::string& name, po::value_semantic* semantic) {
    known.add_options()(name.c_str(), semantic, "");
  };
  for (const auto& group : groups_)
    for (const auto& option : group.options)
      declare(option.name,
              option.flag ? po::value<std::string>()->implicit_value("true")->zero_tokens() : po::value<std::string>());
  declare("config", po::value<std::string>());
  declare(positional_key, po::value<std::vector<std::string>>());
  po::positional_options_description places;
  places.add(positional_key, positional_.variable ? positional_.most : 0);
  namespace style = po::command_line_style;
  po::variables_map map;
  try {
    po::store(po::command_line_parser(std::vector<std::string>(arguments.begin(), arguments.end()))
                  .options(known)
                  .positional(places)
                  .style(style::allow_long | style::long_allow_adjacent | style::long_allow_next)
                  .run(),
              map);
  } catch (const po::unknown_option& error) {
    throw UsageError(
        fmt::format("unknown option '{}'; {}", error.get_option_name(), unknown(bare(error.get_option_name()))));
  } catch (const po::multiple_occurrences& error) {
    throw UsageError(fmt::format("option '{}' is given twice", error.get_option_name()));
  } catch (const po::too_many_positional_options_error&) {
    if (positional_.variable)
      throw UsageError(fmt::format("too many arguments, expected {} {}", positional_.most, positional_.placeholder));
    throw UsageError(fmt::format("an argument that belongs to no option; see 'stint {} --help'", command_));
  } catch (const po::error& error) {
    throw UsageError(error.what());
  }
  Values values;
  for (const auto& [name, variable] : map)
    if (name == positional_key)
      positional = variable.as<std::vector<std::string>>();
    else
      values[name] = variable.as<std::string>();
  return values;
}

Options::Values Options::read_config(const std::string& path) {
  std::ifstream stream(path);
  if (!stream || std::filesystem::is_directory(path))
    throw UsageError(fmt::format("--config {}: {}", path, stream ? "is a folder" : std::strerror(errno)));
  po::options_description known;
  for (const auto& group : groups_)
    for (const auto& option : group.options)
      known.add_options()(option.name.c_str(), po::value<std::string>(), "");
  po::variables_map map;
  try {
    po::store(po::parse_config_file(stream, known), map);
  } catch (const po::unknown_option& error) {
    throw UsageError(
        fmt::format("{}: unknown key '{}'; {}", path, error.get_option_name(), unknown(bare(error.get_option_name()))));
  } catch (const po::error& error) {
    throw UsageError(fmt::format("{}: {}", path, error.what()));
  }
  Values values;
  for (const auto& [name, variable] : map)
    values[name] = variable.as<std::string>();
  return values;
}

bool Options::parse(std::span<const std::string> arguments) {
  for (const auto& argument : arguments)
    if (argument == "--help" || argument == "-h")
      return false;
  std::vector<std::string> positional;
  Values values = read_command_line(arguments, positional);
  if (const auto config = values.extract("config"); !config.empty()) {
    for (const auto& [name, text] : read_config(config.mapped())) {
      if (!values.contains(name)) {
        try {
          find(name)->set(text);
        } catch (const UsageError& error) {
          throw UsageError(fmt::format("{}: {}", config.mapped(), error.what()));
        }
      }
      find(name)->given = true;
    }
  }
  for (const auto& [name, text] : values) {
    find(name)->set(text);
    find(name)->given = true;
  }
  for (const auto& group : groups_)
    for (const auto& option : group.options)
      if (option.required && !option.given)
        throw UsageError(fmt::format("--{} is missing: {}", option.name, option.description));
  if (positional_.variable) {
    if (static_cast<int>(positional.size()) < positional_.least)
      throw UsageError(fmt::format("{} is missing: {}", positional_.placeholder, positional_.description));
    *positional_.variable = positional;
  }
  return true;
}

bool Options::given(const std::string& name) const {
  const Option* option = find(name);
  return option && option->given;
}

std::string Options::effective() const {
  std::string text;
  for (const auto& group : groups_)
    for (const auto& option : group.options)
      if (const auto value = option.get(); value && (!value->empty() || option.given))
        text += option.name + "=" + *value + "\n";
  return text;
}

std::string Options::help() const {
  std::string text =
      fmt::format("Usage: stint {}{} [options]\n\n{}\n", command_,
                  positional_.variable ? " " + positional_.placeholder : "", wrapped(description_, 0, 0));
  const auto row = [&text](const std::string& left, const std::string& right) {
    text += "  " + left;
    std::size_t column = 2 + left.size();
    if (column + 2 > description_column) {
      text += '\n';
      column = 0;
    }
    text +=
        std::string(description_column - column, ' ') + wrapped(right, description_column, description_column) + "\n";
  };
  if (positional_.variable) {
    text += "\nArguments:\n";
    row(positional_.placeholder, positional_.description);
  }
  for (const auto& group : groups_) {
    text += "\n" + group.title + ":\n";
    for (const auto& option : group.options)
      row("--" + option.name + (option.placeholder.empty() ? "" : " " + option.placeholder),
          option.description + (option.fallback.empty() ? "" : " [" + option.fallback + "]"));
  }
  text += "\nEvery command:\n";
  row("--config FILE", "read options from an INI file with lines name=value; the command line wins");
  row("--help", "show this text");
  if (!examples_.empty())
    text += "\nExamples:\n";
  for (const auto& line : examples_)
    text += "  " + line + "\n";
  return text;
}

template void Options::value(const std::string&, std::string&, const std::string&, const std::string&);
template void Options::value(const std::string&, int&, const std::string&, const std::string&);
template void Options::value(const std::string&, std::int64_t&, const std::string&, const std::string&);
template void Options::value(const std::string&, double&, const std::string&, const std::string&);
template void Options::value(const std::string&, std::optional<std::string>&, const std::string&, const std::string&,
                             const std::string&);
template void Options::value(const std::string&, std::optional<int>&, const std::string&, const std::string&,
                             const std::string&);
template void Options::value(const std::string&, std::optional<std::int64_t>&, const std::string&, const std::string&,
                             const std::string&);
template void Options::value(const std::string&, std::optional<double>&, const std::string&, const std::string&,
                             const std::string&);

} // namespace stint
