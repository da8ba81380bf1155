#pragma once
// A controller that takes a ball along a plan.

#include "mazes/simulator.hpp"
#include "mazes/way.hpp"

#include <cstdint>
#include <vector>

namespace stint {

/// What of a plan is kept.
///   path  its places in their order, as fast as the ball can pass them
///   time  its places at their times
enum class Follow { path, time };

/// Actions along a plan: feedback of the ball's position and velocity. Of the maze it knows the world, not the walls: a
/// plan through a wall leads the ball against it.
///
/// D4RL, path: the plan's polyline is rounded by a Gaussian of standard deviation `rounding` along it. With unit
/// tangent t(s) and normal n(s), the speed u(s) is the largest that an acceleration of `demand` times the possible one
/// an axis can turn into every bend ahead and stop at the goal: a ball that swings out of bends a little is faster than
/// one that keeps to them. The ball at x, whose nearest point ahead is p(s), is to have
///   v = u(s') t(s') + c(e) n(s'),  s' = s + dt |v|,  e = (p(s) - x) n,  c(e) = sign(e) min(`pull` |e|, sqrt(A |e|)),
/// A the possible acceleration, and near the goal g  v = `pull` (g - x). The action gives v in one step, the normal
/// part first where both do not fit. D4RL, time: v = r'(t) + `pull` (r(t) - x), with r the plan, linear between its
/// points. OGBench, path: to the furthest point of the polyline that one step can reach; time: to the point of the next
/// step.
///
/// Where a corner of a wall is in the way, the nearest point stays the same. After `patience` such steps the ball goes
/// along each axis towards a point ahead on the plan, which moves on until the ball is round the corner, by half a cell
/// at most.
class Follower {
public:
  static constexpr double rounding = 0.25, demand = 1.2, pull = 10;
  static constexpr std::int64_t patience = 1;

  /// `every`: steps of the simulator from point to point. Throws std::invalid_argument for a plan without points.
  Follower(MazeWorld world, Way plan, std::int64_t every, Follow mode);

  /// Where the ball is on the plan: the sample of the polyline that is nearest, steps in which it stayed the same, and
  /// steps since the start.
  struct Progress {
    std::size_t sample = 0;
    std::int64_t held = 0, step = 0;
  };

  /// The action, in [-1, 1] an axis. Notes in `progress`, at first {}, how far the ball has come.
  Point action(const Ball& ball, Progress& progress) const;

private:
  void find_speeds();
  Point along_path(const Ball& ball, const Progress& progress) const;
  Point at_time(const Ball& ball, const Progress& progress) const;
  Point furthest_in_reach(Point position, std::size_t from) const;
  void find_nearest(Point position, Progress& progress) const;
  std::size_t ahead(std::size_t from, double by) const;
  Point planned(double steps) const;

  MazeWorld world_;
  Way plan_;
  std::int64_t every_;
  Follow mode_;
  double spacing_ = 0;          // of the samples
  Way samples_;                 // of the polyline, equally spaced; in D4RL rounded
  std::vector<Point> tangents_; // at the samples
  std::vector<double> speeds_;  // at the samples
};

} // namespace stint
