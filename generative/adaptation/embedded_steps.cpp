#include "generative/adaptation/embedded_steps.hpp"

#include "generative/adaptation/fine_solution.hpp"
#include "generative/solvers/exponential_step.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <stdexcept>

namespace stint {
namespace {

constexpr int order = 4; // of Method::multistep

/// The end of a step, and how far the end without the oldest node is from it.
struct Trial {
  torch::Tensor end;
  double error;
};

Trial trial(const ExponentialStep& step, const torch::Tensor& x, const std::deque<Node>& nodes,
            const torch::Tensor& otherwise, const StepCoordinates& frame, const ScaleFreeSquare& square,
            const torch::Tensor& like) {
  const int used = std::min<int>(order, static_cast<int>(nodes.size()));
  auto end = step.advance(x, nodes, order, {}, otherwise);
  if (used < 2) // nothing to compare with
    return {end, 0};
  const auto lower = step.advance(x, nodes, used - 1, {}, otherwise);
  const auto unit = (frame.variance.sqrt() / step.to.deviation).to(torch::kFloat);
  return {end, square(frame.basis.fields((end - lower) * unit, like)).sqrt().item<double>()};
}

} // namespace

EmbeddedSteps embedded_steps(const Drift& drift, const Path& path, const Schedule& along, const Operator& reference,
                             const torch::Tensor& x, double tolerance) {
  constexpr double safety = 0.9, shrink = 0.3, grow = 2, shortest = 1e-4, first_length = 0.25;
  constexpr int most_steps = 1000;
  if (!(tolerance > 0))
    throw std::invalid_argument("the tolerance of a step is > 0");
  if (path.stages() != 1)
    throw std::invalid_argument("steps by their error are for paths of one stage");
  const torch::NoGradGuard no_gradients;
  const auto pair_at = [&](double t) {
    const Pair pair = path.at(t, along);
    return Pair{pair.alpha.to(x.device()), pair.beta.to(x.device())};
  };
  const auto basis = diagonal_basis(pair_at(0));
  if (!basis)
    throw std::invalid_argument("steps by their error need a path of operators that are diagonal in one basis");
  const StepCoordinates frame(*basis, reference, x);
  const ScaleFreeSquare square(reference);
  const auto node_at = [&](const Pair& pair, const torch::Tensor& coordinates) {
    const auto fields = frame.basis.fields(coordinates, x);
    return Node(frame.place(pair), frame.variance, coordinates, frame.basis.coordinates(drift(pair, fields).eta1));
  };
  auto state = frame.basis.coordinates(x);
  double t = 0, length = first_length;
  std::vector<double> times = {0};
  std::deque<Node> nodes = {node_at(pair_at(0), state)};
  std::int64_t rejected = 0;
  while (t < 1) {
    if (std::ssize(times) > most_steps)
      throw std::runtime_error("more than 1000 steps are needed; take a larger tolerance");
    const double next = t + 1.1 * length > 1 ? 1 : t + length;
    const Pair pair = pair_at(next);
    const ExponentialStep step{nodes.front().place, frame.place(pair), frame.variance};
    Trial found = trial(step, state, nodes, step.from_data(state), frame, square, x);
    std::deque<Node> later = nodes;
    if (next < 1) { // predicted; what counts is what the value there makes of it
      later.push_front(node_at(pair, found.end));
      found = trial(step, state, later, found.end, frame, square, x);
    }
    if (!std::isfinite(found.error))
      throw std::runtime_error("the error of a step is not finite");
    const auto used = static_cast<double>(std::min<std::size_t>(order, later.size()));
    length =
        (next - t) * std::clamp(safety * std::pow(tolerance / std::max(found.error, 1e-300), 1 / used), shrink, grow);
    if (found.error > tolerance && next - t > shortest) {
      ++rejected;
      continue;
    }
    state = found.end;
    t = next;
    times.push_back(t);
    nodes = std::move(later);
    if (nodes.size() > order)
      nodes.pop_back();
  }
  return {.schedule = along.at_times(torch::tensor(times, torch::kDouble) * along.steps()), .rejected = rejected};
}

} // namespace stint
