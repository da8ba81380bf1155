// stint sample: new configurations from a model.

#include "generative/model.hpp"
#include "generative/sampler.hpp"
#include "src/commands.hpp"
#include "src/compute.hpp"
#include "src/ensemble_file.hpp"
#include "src/errors.hpp"
#include "src/json_output.hpp"
#include "src/model_file.hpp"
#include "src/options.hpp"
#include "src/progress.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdio>
#include <functional>
#include <numeric>

namespace stint {
namespace {

struct Settings {
  std::string model;
  std::string lattice = "32x32"; ///< of the free field
  double mass2 = 1;              ///< of the free field
  std::int64_t samples = 1024, batch = 256;
  int steps = 32;
  std::string solver = "multistep";
  double field = 0;
  ComputeOptions compute;
};

void declare(Options& options, Settings& settings) {
  options.group("Model");
  options.value(
      "model", settings.model, "FILE",
      "model file of 'stint train', or free-field: the exact drift of a free field, for learning and for checks");
  options.require("model");
  options.value("lattice", settings.lattice, "L1x...xLd", "of --model free-field");
  options.value("mass2", settings.mass2, "M2", "squared mass of --model free-field");
  options.group("Task");
  options.value("samples", settings.samples, "N", "configurations to generate");
  options.value("field", settings.field, "H",
                "tilt: sample the model's theory in an additional magnetic field h, without retraining");
  options.group("Path");
  options.value("steps", settings.steps, "N", "steps from noise to data, equal in log(alpha/beta)");
  options.choice("solver", settings.solver, {"euler", "heun", "multistep"},
                 "first order, second order with 2 evaluations of the drift a step, third order with 1");
  options.group("Run");
  options.value("batch", settings.batch, "N", "configurations at a time on each rank; memory grows with it");
  settings.compute.declare(options);
}

/// A posterior mean and the theory whose configurations it makes.
struct Source {
  Geometry geometry;
  Phi4 theory;
  std::string kind;
  std::shared_ptr<Model> model; ///< null for the free field
  PosteriorMean posterior_mean;
};

Source free_field_source(const Settings& settings, torch::Device device) {
  const Geometry geometry = checked([&] { return Geometry::parse(settings.lattice); });
  const Phi4 theory{.mass2 = settings.mass2};
  checked([&] { theory.validate(); });
  return {geometry, theory, "phi4", nullptr,
          gaussian_posterior_mean(free_field_moments_of(geometry, theory).to(device))};
}

Source model_source(const Settings& settings, const Options& options, torch::Device device) {
  for (const char* option : {"lattice", "mass2"})
    if (options.given(option))
      throw UsageError(fmt::format(
          "--{} goes with --model free-field; the lattice and couplings of a model are those of its data", option));
  const ModelReader reader(settings.model);
  const double range = reader.description().field_range;
  if (std::abs(settings.field) > range)
    throw UsageError(fmt::format("--field is {}, outside of what {} was trained for: |h| <= {}", settings.field,
                                 settings.model, range));
  const auto model = std::make_shared<Model>(reader.model());
  model->set_precision(convolution_type(settings.compute.resolve_precision(device)));
  model->to(device);
  const auto& description = model->description();
  return {description.geometry, description.theory, description.kind, model, model->posterior_mean()};
}

struct Report {
  double seconds = 0;
  int evaluations = 0; ///< of the drift, for each sample
};

/// Has `make(first, count)` make all samples, shared out to the ranks, and writes them in order. Collective.
Report run(const Mpi& mpi, const Settings& settings, const CommonOptions& common, const EnsembleHeader& header,
           const std::function<Solution(std::int64_t, std::int64_t)>& make) {
  std::optional<EnsembleWriter> writer;
  if (mpi.root())
    writer.emplace(common.output, common.overwrite, header, settings.samples);
  const std::int64_t volume = header.geometry.volume();
  const auto begin = std::chrono::steady_clock::now();
  Progress progress("sample", settings.samples, "configurations", mpi.root() && !common.quiet);
  Report report;
  std::int64_t end = 0;
  for (std::int64_t first = 0; first < settings.samples; first = end) {
    // In each round the ranks make equal parts of up to `batch` samples, those of rank 0 first.
    const std::int64_t part = std::min(settings.batch, (settings.samples - first + mpi.size() - 1) / mpi.size());
    end = std::min(settings.samples, first + part * mpi.size());
    const std::int64_t mine = std::min(end, first + part * mpi.rank());
    const std::int64_t count = std::min(end, mine + part) - mine;
    std::vector<float> configurations(count * volume);
    if (count > 0) {
      const auto solution = make(mine, count);
      if (!solution.x.isfinite().all().item<bool>())
        throw std::runtime_error(fmt::format(
            "configurations {} to {} are not finite; take more --steps or --precision fp32", mine, mine + count - 1));
      std::copy_n(solution.x.contiguous().data_ptr<float>(), count * volume, configurations.begin());
      report.evaluations = solution.evaluations;
    }
    std::vector<float> all(mpi.root() ? (end - first) * volume : 0);
    mpi.gather_rows<float>(configurations, volume, all);
    if (writer) {
      std::vector<std::int64_t> index(end - first);
      std::iota(index.begin(), index.end(), first);
      writer->append<float>(all, index, std::vector<std::int64_t>(end - first, 0));
    }
    progress.update(end);
  }
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (writer)
    writer->commit();
  return report;
}

} // namespace

int run_sample(const Context& context, Arguments arguments) {
  Settings settings;
  CommonOptions common;
  Options options(
      "sample",
      "Generates configurations by taking white noise along a path of operators (alpha, 1 - alpha), alpha from 1 to 0, "
      "with the drift of a model (arXiv:2508.04605). With --field h the same model samples its theory in a field. "
      "Configurations are independent of each other. Under mpirun they are split among the ranks. "
      "Memory: about 0.3 GB with the default --batch on a 32x32 lattice with 16 channels.");
  declare(options, settings);
  options.example("stint sample --model model.h5 --samples 4096 --field 0.02 --output posterior.h5");
  options.example("stint sample --model free-field --lattice 16x16 --mass2 0.5 --output free.h5");
  if (!read_options(context, options, common,
                    {.output = "ensemble file to write", .output_required = true, .seed = "seed of the noise"},
                    arguments))
    return 0;
  for (const auto& [option, value] : {std::pair{"samples", settings.samples}, {"batch", settings.batch}})
    if (value < 1)
      throw UsageError(fmt::format("--{} is {}, expected at least 1", option, value));
  const auto alphas = checked([&] { return log_ratio_schedule(settings.steps); });
  const Solver solver = parse_solver(settings.solver);
  check_outputs(context, common, {common.output, common.json});
  set_up_libtorch();
  const auto device = settings.compute.resolve_device(context.mpi);
  const Source source =
      settings.model == "free-field" ? free_field_source(settings, device) : model_source(settings, options, device);
  const Drift drift = make_drift(source.posterior_mean, {.field = settings.field});

  Phi4 target = source.theory;
  target.field += settings.field;
  const Report report = run(context.mpi, settings, common,
                            {.geometry = source.geometry,
                             .theory = target,
                             .precision = hdf5::Type::float32,
                             .provenance = provenance_of(context, options, common),
                             .kind = source.kind},
                            [&](std::int64_t first, std::int64_t count) {
                              return generate(drift, source.geometry, alphas, solver,
                                              static_cast<std::uint64_t>(common.seed), first, count, device);
                            });
  if (!context.mpi.root())
    return 0;
  const double per_configuration = report.seconds / static_cast<double>(settings.samples);
  if (!common.quiet)
    std::fputs(fmt::format("{}: {} configurations, lattice {}\n"
                           "evaluations    {} of the drift for each\n"
                           "time           {}, {:.3g} s a configuration\n",
                           common.output, settings.samples, source.geometry.text(), report.evaluations,
                           duration_text(report.seconds), per_configuration)
                   .c_str(),
               stdout);
  write_json(common.json,
             {{"samples", settings.samples},
              {"evaluations", report.evaluations},
              {"seconds_per_configuration", per_configuration}},
             common.overwrite);
  return 0;
}

} // namespace stint
