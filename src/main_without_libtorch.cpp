#include "src/commands/commands.hpp"
#include "src/program/errors.hpp"

int main(int argc, char** argv) {
  using namespace stint;
  constexpr auto without = "needs LibTorch, and this stint was built without it (STINT_LIBTORCH=OFF)";
  const auto refuse = [](const Context&, Arguments) -> int { throw UsageError(without); };
  const auto no_blocks = [](auto&&...) -> MakeChains<float> {
    throw UsageError(std::string("--algorithm blocks ") + without);
  };
  run_program(argc, argv,
              command_table(
                  {.train = refuse, .sample = refuse, .adapt = refuse, .restore = refuse, .block_chains = no_blocks}));
}
