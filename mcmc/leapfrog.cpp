#include "mcmc/leapfrog.hpp"

#include <algorithm>

namespace stint {
namespace {

// Sizes of cache, in bytes, that any processor with vector instructions of today has to offer one thread.
constexpr std::int64_t near_cache = 40 << 10, far_cache = 1 << 20;

/// How many steps may follow one another so that their planes, of `plane_bytes` a field, stay in cache: depth + 2
/// planes of the momenta and of the two buffers. At least 1.
int wave_depth(std::int64_t plane_bytes) {
  const auto fitting = [&](std::int64_t cache) { return cache / (3 * plane_bytes) - 2; };
  const std::int64_t depth = fitting(near_cache) >= 2 ? fitting(near_cache) : fitting(far_cache);
  return static_cast<int>(std::clamp<std::int64_t>(depth, 1, 1 << 10));
}

} // namespace

template<class Real>
Leapfrog<Real>::Leapfrog(const Geometry& geometry, const Phi4& theory, const HmcSettings& settings,
                         const Kernels<Real>& kernels)
    : kernels_(&kernels), settings_(settings) {
  std::vector<int> across = geometry.extents();
  sweep_.extent = across.back();
  across.pop_back();
  sweep_.directions_across = static_cast<int>(across.size());
  sweep_.onsite = static_cast<Real>(theory.onsite(geometry.dimensions()));
  sweep_.lambda = static_cast<Real>(theory.lambda);
  sweep_.field = static_cast<Real>(theory.field);
  if (!across.empty()) {
    planes_ = across.front();
    const Geometry rows(std::move(across));
    rows_of_plane_ = rows.volume() / planes_;
    row_neighbours_ = rows.neighbour_table();
    depth_ = wave_depth(rows_of_plane_ * sweep_.extent * lanes * static_cast<std::int64_t>(sizeof(Real)));
  }
}

template<class Real> void Leapfrog<Real>::wave(const Sweep<Real>* steps, int count) const {
  for (int front = 0; front < planes_ + 2 * (count - 1); ++front)
    for (int s = 0; s < count; ++s) {
      const int done = front - 2 * s; // planes that step s has behind it
      if (done >= 0 && done < planes_)
        kernels_->sweep(steps[s], (s + done) % planes_ * rows_of_plane_, rows_of_plane_);
    }
}

template<class Real>
Proposal<Real> Leapfrog<Real>::operator()(const Real* start, Real* pi, Workspace<Real> workspace) const {
  Proposal<Real> proposal;
  std::vector<Sweep<Real>> steps(settings_.steps + 1, sweep_);
  const Real* phi = start;
  for (int i = 0; i <= settings_.steps; ++i) {
    const bool first = i == 0, last = i == settings_.steps;
    Sweep<Real>& step = steps[i];
    step.row_neighbours = row_neighbours_.data();
    step.phi = phi;
    step.pi = pi;
    step.kick = static_cast<Real>(first || last ? settings_.step_size / 2 : settings_.step_size);
    if (first)
      step.before = &proposal.start;
    if (last) {
      step.after = &proposal.end;
      break;
    }
    step.out = i % 2 == 0 ? workspace.first : workspace.second;
    step.drift = static_cast<Real>(settings_.step_size);
    phi = step.out;
  }
  for (int s = 0; s <= settings_.steps; s += depth_)
    wave(steps.data() + s, std::min(depth_, settings_.steps + 1 - s));
  proposal.phi = phi;
  return proposal;
}

template class Leapfrog<float>;
template class Leapfrog<double>;

} // namespace stint
