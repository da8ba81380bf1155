// Takes the place of train.cpp and sample.cpp in a build without LibTorch.

#include "src/commands/commands.hpp"
#include "src/program/errors.hpp"

namespace stint {
namespace {

[[noreturn]] int refuse() {
  throw UsageError("needs LibTorch, and this stint was built without it (STINT_LIBTORCH=OFF)");
}

} // namespace

int run_train(const Context& /*context*/, Arguments /*arguments*/) { refuse(); }
int run_sample(const Context& /*context*/, Arguments /*arguments*/) { refuse(); }

} // namespace stint
