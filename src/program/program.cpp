#include "src/program/program.hpp"

#include "src/files/atomic_file.hpp"
#include "src/files/hdf5.hpp"
#include "src/program/errors.hpp"
#include "src/program/suggestion.hpp"
#include "src/program/wait_policy.hpp"
#include "src/ranks/launcher.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string_view>
#include <thread>
#include <unistd.h>
#include <vector>

namespace stint {
namespace {

std::string program_help(std::span<const Command> commands) {
  std::string text =
      "Usage: stint COMMAND [options]\n\nStochastic interpolants for lattice field theory.\n\nCommands:\n";
  for (const auto& command : commands)
    text += fmt::format("  {:<10}{}{}\n", command.name, command.summary, command.parallel ? " (MPI)" : "");
  return text + "\n'stint COMMAND --help' has the options of a command, 'stint --version' the version; commands marked "
                "(MPI) share the work under "
                "'mpirun -n N'.\n"
                "Exit status: 0 done, 1 failed, 2 wrong usage, 75 stopped early with a checkpoint written.\n";
}

const Command* find_command(std::span<const Command> commands, const std::string& name) {
  const auto found = std::ranges::find_if(commands, [&name](const Command& command) { return command.name == name; });
  return found == commands.end() ? nullptr : &*found;
}

std::string unknown_command(const std::string& name, std::span<const Command> commands) {
  std::vector<std::string> known;
  for (const auto& command : commands)
    known.emplace_back(command.name);
  const std::string nearest = nearest_word(name, known);
  return fmt::format("no command '{}'; {}", name,
                     nearest.empty() ? "'stint --help' lists them" : "did you mean '" + nearest + "'?");
}

/// Who speaks in messages: the program with its command, and the one below that.
std::string speaker_of(std::span<const std::string> arguments, std::span<const Command> commands) {
  const std::string name = arguments.empty() ? "" : arguments[0];
  if (name.empty() || name.starts_with('-'))
    return "stint";
  const Command* const command = find_command(commands, name);
  const bool names_below =
      command && arguments.size() > 1 && std::ranges::find(command->below, arguments[1]) != command->below.end();
  return "stint " + name + (names_below ? " " + arguments[1] : "");
}

/// As a shell would take it for one word again.
std::string shell_word(const std::string& argument) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,@%+^";
  if (!argument.empty() && argument.find_first_not_of(plain) == std::string::npos)
    return argument;
  std::string word;
  for (const char letter : argument)
    if (letter == '\'')
      word += "'\\''";
    else
      word += letter;
  return fmt::format("'{}'", word);
}

int run_command(const Context& context, Arguments arguments, std::span<const Command> commands) {
  const std::string name = arguments.empty() ? "" : arguments[0];
  const auto print = [&context](const std::string& text) {
    if (context.mpi.root())
      std::fputs(text.c_str(), stdout);
    return 0;
  };
  if (name == "help" && arguments.size() > 1)
    return run_command(context, std::vector<std::string>{arguments[1], "--help"}, commands);
  if (name == "--help" || name == "-h" || name == "help")
    return print(program_help(commands));
  if (name == "--version" || name == "version")
    return print(fmt::format("stint {} ({})\n", program_version(), git_commit()));
  const Command* command = find_command(commands, name);
  if (!command)
    throw UsageError(name.empty() ? "no command given; 'stint --help' lists them" : unknown_command(name, commands));
  if (!command->parallel && context.mpi.size() > 1)
    throw UsageError(fmt::format("runs on one rank; start it as 'mpirun -n 1 stint {}' or without mpirun", name));
  return command->run(context, arguments.subspan(1));
}

/// What LibTorch says without its call stack, and in plain words where memory is short.
std::string without_call_stack(std::string text) {
  for (const char* stack : {"\nException raised from ", "\nframe #0:"})
    text = text.substr(0, text.find(stack));
  constexpr std::string_view refused = "can't allocate memory: you tried to allocate ";
  if (const auto found = text.find(refused); found != std::string::npos)
    return fmt::format("out of memory: {:.3g} GB were asked for at once; a smaller --batch, or network, needs less",
                       std::strtod(text.c_str() + found + refused.size(), nullptr) / 1e9);
  return text;
}

/// What is said of an error: one line.
std::string line_of(const std::string& speaker, const std::string& error) {
  constexpr std::size_t longest = 2000, end = 500;
  std::string text = without_call_stack(error);
  if (text.size() > longest) // a quotation of something long
    text = fmt::format("{} ... {}", text.substr(0, longest - end), text.substr(text.size() - end));
  std::ranges::replace(text, '\n', ' ');
  return speaker + ": " + text + "\n";
}

/// Errors that every rank finds alike: rank 0 speaks and all return.
int common_end(const Mpi& mpi, const std::string& line, int status) {
  if (mpi.root())
    std::fputs(line.c_str(), stderr);
  return status;
}

/// Any other error ends all ranks. Several ranks may fail alike (a file that is missing for all): then the first one
/// only is heard, because it ends the others while they wait.
[[noreturn]] void own_end(const Mpi& mpi, const std::string& line) {
  if (!mpi.root())
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
  std::fputs(line.c_str(), stderr);
  std::fflush(stdout);
  mpi.abort(exit_failed);
}

int run_on_ranks(Context& context, const std::string& speaker, Arguments arguments, std::span<const Command> commands) {
  const Mpi& mpi = context.mpi;
  try {
    const int status = run_command(context, arguments, commands);
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
      throw std::runtime_error("standard output cannot be written");
    return status;
  } catch (const UsageError& error) {
    return common_end(mpi, line_of(speaker, error.what()), exit_usage);
  } catch (const CommonFailure& error) {
    return common_end(mpi, line_of(speaker, error.what()), exit_failed);
  } catch (const StoppedEarly& error) {
    return common_end(mpi, line_of(speaker, error.what()), exit_stopped_early);
  } catch (const std::bad_alloc&) {
    own_end(mpi, line_of(speaker, "out of memory"));
  } catch (const std::exception& error) {
    own_end(mpi, line_of(speaker, error.what()));
  }
}

constexpr std::string_view no_folder =
    "stint: the folder in which it was started does not exist any more; change to another one\n";

/// Before the libraries begin: those of LibTorch end the program with words of their own where its folder is gone.
void begin(int /*argc*/, char** argv, char** environment) {
  char folder[PATH_MAX];
  if (!::getcwd(folder, sizeof folder) && errno == ENOENT) {
    static_cast<void>(!::write(STDERR_FILENO, no_folder.data(), no_folder.size()));
    ::_exit(exit_failed);
  }
  let_waiting_threads_sleep(argv, environment);
}

// Sanitizers could not yet be used either.
#ifndef __SANITIZE_ADDRESS__
[[gnu::section(".preinit_array"), gnu::used]] void (*const before_libraries)(int, char**, char**) = begin;
#endif

int status_of_program(int argc, char** argv, std::span<const Command> commands) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const std::string name = arguments.empty() ? "" : arguments[0];
  const std::string speaker = speaker_of(arguments, commands);
  remove_temporaries_on_signals();
  bool launched = false;
  try {
    launched = started_by_launcher();
    const Command* const command = find_command(commands, name);
    if (const int rank = launcher_rank(); launched && rank >= 0 && command && !command->parallel) {
      if (rank > 0)
        return 0; // the work is rank 0's
      launched = false;
    }
  } catch (const std::invalid_argument& error) {
    std::fputs(line_of(speaker, error.what()).c_str(), stderr);
    return exit_usage;
  }
  hdf5::start(launched);
  Mpi mpi(launched, argc, argv);
  Context context{mpi, "stint"};
  for (const auto& command : commands)
    context.commands.emplace_back(command.name);
  for (const auto& argument : arguments) {
    context.command_line += ' ';
    context.command_line += shell_word(argument);
  }
  mpi.watch_ranks(speaker);
  return run_on_ranks(context, speaker, arguments, commands);
}

} // namespace

void run_program(int argc, char** argv, std::span<const Command> commands) {
  const int status = status_of_program(argc, argv, commands);
#ifdef __SANITIZE_ADDRESS__
  std::exit(status); // which looks for leaks
#else
  std::fflush(nullptr);
  std::_Exit(status);
#endif
}

} // namespace stint
