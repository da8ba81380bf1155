#pragma once
// LibTorch's tensors, gradients and transforms, the same headers everywhere: this library's precompiled header. Not torch/torch.h: what its
// inline functions need is compiled once more in every file, 24 s of processor time each in place of 5 (g++ 12).

#include <torch/autograd.h>  // IWYU pragma: export
#include <torch/cuda.h>      // IWYU pragma: export
#include <torch/fft.h>       // IWYU pragma: export
#include <torch/nn/module.h> // IWYU pragma: export
#include <torch/types.h>     // IWYU pragma: export
#include <torch/utils.h>     // IWYU pragma: export
