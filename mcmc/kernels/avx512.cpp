#define STINT_INSTRUCTION_SET avx512
#include "mcmc/kernels/instantiate.hpp"
