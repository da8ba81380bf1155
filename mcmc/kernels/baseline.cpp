#define STINT_INSTRUCTION_SET baseline
#include "mcmc/kernels/instantiate.hpp"
