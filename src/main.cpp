#include "src/commands/commands.hpp"
#include "src/files/atomic_file.hpp"
#include "src/files/hdf5.hpp"
#include "src/program/errors.hpp"
#include "src/program/suggestion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <thread>
#include <vector>

namespace {

using namespace stint;

struct Command {
  const char* name;
  const char* summary;
  bool parallel; ///< runs on more than one MPI rank
  int (*run)(const Context&, Arguments);
};

constexpr Command commands[] = {
    {"hmc", "sample phi^4 by hybrid Monte Carlo", true, run_hmc},
    {"train", "learn the drift of an ensemble", true, run_train},
    {"sample", "new configurations from a model, also in a field", true, run_sample},
    {"measure", "observables of an ensemble, with errors", true, run_measure},
    {"compare", "do ensembles follow the same law? observables side by side, and a figure", true, run_compare},
    {"join", "several ensembles of one theory as one", false, run_join},
    {"info", "what a file is, how it was made, and whether it is whole", false, run_info},
};

std::string program_help() {
  std::string text =
      "Usage: stint COMMAND [options]\n\nStochastic interpolants for lattice field theory.\n\nCommands:\n";
  for (const auto& command : commands)
    text += fmt::format("  {:<10}{}{}\n", command.name, command.summary, command.parallel ? " (MPI)" : "");
  return text + "\n'stint COMMAND --help' has the options of a command; those marked (MPI) run under 'mpirun -n N'.\n"
                "Exit status: 0 done, 1 failed, 2 wrong usage, 75 stopped early with a checkpoint written.\n";
}

std::string unknown_command(const Context& context, const std::string& name) {
  const std::string nearest = nearest_word(name, context.commands);
  return fmt::format("no command '{}'; {}", name,
                     nearest.empty() ? "'stint --help' lists them" : "did you mean '" + nearest + "'?");
}

int run_program(const Context& context, Arguments arguments) {
  const std::string name = arguments.empty() ? "" : arguments[0];
  const auto print = [&context](const std::string& text) {
    if (context.mpi.root())
      std::fputs(text.c_str(), stdout);
    return 0;
  };
  if (name == "--help" || name == "-h" || name == "help")
    return print(program_help());
  if (name == "--version")
    return print(fmt::format("stint {} ({})\n", program_version(), git_commit()));
  const auto* command = std::find_if(std::begin(commands), std::end(commands),
                                     [&name](const Command& candidate) { return candidate.name == name; });
  if (command == std::end(commands))
    throw UsageError(name.empty() ? "no command given; 'stint --help' lists them" : unknown_command(context, name));
  if (!command->parallel && context.mpi.size() > 1)
    throw UsageError("runs on one rank; start it without mpirun");
  return command->run(context, arguments.subspan(1));
}

/// Errors that every rank finds alike: rank 0 speaks and all return.
int common_end(const Context& context, const std::string& line, int status) {
  if (context.mpi.root())
    std::fputs(line.c_str(), stderr);
  return status;
}

/// Any other error ends all ranks. Several ranks may fail alike (a file that is missing for all): then the first one
/// only is heard, because it ends the others while they wait.
[[noreturn]] void own_end(const Context& context, const std::string& line, int status) {
  if (!context.mpi.root())
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
  std::fputs(line.c_str(), stderr);
  std::fflush(stdout);
  if (context.mpi.size() > 1)
    context.mpi.abort(status);
  std::_Exit(status);
}

} // namespace

int main(int argc, char** argv) {
  if (std::error_code problem; std::filesystem::current_path(problem).empty() || problem) {
    std::fputs("stint: the folder in which it was started does not exist any more; change to another one\n", stderr);
    return exit_failed;
  }
  remove_temporaries_on_signals();
  hdf5::start();
  Mpi mpi(argc, argv);
  Context context{mpi, "stint"};
  for (const auto& command : commands)
    context.commands.emplace_back(command.name);
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  for (const auto& argument : arguments)
    context.command_line += " " + argument;
  const std::string speaker = arguments.empty() || arguments[0].starts_with('-') ? "stint" : "stint " + arguments[0];
  mpi.watch_ranks(speaker);
  const auto line = [&speaker](const std::exception& error) {
    std::string text = fmt::format("{}: {}", speaker, error.what());
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text + "\n";
  };
  try {
    const int status = run_program(context, arguments);
    if (std::fflush(stdout) != 0)
      throw std::runtime_error("standard output cannot be written");
    return status;
  } catch (const UsageError& error) {
    return common_end(context, line(error), exit_usage);
  } catch (const CommonFailure& error) {
    return common_end(context, line(error), exit_failed);
  } catch (const StoppedEarly& error) {
    return common_end(context, line(error), exit_stopped_early);
  } catch (const std::bad_alloc&) {
    own_end(context, speaker + ": out of memory\n", exit_failed);
  } catch (const std::exception& error) {
    own_end(context, line(error), exit_failed);
  }
}
