#pragma once
// A device for tests that has what makes code for a GPU fail, on a machine without one: memory of its own.
//
// Its tensors lie at addresses that no pointer can be followed to, and its operators refuse tensors of the CPU beside
// its own (but for numbers, of no dimensions), as those of CUDA do. Apart from that, every operator computes on copies
// on the CPU. LibTorch lets extensions bring devices; this one takes a type that LibTorch knows and no build of it has.

#include "generative/torch.hpp"

#include <cstdint>
#include <set>
#include <string>

namespace stint::testing {

inline const c10::Device separate_device{c10::DeviceType::HPU, 0};

/// Whether it can: LibTorch has gradients on one kind of device only, and with CUDA built in that is the GPU.
bool takes_gradients();

/// How often the host has waited for the device since the program began: tensors and numbers of the device copied to
/// the CPU. A GPU has to finish all work before each.
std::int64_t reads_of_device();

/// The operators that had a number of the CPU beside tensors of the device.
std::set<std::string> operators_with_numbers_of_the_host();

} // namespace stint::testing
