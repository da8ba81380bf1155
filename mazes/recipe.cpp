#include "mazes/recipe.hpp"

#include "lattice/random.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <string>

namespace stint {
namespace {

constexpr std::array<std::pair<std::string_view, RecipeKind>, 3> recipe_names{
    {{"maze2d", RecipeKind::maze2d}, {"navigate", RecipeKind::navigate}, {"stitch", RecipeKind::stitch}}};

MazeWorld world_of(RecipeKind kind) { return kind == RecipeKind::maze2d ? MazeWorld::d4rl : MazeWorld::ogbench; }

void check_world(RecipeKind kind, const Maze& maze) {
  if (world_of(kind) != maze.world())
    throw std::invalid_argument("the recipe " + std::string(name_of(kind)) + " belongs to the world " +
                                std::string(facts(world_of(kind)).name) + ", and this maze to " +
                                std::string(facts(maze.world()).name));
}

/// The draws of one stream, one after the other.
class Draws {
public:
  explicit Draws(const Stream& stream) : stream_(stream) {}

  double uniform() { return stream_.uniform(next_++); } // in (0, 1]
  double around(double width) { return width * (2 * uniform() - 1); }
  Cell among(const std::vector<Cell>& cells) {
    const auto n = static_cast<double>(cells.size());
    return cells[static_cast<std::size_t>(std::min(n * uniform(), n - 1))];
  }
  Point near(Point point, double width) {
    const double x = around(width);
    return {point.x + x, point.y + around(width)};
  }

private:
  Stream stream_;
  std::uint32_t next_ = 0;
};

/// Standard normals, two a step, made a block of steps at a time.
class StepNoise {
public:
  StepNoise(std::uint64_t seed, std::uint32_t run)
      : stream_{.seed = seed, .purpose = Purpose::agent_noise, .chain = run} {}

  Point next() {
    if (used_ == values_.size()) {
      stream_.normals(values_);
      ++stream_.trajectory;
      used_ = 0;
    }
    const float x = values_[used_], y = values_[used_ + 1];
    used_ += 2;
    return {x, y};
  }

private:
  Stream stream_;
  std::array<float, 1024> values_;
  std::size_t used_ = values_.size();
};

double clipped(double a) { return std::max(-1.0, std::min(1.0, a)); }
Point clipped(Point a) { return {clipped(a.x), clipped(a.y)}; }
Point sum(Point a, double factor, Point b) { return {a.x + factor * b.x, a.y + factor * b.y}; }
Point difference(Point a, Point b) { return sum(a, -1, b); }
bool within(double distance, Point a, Point b) {
  const Point d = difference(a, b);
  return d.x * d.x + d.y * d.y <= distance * distance;
}
bool closer(double distance, Point a, Point b) {
  const Point d = difference(a, b);
  return d.x * d.x + d.y * d.y < distance * distance;
}

RecipeStep recorded(const Ball& ball, Point action, Point goal, bool at_goal, bool last) {
  const auto f = [](double value) { return static_cast<float>(value); };
  return {f(ball.position.x),
          f(ball.position.y),
          f(ball.velocity.x),
          f(ball.velocity.y),
          f(action.x),
          f(action.y),
          f(goal.x),
          f(goal.y),
          at_goal,
          last};
}

} // namespace

std::string_view name_of(RecipeKind kind) {
  return std::ranges::find(recipe_names, kind, &std::pair<std::string_view, RecipeKind>::second)->first;
}

RecipeKind recipe_named(std::string_view name) {
  for (const auto& [known, kind] : recipe_names) {
    if (name == known)
      return kind;
  }
  throw std::invalid_argument("there is no recipe '" + std::string(name) + "'; there are maze2d, navigate and stitch");
}

Recipe standard_recipe(RecipeKind kind, const Maze& maze) {
  check_world(kind, maze);
  const int cells = maze.rows() * maze.columns();
  Recipe recipe{.kind = kind};
  if (kind == RecipeKind::maze2d) {
    recipe.target_steps = cells <= 25 ? 300 : cells <= 64 ? 600 : 800;
    recipe.steps = cells <= 25 ? 1'000'000 : cells <= 64 ? 2'000'000 : 4'000'000;
    return recipe;
  }
  const bool giant = cells >= 150;
  recipe.run_steps = kind == RecipeKind::stitch ? 201 : giant ? 2001 : 1001;
  recipe.steps = recipe.run_steps * (kind == RecipeKind::stitch ? 5000 : giant ? 500 : 1000);
  return recipe;
}

RecipeRuns::RecipeRuns(const Maze& maze, const Recipe& recipe, std::uint64_t seed)
    : maze_(maze), recipe_(recipe), seed_(seed), simulator_(maze), routes_(maze) {
  check_world(recipe.kind, maze);
  if (!(std::isfinite(recipe.noise) && recipe.noise >= 0))
    throw std::invalid_argument("the noise of a recipe is " + std::to_string(recipe.noise) + ", expected at least 0");
  if (recipe.run_steps < 1 || recipe.target_steps < 1)
    throw std::invalid_argument("a run and a target have at least one step");
  for (const Cell cell : maze.free_cells()) {
    const auto free = [&](int down, int right) { return maze.is_free(Cell{cell.row + down, cell.column + right}); };
    const bool above = free(-1, 0), below = free(1, 0), left = free(0, -1), right = free(0, 1);
    const bool corridor = (above && below && !left && !right) || (left && right && !above && !below);
    if (!corridor)
      vertices_.push_back(cell);
  }
}

void RecipeRuns::make(std::uint32_t run, std::span<RecipeStep> out) const {
  if (out.empty())
    return;
  recipe_.kind == RecipeKind::maze2d ? maze2d(run, out) : ogbench(run, out);
  out.back().last = true;
}

std::vector<Cell> RecipeRuns::reachable_from(Cell cell, const std::vector<Cell>& among) const {
  std::vector<Cell> cells;
  std::ranges::copy_if(among, std::back_inserter(cells), [&](Cell other) { return maze_.reachable(cell, other); });
  return cells;
}

void RecipeRuns::maze2d(std::uint32_t run, std::span<RecipeStep> out) const {
  constexpr double gain = 10, near = 0.1, jitter = 0.2, spread = 0.1;
  constexpr double tolerance = facts(MazeWorld::d4rl).goal_tolerance;
  const auto stream = [&](std::uint32_t target) {
    return Stream{.seed = seed_, .purpose = Purpose::agent, .chain = run, .trajectory = target};
  };
  Draws start(stream(0));
  const Cell first = start.among(maze_.free_cells());
  const auto cells = reachable_from(first, maze_.free_cells());
  Ball ball{.position = start.near(maze_.centre(first), spread), .velocity = {}};
  StepNoise noise(seed_, run);
  const Point of_maze = maze_.goal() ? maze_.centre(*maze_.goal()) : Point{};

  std::uint32_t targets = 0;
  std::int64_t spent = 0; // steps of this target
  bool arrived = true;
  Cell target{-1, -1};
  Point goal, before; // the moved target; the position a step before
  std::vector<Point> way;
  std::size_t at = 0; // the way point
  for (auto& step : out) {
    if (arrived) {
      Draws draws(stream(++targets));
      const Cell next = draws.among(cells);
      goal = draws.near(maze_.centre(next), spread);
      spent = 0;
      if (next != target) {
        target = next;
        way.clear();
        at = 0;
        Cell cell = maze_.cell_at(ball.position);
        before = maze_.centre(cell);
        do {
          cell = routes_.next(cell, target);
          Point point = maze_.centre(cell);
          if (cell != target) {
            point.x -= jitter * draws.uniform();
            point.y -= jitter * draws.uniform();
          }
          way.push_back(point);
        } while (cell != target);
      }
    }
    const bool slow = closer(near, ball.position, before);
    const bool solved = slow && closer(near, ball.position, way.back());
    const Point towards = solved ? way.back() : way[at];
    if (!solved && slow && closer(near, ball.position, towards) && at + 1 < way.size())
      ++at;
    const Point pull = sum({}, gain, difference(towards, ball.position));
    Point action = clipped(difference(pull, ball.velocity));
    if (recipe_.noise > 0)
      action = clipped(sum(action, recipe_.noise, noise.next()));
    arrived = solved || spent >= recipe_.target_steps;
    ++spent;
    step = recorded(ball, action, goal, maze_.goal() && within(tolerance, ball.position, of_maze), arrived);
    before = ball.position;
    ball = simulator_.step(ball, action);
  }
}

void RecipeRuns::ogbench(std::uint32_t run, std::span<RecipeStep> out) const {
  constexpr double spread = 1, smallest = 1e-6, tolerance = facts(MazeWorld::ogbench).goal_tolerance;
  constexpr int away = 4; // of stitch, in cells
  Draws draws({.seed = seed_, .purpose = Purpose::agent, .chain = run});
  const Cell first = draws.among(maze_.free_cells());
  std::vector<Cell> goals;
  if (recipe_.kind == RecipeKind::navigate) {
    goals = reachable_from(first, vertices_);
  } else {
    const auto steps = maze_.steps_to(first);
    for (const Cell cell : maze_.free_cells()) {
      if (steps[static_cast<std::size_t>(cell.row) * maze_.columns() + cell.column] == away)
        goals.push_back(cell);
    }
    if (goals.empty())
      goals.push_back(first);
  }
  Ball ball{.position = draws.near(maze_.centre(first), spread), .velocity = {}};
  Cell target = draws.among(goals);
  Point goal = draws.near(maze_.centre(target), spread);
  StepNoise noise(seed_, run);
  bool at_goal = within(tolerance, ball.position, goal);
  for (auto& step : out) {
    const Cell next = routes_.next(maze_.cell_at(ball.position), target);
    const Point way = difference(maze_.centre(next), ball.position);
    const double per_length = 1 / (std::sqrt(way.x * way.x + way.y * way.y) + smallest);
    Point action = sum({}, per_length, way);
    action = recipe_.noise > 0 ? sum(action, recipe_.noise, noise.next()) : action;
    action = clipped(action);
    step = recorded(ball, action, goal, at_goal, false);
    ball = simulator_.step(ball, action);
    at_goal = within(tolerance, ball.position, goal);
    if (at_goal && recipe_.kind == RecipeKind::navigate) {
      target = draws.among(goals);
      goal = draws.near(maze_.centre(target), spread);
    }
  }
}

} // namespace stint
