#pragma once
// LibTorch's tensors, gradients and transforms, the same headers everywhere: this library's precompiled header. Not
// torch/torch.h: what its templates leave to be instantiated is compiled in every file, and takes 6 s of processor time
// more in each (g++ 12).

#include <torch/autograd.h>  // IWYU pragma: export
#include <torch/cuda.h>      // IWYU pragma: export
#include <torch/fft.h>       // IWYU pragma: export
#include <torch/nn/module.h> // IWYU pragma: export
#include <torch/types.h>     // IWYU pragma: export
#include <torch/utils.h>     // IWYU pragma: export
