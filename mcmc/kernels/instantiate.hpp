// Everything one instruction set needs; included once by each of the files that name one.

#include "mcmc/kernels/clusters.hpp"
#include "mcmc/kernels/kernels.hpp"
#include "mcmc/kernels/normals.hpp"
#include "mcmc/kernels/select.hpp"
#include "mcmc/kernels/sweep.hpp"

#define STINT_NAME_OF(macro) STINT_QUOTED(macro)
#define STINT_QUOTED(text) #text

namespace stint::STINT_INSTRUCTION_SET {

template<class Real> const Kernels<Real>& kernels() {
  static constexpr Kernels<Real> table = {STINT_NAME_OF(STINT_INSTRUCTION_SET), sweep<Real>, normals<Real>,

                                          select<Real>, flip_clusters<Real>};
  return table;
}

template const Kernels<float>& kernels();
template const Kernels<double>& kernels();

} // namespace stint::STINT_INSTRUCTION_SET
