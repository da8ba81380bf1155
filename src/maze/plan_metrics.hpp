#pragma once
// What plans are worth before anybody follows them.

#include "src/maze/fraction.hpp"
#include "src/maze/plans_file.hpp"
#include "src/program/json_output.hpp"

#include <string>

namespace stint {

/// Plans out of walls, of all that were asked for: one that was not found is not free.
struct WallFree {
  Fraction centre_points, centre_segments, physical_points, physical_segments;
};

/// Plans as they were drawn first, or after the retries.
struct DrawMetrics {
  Fraction found;         ///< has a plan at all
  Fraction ends_met;      ///< of those found: the first and the last point are start and goal, as float32 bit for bit
  Fraction waypoints_met; ///< of those found with waypoints: each of them is a point of the plan, in their order, bit
                          ///< for bit
  WallFree wall_free;
};

struct PlanMetrics {
  std::int64_t plans = 0, pairs = 0;
  DrawMetrics first, after;
  MeanOf retries;
  /// Of the plans after retries that were found. Shortest ways are those of the physical wall test; `length` has the
  /// length of a plan over that of the shortest way between its places. `roughness` is the mean over plans of the mean
  /// squared second difference of the points, `roughness_of_shortest` the same of shortest ways passed in as many
  /// points at constant speed.
  MeanOf length, roughness, roughness_of_shortest;
  /// Of pairs with several plans that are free in the physical test (segments): the mean distance between two plans at
  /// equal fractions of their lengths, and how many homotopy classes the plans have; of at most `most_compared` plans a
  /// pair.
  std::int64_t compared_pairs = 0;
  MeanOf plans_compared, distance, classes;
  double seconds_per_plan = 0;

  static constexpr std::size_t most_compared = 100;

  /// roughness over roughness_of_shortest
  double roughness_ratio() const { return roughness.value / roughness_of_shortest.value; }
};

/// On all threads.
PlanMetrics measure_plans(const PlansFile& plans);

std::string text_of(const Fraction& fraction); ///< "0.9931  [0.98977, 0.99535]"
/// {"value", "low", "high"}
Json json_of(const Fraction& fraction);
/// [value, error]
Json json_of(const MeanOf& mean);

Json json_of(const PlanMetrics& metrics);
std::string table_of(const PlanMetrics& metrics);

} // namespace stint
