#pragma once
// The numbers of the balls' motion.

#include "mazes/world.hpp"

#include <numbers>

namespace stint::point_mass {

/// D4RL's ball (maze_model.py): a step of dt seconds with the action a is, an axis,
///   v is clipped to [-most_speed, most_speed],  v += gain (gear a - damping v),  x += dt v.
inline constexpr double gear = 100, damping = 1, density = 1000, most_speed = 5;
inline constexpr double dt = facts(MazeWorld::d4rl).step;
inline constexpr double radius = facts(MazeWorld::d4rl).radius;
inline constexpr double mass = density * 4 / 3 * std::numbers::pi * radius * radius * radius;
inline constexpr double gain = dt / (mass + dt * damping);

/// The speed that no ball that was at rest exceeds along an axis, and the acceleration a = 1 of a ball at rest.
inline constexpr double top_speed = most_speed + gain * (gear - damping * most_speed);
inline constexpr double acceleration = gain * gear / dt;

/// OGBench's ball: a step is x += stride a.
inline constexpr double stride = 0.2;

} // namespace stint::point_mass
