// Damaged files and every command that reads them: mutated_files FILES [SEED [all]]
//
// Makes good files with the program, damages each of FILES copies in its own way, and has commands read them, each in a
// process of its own: `info --verify`, and one of the others in turn (with `all`: all of them). A command may accept
// the file, if the damage is nowhere that matters, or refuse it with status 1 or 2 and a message. A signal, more than
// 20 s or more than 1 GiB of memory is a failure; the file is then kept in the working folder.

#include "src/commands/learning.hpp"
#include "src/files/hdf5.hpp"
#include "src/kinds.hpp"
#include "src/program/errors.hpp"
#include "tests/fuzz/foreign_file.hpp"
#include "tests/fuzz/mutations.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace stint;
namespace fs = std::filesystem;

#ifdef __SANITIZE_ADDRESS__ // reserves terabytes of addresses, keeps freed memory for a while, and is slow
constexpr unsigned longest = 160;
constexpr long largest = 2 << 20;
constexpr rlim_t address_space = RLIM_INFINITY;
#else
constexpr unsigned longest = 40;                   // seconds of a processor
constexpr long largest = 1 << 20;                  // KiB
constexpr rlim_t address_space = rlim_t{64} << 30; // bytes: a bound on the damage that a failure does
#endif

using Words = std::vector<std::string>;

Words words(const std::string& text) {
  std::istringstream in(text);
  return {std::istream_iterator<std::string>(in), {}};
}

/// What became of a command.
struct End {
  int status = 0; ///< -1: ended by a signal
  int signal = 0;
  long memory = 0; ///< KiB at most
};

int run_command(const Context& context, const Words& command) {
  static const auto commands = commands_of(all_kinds());
  try {
    return std::ranges::find(commands, command.at(0), &Command::name)->run(context, std::span(command).subspan(1));
  } catch (const StoppedEarly&) {
    return exit_stopped_early;
  } catch (const UsageError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return exit_usage;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return exit_failed;
  }
}

/// Runs a command in a child process.
End run(const Context& context, const Words& command, bool show_errors) {
  const pid_t child = ::fork();
  if (child == 0) {
    const int nowhere = ::open("/dev/null", O_WRONLY);
    ::dup2(nowhere, STDOUT_FILENO);
    if (!show_errors)
      ::dup2(nowhere, STDERR_FILENO);
    const rlimit space = {address_space, address_space}, time = {longest, longest}, no_core = {0, 0};
    ::setrlimit(RLIMIT_AS, &space);
    ::setrlimit(RLIMIT_CPU, &time);
    ::setrlimit(RLIMIT_CORE, &no_core);
    ::alarm(10 * longest); // for what waits, too; a busy machine takes its time
    ::_exit(run_command(context, command));
  }
  int status = 0;
  rusage usage = {};
  ::wait4(child, &status, 0, &usage);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, WIFSIGNALED(status) ? WTERMSIG(status) : 0, usage.ru_maxrss};
}

std::string contents(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

/// A good file, the name that its damaged copies have, and the commands that read them.
struct GoodFile {
  std::string good, name;
  std::vector<std::string> commands;
};

const std::string hmc =
    "hmc --lattice 4x4 --mass2 0.5 --chains 8 --thermalize 2 --trajectories 40 --save-every 2 --threads 1 --quiet ";
const std::string train = "train --channels 2 --levels 1 --batch 4 --steps 2 --precision fp32 --threads 1 --quiet ";
const std::string sample = "sample --samples 2 --steps 3 --precision fp32 --threads 1 --quiet ";

std::vector<GoodFile> make_good_files(const Context& context) {
  const auto make = [&context](const std::string& command, int status) {
    if (const End end = run(context, words(command), true); end.status != status)
      throw std::runtime_error("'stint " + command + "' ended with status " + std::to_string(end.status));
  };
  make(hmc + "--output ensemble.h5", 0);
  make(hmc + "--output stopped.h5 --time-limit 0", exit_stopped_early);
  make(train + "--data ensemble.h5 --output model.h5", 0);
  make(train + "--data ensemble.h5 --output trained.h5 --time-limit 0", exit_stopped_early);
  make(sample + "--model free-field --lattice 4x4 --batch 1 --output sampled.h5 --time-limit 0", exit_stopped_early);
  make("maze generate --layout umaze --steps 2000 --threads 1 --quiet --output steps.h5", 0);
  if (const pid_t child = ::fork(); child == 0) {
    fuzz::write_foreign_ensemble("foreign.h5", false);
    fuzz::write_foreign_ensemble("foreign-chunked.h5", true);
    ::_exit(0);
  } else {
    ::waitpid(child, nullptr, 0);
  }
  const std::vector<std::string> of_ensembles = {
      "measure bad.h5 --quiet", "compare ensemble.h5 bad.h5 --quiet", hmc + "--start bad.h5 --output out.h5",
      train + "--data bad.h5 --output out.h5",
      sample + "--model free-field --lattice 4x4 --task inpaint --known bad.h5 --mask random:0.5 --output out.h5"};
  const std::string resume_sampling = sample + "--model free-field --lattice 4x4 --batch 1 --output bad.h5 --resume";
  return {{"ensemble.h5", "bad.h5", of_ensembles},
          {"foreign.h5", "bad.h5", of_ensembles},
          {"foreign-chunked.h5", "bad.h5", of_ensembles},
          {"steps.h5", "bad.h5", {"import --maze bad.h5 --window 5 --threads 1 --quiet --output out.h5"}},
          {"model.h5", "bad.h5", {sample + "--model bad.h5 --output out.h5"}},
          {"trained.h5.checkpoint", "bad.h5.checkpoint", {train + "--data ensemble.h5 --output bad.h5 --resume"}},
          {"stopped.h5.parts/state.h5", "bad.h5.parts/state.h5", {hmc + "--output bad.h5 --resume"}},
          {"sampled.h5.parts/state.h5", "bad.h5.parts/state.h5", {resume_sampling}},
          {"sampled.h5.parts/part-000001.h5", "bad.h5.parts/part-000001.h5", {resume_sampling}}};
}

void remove_outputs() {
  for (const char* name : {"out.h5", "out.h5.parts", "bad.h5", "bad.h5.parts", "bad.h5.checkpoint"})
    fs::remove_all(name);
}

} // namespace

int main(int argc, char** argv) {
  ::setenv("OMP_NUM_THREADS", "1", 1); // a child of a process with threads could not use OpenMP
  hdf5::start(false);
  const Mpi mpi(false, argc, argv);
  const Context context{mpi, "stint"};
  const int files = argc > 1 ? std::atoi(argv[1]) : 1000;
  const std::uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  const bool all = argc > 3;
  const fs::path folder = fs::temp_directory_path() / ("stint-mutated-" + std::to_string(::getpid()));
  fs::create_directories(folder);
  fs::current_path(folder);
  const auto good_files = make_good_files(context);
  std::map<std::string, std::array<int, 3>> ends; // accepted, refused, failed; by file and command
  int failures = 0;
  for (int file = 0; file < files; ++file) {
    const GoodFile& original = good_files[file % good_files.size()];
    const std::string good = contents(original.good);
    const std::string bad = fuzz::mutate(good, seed * 1'000'003 + static_cast<std::uint64_t>(file));
    Words commands = {"info --quiet --verify " + original.name};
    if (all)
      commands.insert(commands.end(), original.commands.begin(), original.commands.end());
    else
      commands.push_back(original.commands[file / good_files.size() % original.commands.size()]);
    for (const auto& command : commands) {
      remove_outputs();
      if (const auto parent = fs::path(original.name).parent_path(); !parent.empty())
        fs::copy(fs::path(original.good).parent_path(), parent); // the other files of an unfinished run
      std::ofstream(original.name, std::ios::binary) << bad;
      const End end = run(context, words(command), false);
      const bool failed =
          (end.status != 0 && end.status != exit_failed && end.status != exit_usage) || end.memory > largest;
      ++ends[original.good + ": " + words(command)[0]][failed ? 2 : end.status == 0 ? 0 : 1];
      if (failed) {
        ++failures;
        const std::string kept = "failed-" + std::to_string(file) + ".h5";
        std::ofstream(kept, std::ios::binary) << bad;
        std::printf("%s/%s (%s): stint %s: status %d, signal %d, %ld KiB\n", folder.c_str(), kept.c_str(),
                    original.good.c_str(), command.c_str(), end.status, end.signal, end.memory);
      }
    }
  }
  std::printf("%-40s%10s%10s%10s\n", "damaged files and their readers", "accepted", "refused", "failed");
  for (const auto& [name, counts] : ends)
    std::printf("%-40s%10d%10d%10d\n", name.c_str(), counts[0], counts[1], counts[2]);
  if (failures == 0)
    fs::remove_all(folder);
  return failures == 0 ? 0 : 1;
}
