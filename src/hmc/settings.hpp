#pragma once
// The options of stint hmc.

#include "mcmc/hmc.hpp"
#include "src/program/couplings.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace stint {

class Options;

struct HmcRunSettings {
  std::string lattice = "32x32";
  CouplingOptions couplings;
  std::int64_t chains = 512, thermalize = 2000, trajectories = 6000, save_every = 300, history_every = 1;
  std::string start = "hot", precision = "single";

  std::string algorithm = "hmc", integrator = "leapfrog";
  UpdateSettings update; ///< complete after check()
  std::optional<int> cluster_sweeps;
  bool tune = false;
  std::optional<double> target_acceptance;

  bool resume = false;
  double checkpoint_every = 300;    ///< seconds
  std::optional<double> time_limit; ///< seconds

  void declare(Options& options);

  /// Fills in what follows from other options. Throws UsageError for values that make no sense, alone or together.
  void check();

  std::int64_t updates() const { return thermalize + trajectories; } ///< of each chain
  std::int64_t saves() const { return trajectories / save_every; }
  std::int64_t history_rows() const { return trajectories / history_every; }
};

/// The acceptance at which an integrator moves fastest for its cost, at fixed trajectory length and large volume: the
/// maximum of step_size <P_acc> with <P_acc> = erfc(c step_size^order), 0.65 at second order (Beskos et al.,
/// arXiv:1001.4460) and 0.80 at fourth.
double best_acceptance(Integrator integrator);

} // namespace stint
