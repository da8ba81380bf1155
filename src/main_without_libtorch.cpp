#include "src/commands/commands.hpp"
#include "src/program/errors.hpp"

int main(int argc, char** argv) {
  using namespace stint;
  const auto refuse = [](const Context&, Arguments) -> int {
    throw UsageError("needs LibTorch, and this stint was built without it (STINT_LIBTORCH=OFF)");
  };
  return run_program(argc, argv, command_table({.train = refuse, .sample = refuse, .adapt = refuse, .restore = refuse}));
}
