// stint hmc: sample phi^4 by hybrid Monte Carlo.

#include "lattice/geometry.hpp"
#include "mcmc/ensemble.hpp"
#include "src/commands.hpp"
#include "src/couplings.hpp"
#include "src/ensemble_file.hpp"
#include "src/errors.hpp"
#include "src/history_file.hpp"
#include "src/json_output.hpp"
#include "src/options.hpp"
#include "src/progress.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numeric>
#include <optional>
#include <vector>

namespace stint {
namespace {

constexpr double low_acceptance = 0.3;         // below: most of the work is thrown away
constexpr double largest_deviation = 4;        // of <exp(-dH)> from 1, in errors
constexpr std::int64_t chains_for_errors = 16; // fewer give no error to judge by

struct Settings {
  std::string lattice = "32x32";
  CouplingOptions couplings;
  std::int64_t chains = 512, thermalize = 2000, trajectories = 6000, save_every = 300, history_every = 1;
  HmcSettings hmc;
  std::string precision = "single", start = "hot";

  std::int64_t saves() const { return trajectories / save_every; }
};

/// What the run did after thermalisation.
struct Report {
  double acceptance = 0;
  double exp_minus_delta_h = 0;
  double exp_minus_delta_h_error = 0; ///< NaN for one chain
  double site_updates_per_second = 0; ///< force evaluations of a site, thermalisation included
  double seconds = 0;
};

/// Sums over the trajectories of one chain.
struct ChainSums {
  double accepted = 0;
  double exp_minus_delta_h = 0;

  void add(const TrajectoryInfo& info) {
    accepted += info.accepted ? 1 : 0;
    exp_minus_delta_h += std::isfinite(info.delta_h) ? std::exp(-static_cast<double>(info.delta_h)) : 0;
  }
};

/// Which chains a rank has: whole SIMD groups, contiguous in rank.
struct Share {
  std::int64_t first = 0, count = 0;
};

Share share_of(std::int64_t chains, const Mpi& mpi) {
  constexpr std::int64_t lanes = Ensemble<float>::lanes;
  static_assert(lanes == Ensemble<double>::lanes);
  const std::int64_t groups = (chains + lanes - 1) / lanes;
  const auto begin = [&](std::int64_t rank) { return std::min(chains, groups * rank / mpi.size() * lanes); };
  return {begin(mpi.rank()), begin(mpi.rank() + 1) - begin(mpi.rank())};
}

void check(const std::string& option, std::int64_t value, std::int64_t least,
           std::int64_t most = std::numeric_limits<std::int32_t>::max()) {
  if (value < least || value > most)
    throw UsageError(fmt::format("--{} is {}, expected a number from {} to {}", option, value, least, most));
}

void check(const Settings& settings) {
  check("chains", settings.chains, 1);
  check("thermalize", settings.thermalize, 0);
  check("trajectories", settings.trajectories, 1);
  check("save-every", settings.save_every, 1, settings.trajectories);
  check("history-every", settings.history_every, 1);
  checked([&settings] { settings.hmc.validate(); });
}

/// Everything that only rank 0 does: it collects what all ranks have, and writes it.
template<class Real> class Recorder {
public:
  Recorder(const Context& context, const Settings& settings, const EnsembleHeader& header, const std::string& path,
           bool overwrite)
      : mpi_(context.mpi), chains_(settings.chains), volume_(header.geometry.volume()) {
    if (!mpi_.root())
      return;
    writer_.emplace(path, overwrite, header, settings.saves() * settings.chains);
    if (const std::int64_t recorded = settings.trajectories / settings.history_every; recorded > 0)
      history_.emplace(writer_->file(), recorded, settings.chains);
    configurations_.resize(chains_ * volume_);
    infos_.resize(chains_);
    chain_.resize(chains_);
    std::iota(chain_.begin(), chain_.end(), 0);
  }

  void record(std::int64_t trajectory, std::span<const TrajectoryInfo> infos) {
    mpi_.gather_rows<TrajectoryInfo>(infos, 1, infos_);
    if (history_)
      history_->append(trajectory, infos_);
  }

  void save(std::int64_t trajectory, std::span<const Real> configurations) {
    mpi_.gather_rows<Real>(configurations, volume_, configurations_);
    if (writer_)
      writer_->append<Real>(configurations_, chain_, std::vector<std::int64_t>(chains_, trajectory));
  }

  void finish(const Settings& settings, const Report& report) {
    if (!writer_)
      return;
    if (history_)
      history_->finish();
    auto& file = writer_->file();
    file.set_attribute("step_size", settings.hmc.step_size);
    file.set_attribute("steps", std::int64_t{settings.hmc.steps});
    file.set_attribute("thermalize", settings.thermalize);
    file.set_attribute("save_every", settings.save_every);
    file.set_attribute("acceptance", report.acceptance);
    file.set_attribute("exp_minus_delta_h", std::vector{report.exp_minus_delta_h, report.exp_minus_delta_h_error});
    writer_->commit();
  }

private:
  const Mpi& mpi_;
  std::int64_t chains_, volume_;
  std::optional<EnsembleWriter> writer_;
  std::optional<HistoryWriter> history_;
  std::vector<Real> configurations_;
  std::vector<TrajectoryInfo> infos_;
  std::vector<std::int64_t> chain_;
};

/// On rank 0: means over chains, summed in the order of chains whatever the ranks.
Report summarize(const Mpi& mpi, std::int64_t chains, double trajectories, std::span<const ChainSums> mine) {
  std::vector<ChainSums> all(mpi.root() ? chains : 0);
  mpi.gather_rows<ChainSums>(mine, 1, all);
  Report report;
  const auto n = static_cast<double>(chains);
  for (const auto& chain : all) {
    report.acceptance += chain.accepted / (n * trajectories);
    report.exp_minus_delta_h += chain.exp_minus_delta_h / (n * trajectories);
  }
  double squares = 0;
  for (const auto& chain : all)
    squares += std::pow(chain.exp_minus_delta_h / trajectories - report.exp_minus_delta_h, 2);
  report.exp_minus_delta_h_error =
      chains > 1 ? std::sqrt(squares / (n * (n - 1))) : std::numeric_limits<double>::quiet_NaN();
  return report;
}

template<class Real>
Report run(const Context& context, const Settings& settings, const EnsembleHeader& header,
           const CommonOptions& common) {
  using Clock = std::chrono::steady_clock;
  const Mpi& mpi = context.mpi;
  const std::int64_t volume = header.geometry.volume();
  const Share share = share_of(settings.chains, mpi);
  Recorder<Real> recorder(context, settings, header, common.output, common.overwrite);
  std::optional<Ensemble<Real>> ensemble;
  if (share.count > 0) {
    ensemble.emplace(header.geometry, header.theory, settings.hmc, static_cast<std::uint64_t>(common.seed), share.first,
                     share.count);
    if (settings.start == "hot")
      ensemble->start_hot();
  }
  std::vector<Real> configurations(share.count * volume);
  std::vector<TrajectoryInfo> infos(share.count);
  std::vector<ChainSums> sums(share.count);

  const auto begin = Clock::now();
  const std::int64_t last = settings.thermalize + settings.trajectories;
  Progress progress("hmc", last, "trajectories", mpi.root() && !common.quiet);
  double accepted = 0; // of all trajectories of this rank
  for (std::int64_t t = 1; t <= last; ++t) {
    if (ensemble)
      ensemble->advance(infos);
    accepted +=
        static_cast<double>(std::count_if(infos.begin(), infos.end(), [](auto& info) { return info.accepted; }));
    if (const std::int64_t after = t - settings.thermalize; after > 0) {
      for (std::int64_t chain = 0; chain < share.count; ++chain)
        sums[chain].add(infos[chain]);
      if (after % settings.history_every == 0)
        recorder.record(t, infos);
      if (after % settings.save_every == 0) {
        if (ensemble)
          ensemble->configurations(configurations);
        recorder.save(t, configurations);
      }
    }
    progress.update(t, fmt::format("acceptance {:.3f}",
                                   accepted / static_cast<double>(t * std::max<std::int64_t>(share.count, 1))));
  }
  Report report = summarize(mpi, settings.chains, static_cast<double>(settings.trajectories), sums);
  report.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  report.site_updates_per_second =
      static_cast<double>(volume * settings.chains) * settings.hmc.steps * static_cast<double>(last) / report.seconds;
  recorder.finish(settings, report);
  return report;
}

void warn(const Settings& settings, const Report& report) {
  if (report.acceptance < low_acceptance)
    spdlog::warn("acceptance is {:.3f}; a smaller --step-size or fewer --steps would help", report.acceptance);
  const double deviation = std::abs(report.exp_minus_delta_h - 1);
  if (settings.chains >= chains_for_errors && deviation > largest_deviation * report.exp_minus_delta_h_error)
    spdlog::warn(
        "<exp(-dH)> = {:.6g} +- {:.2g} is not 1: thermalise longer, take a smaller --step-size or --precision double",
        report.exp_minus_delta_h, report.exp_minus_delta_h_error);
}

std::string table(const Settings& settings, const Report& report, const std::string& output) {
  return fmt::format("{}: {} configurations, lattice {}\n"
                     "acceptance     {:.5f}\n"
                     "<exp(-dH)>     {:.6f} +- {:.1g}\n"
                     "site updates   {:.3g} per second\n"
                     "time           {}\n",
                     output, settings.saves() * settings.chains, settings.lattice, report.acceptance,
                     report.exp_minus_delta_h, report.exp_minus_delta_h_error, report.site_updates_per_second,
                     duration_text(report.seconds));
}

Json json_of(const Settings& settings, const Report& report) {
  return {{"acceptance", report.acceptance},
          {"exp_minus_delta_h", {report.exp_minus_delta_h, report.exp_minus_delta_h_error}},
          {"site_updates_per_second", report.site_updates_per_second},
          {"seconds", report.seconds},
          {"step_size", settings.hmc.step_size},
          {"steps", settings.hmc.steps}};
}

void declare(Options& options, Settings& settings) {
  options.group("Lattice");
  options.value("lattice", settings.lattice, "L1x...xLd", "extents of the periodic lattice, d = 1 to 4");
  settings.couplings.declare(options);
  options.group("Sampling");
  options.value("chains", settings.chains, "N", "independent Markov chains");
  options.value("thermalize", settings.thermalize, "N", "trajectories of each chain that are thrown away first");
  options.value("trajectories", settings.trajectories, "N", "trajectories of each chain after that");
  options.value("save-every", settings.save_every, "N", "trajectories between saved configurations of a chain");
  options.value("history-every", settings.history_every, "N", "trajectories between rows of /history");
  options.choice("start", settings.start, {"hot", "cold"}, "phi = 0.1 N(0, 1), or phi = 0");
  options.choice("precision", settings.precision, {"single", "double"}, "of fields and file");
  options.group("Algorithm");
  options.value("step-size", settings.hmc.step_size, "EPS", "leapfrog step size, lattice units");
  options.value("steps", settings.hmc.steps, "N", "leapfrog steps of a trajectory");
}

} // namespace

int run_hmc(const Context& context, Arguments arguments) {
  Settings settings;
  CommonOptions common;
  Options options(
      "hmc", "Samples lattice phi^4 by hybrid Monte Carlo (leapfrog, Metropolis acceptance): many independent chains "
             "that share SIMD lanes, threads and MPI ranks. Writes every --save-every-th configuration of every "
             "chain to an ensemble file, ordered by trajectory, then chain, and the history of the action, "
             "magnetisation and acceptance. Results do not depend on the number of ranks and threads. Memory: 8 "
             "bytes a site and chain over all ranks (16 in double precision), and half of that again on rank 0.");
  declare(options, settings);
  options.example("stint hmc --lattice 32x32 --mass2 -4 --lambda 4.572 --output prior.h5");
  options.example(
      "mpirun -n 8 stint hmc --lattice 64x64 --kappa 0.28 --hopping-lambda 0.02 --chains 4096 --output hop.h5");
  if (!read_options(context, options, common,
                    {.output = "ensemble file to write", .output_required = true, .seed = "seed of all random numbers"},
                    arguments))
    return 0;
  check(settings);
  const Geometry geometry = checked([&] { return Geometry::parse(settings.lattice); });
  const bool single = settings.precision == "single";
  const EnsembleHeader header{.geometry = geometry,
                              .theory = settings.couplings.resolve(options, geometry.dimensions()),
                              .precision = single ? hdf5::Type::float32 : hdf5::Type::float64,
                              .provenance = provenance_of(context, options, common)};
  check_outputs(context, common, {common.output, common.json});
  const Report report =
      single ? run<float>(context, settings, header, common) : run<double>(context, settings, header, common);
  if (context.mpi.root()) {
    warn(settings, report);
    if (!common.quiet)
      std::fputs(table(settings, report, common.output).c_str(), stdout);
    write_json(common.json, json_of(settings, report), common.overwrite);
  }
  return 0;
}

} // namespace stint
