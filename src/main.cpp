#include "src/commands/learning.hpp"
#include "src/kinds.hpp"

int main(int argc, char** argv) { stint::run_program(argc, argv, stint::commands_of(stint::all_kinds())); }
