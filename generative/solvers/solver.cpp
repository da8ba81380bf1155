#include "generative/solvers/solver.hpp"

#include "generative/solvers/exponential_step.hpp"
#include "generative/solvers/runge_kutta.hpp"

#include <fmt/format.h>

#include <array>
#include <limits>
#include <stdexcept>

namespace stint {
namespace {

constexpr std::array<std::pair<std::string_view, Method>, 7> methods = {{{"euler", Method::euler},
                                                                         {"heun", Method::heun},
                                                                         {"rk4", Method::rk4},
                                                                         {"dopri5", Method::dopri5},
                                                                         {"multistep", Method::multistep},
                                                                         {"sde", Method::sde},
                                                                         {"sde2", Method::sde2}}};

const Tableau& tableau_of(Method method) {
  switch (method) {
  case Method::euler:
    return Tableau::euler();
  case Method::heun:
    return Tableau::heun();
  case Method::rk4:
    return Tableau::rk4();
  default:
    return Tableau::dopri5();
  }
}

/// The operators of one step, from the knot behind to the knot ahead.
struct Segment {
  Pair from, to;

  Pair at(const Operator& u) const {
    const Operator rest = Operator(1) - u;
    return {rest * from.alpha + u * to.alpha, rest * from.beta + u * to.beta};
  }

  /// dX/du = (alpha_to - alpha_from) eta0 + (beta_to - beta_from) eta1
  torch::Tensor velocity(const Etas& etas) const {
    return (to.alpha - from.alpha)(etas.eta0) + (to.beta - from.beta)(etas.eta1);
  }
};

/// Of a diagonal operator on the configurations of x, that on some of them.
Operator of_rows(const Operator& op, const torch::Tensor& rows, const torch::Tensor& x) {
  if (!op.is_diagonal() || op.values().dim() < x.dim() || op.values().size(0) == 1)
    return op;
  return Operator::diagonal(op.basis(), op.values().index_select(0, rows));
}

Pair of_rows(const Pair& pair, const torch::Tensor& rows, const torch::Tensor& x) {
  return {of_rows(pair.alpha, rows, x), of_rows(pair.beta, rows, x)};
}

/// Which site coordinates move, broadcastable to the fields; undefined where the operators are not of sites: all.
torch::Tensor moving_sites(const Segment& segment) {
  const auto a = diagonal_basis(segment.from), b = diagonal_basis(segment.to);
  if (!a || !b || common_basis(*a, *b) != Basis::site())
    return {};
  return (segment.from.alpha.values() != segment.to.alpha.values()) |
         (segment.from.beta.values() != segment.to.beta.values());
}

/// `next` where site coordinates move, else `x` with all its bits.
torch::Tensor keep_resting(const Segment& segment, const torch::Tensor& x, const torch::Tensor& next) {
  const auto moving = moving_sites(segment);
  return moving.defined() ? torch::where(moving, next, x) : next;
}

void stop_if_interrupted(const SolverOptions& options) {
  if (options.interrupted && options.interrupted())
    throw Interrupted();
}

/// The smallest error that numbers of this type can tell from none.
double smallest_tolerance(torch::ScalarType type) {
  return 8 * (type == torch::kDouble ? std::numeric_limits<double>::epsilon() : std::numeric_limits<float>::epsilon());
}

/// The Runge-Kutta methods.
class OneStep {
public:
  OneStep(const Drift& drift, const SolverOptions& options, const Divergence& divergence)
      : drift_(drift), divergence_(divergence), tableau_(tableau_of(options.method)), options_(options) {}

  void advance(const Segment& segment, Solution& solution) {
    if (tableau_.error.empty()) {
      const auto step = part(segment, Operator(0), Operator(1), solution.x);
      solution.evaluations += static_cast<double>(tableau_.c.size());
      finish(step, segment, solution);
    } else {
      advance_in_parts(segment, solution);
    }
  }

private:
  /// The step over the part [u, u + h] of a segment.
  RungeKuttaStep part(const Segment& segment, const Operator& u, const Operator& h, const torch::Tensor& x) {
    return runge_kutta_step(tableau_, x, [&](double c, const torch::Tensor& state) -> Slope {
      const Pair pair = segment.at(u + Operator(c) * h);
      const auto field = [&](const torch::Tensor& at) { return h(segment.velocity(drift_(pair, at))); };
      if (!divergence_)
        return {field(state), {}};
      const auto both = divergence_(field, state, number_++, moving_sites(segment), Basis::site());
      return {both.value, both.divergence()};
    });
  }

  static void finish(const RungeKuttaStep& step, const Segment& segment, Solution& solution) {
    solution.x = keep_resting(segment, solution.x, solution.x + step.change);
    if (step.divergence_change.defined())
      solution.log_density_change = solution.log_density_change - step.divergence_change;
  }

  /// Every configuration has its own place u in the segment and its own length h of the next part.
  void advance_in_parts(const Segment& segment, Solution& solution) {
    constexpr double safety = 0.9, shrink = 0.2, grow = 5, smallest = 1e-6;
    const std::int64_t count = solution.x.size(0);
    const auto dimensions = static_cast<int>(solution.x.dim() - 2);
    const auto numbers = torch::TensorOptions().dtype(torch::kDouble).device(solution.x.device());
    auto u = torch::zeros({count}, numbers), h = torch::ones({count}, numbers);
    auto x = solution.x.clone();
    for (auto active = torch::arange(count, numbers.dtype(torch::kLong)); active.numel() > 0;
         active = (u < 1).nonzero().flatten()) {
      stop_if_interrupted(options_);
      const auto here = u.index_select(0, active);
      const auto length = torch::minimum(h.index_select(0, active), 1 - here);
      const auto state = x.index_select(0, active);
      const Segment theirs{of_rows(segment.from, active, x), of_rows(segment.to, active, x)};
      const auto step = part(theirs, Operator::scalar(here, dimensions), Operator::scalar(length, dimensions), state);
      solution.evaluations +=
          static_cast<double>(tableau_.c.size()) * static_cast<double>(active.numel()) / static_cast<double>(count);
      const auto error = step.error.flatten(1).to(torch::kDouble).square().mean(1).sqrt() / options_.tolerance;
      const auto accepted = (error <= 1) | (length <= smallest);
      const auto factor = (safety * error.clamp_min(1e-10).pow(-0.2)).clamp(shrink, grow);
      h.index_copy_(0, active, (length * factor).clamp_min(smallest));
      const auto done = accepted.nonzero().flatten();
      const auto moved = active.index_select(0, done);
      x.index_copy_(0, moved, (state + step.change).index_select(0, done));
      // What is left of a segment after rounding is nothing.
      const auto reached = (here + length).index_select(0, done);
      u.index_copy_(0, moved, torch::where(reached > 1 - 1e-12, torch::ones_like(reached), reached));
      if (step.divergence_change.defined())
        solution.log_density_change.index_add_(0, moved, -step.divergence_change.index_select(0, done));
      if (!error.isfinite().all().item<bool>())
        throw std::runtime_error("dopri5 met numbers that are not finite; take more steps or a smaller tolerance");
    }
    solution.x = keep_resting(segment, solution.x, x);
  }

  const Drift& drift_;
  const Divergence& divergence_;
  const Tableau& tableau_;
  const SolverOptions& options_;
  std::int64_t number_ = 0; // of evaluations with a divergence
};

/// The exponential methods: predict the state at the end of a step, evaluate there, correct the step.
class Multistep {
public:
  Multistep(const Drift& drift, const SolverOptions& options, const StepNoise& noise, const Divergence& divergence)
      : drift_(drift), noise_(noise), divergence_(divergence), reference_(options.reference),
        eps_(options.method == Method::multistep ? 0 : options.noise),
        order_(options.method == Method::multistep ? 4 : (options.method == Method::sde2 ? 2 : 1)),
        corrects_(options.method != Method::sde) {
    if (eps_ > 0 && !noise_)
      throw std::invalid_argument("an SDE needs noise");
  }

  /// Goes on at the knot `from` with the memory of the leg that ended there.
  void resume(const Knots& knots, std::int64_t from, const torch::Tensor& x, const torch::Tensor& memory) {
    const Segment last{knots.at(from - 1), knots.at(from)};
    const StepCoordinates frame(basis_of(last), reference_, x);
    const auto like = frame.basis.coordinates(x);
    const std::int64_t numbers = like[0].numel() * (like.is_complex() ? 2 : 1), parts = memory.size(1);
    if (memory.dim() != 3 || memory.size(0) != x.size(0) || memory.size(2) != numbers || parts < (corrects_ ? 3 : 1) ||
        parts > (corrects_ ? order_ + 1 : 1) || parts - 2 > from)
      throw std::invalid_argument("the memory is that of another method, basis or lattice");
    const auto part = [&](std::int64_t i) {
      auto shape = like.sizes().vec();
      if (like.is_complex())
        shape.push_back(2);
      const auto values = memory.select(1, i).to(x.options()).reshape(shape).contiguous();
      return like.is_complex() ? torch::view_as_complex(values) : values;
    };
    x_ = part(0);
    if (!corrects_)
      return;
    x_before_ = part(1);
    for (std::int64_t i = 2; i < parts; ++i)
      nodes_.emplace_back(frame.place(knots.at(from + 1 - i)), part(i));
    step_ = ExponentialStep{nodes_.front().place, frame.place(last.to), frame.variance, eps_};
    if (eps_ > 0)
      xi_ = frame.basis.coordinates(noise_(from - 1, x));
  }

  /// Solution::memory.
  torch::Tensor memory() const {
    std::vector<torch::Tensor> parts = {x_};
    if (corrects_) {
      parts.push_back(x_before_);
      for (std::size_t i = 0; i < nodes_.size() && static_cast<int>(i) < order_ - 1; ++i)
        parts.push_back(nodes_[i].g.expand_as(x_));
    }
    for (auto& part : parts)
      part = (part.is_complex() ? torch::view_as_real(part.resolve_conj()) : part).flatten(1);
    return torch::stack(parts, 1);
  }

  void advance(std::int64_t number, const Segment& segment, Solution& solution) {
    const StepCoordinates frame(basis_of(segment), reference_, solution.x);
    const Basis& basis = frame.basis;
    if (!x_.defined())
      x_ = basis.coordinates(solution.x);
    if (nodes_.size() == static_cast<std::size_t>(order_))
      nodes_.pop_back();
    add_node(frame, segment, solution);
    if (step_ && corrects_)
      x_ = step_->advance(x_before_, nodes_, order_, xi_, x_);
    if (step_ && divergence_)
      lose_density(frame, step_->to.alpha > 0, solution);

    step_ = ExponentialStep{nodes_.front().place, frame.place(segment.to), frame.variance, eps_};
    if (eps_ > 0 && step_->returns().any().item<bool>())
      throw std::invalid_argument("an SDE goes from noise to data; take its noise = 0 or an ODE for the other way");
    if (eps_ > 0)
      xi_ = basis.coordinates(noise_(number, solution.x));
    x_before_ = x_;
    x_ = step_->advance(x_before_, nodes_, order_, xi_, step_->from_data(x_before_));
    solution.x = basis.fields(x_, solution.x);
    if (divergence_) // where data is reached no node is to come
      lose_density(frame, step_->to.alpha == 0, solution);
  }

private:
  static Basis basis_of(const Segment& segment) {
    const auto a = diagonal_basis(segment.from), b = diagonal_basis(segment.to);
    const auto common = a && b ? common_basis(*a, *b) : std::nullopt;
    if (!common)
      throw std::invalid_argument("multistep, sde and sde2 need operators that are diagonal in one basis; take euler, "
                                  "heun, rk4 or dopri5");
    return *common;
  }

  /// Evaluates the drift at the beginning of the segment. At pure noise eta1 does not depend on x: one configuration
  /// tells it for all.
  void add_node(const StepCoordinates& frame, const Segment& segment, Solution& solution) {
    const auto& x = solution.x;
    const Pair& pair = segment.from;
    const auto &alpha = pair.alpha.values(), &beta = pair.beta.values();
    const bool same = alpha.dim() < x.dim() && beta.dim() < x.dim(); // for all configurations
    const bool noise = same && (beta == 0).all().item<bool>();
    solution.evaluations += noise ? 1 / static_cast<double>(x.size(0)) : 1;
    ValueAndDivergence eta1;
    if (noise)
      eta1.value = drift_(pair, x.narrow(0, 0, 1)).eta1.expand_as(x);
    else if (divergence_)
      eta1 = divergence_([&](const torch::Tensor& at) { return drift_(pair, at).eta1; }, x, number_++,
                         moving_around(segment), frame.basis);
    else
      eta1.value = drift_(pair, x).eta1;
    nodes_.emplace_front(frame.place(pair), frame.variance, x_, frame.basis.coordinates(eta1.value));
    if (!divergence_)
      return;
    if (noise)
      eta1.diagonal = eta1.identity = torch::zeros_like(x_.is_complex() ? torch::real(x_) : x_, torch::kDouble);
    nodes_.front().set_divergence(frame.variance, eta1.diagonal, eta1.identity);
  }

  /// The sites that move in this segment or have moved in the one before, for whose corrected step the node is, too.
  torch::Tensor moving_around(const Segment& segment) {
    const auto moving = moving_sites(segment);
    const auto before = std::exchange(moved_, moving);
    return moving.defined() && before.defined() ? moving | before : moving;
  }

  /// Takes the last step's volume into account, of the coordinates `which`.
  void lose_density(const StepCoordinates& frame, const torch::Tensor& which, Solution& solution) const {
    if (step_->returns().any().item<bool>())
      throw std::invalid_argument("multistep integrates log-densities from noise to data only");
    solution.log_density_change =
        solution.log_density_change - step_->log_volume(nodes_, order_, multiplicity(frame.basis, solution.x), which);
  }

  const Drift& drift_;
  const StepNoise& noise_;
  const Divergence& divergence_;
  Operator reference_;
  double eps_;
  int order_; // of predictor and corrector
  bool corrects_;
  torch::Tensor x_;        // the state's coordinates
  std::deque<Node> nodes_; // the newest first
  // The last step, from where, and its noise.
  std::optional<ExponentialStep> step_;
  torch::Tensor x_before_, xi_;
  // With a divergence: of evaluations, and moving_sites() of the last segment.
  std::int64_t number_ = 0;
  torch::Tensor moved_;
};

bool is_exponential(Method method) {
  return method == Method::multistep || method == Method::sde || method == Method::sde2;
}

} // namespace

Method parse_method(std::string_view name) {
  std::string known;
  for (const auto& [text, method] : methods) {
    if (name == text)
      return method;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", text);
  }
  throw std::invalid_argument(fmt::format("unknown solver '{}'; known: {}", name, known));
}

Solution solve(const Drift& drift, torch::Tensor x, const Knots& knots, const SolverOptions& options,
               const StepNoise& noise, const Divergence& divergence, const Watch& watch, const Leg& leg) {
  if (!(options.noise >= 0) || !(options.tolerance > 0))
    throw std::invalid_argument("the noise of an SDE is >= 0 and the tolerance of dopri5 > 0");
  if (const double least = smallest_tolerance(x.scalar_type());
      options.method == Method::dopri5 && options.tolerance < least)
    throw std::invalid_argument(fmt::format(
        "the tolerance of dopri5 is {:.3g}, below the resolution of these numbers; expected at least {:.2g}",
        options.tolerance, least));
  if (divergence && is_exponential(options.method) && options.method != Method::multistep)
    throw std::invalid_argument("SDEs integrate no log-densities");
  const std::int64_t end = leg.to.value_or(knots.steps);
  if (leg.from < 0 || leg.from > end || end > knots.steps)
    throw std::invalid_argument(
        fmt::format("a path of {} steps has no leg from knot {} to knot {}", knots.steps, leg.from, end));
  if (leg.memory.defined() && (leg.from < 1 || !is_exponential(options.method)))
    throw std::invalid_argument("only exponential methods on their way have a memory");
  Solution solution{.x = std::move(x), .evaluations = 0, .log_density_change = {}, .memory = {}};
  if (divergence)
    solution.log_density_change = torch::zeros({solution.x.size(0)}, solution.x.options().dtype(torch::kDouble));
  std::optional<OneStep> one_step;
  std::optional<Multistep> multistep;
  if (is_exponential(options.method))
    multistep.emplace(drift, options, noise, divergence);
  else
    one_step.emplace(drift, options, divergence);
  if (leg.memory.defined())
    multistep->resume(knots, leg.from, solution.x, leg.memory);
  if (watch)
    watch(leg.from, solution.x);
  Segment segment{knots.at(leg.from), {}};
  for (std::int64_t i = leg.from; i < end; ++i) {
    stop_if_interrupted(options);
    segment.to = knots.at(i + 1);
    if (multistep)
      multistep->advance(i, segment, solution);
    else
      one_step->advance(segment, solution);
    segment.from = segment.to;
    if (watch)
      watch(i + 1, solution.x);
  }
  if (multistep && leg.from < end && end < knots.steps)
    solution.memory = multistep->memory();
  return solution;
}

} // namespace stint
