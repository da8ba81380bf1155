#include "mcmc/markov_chains.hpp"

#include "lattice/parallel.hpp"
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

UpdateSettings validated(const UpdateSettings& settings) {
  settings.validate();
  return settings;
}

} // namespace

template<class Real>
MarkovChains<Real>::MarkovChains(LatticeAction<Real> action, Geometry geometry, const UpdateSettings& settings,
                                 std::uint64_t seed, std::int64_t first_chain, std::int64_t chains)
    : action_(std::move(action)), geometry_(std::move(geometry)), settings_(validated(settings)), seed_(seed),
      first_chain_(first_chain), chains_(chains), kernels_(supported_kernels<Real>().entries[0]),
      dynamics_(chosen_dynamics()) {
  if (chains < 1)
    throw std::invalid_argument("there has to be at least 1 chain, not " + std::to_string(chains));
  if (first_chain < 0 || first_chain % group_size != 0)
    throw std::invalid_argument("the first chain is a multiple of " + std::to_string(group_size) + ", not " +
                                std::to_string(first_chain));
  if (first_chain + chains > std::numeric_limits<std::uint32_t>::max())
    throw std::invalid_argument("chains are numbered with 32 bits; there is no chain " +
                                std::to_string(first_chain + chains - 1));
  if (settings.cluster_sweeps > 0) {
    if (!action_.magnetic_field())
      throw std::invalid_argument("cluster sweeps need an action that is even in phi but for a field");
    cluster_.emplace(geometry_, *action_.magnetic_field());
  }
  allocate();
}

template<class Real> void MarkovChains<Real>::set_hmc(const HmcSettings& settings) {
  settings.validate();
  const bool same_dynamics = settings.fourier_mass2 == settings_.hmc.fourier_mass2;
  settings_.hmc = settings;
  if (!same_dynamics)
    choose_dynamics();
}

template<class Real> void MarkovChains<Real>::hold(std::span<const std::uint8_t> held) {
  check_size("held sites", held.size(), geometry_.volume());
  if (settings_.hmc.fourier_mass2 || cluster_)
    throw std::invalid_argument("sites can be held by HMC without Fourier acceleration and cluster sweeps only");
  held_.clear();
  for (std::int64_t site = 0; site < geometry_.volume(); ++site)
    if (held[site] != 0)
      held_.push_back(site);
  choose_dynamics();
}

template<class Real> AnyDynamics<Real> MarkovChains<Real>::chosen_dynamics() const {
  return make_dynamics(geometry_, action_, *kernels_,
                       {.hmc = settings_.hmc, .held = held_, .lanes_are_chains = settings_.cluster_sweeps > 0});
}

/// Goes on with the dynamics of the present settings.
template<class Real> void MarkovChains<Real>::choose_dynamics() {
  std::vector<Real> present(chains_ * geometry_.volume());
  configurations(present);
  dynamics_ = chosen_dynamics();
  allocate();
  restore(present, trajectory_);
}

/// Room for fields in the layout of the dynamics; all are 0.
template<class Real> void MarkovChains<Real>::allocate() {
  scratch_.clear();
  phi_ = AlignedArray<Real>(static_cast<std::size_t>(groups() * layout().size()));
#pragma omp parallel for schedule(static) num_threads(threads())
  for (std::int64_t group = 0; group < groups(); ++group)
    std::fill_n(phi_of(group), layout().size(), Real{0});
}

template<class Real> void MarkovChains<Real>::start_hot(double width) {
  trajectory_ = 0;
#pragma omp parallel for schedule(static) num_threads(threads())
  for (std::int64_t group = 0; group < groups(); ++group) {
    pass().draw(streams(Purpose::start, group), pass().whole(), phi_of(group));
    std::for_each_n(phi_of(group), layout().size(), [&](Real& value) { value *= static_cast<Real>(width); });
  }
}

template<class Real> void MarkovChains<Real>::restore(std::span<const Real> configurations, std::int64_t trajectory) {
  const std::int64_t volume = geometry_.volume();
  check_size("configurations", configurations.size(), chains_ * volume);
  if (trajectory < 0)
    throw std::invalid_argument("a chain cannot continue from trajectory " + std::to_string(trajectory));
  trajectory_ = trajectory;
#pragma omp parallel for schedule(static) num_threads(threads())
  for (std::int64_t chain = 0; chain < chains_; ++chain)
    for (std::int64_t x = 0; x < volume; ++x)
      phi_of_chain(chain)[layout().index(x, chain % layout().chains())] = configurations[chain * volume + x];
}

template<class Real> void MarkovChains<Real>::advance(std::span<TrajectoryInfo> info) {
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

template<class Real> int MarkovChains<Real>::threads() const {
  constexpr double force = 1, cluster_flip = 10; // nanoseconds a site; more with slower instructions
  const double updates = settings_.hmc.steps * force_evaluations(settings_.hmc.integrator) * force +
                         settings_.cluster_sweeps * cluster_flip;
  return std::min<int>(static_cast<int>(groups()),
                       threads_for(updates * static_cast<double>(groups() * layout().size())));
}

template<class Real> void MarkovChains<Real>::prepare(Scratch& scratch) const {
  for (auto* buffer : {&scratch.momenta, &scratch.first, &scratch.second})
    if (!buffer->data())
      *buffer = AlignedArray<Real>(layout().size());
  const std::int64_t modes = std::visit([](const auto& dynamics) { return dynamics.modes_size(); }, dynamics_);
  if (modes > 0 && !scratch.modes.data())
    scratch.modes = AlignedArray<Real>(modes);
  if (cluster_ && !scratch.cluster.labels.data())
    scratch.cluster = ClusterScratch(geometry_);
}

template<class Real>
void MarkovChains<Real>::advance_group(std::int64_t group, std::span<const Stage> stages, Scratch& scratch,
                                       std::span<TrajectoryInfo> info) {
  Real* const phi = phi_of(group);
  const Workspace<Real> workspace{scratch.momenta.data(), scratch.first.data(), scratch.second.data(),
                                  scratch.modes.data()};
  const LaneStreams momenta = streams(Purpose::momenta, group);
  const Proposal<Real> proposal =
      std::visit([&](const auto& dynamics) { return dynamics.propose(stages, momenta, phi, workspace); }, dynamics_);

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
void MarkovChains<Real>::sweep_clusters(std::int64_t group, Scratch& scratch, std::span<TrajectoryInfo> info) {
  for (int sweep = 0; sweep < settings_.cluster_sweeps; ++sweep)
    (*cluster_)(seed_, chain_number(group), static_cast<std::uint32_t>(trajectory_), sweep, phi_of(group),
                scratch.cluster);
  const Energies energies = pass().energies(phi_of(group), scratch.momenta.data());
  for (std::int64_t chain = 0; chain < chains_of(group); ++chain)
    report(ChainEnergies(energies, layout().use(), chain), info[group * layout().chains() + chain]);
}

/// What `info` says of the state with these energies.
template<class Real> void MarkovChains<Real>::report(const ChainEnergies& energies, TrajectoryInfo& info) const {
  const auto volume = static_cast<double>(geometry_.volume());
  const double virial = action_.virial(energies.action, energies.sum_phi, energies.virial_terms);
  info.action = static_cast<float>(energies.action);
  info.magnetisation = static_cast<float>(energies.sum_phi / volume);
  info.virial = static_cast<float>(virial / volume);
}

template<class Real> void MarkovChains<Real>::configurations(std::span<Real> out) const {
  const std::int64_t volume = geometry_.volume();
  check_size("configurations", out.size(), chains_ * volume);
#pragma omp parallel for schedule(static) num_threads(threads())
  for (std::int64_t chain = 0; chain < chains_; ++chain)
    for (std::int64_t x = 0; x < volume; ++x)
      out[chain * volume + x] = phi_of_chain(chain)[layout().index(x, chain % layout().chains())];
}

template<class Real> std::uint32_t MarkovChains<Real>::chain_number(std::int64_t group, std::int64_t chain) const {
  return static_cast<std::uint32_t>(first_chain_ + group * layout().chains() + chain);
}

template<class Real> std::int64_t MarkovChains<Real>::chains_of(std::int64_t group) const {
  return std::min(layout().chains(), chains_ - group * layout().chains());
}

template<class Real> LaneStreams MarkovChains<Real>::streams(Purpose purpose, std::int64_t group) const {
  return {seed_, static_cast<std::uint32_t>(purpose), chain_number(group), static_cast<std::uint32_t>(trajectory_)};
}

template class MarkovChains<float>;
template class MarkovChains<double>;

} // namespace stint
