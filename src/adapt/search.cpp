#include "src/adapt/search.hpp"

#include "generative/adaptation/action.hpp"
#include "generative/adaptation/dynamic_knots.hpp"
#include "generative/adaptation/learned_levels.hpp"
#include "generative/adaptation/solver_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <stdexcept>

namespace stint {
namespace {

class Search {
public:
  Search(const Sampler& sampler, const SearchSettings& settings, const Observed& observed, const Report& report)
      : sampler_(sampler), settings_(settings), observed_(observed), report_(report), path_(sampler.task.path),
        solver_(sampler.solver), groups_(parse_groups(settings.over, solver_.reference, sampler.layout.geometry)),
        fine_(sampler.schedule.at_times(
            torch::linspace(0, sampler.schedule.steps(), settings.fine + 1, torch::kDouble))) {
    solver_.reference = solver_.reference.to(sampler.device);
    path_.at(0, fine_); // throws if they share no basis
    path_.at(0, groups_.schedule(levels_of(torch::zeros({1, groups_.count}))));
    if (path_.stages() > 1 && settings.objective != "error")
      throw std::invalid_argument("action and Lipschitz constant are those of a path of one stage");
  }

  Found least_error() const {
    const auto fine = fine_solution_of(0);
    const auto even = torch::linspace(0, settings_.fine, settings_.steps + 1, torch::kDouble);
    const auto first = settings_.start == "even" ? even : dynamic(fine);
    const auto times = [this](const torch::Tensor& levels) { return settings_.fine * (1 - levels.select(1, 0)); };
    auto [levels, history] =
        learn((1 - first / settings_.fine).unsqueeze(1),
              [&](const torch::Tensor& now, std::int64_t begin, std::int64_t count) {
                return solver_error(sampler_.drift, path_, fine_.at_times(times(now)), solver_, fine, begin, count);
              });
    // Judged by other noise, so that what was only learned by heart does not win. Without learning the start stays.
    const auto fresh = fine_solution_of(settings_.samples);
    std::vector<std::pair<std::string, Schedule>> choices = {{"error_even", fine_.at_times(even)}};
    if (settings_.start == "dynamic")
      choices.emplace_back("error_dynamic", fine_.at_times(first));
    if (!history.empty())
      choices.emplace_back("error_learned", fine_.at_times(times(levels)));
    Found found{.schedule = choices[0].second, .history = std::move(history), .numbers = {{"error", INFINITY}}};
    for (const auto& [name, schedule] : choices) {
      const double error = std::sqrt(mean([&, &steps = schedule](std::int64_t begin, std::int64_t count) {
                                       return solver_error(sampler_.drift, path_, steps, solver_, fresh, begin, count);
                                     }).item<double>());
      found.numbers[name] = error;
      const bool counts = !found.history.empty() || name == choices.back().first;
      if (counts && error < found.numbers["error"]) {
        found.numbers["error"] = error;
        found.schedule = schedule;
      }
    }
    if (!std::isfinite(found.numbers["error"]))
      throw std::runtime_error("no choice of steps ends at finite numbers; take more --steps");
    return found;
  }

  Found least_action() const {
    const auto x1 = fine_solution_of(0).x.back();
    const auto x0 = noise(sampler_.layout, settings_.seed, Purpose::sampling, 0, settings_.samples, settings_.samples)
                        .to(x1.device());
    const auto squares = [&](const Schedule& schedule, std::int64_t begin, std::int64_t count) {
      return squared_steps(sampler_.drift, knots(path_, schedule, x1.device()), x0.narrow(0, begin, count),
                           x1.narrow(0, begin, count));
    };
    const auto all_squares = [&](const Schedule& schedule) {
      const torch::NoGradGuard no_gradients;
      std::vector<torch::Tensor> parts;
      for_parts([&](std::int64_t begin, std::int64_t count) { parts.push_back(squares(schedule, begin, count)); });
      return torch::cat(parts, 1).cpu();
    };
    const LearnedLevels gauss{.levels = gaussian(Cost::action, settings_.fine), .history = {}};
    const auto cost = [&](const torch::Tensor& now, std::int64_t begin, std::int64_t count) {
      return action(squares(groups_.schedule(now), begin, count)).mean();
    };
    // One schedule for all has its least action at constant speed: there is nothing to learn.
    auto [levels, history] = groups_.count > 1 ? learn(gauss.levels, cost) : gauss;
    // The time in which a path is gone through is free: at constant speed its action is least.
    for (int i = 0; i < 3; ++i)
      levels = at_constant_speed(levels, all_squares(groups_.schedule(levels)), settings_.fine);
    const auto found = all_squares(groups_.schedule(levels)), before = all_squares(fine_);
    std::map<std::string, double> numbers;
    for (const auto& [steps, of] : {std::pair{found, ""}, {before, "_default"}}) {
      const auto actions = action(steps);
      numbers[fmt::format("action{}", of)] = actions.mean().item<double>();
      numbers[fmt::format("length{}", of)] = steps.mean(1).sqrt().sum().item<double>();
      if (actions.numel() > 1)
        numbers[fmt::format("action{}_error", of)] =
            actions.std().item<double>() / std::sqrt(static_cast<double>(actions.numel()));
    }
    return {.schedule = groups_.schedule(at_constant_speed(levels, found, settings_.steps)),
            .history = std::move(history),
            .numbers = std::move(numbers)};
  }

  Found least_lipschitz() const { return {.schedule = groups_.schedule(gaussian(Cost::lipschitz, settings_.steps))}; }

private:
  /// Of each configuration, (N).
  static torch::Tensor action(const torch::Tensor& squared_steps) {
    return squared_steps.sum(0) * static_cast<double>(squared_steps.size(0));
  }

  /// The same path in `steps` steps of equal length; squared_steps (steps, N) are those of the path as it is.
  static torch::Tensor at_constant_speed(const torch::Tensor& levels, const torch::Tensor& squared_steps, int steps) {
    std::vector<torch::Tensor> groups;
    for (const auto& group : levels.unbind(1))
      groups.push_back(equal_arcs(group, squared_steps.mean(1).sqrt(), steps));
    return torch::stack(groups, 1);
  }

  torch::Tensor dynamic(const FineSolution& fine) const {
    if (path_.stages() > 1 || solver_.method != Method::multistep)
      throw std::invalid_argument(
          "dynamic programming is for the multistep solver on paths of one stage; begin at even "
          "steps");
    const auto knots = dynamic_knots(fine, solver_.reference, {settings_.steps}, [this](std::int64_t done) {
      report_("dynamic programming", done * done * done, static_cast<std::int64_t>(std::pow(settings_.fine, 3)));
    });
    return torch::tensor(knots[0], torch::kDouble);
  }

  torch::Tensor gaussian(Cost cost, int steps) const {
    const auto& reference = sampler_.solver.reference;
    const bool own = common_basis(groups_.basis, reference.basis()).has_value();
    return gaussian_levels(groups_,
                           own ? reference.values() : reference.diagonal_in(groups_.basis, sampler_.layout.sites()),
                           cost, path_.curve(), steps);
  }

  FineSolution fine_solution_of(std::int64_t first) const {
    const auto x0 = noise(sampler_.layout, settings_.seed, Purpose::sampling, 0, first, settings_.samples);
    const auto known = observed_(first, settings_.samples);
    const auto start = start_state(sampler_.task, x0, known.defined() ? known : torch::zeros_like(x0));
    report_("the path in many steps", 0, 1);
    return fine_solution(sampler_.drift, path_, fine_, solver_.reference, start.to(sampler_.device));
  }

  /// The mean over all samples of what is one of a part of them.
  torch::Tensor mean(const std::function<torch::Tensor(std::int64_t begin, std::int64_t count)>& of_part) const {
    const torch::NoGradGuard no_gradients;
    torch::Tensor sum;
    for_parts([&](std::int64_t begin, std::int64_t count) {
      const auto share = of_part(begin, count) * (static_cast<double>(count) / static_cast<double>(settings_.samples));
      sum = sum.defined() ? sum + share : share;
    });
    return sum.cpu();
  }

  /// All samples, as many at a time as go together.
  void for_parts(const std::function<void(std::int64_t begin, std::int64_t count)>& use) const {
    for (std::int64_t begin = 0; begin < settings_.samples; begin += settings_.batch)
      use(begin, std::min(settings_.batch, settings_.samples - begin));
  }

  LearnedLevels learn(const torch::Tensor& start,
                      const std::function<torch::Tensor(const torch::Tensor& levels, std::int64_t begin,
                                                        std::int64_t count)>& objective) const {
    if (settings_.evaluations == 0)
      return {.levels = start, .history = {}};
    const LevelObjective sum{.parts = (settings_.samples + settings_.batch - 1) / settings_.batch,
                             .value = [&](const torch::Tensor& levels, std::int64_t part) {
                               const auto begin = part * settings_.batch,
                                          count = std::min(settings_.batch, settings_.samples - begin);
                               return objective(levels, begin, count) *
                                      (static_cast<double>(count) / static_cast<double>(settings_.samples));
                             }};
    return learn_levels(sum, start, settings_.evaluations,
                        [this](int done, double /*value*/) { report_("learning", done, settings_.evaluations); });
  }

  const Sampler& sampler_;
  const SearchSettings& settings_;
  const Observed& observed_;
  const Report& report_;
  const Path& path_;
  SolverOptions solver_; // its reference on the device
  LevelGroups groups_;
  Schedule fine_; // many steps of the sampler's schedule
};

} // namespace

LevelGroups parse_groups(const std::string& over, const Operator& reference, const Geometry& geometry) {
  if (over == "schedule")
    return {};
  const auto colon = over.find(':');
  const std::string kind = over.substr(0, colon), number = colon == std::string::npos ? "" : over.substr(colon + 1);
  std::int64_t size = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), size);
  if (error == std::errc{} && end == number.data() + number.size() && size >= 1) {
    if (kind == "shells")
      return LevelGroups::shells(reference, size);
    if (kind == "blocks")
      return LevelGroups::blocks(geometry, size);
  }
  throw std::invalid_argument(fmt::format("--over is '{}', expected schedule, shells:N or blocks:N with N >= 1", over));
}

Found search(const Sampler& sampler, const SearchSettings& settings, const Observed& observed, const Report& report) {
  const Search search(sampler, settings, observed, report);
  if (settings.objective == "action")
    return search.least_action();
  return settings.objective == "lipschitz" ? search.least_lipschitz() : search.least_error();
}

} // namespace stint
