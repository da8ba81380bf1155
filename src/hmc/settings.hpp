#pragma once
// The options of stint hmc.

#include "lattice/geometry.hpp"
#include "mcmc/hmc.hpp"
#include "src/program/couplings.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace stint {

class Options;

/// Of --algorithm blocks: what draws them.
struct BlockOptions {
  std::string model; ///< file
  std::string block = "8x8";
  std::int64_t path_steps = 80;
};

struct HmcRunSettings {
  std::string lattice = "32x32";
  CouplingOptions couplings;
  std::int64_t chains = 512, thermalize = 2000, trajectories = 6000, history_every = 1;
  std::optional<std::int64_t> given_save_every;
  std::int64_t save_every = 300; ///< complete after check()
  std::string start = "hot", precision = "single";

  std::string algorithm = "hmc", integrator = "leapfrog";
  UpdateSettings update; ///< complete after check()
  std::optional<int> cluster_sweeps;
  BlockOptions blocks;
  bool tune = false;
  std::optional<double> target_acceptance;

  bool resume = false;
  double checkpoint_every = 300;    ///< seconds
  std::optional<double> time_limit; ///< seconds

  void declare(Options& options);
  bool by_blocks() const { return algorithm == "blocks"; }

  /// Fills in what follows from other options. Throws UsageError for values that make no sense, alone or together.
  void check();
  void check_given(const Options& options) const; ///< throws UsageError for options of another algorithm

  /// After check(): decides --algorithm auto, and so completes `update`. Cluster sweeps where they apply and pay: the
  /// potential is a double well, so that the sign of phi is what moves slowly.
  void choose_algorithm(const Phi4& theory, const Geometry& geometry);

  std::int64_t updates() const { return thermalize + trajectories; } ///< of each chain
  std::int64_t saves() const { return trajectories / save_every; }
  std::int64_t history_rows() const { return trajectories / history_every; }
};

/// Whether cluster sweeps work on this lattice and are worth their price there.
bool clusters_pay(const Phi4& theory, const Geometry& geometry);

/// The acceptance at which an integrator moves fastest for its cost, at fixed trajectory length and large volume: the
/// maximum of step_size <P_acc> with <P_acc> = erfc(c step_size^order), 0.65 at second order (Beskos et al.,
/// arXiv:1001.4460) and 0.80 at fourth.
double best_acceptance(Integrator integrator);

} // namespace stint
