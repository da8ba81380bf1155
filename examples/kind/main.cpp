// stint with one more kind of data.

#include "examples/kind/sequence.hpp"
#include "src/commands/learning.hpp"
#include "src/kinds.hpp"

int main(int argc, char** argv) {
  stint::Kinds kinds = stint::all_kinds();
  kinds.push_back(stint::examples::sequences());
  stint::run_program(argc, argv, stint::commands_of(kinds));
}
