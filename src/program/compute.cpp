#include "src/program/compute.hpp"

#include "lattice/parallel.hpp"

#include "src/program/errors.hpp"
#include "src/program/log.hpp"
#include "src/program/options.hpp"
#include "src/ranks/mpi.hpp"

#include <ATen/Parallel.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <malloc.h>
#include <omp.h>
#include <torch/cuda.h>
#include <torch/types.h>

namespace stint {

void ComputeOptions::declare(Options& options) {
  options.group("Computing");
  options.choice("device", device, {"auto", "cpu", "cuda"}, "where the network runs; auto takes a GPU if there is one");
  options.choice("precision", precision, {"auto", "fp32", "bf16"},
                 "of the network's convolutions; auto takes bf16 where the hardware has it");
}

c10::Device ComputeOptions::resolve_device(const Mpi& mpi) const {
  const bool available = torch::cuda::is_available();
  if (device == "cuda" && !available)
    throw UsageError("--device cuda: no GPU that this build can use; --device cpu works everywhere");
  if (device == "cpu" || !available)
    return torch::kCPU;
  return {torch::kCUDA,
          static_cast<c10::DeviceIndex>(mpi.local_rank() % static_cast<int>(torch::cuda::device_count()))};
}

std::string ComputeOptions::resolve_precision(c10::Device on) const {
  bool fast = on.is_cuda() && at::detail::getCUDAHooks().supportsBFloat16ConvolutionWithCuDNNv8();
#ifdef __x86_64__
  fast = fast || (on.is_cpu() && __builtin_cpu_supports("avx512bf16"));
#endif
  if (precision == "bf16" && !fast)
    log_warning("--precision bf16: this processor has no instructions for it, and may take many times as long as with "
                "fp32 or auto");
  return precision != "auto" ? precision : fast ? "bf16" : "fp32";
}

c10::ScalarType convolution_type(const std::string& precision) {
  return precision == "bf16" ? torch::kBFloat16 : torch::kFloat;
}

void set_up_libtorch(c10::Device device) {
  at::set_num_threads(omp_get_max_threads());
  if (device.is_cuda()) {
    c10::impl::VirtualGuardImpl(device.type()).setDevice(device);
    at::globalContext().setDeterministicCuDNN(true);
  }
#ifdef __GLIBC__
  constexpr int keep = 1 << 30; // bytes
  mallopt(M_MMAP_THRESHOLD, keep);
  mallopt(M_TRIM_THRESHOLD, keep);
#endif
}

void limit_threads(double nanoseconds) {
  at::set_num_threads(std::min(at::get_num_threads(), threads_for(nanoseconds)));
}

} // namespace stint
