#include "mcmc/ensemble.hpp"

#include "lattice/parallel.hpp"
#include "lattice/random.hpp"
#include "mcmc/held_dynamics.hpp"
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
Ensemble<Real>::Ensemble(Geometry geometry, Phi4 theory, UpdateSettings settings, std::uint64_t seed,
                         std::int64_t first_chain, std::int64_t chains)
    : geometry_(std::move(geometry)), theory_(theory), settings_(settings), seed_(seed), first_chain_(first_chain),
      chains_(chains), kernels_(supported_kernels<Real>().entries[0]), dynamics_(geometry_, theory, *kernels_) {
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
  if (settings.hmc.fourier_mass2)
    fourier_.emplace(geometry_, *settings.hmc.fourier_mass2);
  if (settings.cluster_sweeps > 0)
    cluster_.emplace(geometry_, theory_);
  allocate();
}

template<class Real> void Ensemble<Real>::set_hmc(const HmcSettings& settings) {
  settings.validate();
  if (!settings.fourier_mass2)
    fourier_.reset();
  else if (settings.fourier_mass2 != settings_.hmc.fourier_mass2)
    fourier_.emplace(geometry_, *settings.fourier_mass2);
  settings_.hmc = settings;
  use_best_lanes();
}

template<class Real> void Ensemble<Real>::hold(std::span<const std::uint8_t> held) {
  check_size("held sites", held.size(), geometry_.volume());
  if (fourier_ || cluster_)
    throw std::invalid_argument("sites can be held by HMC without Fourier acceleration and cluster sweeps only");
  held_.clear();
  for (std::int64_t site = 0; site < geometry_.volume(); ++site)
    if (held[site] != 0)
      held_.push_back(site);
  use_best_lanes();
}

template<class Real> void Ensemble<Real>::use_best_lanes() {
  if (best_lane_use() == layout().use())
    return;
  std::vector<Real> present(chains_ * geometry_.volume());
  configurations(present);
  allocate();
  restore(present, trajectory_);
}

template<class Real> LaneUse Ensemble<Real>::best_lane_use() const {
  constexpr std::int64_t cache = 2 << 20; // bytes
  const std::int64_t group_bytes = 3 * lanes * geometry_.volume() * static_cast<std::int64_t>(sizeof(Real));
  const bool fits = group_bytes <= cache, needs_chains = fourier_ || cluster_ || !held_.empty();
  return fits || needs_chains || !LaneLayout::allows_blocks(geometry_) ? LaneUse::chains : LaneUse::blocks;
}

/// Room for fields in the best layout; all are 0.
template<class Real> void Ensemble<Real>::allocate() {
  dynamics_ = MolecularDynamics<Real>(geometry_, theory_, *kernels_, best_lane_use());
  scratch_.clear();
  fields_ = AlignedArray<Real>(static_cast<std::size_t>(groups() * layout().size()));
#pragma omp parallel for schedule(static) num_threads(threads())
  for (std::int64_t group = 0; group < groups(); ++group)
    std::fill_n(field(group), layout().size(), Real{0});
}

template<class Real> void Ensemble<Real>::start_hot(double width) {
  trajectory_ = 0;
#pragma omp parallel for schedule(static) num_threads(threads())
  for (std::int64_t group = 0; group < groups(); ++group) {
    dynamics_.sweep().draw(streams(Purpose::start, group), dynamics_.sweep().whole(), field(group));
    std::for_each_n(field(group), layout().size(), [&](Real& value) { value *= static_cast<Real>(width); });
  }
}

template<class Real> void Ensemble<Real>::restore(std::span<const Real> configurations, std::int64_t trajectory) {
  const std::int64_t volume = geometry_.volume();
  check_size("configurations", configurations.size(), chains_ * volume);
  if (trajectory < 0)
    throw std::invalid_argument("a chain cannot continue from trajectory " + std::to_string(trajectory));
  trajectory_ = trajectory;
#pragma omp parallel for schedule(static) num_threads(threads())
  for (std::int64_t chain = 0; chain < chains_; ++chain)
    for (std::int64_t x = 0; x < volume; ++x)
      field_of_chain(chain)[layout().index(x, chain % layout().chains())] = configurations[chain * volume + x];
}

template<class Real> void Ensemble<Real>::advance(std::span<TrajectoryInfo> info) {
  check_size("info", info.size(), chains_);
  if (trajectory_ > std::numeric_limits<std::uint32_t>::max())
    throw std::invalid_argument("trajectories are numbered with 32 bits");
  const HmcSettings& hmc = settings_.hmc;
  const auto stages =
      trajectory_stages(hmc.integrator, step_size_of(hmc, seed_, static_cast<std::uint32_t>(trajectory_)), hmc.steps);
  scratch_.resize(std::max<std::size_t>(scratch_.size(), omp_get_max_threads()));
  FirstError error;
#pragma omp parallel num_threads(threads())
  {
    Scratch& scratch = scratch_[omp_get_thread_num()];
    error.guard(-1, [&] { prepare(scratch); });
#pragma omp for schedule(static)
    for (std::int64_t group = 0; group < groups(); ++group)
      error.guard(group, [&] {
        advance_group(group, stages, scratch, info);
        if (settings_.cluster_sweeps > 0)
          sweep_clusters(group, scratch, info);
      });
  }
  error.rethrow();
  ++trajectory_;
}

template<class Real> int Ensemble<Real>::threads() const {
  constexpr double force = 1, cluster_flip = 10; // nanoseconds a site; more with slower instructions
  const double updates = settings_.hmc.steps * force_evaluations(settings_.hmc.integrator) * force +
                         settings_.cluster_sweeps * cluster_flip;
  return std::min<int>(static_cast<int>(groups()),
                       threads_for(updates * static_cast<double>(groups() * layout().size())));
}

template<class Real> void Ensemble<Real>::prepare(Scratch& scratch) const {
  for (auto* buffer : {&scratch.momenta, &scratch.first, &scratch.second})
    if (!buffer->data())
      *buffer = AlignedArray<Real>(layout().size());
  if (fourier_ && !scratch.modes.data())
    scratch.modes = AlignedArray<Real>(fourier_->metric().modes_size());
  if (cluster_ && !scratch.cluster.labels.data())
    scratch.cluster = ClusterScratch(geometry_);
}

template<class Real>
void Ensemble<Real>::advance_group(std::int64_t group, std::span<const Stage> stages, Scratch& scratch,
                                   std::span<TrajectoryInfo> info) {
  Real* const phi = field(group);
  Real* const pi = scratch.momenta.data();
  const Workspace<Real> workspace{scratch.first.data(), scratch.second.data()};
  const LaneStreams momenta = streams(Purpose::momenta, group);
  Proposal<Real> proposal;
  if (fourier_) {
    fourier_->draw_momenta(*kernels_, momenta, geometry_.volume(), pi, scratch.modes.data());
    proposal = (*fourier_)(dynamics_.sweep(), stages, phi, pi, workspace, scratch.modes.data());
  } else if (!held_.empty()) {
    dynamics_.sweep().draw(momenta, dynamics_.sweep().whole(), pi);
    proposal = move_unheld<Real>(dynamics_.sweep(), stages, held_, phi, pi, workspace);
  } else {
    proposal = dynamics_(stages, phi, pi, workspace, &momenta);
  }

  std::uint32_t accepted = 0; // a bit a lane
  for (std::int64_t chain = 0; chain < chains_of(group); ++chain) {
    const ChainEnergies start(proposal.start, layout().use(), chain), end(proposal.end, layout().use(), chain);
    const double delta_h = end.action - start.action + end.kinetic - start.kinetic;
    const Stream draw{seed_, Purpose::acceptance, chain_number(group, chain), static_cast<std::uint32_t>(trajectory_)};
    TrajectoryInfo& chain_info = info[group * layout().chains() + chain];
    chain_info.delta_h = static_cast<float>(delta_h);
    chain_info.accepted = metropolis_accepts(delta_h, draw.uniform(0));
    if (chain_info.accepted)
      accepted |= layout().use() == LaneUse::chains ? std::uint32_t{1} << chain : (std::uint32_t{1} << lanes) - 1;
    report(chain_info.accepted ? end : start, chain_info);
  }
  if (accepted != 0)
    kernels_->select(accepted, layout().sites(), proposal.phi, phi);
}

template<class Real>
void Ensemble<Real>::sweep_clusters(std::int64_t group, Scratch& scratch, std::span<TrajectoryInfo> info) {
  for (int sweep = 0; sweep < settings_.cluster_sweeps; ++sweep)
    (*cluster_)(seed_, chain_number(group), static_cast<std::uint32_t>(trajectory_), sweep, field(group),
                scratch.cluster);
  const Energies energies = dynamics_.sweep().energies(field(group), scratch.momenta.data());
  for (std::int64_t chain = 0; chain < chains_of(group); ++chain)
    report(ChainEnergies(energies, layout().use(), chain), info[group * layout().chains() + chain]);
}

/// What `info` says of the state with these energies: sum_x phi_x dS/dphi_x = 2 S + 2 lambda sum phi^4 + h sum phi.
template<class Real> void Ensemble<Real>::report(const ChainEnergies& energies, TrajectoryInfo& info) const {
  const auto volume = static_cast<double>(geometry_.volume());
  const double virial = 2 * energies.action + 2 * theory_.lambda * energies.fourth + theory_.field * energies.field;
  info.action = static_cast<float>(energies.action);
  info.magnetisation = static_cast<float>(energies.field / volume);
  info.virial = static_cast<float>(virial / volume);
}

template<class Real> void Ensemble<Real>::configurations(std::span<Real> out) const {
  const std::int64_t volume = geometry_.volume();
  check_size("configurations", out.size(), chains_ * volume);
#pragma omp parallel for schedule(static) num_threads(threads())
  for (std::int64_t chain = 0; chain < chains_; ++chain)
    for (std::int64_t x = 0; x < volume; ++x)
      out[chain * volume + x] = field_of_chain(chain)[layout().index(x, chain % layout().chains())];
}

template<class Real> std::uint32_t Ensemble<Real>::chain_number(std::int64_t group, std::int64_t chain) const {
  return static_cast<std::uint32_t>(first_chain_ + group * layout().chains() + chain);
}

template<class Real> std::int64_t Ensemble<Real>::chains_of(std::int64_t group) const {
  return std::min(layout().chains(), chains_ - group * layout().chains());
}

template<class Real> LaneStreams Ensemble<Real>::streams(Purpose purpose, std::int64_t group) const {
  return {seed_, static_cast<std::uint32_t>(purpose), chain_number(group), static_cast<std::uint32_t>(trajectory_)};
}

template class Ensemble<float>;
template class Ensemble<double>;

} // namespace stint
