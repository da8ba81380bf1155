#pragma once
// Where and how LibTorch computes.

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>
#include <string>
#include <vector>

namespace stint {

class Mpi;
class Options;

/// Options --device and --precision.
struct ComputeOptions {
  std::string device = "auto", precision = "auto";

  void declare(Options& options); ///< as a group "Computing"

  /// cuda, if asked for or if "auto" finds one, is the GPU with this rank's number on its host. Throws UsageError if
  /// there is none.
  c10::Device resolve_device(const Mpi& mpi) const;

  /// fp32 or bf16; "auto" is bf16 where the hardware has instructions for it, and who asks for bf16 elsewhere is warned.
  /// Of a GPU after set_up_libtorch().
  std::string resolve_precision(c10::Device device) const;
};

/// The type of numbers in the network's convolutions for a resolved precision.
c10::ScalarType convolution_type(const std::string& precision);

/// Makes LibTorch use OpenMP's present number of threads, and the allocator keep large blocks: by default every field
/// of a batch would be fetched from and given back to the operating system, which costs as much time as the arithmetic.
/// Makes a GPU the current one, or every rank would take memory of the first one too, and lets it use only convolutions
/// that round the same way every time, so that resumed runs are exact.
void set_up_libtorch(c10::Device device);

/// Lets LibTorch use no more threads than so many nanoseconds of work on one core, that of its larger loops, are worth.
void limit_threads(double nanoseconds);

} // namespace stint
