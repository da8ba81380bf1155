#include "mcmc/kernels/kernels.hpp"

namespace stint {

#ifdef STINT_X86_KERNELS
namespace avx512 {
template<class Real> const Kernels<Real>& kernels();
}
namespace avx2 {
template<class Real> const Kernels<Real>& kernels();
}
#endif
namespace baseline {
template<class Real> const Kernels<Real>& kernels();
}

template<class Real> KernelList<Real> supported_kernels() {
  KernelList<Real> list;
#ifdef STINT_X86_KERNELS
  const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (has_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    list.entries[list.count++] = &avx512::kernels<Real>();
  if (has_avx2)
    list.entries[list.count++] = &avx2::kernels<Real>();
#endif
  list.entries[list.count++] = &baseline::kernels<Real>();
  return list;
}

template KernelList<float> supported_kernels();
template KernelList<double> supported_kernels();

} // namespace stint
