#include "src/hmc/run.hpp"

#include "mcmc/markov_chains.hpp"
#include "src/hmc/recorder.hpp"
#include "src/hmc/start.hpp"
#include "src/program/errors.hpp"
#include "src/program/pacemaker.hpp"
#include "src/program/progress.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace stint {
namespace {

constexpr double time_to_see_the_rate = 0.5; // seconds

/// Which chains a rank has: whole SIMD groups, contiguous in rank.
struct Share {
  std::int64_t first = 0, count = 0;
};

Share share_of(std::int64_t chains, const Mpi& mpi) {
  constexpr std::int64_t group = MarkovChains<float>::group_size;
  static_assert(group == MarkovChains<double>::group_size);
  const std::int64_t groups = (chains + group - 1) / group;
  const auto begin = [&](std::int64_t rank) { return std::min(chains, groups * rank / mpi.size() * group); };
  return {begin(mpi.rank()), begin(mpi.rank() + 1) - begin(mpi.rank())};
}

/// exp(-dH) of a chain in units of 2^-32, at most 1: whole numbers, whose sum does not depend on its order.
std::int64_t acceptance_probability(const TrajectoryInfo& info) {
  const auto delta_h = static_cast<double>(info.delta_h);
  return std::isfinite(delta_h) ? std::llround(std::ldexp(std::min(1.0, std::exp(-delta_h)), 32)) : 0;
}

template<class Real> class Run {
public:
  Run(const Context& context, const HmcRunSettings& settings, const EnsembleHeader& header, const CommonOptions& common,
      const PartsFolder& folder, const StopRequest& stop, const MakeChains<Real>& make)
      : mpi_(context.mpi), settings_(settings), header_(header), common_(common), folder_(folder), stop_(stop),
        make_(make), share_(share_of(settings.chains, mpi_)), infos_(share_.count), sums_(share_.count) {}
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  void start();
  void resume();
  void advance_to_the_end();
  HmcReport finish();

private:
  std::int64_t volume() const { return header_.geometry.volume(); }
  void make_chains(const HmcSettings& hmc);
  void deal_out(const RunState<Real>& all); // rank 0's state to all
  void use(const HmcSettings& hmc);
  double smallest() const; // step size that tuning tries
  void start_tuning();
  void tune();
  void measure();
  void checkpoint();
  HmcReport write_ensemble(std::span<const ChainSums> sums); // on rank 0
  double seconds() const { return std::chrono::duration<double>(Clock::now() - begin_).count(); }
  std::vector<Real> all_configurations() const; // on rank 0
  std::vector<ChainSums> all_sums() const;      // on rank 0

  using Clock = std::chrono::steady_clock;

  const Mpi& mpi_;
  const HmcRunSettings& settings_;
  HmcSettings hmc_ = settings_.update.hmc; // before tuning
  const EnsembleHeader& header_;
  const CommonOptions& common_;
  const PartsFolder& folder_;
  const StopRequest& stop_;
  const MakeChains<Real>& make_;
  Clock::time_point begin_ = Clock::now();
  double earlier_seconds_ = 0; // of sessions before this one
  Share share_;
  RunPosition position_;
  std::optional<StepSizeTuner> tuner_;
  std::unique_ptr<AnyChains<Real>> chains_; // none if there are fewer groups of chains than ranks
  std::vector<TrajectoryInfo> infos_;
  std::vector<ChainSums> sums_;
  std::optional<Recorder<Real>> recorder_; // on rank 0
};

template<class Real> void Run<Real>::make_chains(const HmcSettings& hmc) {
  if (share_.count > 0)
    chains_ = make_(hmc, share_.first, share_.count);
  position_.step_size = hmc.step_size;
  position_.steps = hmc.steps;
}

template<class Real> void Run<Real>::use(const HmcSettings& hmc) {
  if (chains_)
    chains_->set_hmc(hmc);
  position_.step_size = hmc.step_size;
  position_.steps = hmc.steps;
}

template<class Real> void Run<Real>::deal_out(const RunState<Real>& all) {
  std::vector<Real> mine(share_.count * volume());
  mpi_.scatter_rows<Real>(all.configurations, volume(), mine);
  if (chains_)
    chains_->restore(mine, position_.first_trajectory + position_.done);
}

template<class Real> double Run<Real>::smallest() const {
  return smallest_step_size(stable_step_size(*header_.theory, header_.geometry.dimensions()), volume());
}

/// Begins at a step size from which tuning comes to an end. From any other the trajectory length, which tuning keeps,
/// would make no sense either.
template<class Real> void Run<Real>::start_tuning() {
  const double stable = stable_step_size(*header_.theory, header_.geometry.dimensions());
  if (can_tune_from(hmc_.step_size, stable))
    return;
  if (mpi_.root())
    spdlog::warn("--step-size {:.3g} is far from what this theory needs: tuning starts from {} steps of {:.3g}",
                 hmc_.step_size, hmc_.steps, stable / 2);
  hmc_.step_size = stable / 2;
}

template<class Real> void Run<Real>::start() {
  if (settings_.tune) {
    start_tuning();
    tuner_.emplace(hmc_.step_size, settings_.target_acceptance.value_or(best_acceptance(hmc_.integrator)), smallest());
  }
  make_chains(hmc_);
  if (settings_.start == "hot") {
    if (chains_)
      chains_->start_hot();
  } else if (settings_.start != "cold") {
    RunState<Real> from;
    on_root(mpi_, [&] { from = state_of_ensemble<Real>(settings_, header_.geometry); });
    mpi_.broadcast(std::span(&from.position, 1));
    position_.first_trajectory = from.position.first_trajectory;
    deal_out(from);
  }
  on_root(mpi_, [this] {
    folder_.clear();
    recorder_.emplace(folder_, header_, settings_.chains, 0);
  });
}

template<class Real> void Run<Real>::resume() {
  RunState<Real> state;
  on_root(mpi_, [&] {
    state = read_state<Real>(folder_, header_, settings_.chains);
    folder_.remove_after(state.position.parts);
    recorder_.emplace(folder_, header_, settings_.chains, state.position.parts);
  });
  mpi_.broadcast(std::span(&state.position, 1));
  if (settings_.tune)
    start_tuning();
  HmcSettings hmc = hmc_;
  hmc.step_size = state.position.step_size;
  hmc.steps = static_cast<int>(state.position.steps);
  make_chains(hmc);
  position_ = state.position;
  earlier_seconds_ = position_.seconds;
  if (settings_.tune)
    tuner_.emplace(position_.tuner, smallest());
  deal_out(state);
  mpi_.scatter_rows<ChainSums>(state.sums, 1, sums_);
}

template<class Real> void Run<Real>::tune() {
  std::int64_t sum = 0;
  for (const auto& info : infos_)
    sum += acceptance_probability(info);
  mpi_.sum(std::span(&sum, 1));
  tuner_->update(std::ldexp(static_cast<double>(sum), -32) / static_cast<double>(settings_.chains));
  if (tuner_->hopeless())
    throw CommonFailure(fmt::format(
        "--tune: of all step sizes down to {:.3g} none is accepted; --precision double or --start cold may help",
        smallest()));
  const bool last = position_.done == settings_.thermalize;
  use(with_step_size(hmc_, last ? tuner_->averaged_step_size() : tuner_->step_size()));
}

template<class Real> void Run<Real>::measure() {
  const std::int64_t after = position_.done - settings_.thermalize;
  const std::int64_t trajectory = position_.first_trajectory + position_.done;
  for (std::int64_t chain = 0; chain < share_.count; ++chain)
    sums_[chain].add(infos_[chain], after - 1, settings_.trajectories);
  if (after % settings_.history_every == 0) {
    std::vector<TrajectoryInfo> all(mpi_.root() ? settings_.chains : 0);
    mpi_.gather_rows<TrajectoryInfo>(infos_, 1, all);
    if (recorder_)
      recorder_->record(trajectory, all);
  }
  if (after % settings_.save_every == 0) {
    auto all = all_configurations();
    if (recorder_)
      recorder_->save(trajectory, std::move(all));
  }
}

template<class Real> void Run<Real>::advance_to_the_end() {
  Pacemaker pacemaker(mpi_, stop_, settings_.checkpoint_every);
  const std::int64_t last = settings_.updates(), first = position_.done;
  const std::int64_t evaluations = settings_.by_blocks() ? 0 : force_evaluations(settings_.update.hmc.integrator);
  double accepted = 0; // of this rank's chains in this session
  bool told = false;   // how long it will take
  Progress progress("hmc", last - first, "trajectories", mpi_.root() && !common_.quiet);
  while (position_.done < last) {
    if (tuner_ && position_.done == 0)
      use(with_step_size(hmc_, tuner_->step_size()));
    if (chains_)
      chains_->advance(infos_);
    ++position_.done;
    position_.force_evaluations += evaluations * position_.steps;
    if (position_.done > settings_.thermalize)
      measure();
    else if (tuner_)
      tune();
    accepted += static_cast<double>(std::ranges::count(infos_, true, &TrajectoryInfo::accepted));
    const std::int64_t done = position_.done - first;
    if (!told && seconds() > time_to_see_the_rate) {
      told = true;
      if (mpi_.root())
        spdlog::info("about {} for all trajectories",
                     duration_text(seconds() * static_cast<double>(last - first) / static_cast<double>(done)));
    }
    progress.update(done, fmt::format("acceptance {:.3f}",
                                      accepted / static_cast<double>(done * std::max<std::int64_t>(share_.count, 1))));
    if (position_.done == last)
      break;
    const auto wish = pacemaker.ask();
    if (wish != Pacemaker::Wish::none)
      checkpoint();
    else if (recorder_)
      recorder_->check();
    if (wish == Pacemaker::Wish::stop) {
      if (recorder_)
        recorder_->wait();
      mpi_.barrier();
      throw StoppedEarly(fmt::format("stopped after {} of {} trajectories; {} is written, continue with --resume",
                                     position_.done, last, folder_.path()));
    }
  }
}

template<class Real> void Run<Real>::checkpoint() {
  position_.seconds = earlier_seconds_ + seconds();
  if (tuner_)
    position_.tuner = tuner_->state();
  RunState<Real> state{position_, all_sums(), all_configurations()};
  if (recorder_)
    recorder_->checkpoint(std::move(state));
}

template<class Real> std::vector<Real> Run<Real>::all_configurations() const {
  std::vector<Real> all(mpi_.root() ? settings_.chains * volume() : 0);
  if (mpi_.size() == 1) {
    chains_->configurations(all);
    return all;
  }
  std::vector<Real> mine(share_.count * volume());
  if (chains_)
    chains_->configurations(mine);
  mpi_.gather_rows<Real>(mine, volume(), all);
  return all;
}

template<class Real> std::vector<ChainSums> Run<Real>::all_sums() const {
  std::vector<ChainSums> all(mpi_.root() ? settings_.chains : 0);
  mpi_.gather_rows<ChainSums>(sums_, 1, all);
  return all;
}

template<class Real> HmcReport Run<Real>::finish() {
  checkpoint(); // a run that is killed from here on need not sample again
  const auto sums = all_sums();
  HmcReport report;
  if (recorder_)
    report = write_ensemble(sums);
  mpi_.barrier(); // an error of rank 0 ends the others here
  return report;
}

template<class Real> HmcReport Run<Real>::write_ensemble(std::span<const ChainSums> sums) {
  recorder_->wait();
  EnsembleWriter ensemble(common_.output, common_.overwrite, header_, settings_.saves() * settings_.chains,
                          folder_.path());
  const auto sample = assemble<Real>(folder_, recorder_->parts(), settings_, ensemble);
  HmcReport report;
  summarize(sums, settings_.trajectories, report);
  estimate_tau_int(sample, settings_.history_every, report);
  report.force_evaluations = position_.force_evaluations;
  report.step_size = position_.step_size;
  report.steps = position_.steps;
  report.seconds = earlier_seconds_ + seconds();
  report.site_updates_per_second =
      static_cast<double>(volume() * settings_.chains) * static_cast<double>(report.force_evaluations) / report.seconds;
  auto& file = ensemble.file();
  write_report(file, report);
  file.set_attribute("algorithm", settings_.algorithm);
  file.set_attribute("integrator", settings_.integrator);
  file.set_attribute("thermalize", settings_.thermalize);
  file.set_attribute("save_every", settings_.save_every);
  ensemble.commit();
  folder_.clear();
  return report;
}

} // namespace

template<class Real>
HmcReport run_chains(const Context& context, const HmcRunSettings& settings, const EnsembleHeader& header,
                     const CommonOptions& common, const PartsFolder& folder, bool resume, const StopRequest& stop,
                     const MakeChains<Real>& make) {
  Run<Real> run(context, settings, header, common, folder, stop, make);
  if (resume)
    run.resume();
  else
    run.start();
  run.advance_to_the_end();
  return run.finish();
}

#define STINT_INSTANTIATE(Real)                                                                                        \
  template HmcReport run_chains<Real>(const Context&, const HmcRunSettings&, const EnsembleHeader&,                    \
                                      const CommonOptions&, const PartsFolder&, bool, const StopRequest&,              \
                                      const MakeChains<Real>&);
STINT_INSTANTIATE(float)
STINT_INSTANTIATE(double)
#undef STINT_INSTANTIATE

} // namespace stint
