// stint adapt: cheaper paths for a model, found after its training.

#include "src/adapt/search.hpp"
#include "src/commands/learning.hpp"
#include "src/files/path_file.hpp"
#include "src/program/errors.hpp"
#include "src/program/json_output.hpp"
#include "src/program/options.hpp"
#include "src/program/progress.hpp"
#include "src/program/ranges.hpp"
#include "src/program/stop_request.hpp"
#include "src/sample/source.hpp"
#include "src/sample/task.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstdio>
#include <optional>

namespace stint {
namespace {

struct Settings {
  SourceOptions source;
  TaskOptions task;
  SearchSettings search;
  std::string solver = "multistep", along;
  ComputeOptions compute = {.precision = "fp32"};
};

void declare(Options& options, Settings& settings) {
  auto& search = settings.search;
  settings.source.declare(options);
  settings.task.declare(options);
  options.group("Path");
  options.value("steps", search.steps, "N", "steps of one stage");
  options.choice("curve", settings.task.curve, {"linear", "trigonometric"}, "alpha + beta = 1, or the squares");
  options.choice("solver", settings.solver, {"multistep", "euler", "heun", "rk4"}, "that will follow the path");
  options.group("Search");
  options.choice(
      "objective", search.objective, {"error", "action", "lipschitz"},
      "what to make small: the error of these few steps against many, by gradient through the solver; the "
      "squared Wasserstein action int E|drift|^2 dt (eq. 22), by gradient along the path; the averaged "
      "squared Lipschitz constant of the drift (arXiv:2509.01629), in closed form for the Gaussian reference "
      "law");
  options.value(
      "along", settings.along, "FILE",
      "path of 'stint adapt' on which the steps are placed (error), or with which the path is compared; without "
      "it: the schedule scales");
  options.choice(
      "start", search.start, {"dynamic", "even"},
      "where the search for the least error begins: at the best of the knots of the fine solution, by dynamic "
      "programming, or at equal parts of the path");
  options.value(
      "over", search.over, "GROUPS",
      "what may move at its own pace (action, lipschitz): nothing (schedule), modes of about the same variance "
      "(shells:N), or blocks of N^d sites (blocks:N)");
  options.value("evaluations", search.evaluations, "N",
                "of the objective and its gradient, at most; 0: stay where the search begins");
  options.value("samples", search.samples, "N",
                "configurations to learn from, and as many others to judge by; an action is a mean over so many");
  options.value("batch", search.batch, "N", "configurations whose gradients are computed together: memory");
  options.value("fine", search.fine, "N", "steps of the solution that is taken as the truth, at least --steps");
  settings.compute.declare(options);
}

constexpr int most_fine = 1000; // states and drifts at all of its knots are kept

void check(const SearchSettings& search, const Options& options) {
  const auto at_least = [](const char* option, std::int64_t value, int least) {
    check_option(option, static_cast<double>(value), value >= least, fmt::format("at least {}", least));
  };
  at_least("steps", search.steps, 1);
  check_option("fine", search.fine, search.fine >= search.steps && search.fine <= most_fine,
               fmt::format("{} (the steps) to {}", search.steps, most_fine));
  at_least("evaluations", search.evaluations, 0);
  at_least("samples", search.samples, 1);
  at_least("batch", search.batch, 1);
  if (options.given("start") && search.objective != "error")
    throw UsageError("--start goes with --objective error");
  if (options.given("over") && search.objective == "error")
    throw UsageError("--over goes with --objective action or lipschitz; --along then places steps on the path found");
}

/// What a number of Found means.
const char* meaning(const std::string& number) {
  static const std::map<std::string, const char*> meanings = {
      {"error", "of these steps: the best of the following, without learning the start"},
      {"error_even", "of as many steps, equal parts of the path"},
      {"error_dynamic", "of the best knots of the fine solution"},
      {"error_learned", "of what the gradients made of these"},
      {"action", "int E|drift|^2 dt of the path found, at constant speed"},
      {"length", "of the path found; its square is the least action"},
      {"action_error", "its statistical error"},
      {"action_default", "of the path that it is compared with"},
      {"action_default_error", "its statistical error"},
      {"length_default", "of the path that it is compared with"},
  };
  return meanings.at(number);
}

/// The path of --along, whose curve goes to the task, or the schedule scales.
Schedule along_of(Settings& settings, const Source& source, const Options& options) {
  if (settings.along.empty())
    return checked([&] { return Schedule::scales(settings.search.fine, source.reference.values()); });
  if (options.given("curve"))
    throw UsageError("--curve does not go with --along, whose file says that");
  const auto path = read_path(settings.along, source.kind, source.layout, source.reference.basis());
  settings.task.curve = text_of(path.curve);
  return path.schedule;
}

void print(const Settings& settings, const CommonOptions& common, const Found& found) {
  nlohmann::json json = {{"objective", settings.search.objective},
                         {"steps", found.schedule.steps()},
                         {"objective_history", found.history}};
  std::string text = fmt::format("{}: {} steps\n", common.output, found.schedule.steps());
  for (const auto& [name, value] : found.numbers) {
    text += fmt::format("{:<20} {:<10.4g} {}\n", name, value, meaning(name));
    json[name] = value;
  }
  if (found.schedule.levels().dim() == 1) {
    const auto& levels = found.schedule.levels();
    json["levels"] = std::vector<double>(levels.data_ptr<double>(), levels.data_ptr<double>() + levels.numel());
  }
  if (!common.quiet)
    std::fputs(text.c_str(), stdout);
  write_json(common.json, json, common.overwrite);
}

} // namespace

int run_adapt(const Context& context, Arguments arguments, const Kinds& kinds) {
  Settings settings;
  CommonOptions common;
  Options options("adapt", "Finds a cheaper path for a task of a trained model: where the steps go, and in which order "
                           "scales or blocks of a "
                           "configuration form. Nothing is trained anew; the model draws what it needs. 'stint sample "
                           "--path OUTPUT' follows "
                           "the path, for any seed. Errors are root mean square differences at the end of the path "
                           "from many steps, in units "
                           "of the fields themselves, all scales alike: 0.01 is a hundredth of each mode.");
  declare(options, settings);
  for (const char* input : {"model", "known", "mask", "field-map", "quadratic-map", "along"})
    options.reads(input);
  options.example(
      "stint adapt --model model.h5 --steps 7 --output path.h5 && stint sample --model model.h5 --path path.h5 "
      "--output new.h5");
  options.example(
      "stint adapt --model model.h5 --objective action --over shells:8 --output scales.h5 && stint adapt --model "
      "model.h5 --along scales.h5 --steps 7 --output path.h5");
  options.example(
      "stint adapt --model free-field --lattice 16x16 --mass2 0.5 --objective action --over shells:64 --curve "
      "trigonometric --output path.h5");
  if (!read_options(
          context, options, common,
          {.output = "path file to write", .output_required = true, .seed = "seed of the noise that the search sees"},
          arguments))
    return 0;
  if (!options.given("fine"))
    settings.search.fine = std::max(settings.search.fine, settings.search.steps);
  check(settings.search, options);
  settings.search.seed = static_cast<std::uint64_t>(common.seed);
  check_outputs(context, common, {common.output, common.json});
  const StopRequest stop(std::nullopt);
  const auto device = settings.compute.resolve_device(context.mpi);
  set_up_libtorch(device);
  const Source source =
      open_source(context.mpi, settings.source, options, kinds, settings.compute.resolve_precision(device), device);
  limit_threads(source.nanoseconds * static_cast<double>(std::min(settings.search.batch, settings.search.samples)));
  const Schedule along = along_of(settings, source, options);
  const KnownTask task(context.mpi, settings.task, options, source.kind, source.layout, settings.search.seed);
  if (task.chosen_order())
    throw UsageError(
        fmt::format("--order {} is chosen on the way; a path needs an order that is fixed", settings.task.order));
  const Sampler sampler{.drift = source.drift,
                        .layout = source.layout,
                        .task = task.task(),
                        .schedule = along,
                        .solver = {.method = parse_method(settings.solver),
                                   .reference = source.reference,
                                   .interrupted = [&stop] { return stop.made(); }},
                        .device = device};
  const auto groups =
      checked([&] { return parse_groups(settings.search.over, source.reference, source.layout.geometry); });
  if (const auto basis = common_basis(task.task().path.basis(), groups.basis);
      basis && source.families && !source.families->cover(*basis))
    throw UsageError(fmt::format("{} was trained for the operators {}; --over {} needs others, of the family '{}'",
                                 settings.source.model, source.families->text(), settings.search.over, basis->text()));
  std::optional<Progress> progress;
  std::string stage;
  const auto found = [&] {
    try {
      return checked([&] {
        return search(
            sampler, settings.search,
            [&](std::int64_t first, std::int64_t count) { return task.observed(first, count); },
            [&](const std::string& what, std::int64_t done, std::int64_t total) {
              if (what != stage)
                progress.emplace(stage = what, total, "parts", !common.quiet);
              progress->update(done);
            });
      });
    } catch (const Interrupted&) {
      throw std::runtime_error(fmt::format("stopped by a signal before the end; {} is not written", common.output));
    }
  }();
  progress.reset();
  write_path(
      common.output, common.overwrite,
      {.schedule = found.schedule, .curve = task.task().path.curve(), .kind = source.kind, .layout = source.layout},
      settings.search.objective, found.numbers, found.history, provenance_of(context, options, common));
  print(settings, common, found);
  return 0;
}

} // namespace stint
