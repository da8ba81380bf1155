#include "src/program/options.hpp"

#include "src/program/config_file.hpp"
#include "src/program/errors.hpp"
#include "src/program/suggestion.hpp"

#include <boost/program_options.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>

namespace stint {
namespace {

namespace po = boost::program_options;
constexpr const char* positional_key = "positional arguments"; // no option can have this name
constexpr std::size_t text_width = 100, description_column = 30;

// Values from and to text.

template<class Number> bool read_number(const std::string& text, Number& value) {
  const char* begin = text.data() + (text.starts_with('+') ? 1 : 0);
  const auto [end, error] = std::from_chars(begin, text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}
bool from_text(const std::string& text, double& value) { return read_number(text, value) && std::isfinite(value); }

constexpr double exact = 0x1p53; // whole numbers up to here are exact

/// 1000, or 1e3.
template<std::integral Whole> bool from_text(const std::string& text, Whole& value) {
  if (read_number(text, value))
    return true;
  double real = 0;
  if (!from_text(text, real) || real != std::trunc(real) || std::abs(real) > exact ||
      std::abs(real) > static_cast<double>(std::numeric_limits<Whole>::max()))
    return false;
  value = static_cast<Whole>(real);
  return true;
}
bool from_text(const std::string& text, std::string& value) {
  value = text;
  return text.find('\n') == std::string::npos; // which no config file can have
}
bool from_text(const std::string& text, bool& value) {
  static const std::map<std::string, bool> words = {{"true", true},   {"yes", true}, {"on", true},   {"1", true},
                                                    {"false", false}, {"no", false}, {"off", false}, {"0", false}};
  std::string lower = text;
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
  const auto word = words.find(lower);
  if (word != words.end())
    value = word->second;
  return word != words.end();
}

template<class T> std::string to_text(const T& value) { return fmt::format("{}", value); }

std::string expected(const std::string&, const std::string&) { return "a text on one line"; }
/// With an exponent whole numbers are exact up to 2^53.
template<std::integral Whole> std::string expected(const std::string& text, Whole) {
  double real = 0;
  if (!from_text(text, real) || real != std::trunc(real))
    return "a whole number, such as 1000 or 1e3";
  const Whole most = std::numeric_limits<Whole>::max();
  return fmt::format("a whole number of at most {}", text.find_first_of("eE.") == std::string::npos
                                                         ? most
                                                         : static_cast<Whole>(std::min<double>(exact, most)));
}
std::string expected(const std::string&, double) { return "a finite number"; }
std::string expected(const std::string&, bool) { return "true or false"; }

template<class T> T parsed(const std::string& name, const std::string& text) {
  T value{};
  if (!from_text(text, value))
    throw UsageError(fmt::format("--{} is '{}', expected {}", name, text, expected(text, value)));
  return value;
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
  option.text = std::is_same_v<T, std::string>;
  option.fallback = to_text(variable).empty() ? "" : "default " + to_text(variable);
  option.set = [name, &variable](const std::string& text) { variable = parsed<T>(name, text); };
  option.get = [&variable] { return std::optional(to_text(variable)); };
}

template<class T>
void Options::value(const std::string& name, std::optional<T>& variable, const std::string& placeholder,
                    const std::string& description, const std::string& absent) {
  Option& option = add(name, placeholder, description);
  option.text = std::is_same_v<T, std::string>;
  option.fallback = absent.empty() ? "" : "default: " + absent;
  option.set = [name, &variable](const std::string& text) { variable = parsed<T>(name, text); };
  option.get = [&variable] { return variable ? std::optional(to_text(*variable)) : std::nullopt; };
}

void Options::choice(const std::string& name, std::string& variable, const std::vector<std::string>& choices,
                     const std::string& description) {
  value(name, variable, fmt::format("{}", fmt::join(choices, "|")), description);
  find(name)->text = false;
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

void Options::flag(const std::string& name, std::string& variable, const std::vector<std::string>& choices,
                   const std::string& description) {
  Option& option = add(name, fmt::format("[{}]", fmt::join(choices, "|")), description);
  option.flag = true;
  option.choices = choices;
  option.set = [name, choices, &variable](const std::string& text) {
    bool on = false;
    if (std::ranges::find(choices, text) != choices.end())
      variable = text;
    else if (from_text(text, on))
      variable = on ? choices.front() : "";
    else
      throw UsageError(fmt::format("--{} is '{}', expected {}", name, text, fmt::join(choices, " or ")));
  };
  option.get = [&variable] { return std::optional(variable.empty() ? "false" : variable); };
}

void Options::require(const std::string& name) {
  find(name)->required = true;
  find(name)->fallback = "required";
}

void Options::reads(const std::string& name) { find(name)->input = true; }

void Options::writes(const std::string& name, const std::string& suffix) {
  find(name)->output_suffixes.push_back(suffix);
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

std::string Options::unknown(const std::string& name, const char* dashes) const {
  std::vector<std::string> names = {"config", "help"};
  for (const auto& group : groups_)
    for (const auto& option : group.options)
      names.push_back(option.name);
  const std::string nearest = nearest_word(name, names);
  return nearest.empty() ? fmt::format("see 'stint {} --help'", command_)
                         : fmt::format("did you mean '{}{}'?", dashes, nearest);
}

Options::Values Options::read_command_line(std::span<const std::string> arguments,
                                           std::vector<std::string>& positional) const {
  po::options_description known;
  const auto declare = [&known](const std::string& name, po::value_semantic* semantic) {
    known.add_options()(name.c_str(), semantic, "");
  };
  for (const auto& group : groups_)
    for (const auto& option : group.options)
      declare(option.name, po::value<std::string>());
  declare("config", po::value<std::string>());
  declare(positional_key, po::value<std::vector<std::string>>());
  po::positional_options_description places;
  places.add(positional_key, -1);
  namespace style = po::command_line_style;
  std::vector<std::string> words;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto& argument = arguments[i];
    const auto option_at = [&](std::size_t k) {
      return k < arguments.size() && arguments[k].starts_with("--") ? find(arguments[k].substr(2)) : nullptr;
    };
    const Option* const option = option_at(i);
    if (option && !option->flag && option_at(i + 1))
      throw UsageError(fmt::format("{} needs a value, but {} follows", argument, arguments[i + 1]));
    const bool chosen =
        option && i + 1 < arguments.size() && !arguments[i + 1].starts_with("--") && !option->choices.empty();
    words.push_back(option && option->flag && !chosen ? argument + "=true" : argument);
  }
  Values values;
  try {
    const auto parsed = po::command_line_parser(words)
                            .options(known)
                            .positional(places)
                            .style(style::allow_long | style::long_allow_adjacent | style::long_allow_next)
                            .run();
    for (const auto& option : parsed.options) {
      if (option.string_key == positional_key)
        positional.push_back(option.value.at(0));
      else
        values.emplace_back(option.string_key, option.value.at(0));
    }
  } catch (const po::unknown_option& error) {
    throw UsageError(
        fmt::format("unknown option '{}'; {}", error.get_option_name(), unknown(bare(error.get_option_name()), "--")));
  } catch (const po::error& error) {
    throw UsageError(error.what());
  }
  if (!positional_.variable && !positional.empty())
    throw UsageError(fmt::format("'{}' belongs to no option; see 'stint {} --help'", positional[0], command_));
  return values;
}

void Options::read_config(const std::string& path, const std::string& text, std::span<const std::string> commands) {
  std::vector<std::string> files;
  for (const auto& entry : parse_config(text, path, command_, commands)) {
    const auto refuse = [&](const std::string& what) {
      throw UsageError(fmt::format("{}: line {}: {}", path, entry.line, what));
    };
    if (positional_.variable && entry.name == "files") {
      files.push_back(entry.value);
      continue;
    }
    Option* const option = find(entry.name);
    if (entry.name == "help")
      refuse("help is an option of the command line only");
    if (entry.name == "config")
      refuse("a config file cannot name another one; give --config several times on the command line");
    if (!option)
      refuse(fmt::format("unknown key '{}'; {}", entry.name, unknown(entry.name, "")));
    if (option->text && entry.commented)
      refuse(fmt::format("is the end of {} a comment or part of its value? Put the value in quotes", entry.name));
    try {
      option->set(entry.value);
    } catch (const UsageError& error) {
      refuse(error.what());
    }
    option->given = option->given || !entry.fallback;
  }
  if (!files.empty())
    *positional_.variable = files;
}

void Options::continues(const std::string& name, ReadFile stored, Succession succession) {
  continuing_ = name;
  stored_ = std::move(stored);
  succession_ = std::move(succession);
}

void Options::take_over(std::span<const std::string> commands) {
  const auto in = [](const std::vector<std::string>& names, const std::string& name) {
    return std::ranges::find(names, name) != names.end();
  };
  const std::string path = find(continuing_)->get().value_or("");
  const auto entries = parse_config(stored_(path), path, command_, commands);
  for (const auto& group : groups_)
    for (const auto& option : group.options) {
      const bool fixed = option.given && option.name != continuing_ && !in(succession_.free, option.name) &&
                         !in(succession_.own, option.name);
      if (fixed && std::ranges::find(entries, option.name, &ConfigEntry::name) == entries.end())
        throw UsageError(fmt::format("--{} is given, but {} was made without it: leave it out", option.name, path));
    }
  for (const auto& entry : entries) {
    Option* const option = find(entry.name);
    if (!option)
      throw UsageError(fmt::format("{} was made with --{}, which this program does not know", path, entry.name));
    if (in(succession_.own, entry.name) || (option->given && in(succession_.free, entry.name)))
      continue;
    const auto here = option->get();
    option->set(entry.value);
    if (const auto there = option->get(); option->given && here != there)
      throw UsageError(fmt::format("--{} is {}, but {} was made with {}: leave it out", entry.name, here.value_or(""),
                                   path, there.value_or("")));
    option->given = option->given || !entry.fallback;
  }
}

void Options::set_positional(std::vector<std::string> values) {
  if (!positional_.variable)
    return;
  auto& files = *positional_.variable;
  if (!values.empty())
    files = std::move(values);
  if (std::ranges::find(files, "") != files.end())
    throw UsageError(fmt::format("one of the arguments is '', expected {}", positional_.description));
  if (std::ssize(files) < positional_.least)
    throw UsageError(fmt::format("{} is missing: {}", positional_.placeholder, positional_.description));
  if (std::ssize(files) > positional_.most)
    throw UsageError(fmt::format("too many arguments, expected {} {}: '{}'", positional_.most, positional_.placeholder,
                                 files[positional_.most]));
}

bool Options::parse(std::span<const std::string> arguments, const ReadFile& read,
                    std::span<const std::string> commands) {
  for (const auto& argument : arguments)
    if (argument == "--help" || argument == "-h")
      return false;
  std::vector<std::string> positional;
  const Values values = read_command_line(arguments, positional);
  for (const auto& [name, path] : values)
    if (name == "config") {
      configs_.push_back(path);
      read_config(path, read(path), commands);
    }
  for (const auto& [name, text] : values)
    if (name != "config") {
      find(name)->set(text);
      find(name)->given = true;
    }
  if (!continuing_.empty() && given(continuing_))
    take_over(commands);
  for (const auto& group : groups_)
    for (const auto& option : group.options)
      if (option.required && !option.given)
        throw UsageError(fmt::format("--{} is missing: {}", option.name, option.description));
      else if ((option.input || !option.output_suffixes.empty()) && option.given && option.get() == "")
        throw UsageError(fmt::format("--{} is '', expected the name of a file", option.name));
  set_positional(positional);
  return true;
}

bool Options::given(const std::string& name) const {
  const Option* option = find(name);
  return option && option->given;
}

std::string Options::effective() const {
  std::string given, defaults;
  if (positional_.variable)
    for (const auto& file : *positional_.variable)
      given += "files=" + quoted_if_needed(file) + "\n";
  for (const auto& group : groups_)
    for (const auto& option : group.options)
      if (const auto value = option.get();
          value && (!value->empty() || option.given || option.fallback.starts_with("default ")))
        (option.given ? given : defaults) += option.name + "=" + quoted_if_needed(*value) + "\n";
  return given + (defaults.empty() ? "" : std::string(defaults_heading) + "\n" + defaults);
}

std::vector<NamedFile> Options::inputs() const {
  std::vector<NamedFile> files;
  for (const auto& path : configs_)
    files.push_back({path, "--config " + path});
  if (positional_.variable)
    for (const auto& path : *positional_.variable)
      files.push_back({path, "the input " + path});
  for (const auto& group : groups_)
    for (const auto& option : group.options)
      if (const auto value = option.get(); option.input && option.given && value && !value->empty())
        files.push_back({*value, "--" + option.name + " " + *value});
  return files;
}

std::vector<NamedFile> Options::outputs() const {
  std::vector<NamedFile> files;
  for (const auto& group : groups_)
    for (const auto& option : group.options)
      if (const auto value = option.get(); value && !value->empty())
        for (const auto& suffix : option.output_suffixes)
          files.push_back({*value + suffix, fmt::format("--{} {}{}", option.name, *value,
                                                        suffix.empty() ? "" : ", which uses " + *value + suffix)});
  return files;
}

std::string Options::help() const {
  std::string text =
      fmt::format("Usage: stint {}{} [options]{}\n\n{}\n", command_,
                  positional_.variable && positional_.least > 0 ? " " + positional_.placeholder : "",
                  positional_.variable && positional_.least == 0 ? " [" + positional_.placeholder + "...]" : "",
                  wrapped(description_, 0, 0));
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
  row("--config FILE", "read options from an INI file with lines name=value (a line that begins with # is a comment; "
                       "values with # or blanks at their ends in quotes; - is standard input); the command line wins");
  row("--help", "show this text");
  text += "\n" +
          wrapped("Paths, also those in a config file, are relative to the folder in which stint runs. Of an "
                  "option that is given twice the last value counts.",
                  0, 0) +
          "\n";
  if (!examples_.empty())
    text += "\nExamples:\n";
  for (const auto& line : examples_)
    text += "  " + line + "\n";
  return text;
}

std::string read_text_file(const std::string& name) {
  const std::string path = name == "-" ? "/dev/stdin" : name;
  std::ifstream stream(path, std::ios::binary);
  if (!stream || std::filesystem::is_directory(path))
    throw UsageError(fmt::format("{}: {}", path, stream ? "is a folder" : std::strerror(errno)));
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
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
