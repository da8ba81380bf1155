#include "src/program/figure.hpp"

#include "src/files/atomic_file.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <spawn.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace stint {
namespace {

namespace fs = std::filesystem;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::string python() {
  if (const auto chosen = environment("STINT_PYTHON"); !chosen.empty())
    return chosen;
  std::string cache = environment("XDG_CACHE_HOME");
  if (cache.empty())
    cache = environment("HOME") + "/.cache";
  std::string folder = environment("STINT_DEPS");
  if (folder.empty())
    folder = cache + "/stint";
  const std::string installed = folder + "/python/bin/python3";
  return fs::exists(installed) ? installed : "python3";
}

/// Where `cmake --install` has put the Python package, as seen from the program.
fs::path installed_package() {
  std::error_code none;
  return fs::read_symlink("/proc/self/exe", none).parent_path().parent_path() / STINT_DATA_FOLDER "/stint/python";
}

/// The folder of the Python package, which Python can run as a program.
std::string plots_package() {
  fs::path folder = environment("STINT_PLOTS");
  if (folder.empty())
    folder = fs::exists(installed_package()) ? installed_package() : fs::path(STINT_PLOTS);
  const auto path = folder / "stint";
  if (!fs::exists(path / "__main__.py"))
    throw std::runtime_error("the Python package " + path.string() +
                             ", which draws the figures, does not exist; set STINT_PLOTS to the folder that holds it "
                             "(analysis/python)");
  return path.string();
}

std::string last_line(std::string text) {
  while (!text.empty() && text.back() == '\n')
    text.pop_back();
  return text.substr(text.rfind('\n') + 1); // npos + 1 = 0
}

/// Runs a program without a shell; its exit status (-1 if a signal ended it) and what it wrote to standard error.
std::pair<int, std::string> run(std::vector<std::string> command) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    throw std::runtime_error(std::string("cannot make a pipe: ") + std::strerror(errno));
  std::vector<char*> arguments;
  for (auto& argument : command)
    arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
  pid_t child = 0;
  const int problem = ::posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  std::string errors;
  std::array<char, 4096> buffer{};
  for (ssize_t n = 0; problem == 0 && (n = ::read(ends[0], buffer.data(), buffer.size())) > 0;)
    errors.append(buffer.data(), static_cast<std::size_t>(n));
  ::close(ends[0]);
  if (problem != 0)
    throw std::runtime_error("cannot start " + command[0] + ": " + std::strerror(problem));
  int status = 0;
  ::waitpid(child, &status, 0);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, errors};
}

} // namespace

void draw_figure(const std::string& plot, const std::string& figure, const std::string& json, bool overwrite) {
  AtomicFile target(figure, overwrite);
  const auto [status, errors] =
      run({python(), plots_package(), "plot", plot, "--output", target.temporary(), "--json", json});
  if (status != 0)
    throw std::runtime_error(figure + ": the plot '" + plot + "' failed: " + last_line(errors));
  if (fs::file_size(target.temporary()) == 0)
    throw std::runtime_error(figure + ": the plot '" + plot + "' wrote nothing");
  target.commit();
}

} // namespace stint
