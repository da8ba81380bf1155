#pragma once
// Fourier transforms of fields.

#include "generative/torch.hpp"

namespace stint {

/// sum_x phi_x exp(-i k x) of real fields (N, C, L1, ..., Ld), float32 or float64, for the modes that torch::fft::rfftn
/// keeps, (N, C, L1, ..., Ld / 2 + 1); and (1/V) sum_k of the whole spectrum. Both are differentiable to any order.
///
/// On CPUs by FFTW, field by field with one plan: the bits of a field do not depend on its neighbours in the batch, nor
/// on the number of threads. With MKL, which LibTorch takes, they do on some processors (docs/notes/building.md).
torch::Tensor lattice_fft(const torch::Tensor& fields);
torch::Tensor inverse_lattice_fft(const torch::Tensor& modes, at::IntArrayRef extents);

/// Along the last axis of the half spectrum of an extent: 1 for modes that are their own partners, `of_pairs` for those
/// that stand for two, (extent / 2 + 1).
torch::Tensor multiplicity(std::int64_t extent, double of_pairs, const torch::TensorOptions& options);

/// lattice_fft() with all modes, (N, C, L1, ..., Ld).
torch::Tensor whole_lattice_fft(const torch::Tensor& fields);

} // namespace stint
