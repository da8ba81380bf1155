#include "src/commands/commands.hpp"
#include "src/maze/commands.hpp"
#include "src/program/errors.hpp"

int main(int argc, char** argv) {
  using namespace stint;
  const auto refuse = [](const Context&, Arguments) -> int {
    throw UsageError("needs LibTorch, and this stint was built without it (STINT_LIBTORCH=OFF)");
  };
<<<<<<< HEAD
  return run_program(argc, argv, command_table(refuse, refuse, refuse, maze_commands()));
=======
  return run_program(argc, argv, command_table(refuse, refuse, refuse, {}));
>>>>>>> helper-rel
}
