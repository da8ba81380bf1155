#pragma once
// LibTorch's headers, the same ones everywhere: they take 20 s to compile and are this library's precompiled header.

#include <torch/torch.h> // IWYU pragma: export
