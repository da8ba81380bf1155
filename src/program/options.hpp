#pragma once
// The options of one command: declared once, read from the command line and from a --config file, shown by --help.

#include "src/files/distinct_files.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace stint {

/// The text of a file, which may be a pipe; "-" is standard input. Throws UsageError, one line naming it, if it cannot
/// be read.
std::string read_text_file(const std::string& path);

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
/// Whole numbers may be written as 1e3. Of an option that is given twice the last value counts. Everything wrong is a
/// UsageError that names option and value: unknown options, values of another type, missing ones, unknown keys in the
/// config file (config_file.hpp).
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
  /// A flag that may be followed by one of `choices`; alone, or as true, it means the first of them, and false or
  /// nothing an empty text.
  void flag(const std::string& name, std::string& variable, const std::vector<std::string>& choices,
            const std::string& description);
  void require(const std::string& name); ///< parse() refuses to go on without this option
  void reads(const std::string& name);   ///< its value names a file that is read
  /// Its value names a file that is written; with a suffix, also one of that name and the suffix.
  void writes(const std::string& name, const std::string& suffix = "");

  /// The arguments without dashes, files that are read: at least `least`, at most `most` of them. In a config file each
  /// is a line files=NAME.
  void positional(const std::string& placeholder, std::vector<std::string>& variable, int least, int most,
                  const std::string& description);
  void example(const std::string& text);

  /// The text of a file. Throws UsageError, one line naming it, if it cannot be read.
  using ReadFile = std::function<std::string(const std::string& path)>;

  /// What a run that goes on with what another left makes of the options of that.
  struct Succession {
    std::vector<std::string> free; ///< those that may differ
    std::vector<std::string> own;  ///< those that are not taken over
  };

  /// If the option `name` is given, its value is the path of a file from which `stored` reads the options of the run
  /// that wrote it, as effective() gave them. They become the options of this run, as if given where they were given
  /// there. parse() throws UsageError for options that are given here with other values, but for `free` and `own`.
  void continues(const std::string& name, ReadFile stored, Succession succession);

  /// Sets the variables; the command line wins over the --config file, which `read` reads. `commands` are the names of
  /// all commands, see parse_config(). Returns false if --help was asked for.
  bool parse(std::span<const std::string> arguments, const ReadFile& read = read_text_file,
             std::span<const std::string> commands = {});

  bool given(const std::string& name) const; ///< after parse(): on the command line or in the config file
  std::string help() const;
  /// Every option with a value as lines "name=value", those not given under [defaults]: a config file that repeats this
  /// run.
  std::string effective() const;

  std::vector<NamedFile> inputs() const;  ///< given files that are read, --config among them; after parse()
  std::vector<NamedFile> outputs() const; ///< files that will be written

private:
  struct Option {
    std::string name, placeholder, description, fallback;
    bool flag = false;
    std::vector<std::string> choices = {}; // of a flag
    bool text = false, required = false, given = false, input = false;
    std::vector<std::string> output_suffixes; // none: no output
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
  /// In the order in which they were given.
  using Values = std::vector<std::pair<std::string, std::string>>;

  Option& add(const std::string& name, const std::string& placeholder, const std::string& description);
  Option* find(const std::string& name);
  const Option* find(const std::string& name) const;
  std::string unknown(const std::string& name, const char* dashes) const;
  Values read_command_line(std::span<const std::string> arguments, std::vector<std::string>& positional) const;
  void read_config(const std::string& path, const std::string& text, std::span<const std::string> commands);
  void set_positional(std::vector<std::string> values);
  void take_over(std::span<const std::string> commands);

  std::string command_, description_;
  std::vector<Group> groups_;
  Positional positional_;
  std::vector<std::string> examples_, configs_;
  std::string continuing_; // the option that names the file of continues()
  ReadFile stored_;
  Succession succession_;
};

} // namespace stint
