#pragma once
// The kinetic energy of Fourier-accelerated HMC, for one group of chains.

#include "lattice/geometry.hpp"
#include "mcmc/kernels/kernels.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace stint {

/// K(k) = (mass2 + max_q qhat^2) / (mass2 + khat^2) for all modes, row-major, khat^2 the eigenvalues of the lattice
/// Laplacian. The kinetic energy is (1/2) sum_x pi_x (K pi)_x (Duane et al., doi:10.1016/0370-2693(88)91091-6 has the
/// idea): all modes of a free field of this squared mass then have the frequency of its stiffest one, for which K = 1
/// as without acceleration. The largest stable step size thus stays what it is, and soft modes move as fast as hard
/// ones.
std::vector<double> fourier_kinetic(const Geometry& geometry, double mass2);

/// K, its inverse root, and the quadratic form, applied to fields [site][lane] by FFTW, one lane independent of the
/// other. `modes` is room for modes_size() numbers. Planning is deterministic, so that equal inputs give equal bits on
/// one machine; it may be done by one thread at a time only, all else by many.
template<class Real> class FourierMetric {
public:
  FourierMetric(const Geometry& geometry, double mass2);

  std::int64_t modes_size() const;

  /// velocity = K pi
  void velocity(const Real* pi, Real* velocity, Real* modes) const;

  /// noise, white and of unit variance, becomes momenta of the law exp(-(1/2) pi K pi): pi = K^(-1/2) noise.
  void momenta_from(Real* noise, Real* modes) const;

  /// energy[lane] = (1/2) sum_x pi_x (K pi)_x = (1/(2V)) sum_k K(k) |pi(k)|^2
  void kinetic_energy(const Real* pi, Real* modes, double* energy) const;

private:
  struct Plans;
  void filter(const std::vector<Real>& factors, const Real* in, Real* out, Real* modes) const;

  std::shared_ptr<const Plans> plans_;
  // For the modes that a real-to-complex transform keeps: last component 0, ..., L/2.
  std::vector<Real> kinetic_, inverse_root_; // K / V and K^(-1/2) / V
  std::vector<double> weight_;               // K / 2V times the number of modes that stand for this one
};

} // namespace stint
