#pragma once
// The options of one command: declared once, read from the command line and from a --config file, shown by --help.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace stint {

/// Options bound to variables; the value that a variable has when it is declared is the option's default.
///
///   Options options("hmc", "One paragraph that says what the command does.");
///   options.group("Theory");
///   options.value("mass2", theory.mass2, "M2", "squared mass m^2 in lattice units");
///   options.flag("fast", fast, "skip the checks");
///   options.example("stint hmc --lattice 8x8 --output small.h5");
///   if (!options.parse(arguments)) { std::cout << options.help(); return 0; }
///
/// Values are std::string, int, std::int64_t or double (finite), or std::optional of these where there is no default.
/// Everything wrong is a UsageError: unknown options, values of another type, options given twice, missing ones,
/// unknown keys in the config file.
class Options {
public:
  Options(std::string command, std::string description);
  Options(const Options&) = delete; // it refers to the variables of the command
  Options& operator=(const Options&) = delete;

  void group(const std::string& title); ///< the heading in --help for the options that follow

  template<class T>
  void value(const std::string& name, T& variable, const std::string& placeholder, const std::string& description);
  /// An option without default. `absent` says in --help what happens without it.
  template<class T>
  void value(const std::string& name, std::optional<T>& variable, const std::string& placeholder,
             const std::string& description, const std::string& absent = "");
  /// A std::string that must be one of `choices`.
  void choice(const std::string& name, std::string& variable, const std::vector<std::string>& choices,
              const std::string& description);
  void flag(const std::string& name, bool& variable, const std::string& description);
  void require(const std::string& name); ///< parse() refuses to go on without this option

  /// The arguments without dashes: at least `least`, at most `most` of them.
  void positional(const std::string& placeholder, std::vector<std::string>& variable, int least, int most,
                  const std::string& description);
  void example(const std::string& text);

  /// Sets the variables; the command line wins over the --config file. Returns false if --help was asked for.
  bool parse(std::span<const std::string> arguments);

  bool given(const std::string& name) const; ///< after parse(): on the command line or in the config file
  std::string help() const;
  /// Every option with a value as lines "name=value": a config file that repeats this run.
  std::string effective() const;

private:
  struct Option {
    std::string name, placeholder, description, fallback;
    bool flag = false, required = false, given = false;
    std::function<void(const std::string&)> set;
    std::function<std::optional<std::string>()> get;
  };
  struct Group {
    std::string title;
    std::vector<Option> options;
  };
  struct Positional {
    std::string placeholder, description;
    std::vector<std::string>* variable = nullptr;
    int least = 0, most = 0;
  };
  using Values = std::map<std::string, std::string>;

  Option& add(const std::string& name, const std::string& placeholder, const std::string& description);
  Option* find(const std::string& name);
  const Option* find(const std::string& name) const;
  std::string unknown(const std::string& name) const;
  Values read_command_line(std::span<const std::string> arguments, std::vector<std::string>& positional);
  Values read_config(const std::string& path);

  std::string command_, description_;
  std::vector<Group> groups_;
  Positional positional_;
  std::vector<std::string> examples_;
};

} // namespace stint
