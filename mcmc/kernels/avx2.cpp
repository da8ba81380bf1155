#define STINT_INSTRUCTION_SET avx2
#include "mcmc/kernels/instantiate.hpp"
