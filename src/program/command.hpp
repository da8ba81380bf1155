#pragma once
// What all commands share: where they run, and the options that every one of them takes.

#include "src/program/provenance.hpp"
#include "src/ranks/mpi.hpp"

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace stint {

class Options;

/// Where a command runs.
struct Context {
  const Mpi& mpi;
  std::string command_line;               ///< as the user typed it
  std::vector<std::string> commands = {}; ///< the names of all
};

/// Options of every command.
struct CommonOptions {
  std::int64_t seed = 1;
  std::optional<int> threads; ///< set by read_options
  std::string output;
  std::string json;
  bool quiet = false;
  bool overwrite = false;
};

/// What --output and --seed mean for a command.
struct CommonMeaning {
  std::string output = "write the table to this file instead of to standard output";
  bool output_required = false;
  std::vector<std::string> beside = {}; ///< ends of the names of what else is written beside --output: ".parts"
  std::string seed = "not used: this command draws no random numbers";
};

/// Declares the common options after those of the command and reads all from `arguments`. Prints the help and returns
/// false if that was asked for. Otherwise sets OpenMP's threads and starts the log. Rank 0 reads the config file for
/// all. Throws UsageError for anything wrong, an output that is an input or another output among it. With --json -
/// nothing but the JSON goes to standard output. Collective.
bool read_options(const Context& context, Options& options, CommonOptions& common, const CommonMeaning& meaning,
                  std::span<const std::string> arguments);

/// Provenance of what this run makes.
Provenance provenance_of(const Context& context, const Options& options, const CommonOptions& common);

/// Does `work` on rank 0. If it throws there, every rank throws: CommonFailure with its message, or UsageError if it
/// was one. Collective.
void on_root(const Mpi& mpi, const std::function<void()>& work);

/// Refuses outputs that exist (without --overwrite) or whose folder is missing, before the long work begins. Empty
/// names are passed over. Collective.
void check_outputs(const Context& context, const CommonOptions& common, std::initializer_list<std::string> paths);

/// The text of a small input file that may be a pipe: rank 0 reads it, all get it. Throws UsageError, one line naming
/// the file, if it cannot be read. Collective.
std::string read_for_all(const Mpi& mpi, const std::string& path);

/// Prints a command's text to standard output, or to --output. Nothing under --quiet without --output.
void print_result(const CommonOptions& common, const std::string& text);

} // namespace stint
