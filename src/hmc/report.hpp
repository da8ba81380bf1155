#pragma once
// What an HMC run says about itself: acceptance, exactness checks, convergence, speed.

#include "analysis/convergence.hpp"
#include "src/files/ensemble_file.hpp"
#include "src/files/history_file.hpp"
#include "src/hmc/settings.hpp"
#include "src/program/json_output.hpp"

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace stint {

/// The observables that convergence is judged by, per trajectory: M, M^2 and the action.
inline constexpr std::array<const char*, 3> slow_observables = {"magnetisation", "magnetisation_squared", "action"};
std::array<double, 3> slow_values(const TrajectoryInfo& info);

/// Sums over the trajectories of one chain after thermalisation, added in their order. Doubles only, so that a
/// checkpoint can store them as numbers.
struct ChainSums {
  double accepted = 0;
  double exp_minus_delta_h = 0;
  double virial = 0;
  std::array<SplitMoments, 3> slow;

  /// Trajectory number `index` = 0, ..., length - 1 after thermalisation.
  void add(const TrajectoryInfo& info, std::int64_t index, std::int64_t length);
};

/// Enough of the history to estimate autocorrelation times: of up to 64 chains, and at most 2^20 trajectories of them
/// together.
class HistorySample {
public:
  HistorySample(std::int64_t rows, std::int64_t chains);
  void add(const HistoryRows& rows);

  std::int64_t rows() const { return std::ssize(series_[0]) / chains_; }
  /// Slow observable `k` of the sampled chains one after another, each in order of trajectory.
  std::vector<double> series(std::size_t k) const;
  std::int64_t chains() const { return chains_; }

private:
  std::int64_t all_chains_, chains_, largest_rows_;
  std::array<std::vector<double>, 3> series_; // (rows, chains)
};

inline constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

struct ValueAndError {
  double value = unknown;
  double error = unknown; ///< one standard deviation
};

struct HmcReport {
  double acceptance = 0;
  ValueAndError exp_minus_delta_h; ///< mean of exp(-dH), which is 1 in equilibrium
  ValueAndError virial;            ///< mean of (1/V) sum_x phi_x dS/dphi_x, which is 1: Schwinger-Dyson
  /// Split R-hat of the slow observables; NaN for short runs.
  std::array<double, 3> r_hat = {unknown, unknown, unknown};
  std::array<ValueAndError, 3> tau_int; ///< trajectories; NaN for short runs
  std::int64_t force_evaluations = 0;   ///< of each chain, thermalisation included
  double seconds = 0;                   ///< of all sessions of the run, output included
  double site_updates_per_second = 0;   ///< force evaluations of a site, over all chains
  double step_size = 0;                 ///< tuned, if --tune
  std::int64_t steps = 0;
};

/// Means over chains and their errors from the scatter of the chains (NaN for one chain), in the order of chains.
void summarize(std::span<const ChainSums> chains, std::int64_t trajectories, HmcReport& report);

/// tau_int by the Gamma method.
void estimate_tau_int(const HistorySample& sample, std::int64_t history_every, HmcReport& report);

/// As attributes of an ensemble file; NaN for what the file does not have.
void write_report(hdf5::File& file, const HmcReport& report);
HmcReport read_report(const hdf5::File& file);

/// Log lines before the start: what will be done, and what would be better. `chosen` says that the algorithm is what
/// the user wants.
void announce(const HmcRunSettings& settings, const EnsembleHeader& header, bool chosen);

/// Log lines for what looks wrong, each with what to do: one for each cause, and none for what follows from another
/// one.
void warn(const HmcRunSettings& settings, const EnsembleHeader& header, const HmcReport& report);

std::string table(const HmcRunSettings& settings, const HmcReport& report, const std::string& output);
Json json_of(const HmcRunSettings& settings, const HmcReport& report);

} // namespace stint
