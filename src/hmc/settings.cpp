#include "src/hmc/settings.hpp"

#include "mcmc/cluster.hpp"
#include "src/program/errors.hpp"
#include "src/program/options.hpp"
#include "src/program/ranges.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace stint {
namespace {

constexpr std::int64_t default_saves = 20; // configurations of a chain
constexpr std::int64_t least_tuning = 20;  // trajectories

void check_range(const char* option, std::int64_t value, std::int64_t least,
                 std::int64_t most = std::numeric_limits<std::int32_t>::max()) {
  if (value < least || value > most)
    throw UsageError(fmt::format("--{} is {}, expected a number from {} to {}", option, value, least, most));
}

} // namespace

void HmcRunSettings::declare(Options& options) {
  options.group("Lattice");
  options.value("lattice", lattice, "L1x...xLd", "extents of the periodic lattice, d = 1 to 4");
  couplings.declare(options);
  options.group("Sampling");
  options.value("chains", chains, "N", "independent Markov chains");
  options.value("thermalize", thermalize, "N", "trajectories of each chain that are thrown away first");
  options.value("trajectories", trajectories, "N", "trajectories of each chain after that");
  options.value("save-every", given_save_every, "N", "trajectories between saved configurations of a chain",
                "a twentieth of --trajectories, at least 1");
  options.value("history-every", history_every, "N", "trajectories between rows of /history");
  options.value(
      "start", start, "hot|cold|FILE",
      "phi = 0.1 N(0, 1); phi = 0; or the last configurations of an ensemble, one a chain, whose trajectories "
      "are counted on: with the same couplings, seed and algorithm and --thermalize 0 the chains go on as if "
      "they had never stopped");
  options.choice("precision", precision, {"single", "double"}, "of fields and file");
  options.group("Algorithm");
  options.choice(
      "algorithm", algorithm, {"auto", "hmc", "fourier", "cluster", "blocks"},
      "hybrid Monte Carlo; the same with Fourier acceleration (long waves move faster); or HMC trajectories "
      "with Swendsen-Wang sweeps of the signs in between, by far the shortest autocorrelation near "
      "criticality and in the broken phase; auto: cluster where the potential is a double well (mass2 < "
      "quadratic), else hmc. blocks: no HMC; in each trajectory one block of every window of the size of --model's "
      "lattice is drawn by this model and accepted or rejected, so that the law is exact on a lattice of any "
      "size; ranks and threads change rounding there");
  options.choice("integrator", integrator, {"leapfrog", "omelyan", "omelyan4"},
                 "second order; second order with a smaller error at twice the cost a step; fourth order");
  options.value("step-size", update.hmc.step_size, "EPS", "step size of the integrator, lattice units");
  options.value("steps", update.hmc.steps, "N", "steps of a trajectory");
  options.value("jitter", update.hmc.jitter, "J",
                "every trajectory's step size is drawn from (1 - J, 1 + J) times --step-size");
  options.value("fourier-mass2", update.hmc.fourier_mass2, "M2",
                "squared mass in the metric of --algorithm fourier, near 1/xi^2 of the theory");
  options.value("cluster-sweeps", cluster_sweeps, "N", "of --algorithm cluster after each trajectory", "1");
  options.value("model", blocks.model, "FILE",
                "of --algorithm blocks: a model of phi^4 that knows this lambda, whose tilts reach the other couplings");
  options.value("block", blocks.block, "L1x...xLd", "extents of a block of --algorithm blocks");
  options.value("path-steps", blocks.path_steps, "N", "steps of the path that makes a block");
  options.flag(
      "tune", tune,
      "find the step size during thermalisation, of at least 20 trajectories, by dual averaging; the trajectory "
      "length stays step size x steps, unless --step-size is far from what the theory needs");
  options.value("target-acceptance", target_acceptance, "P", "of --tune", "0.65 at second order, 0.8 at fourth");
  options.group("Run");
  options.flag(
      "resume", resume,
      "continue from OUTPUT.parts if it is there, or say that OUTPUT is complete; the results are those of a run "
      "that was never stopped");
  options.value("checkpoint-every", checkpoint_every, "SECONDS", "between writes of the state to OUTPUT.parts");
  options.value("time-limit", time_limit, "SECONDS", "write a checkpoint and exit with status 75 after this time",
                "no limit");
}

void HmcRunSettings::check() {
  check_range("chains", chains, 1);
  check_range("thermalize", thermalize, 0);
  check_range("trajectories", trajectories, 1);
  if (!given_save_every)
    given_save_every = std::max<std::int64_t>(trajectories / default_saves, 1);
  save_every = *given_save_every;
  check_range("save-every", save_every, 1, trajectories);
  check_range("history-every", history_every, 1);
  if (!(checkpoint_every > 0))
    throw UsageError(fmt::format("--checkpoint-every is {}, expected more than 0 seconds", checkpoint_every));
  if (time_limit && *time_limit < 0)
    throw UsageError(fmt::format("--time-limit is {}, expected at least 0 seconds", *time_limit));
  if (start.empty())
    throw UsageError("--start is empty, expected hot, cold or an ensemble file");

  const bool fourier = algorithm == "fourier", cluster = algorithm == "cluster";
  if (update.hmc.fourier_mass2 && !fourier)
    throw UsageError("--fourier-mass2 goes with --algorithm fourier");
  if (fourier && !update.hmc.fourier_mass2)
    throw UsageError("--algorithm fourier needs --fourier-mass2");
  if (cluster_sweeps && !cluster)
    throw UsageError("--cluster-sweeps goes with --algorithm cluster");
  if (cluster_sweeps)
    check_range("cluster-sweeps", *cluster_sweeps, 1);
  update.cluster_sweeps = cluster ? cluster_sweeps.value_or(1) : 0;
  if (by_blocks() && blocks.model.empty())
    throw UsageError("--algorithm blocks needs --model");
  if (by_blocks() && precision != "single")
    throw UsageError("--algorithm blocks needs --precision single");
  check_range("path-steps", blocks.path_steps, 1, 100000);
  const HmcSettings& hmc = update.hmc;
  check_option("step-size", hmc.step_size, hmc.step_size > 0, "more than 0");
  check_range("steps", hmc.steps, 1, HmcSettings::most_steps);
  check_option("jitter", hmc.jitter, hmc.jitter >= 0 && hmc.jitter < 1, "at least 0 and below 1");
  if (hmc.fourier_mass2)
    check_option("fourier-mass2", *hmc.fourier_mass2, *hmc.fourier_mass2 > 0, "more than 0");
  update.hmc.integrator = checked([this] { return parse_integrator(integrator); });
  checked([this] { update.validate(); });

  if (target_acceptance && !tune)
    throw UsageError("--target-acceptance goes with --tune");
  if (tune && thermalize < least_tuning)
    throw UsageError(fmt::format("--tune works during thermalisation: --thermalize is {}, expected at least {}, better "
                                 "some hundred",
                                 thermalize, least_tuning));
  if (target_acceptance)
    check_option("target-acceptance", *target_acceptance, *target_acceptance > 0 && *target_acceptance < 1,
                 "between 0 and 1");
}

void HmcRunSettings::check_given(const Options& options) const {
  for (const char* option : {"model", "block", "path-steps"})
    if (options.given(option) && !by_blocks())
      throw UsageError(fmt::format("--{} goes with --algorithm blocks", option));
  for (const char* option : {"integrator", "step-size", "steps", "jitter", "tune"})
    if (options.given(option) && by_blocks())
      throw UsageError(fmt::format("--{} is of HMC; --algorithm blocks goes without", option));
}

void HmcRunSettings::choose_algorithm(const Phi4& theory, const Geometry& geometry) {
  if (algorithm != "auto")
    return;
  algorithm = clusters_pay(theory, geometry) ? "cluster" : "hmc";
  update.cluster_sweeps = algorithm == "cluster" ? 1 : 0;
}

bool clusters_pay(const Phi4& theory, const Geometry& geometry) {
  return theory.mass2 < theory.quadratic && geometry.volume() < ClusterSweep<float>::max_volume;
}

double best_acceptance(Integrator integrator) { return integrator == Integrator::omelyan4 ? 0.8 : 0.65; }

} // namespace stint
