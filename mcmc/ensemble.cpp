#include "mcmc/ensemble.hpp"

#include "lattice/random.hpp"
#include "mcmc/metropolis.hpp"

#include <omp.h>

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>

namespace stint {
namespace {

void check_size(const char* what, std::size_t size, std::int64_t expected) {
  if (static_cast<std::int64_t>(size) != expected)
    throw std::invalid_argument(std::string(what) + " of " + std::to_string(size) + " entries where " +
                                std::to_string(expected) + " are expected");
}

} // namespace

template<class Real>
Ensemble<Real>::Ensemble(Geometry geometry, Phi4 theory, HmcSettings settings, std::uint64_t seed,
                         std::int64_t first_chain, std::int64_t chains)
    : geometry_(std::move(geometry)), seed_(seed), first_chain_(first_chain), chains_(chains),
      kernels_(supported_kernels<Real>().entries[0]), leapfrog_(geometry_, theory, settings, *kernels_) {
  theory.validate();
  settings.validate();
  if (chains < 1)
    throw std::invalid_argument("an ensemble has at least 1 chain, not " + std::to_string(chains));
  if (first_chain < 0 || first_chain % lanes != 0)
    throw std::invalid_argument("the first chain of an ensemble is a multiple of " + std::to_string(lanes) + ", not " +
                                std::to_string(first_chain));
  if (first_chain + chains > std::numeric_limits<std::uint32_t>::max())
    throw std::invalid_argument("chains are numbered with 32 bits; there is no chain " +
                                std::to_string(first_chain + chains - 1));
  fields_ = AlignedArray<Real>(static_cast<std::size_t>(groups() * group_size()));
#pragma omp parallel for schedule(static)
  for (std::int64_t group = 0; group < groups(); ++group)
    std::fill_n(field(group), group_size(), Real{0});
}

template<class Real> void Ensemble<Real>::start_hot(double width) {
  trajectory_ = 0;
#pragma omp parallel for schedule(static)
  for (std::int64_t group = 0; group < groups(); ++group) {
    kernels_->normals(streams(Purpose::start, group), geometry_.volume(), field(group));
    std::for_each_n(field(group), group_size(), [&](Real& value) { value *= static_cast<Real>(width); });
  }
}

template<class Real> void Ensemble<Real>::restore(std::span<const Real> configurations, std::int64_t trajectory) {
  const std::int64_t volume = geometry_.volume();
  check_size("configurations", configurations.size(), chains_ * volume);
  if (trajectory < 0)
    throw std::invalid_argument("a chain cannot continue from trajectory " + std::to_string(trajectory));
  trajectory_ = trajectory;
#pragma omp parallel for schedule(static)
  for (std::int64_t chain = 0; chain < chains_; ++chain)
    for (std::int64_t x = 0; x < volume; ++x)
      field(chain / lanes)[x * lanes + chain % lanes] = configurations[chain * volume + x];
}

template<class Real> void Ensemble<Real>::advance(std::span<TrajectoryInfo> info) {
  check_size("info", info.size(), chains_);
  if (trajectory_ > std::numeric_limits<std::uint32_t>::max())
    throw std::invalid_argument("trajectories are numbered with 32 bits");
  scratch_.resize(std::max<std::size_t>(scratch_.size(), omp_get_max_threads()));
#pragma omp parallel
  {
    Scratch& scratch = scratch_[omp_get_thread_num()];
    if (!scratch.momenta.data())
      scratch = Scratch(group_size());
#pragma omp for schedule(static)
    for (std::int64_t group = 0; group < groups(); ++group)
      advance_group(group, scratch, info);
  }
  ++trajectory_;
}

template<class Real>
void Ensemble<Real>::advance_group(std::int64_t group, Scratch& scratch, std::span<TrajectoryInfo> info) {
  Real* const phi = field(group);
  Real* const pi = scratch.momenta.data();
  kernels_->normals(streams(Purpose::momenta, group), geometry_.volume(), pi);
  const auto proposal = leapfrog_(phi, pi, {scratch.first.data(), scratch.second.data()});

  std::uint32_t accepted = 0;
  const auto here = static_cast<int>(std::min<std::int64_t>(lanes, chains_ - group * lanes));
  for (int lane = 0; lane < here; ++lane) {
    const Energies &start = proposal.start, &end = proposal.end;
    const double delta_h = end.action[lane] - start.action[lane] + end.kinetic[lane] - start.kinetic[lane];
    const Stream draw{seed_, Purpose::acceptance, static_cast<std::uint32_t>(first_chain_ + group * lanes + lane),
                      static_cast<std::uint32_t>(trajectory_)};
    const bool accepts = metropolis_accepts(delta_h, draw.uniform(0));
    accepted |= static_cast<std::uint32_t>(accepts) << lane;
    const Energies& now = accepts ? end : start;
    info[group * lanes + lane] = {static_cast<float>(now.action[lane]),
                                  static_cast<float>(now.field[lane] / static_cast<double>(geometry_.volume())),
                                  static_cast<float>(delta_h), accepts};
  }
  kernels_->select(accepted, geometry_.volume(), proposal.phi, phi);
}

template<class Real> void Ensemble<Real>::configurations(std::span<Real> out) const {
  const std::int64_t volume = geometry_.volume();
  check_size("configurations", out.size(), chains_ * volume);
#pragma omp parallel for schedule(static)
  for (std::int64_t chain = 0; chain < chains_; ++chain)
    for (std::int64_t x = 0; x < volume; ++x)
      out[chain * volume + x] = field(chain / lanes)[x * lanes + chain % lanes];
}

template<class Real> LaneStreams Ensemble<Real>::streams(Purpose purpose, std::int64_t group) const {
  return {seed_, static_cast<std::uint32_t>(purpose), static_cast<std::uint32_t>(first_chain_ + group * lanes),
          static_cast<std::uint32_t>(trajectory_)};
}

template class Ensemble<float>;
template class Ensemble<double>;

} // namespace stint
