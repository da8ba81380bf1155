// Everything one instruction set needs; included once by each of the files that name one.

#include "mcmc/kernels/clusters.hpp"
#include "mcmc/kernels/kernels.hpp"
#include "mcmc/kernels/kick_drift.hpp"
#include "mcmc/kernels/normals.hpp"
#include "mcmc/kernels/select.hpp"

#define STINT_NAME_OF(macro) STINT_QUOTED(macro)
#define STINT_QUOTED(text) #text

namespace stint::STINT_INSTRUCTION_SET {

template<class Real, class... A> constexpr Kernels<Real> kernels_for(ActionList<A...>) {
  return {
      STINT_NAME_OF(STINT_INSTRUCTION_SET), {kick_drift<Real, A>...}, normals<Real>, select<Real>, flip_clusters<Real>};
}

template<class Real> const Kernels<Real>& kernels() {
  static constexpr Kernels<Real> table = kernels_for<Real>(Actions());
  return table;
}

template const Kernels<float>& kernels();
template const Kernels<double>& kernels();

} // namespace stint::STINT_INSTRUCTION_SET
