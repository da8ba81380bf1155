#include "mcmc/fourier_metric.hpp"

#include "lattice/fftw.hpp"
#include "lattice/free_field.hpp"
#include "mcmc/aligned_array.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <type_traits>

namespace stint {
namespace {

template<class Real> auto* as_modes(Real* modes) { return reinterpret_cast<typename Fftw<Real>::Complex*>(modes); }

} // namespace

std::vector<double> fourier_kinetic(const Geometry& geometry, double mass2) {
  std::vector<double> kinetic = laplacian_eigenvalues(geometry);
  const double stiffest = mass2 + *std::max_element(kinetic.begin(), kinetic.end());
  for (double& value : kinetic)
    value = stiffest / (mass2 + value);
  return kinetic;
}

/// Plans for arrays that are aligned as AlignedArray's are. A plan of FFTW_ESTIMATE does not touch its arrays.
template<class Real> struct FourierMetric<Real>::Plans {
  using Library = Fftw<Real>;
  struct Destroy {
    void operator()(typename Library::Plan plan) const { Library::destroy(plan); }
  };
  using Plan = std::unique_ptr<std::remove_pointer_t<typename Library::Plan>, Destroy>;

  Plans(const Geometry& geometry, std::int64_t modes_size) {
    const AlignedArray<Real> field(geometry.volume() * lanes), modes(modes_size);
    const int* extents = geometry.extents().data();
    const int d = geometry.dimensions();
    forward.reset(Library::plan_forward(d, extents, lanes, field.data(), nullptr, lanes, 1, as_modes(modes.data()),
                                        nullptr, lanes, 1, FFTW_ESTIMATE));
    backward.reset(Library::plan_backward(d, extents, lanes, as_modes(modes.data()), nullptr, lanes, 1, field.data(),
                                          nullptr, lanes, 1, FFTW_ESTIMATE));
    if (!forward || !backward)
      throw std::runtime_error("FFTW has no plan for the lattice " + geometry.text());
  }

  Plan forward, backward;
};

template<class Real> FourierMetric<Real>::FourierMetric(const Geometry& geometry, double mass2) {
  const auto kinetic = fourier_kinetic(geometry, mass2);
  const auto volume = static_cast<double>(geometry.volume());
  const int extent = geometry.extents().back(), half = extent / 2 + 1;
  for (std::int64_t row = 0; row < geometry.volume() / extent; ++row)
    for (int k = 0; k < half; ++k) {
      const double value = kinetic[row * extent + k];
      kinetic_.push_back(static_cast<Real>(value / volume));
      inverse_root_.push_back(static_cast<Real>(1 / std::sqrt(value) / volume));
      weight_.push_back(value / (2 * volume) * (k == 0 || 2 * k == extent ? 1 : 2));
    }
  plans_ = std::make_shared<const Plans>(geometry, modes_size());
}

template<class Real> std::int64_t FourierMetric<Real>::modes_size() const {
  return 2 * lanes * static_cast<std::int64_t>(kinetic_.size());
}

template<class Real>
void FourierMetric<Real>::filter(const std::vector<Real>& factors, const Real* in, Real* out, Real* modes) const {
  Fftw<Real>::forward(plans_->forward.get(), const_cast<Real*>(in), as_modes(modes)); // which keeps its input
  Real* mode = modes;
  for (const Real factor : factors)
    for (int i = 0; i < 2 * lanes; ++i)
      *mode++ *= factor;
  Fftw<Real>::backward(plans_->backward.get(), as_modes(modes), out);
}

template<class Real> void FourierMetric<Real>::velocity(const Real* pi, Real* velocity, Real* modes) const {
  filter(kinetic_, pi, velocity, modes);
}

template<class Real> void FourierMetric<Real>::momenta_from(Real* noise, Real* modes) const {
  filter(inverse_root_, noise, noise, modes);
}

template<class Real> void FourierMetric<Real>::kinetic_energy(const Real* pi, Real* modes, double* energy) const {
  Fftw<Real>::forward(plans_->forward.get(), const_cast<Real*>(pi), as_modes(modes));
  std::fill_n(energy, lanes, 0.0);
  const Real* mode = modes;
  for (const double weight : weight_)
    for (int lane = 0; lane < lanes; ++lane, mode += 2) {
      const double re = mode[0], im = mode[1];
      energy[lane] += weight * (re * re + im * im);
    }
}

template class FourierMetric<float>;
template class FourierMetric<double>;

} // namespace stint
