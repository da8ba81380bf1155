#include "src/sample/source.hpp"

#include "generative/model.hpp"
#include "generative/phi4/free_field.hpp"
#include "src/files/field_file.hpp"
#include "src/files/model_file.hpp"
#include "src/program/errors.hpp"
#include "src/program/options.hpp"

#include <fmt/format.h>

#include <functional>

namespace stint {
namespace {

/// Where log(alpha/beta) ends on paths of the free field: far from all its scales.
constexpr double free_field_range = 5;

/// A field from a file, (L1, ..., Ld) float64.
torch::Tensor read_map(const Mpi& mpi, const std::string& path, const Geometry& geometry) {
  return torch::tensor(read_field(mpi, path, geometry), torch::kDouble).reshape(Layout{geometry}.sites());
}

/// r(x) = sum_x (h + h(x)) phi_x + (k2 + k2(x) - k2_top) phi_x^2, of a law that is known at k2_top.
Tilt tilt_of(const Mpi& mpi, const SourceOptions& settings, double k2_top, const Geometry& geometry,
             torch::Device device) {
  const double k2_below = settings.quadratic - k2_top;
  Tilt tilt{.A = 2 * k2_below, .b = torch::tensor(settings.field, torch::kDouble)};
  if (!settings.field_map.empty())
    tilt.b = tilt.b + read_map(mpi, settings.field_map, geometry);
  tilt.b = tilt.b.to(device);
  if (!settings.quadratic_map.empty())
    tilt.A =
        Operator::diagonal(Basis::site(), 2 * (k2_below + read_map(mpi, settings.quadratic_map, geometry))).to(device);
  return tilt;
}

Phi4 tilted(Phi4 theory, const SourceOptions& settings) {
  theory.field += settings.field;
  theory.quadratic += settings.quadratic;
  return theory;
}

/// The theory with these couplings; none without.
std::optional<Phi4> theory_of(const std::map<std::string, double>& couplings) {
  if (couplings.empty())
    return std::nullopt;
  return Phi4{.mass2 = couplings.at("mass2"),
              .lambda = couplings.at("lambda"),
              .field = couplings.at("field"),
              .quadratic = couplings.at("quadratic")};
}

/// The lattice of --lattice, given to `use`. Throws UsageError, with the option's name, where either refuses it.
template<class Use> auto on_lattice(const SourceOptions& settings, Use use) {
  try {
    return use(Geometry::parse(settings.lattice));
  } catch (const std::invalid_argument& error) {
    throw UsageError(fmt::format("--lattice {}: {}", settings.lattice, error.what()));
  }
}

Source free_field_source(const Mpi& mpi, const SourceOptions& settings, torch::Device device) {
  const Geometry geometry = on_lattice(settings, std::identity());
  if (settings.lambda)
    throw UsageError("--lambda goes with models that know a range of it; a free field has none");
  const Phi4 theory{.mass2 = settings.mass2.value_or(1)};
  checked([&] { theory.validate(); });
  const auto law = free_field_law(geometry, theory).to(device);
  // k2 > 0 cannot be reached from noise: the drift will say so.
  const auto reference_at = [law](double k2) {
    return Operator::diagonal(Basis::fourier(), 1 / (1 / law.covariance().values() - 2 * std::min(k2, 0.0)));
  };
  const Tilt tilt = tilt_of(mpi, settings, 0, geometry, device); // may throw: not within the braces, where g++ 12 errs
  return {.layout = {.geometry = geometry},
          .kind = "phi4",
          .theory = tilted(theory, settings),
          .reference = reference_at(settings.quadratic),
          .reference_at = reference_at,
          .log_ratio_range = free_field_range,
          .families = {},
          .drift = make_drift(
              [law](const Pair& pair, const torch::Tensor& signal) { return law.posterior_mean(pair, signal); }, tilt),
          .tilt = tilt};
}

/// Throws UsageError for tilts that the model was not trained for.
void check_tilt(const Tilt& tilt, const Tilting& tilting, const std::string& model) {
  if (const double h = tilt.b.abs().max().item<double>(); h > tilting.h_range)
    throw UsageError(fmt::format("--field and --field-map are up to {}, outside of what {} was trained for: |h| <= {}",
                                 h, model, tilting.h_range));
  const auto k2_below = tilt.A.values() / 2;
  if (const double least = k2_below.min().item<double>(), most = k2_below.max().item<double>();
      least < -tilting.k2_span() || most > 0)
    throw UsageError(fmt::format(
        "--quadratic and --quadratic-map are from {:.6g} to {:.6g}, outside of what {} was trained for: {} to {}",
        least + tilting.k2_top, most + tilting.k2_top, model, 0 - tilting.k2_range, tilting.k2_top));
}

/// Moves a model that knows a range of a coupling to the one that is asked for. Throws UsageError for couplings that
/// the model does not know, and where nothing is asked of a range.
void choose_coupling(Model& model, const SourceOptions& settings) {
  const auto range = model.prior().range();
  const auto own = model.prior().couplings();
  const auto text = [&] { return fmt::format("{} from {} to {}", range->name, range->low, range->high); };
  for (const auto& [name, value] : {std::pair{"mass2", settings.mass2}, {"lambda", settings.lambda}}) {
    const bool in_range = range && range->name == name;
    if (!value && in_range)
      throw UsageError(fmt::format("{} knows {}; choose one with --{}", settings.model, text(), name));
    if (value && in_range && !(*value >= range->low && *value <= range->high))
      throw UsageError(fmt::format("--{} {}: {} knows {}", name, *value, settings.model, text()));
    if (value && !in_range && (!own.contains(name) || own.at(name) != *value))
      throw UsageError(fmt::format(
          "--{} {}: {} knows {}", name, *value, settings.model,
          range ? text() + " only"
          : own.contains(name)
              ? fmt::format("{} = {}, that of its data; 'stint train' learns a range of it from several ensembles",
                            name, own.at(name))
              : "no such coupling"));
    if (value && in_range)
      model.move_to(*value);
  }
}

} // namespace

Source open_model(const Mpi& mpi, const SourceOptions& settings, const Kinds& kinds, const std::string& precision,
                  torch::Device device) {
  const ModelReader reader(settings.model, kinds);
  const auto model = std::make_shared<Model>(reader.model());
  choose_coupling(*model, settings);
  if (settings.other_lattice)
    on_lattice(settings, [&](const Geometry& geometry) { model->move_to(geometry); });
  const auto tilting = model->prior().tilting();
  const Tilt tilt = tilt_of(mpi, settings, tilting.k2_top, model->layout().geometry, device);
  check_tilt(tilt, tilting, settings.model);
  model->set_precision(convolution_type(precision));
  model->to(device);
  const double k2_below = settings.quadratic - tilting.k2_top;
  const auto theory = theory_of(model->prior().couplings());
  const auto posterior_mean = [model, inner = model->posterior_mean(k2_below, !settings.uncalibrated)](
                                  const Pair& pair, const torch::Tensor& signal) { return inner(pair, signal); };
  return {.layout = model->layout(),
          .kind = model->prior().kind(),
          .theory = theory ? std::optional(tilted(*theory, settings)) : std::nullopt,
          .reference = model->prior().reference(k2_below),
          .reference_at = [model, k2_top = tilting.k2_top](double k2) { return model->prior().reference(k2 - k2_top); },
          .log_ratio_range = model->prior().log_ratio_range(),
          .families = model->description().families,
          .drift = make_drift(posterior_mean, tilt),
          .tilt = tilt,
          .notes = model->prior().notes(),
          .nanoseconds = model->nanoseconds_of_convolution(1)};
}

void SourceOptions::declare(Options& options) {
  options.group("Model");
  options.value(
      "model", model, "FILE",
      "model file of 'stint train', or free-field: the exact drift of a free field, for learning and for checks");
  options.require("model");
  options.value(
      "lattice", lattice, "L1x...xLd",
      "of --model free-field (32x32); of a model: a larger one than its data, multiples of the extents; tilts by "
      "k2 are percents off there");
  options.value("mass2", mass2, "M2", "squared mass of --model free-field, or of a model that knows a range of it",
                "1 for free-field");
  options.value("lambda", lambda, "LAMBDA", "quartic coupling, of a model that knows a range of it");
  options.flag("uncalibrated", uncalibrated,
               "leave the network's answers as they are, not held to the means that are known exactly");
  options.group("Tilt: the law reweighted with exp(sum h phi + k2 phi^2), without retraining");
  options.value("field", field, "H", "magnetic field h");
  options.value("quadratic", quadratic, "K2",
                "shift of the squared mass by -k2, in the range that the model was trained for");
  options.value("field-map", field_map, "FILE",
                "h(x), added to --field: an NPY file, HDF5 with one dataset "
                "(else FILE:/NAME), or an ensemble of one configuration");
  options.value("quadratic-map", quadratic_map, "FILE", "k2(x), added to --quadratic, likewise");
}

Source open_source(const Mpi& mpi, const SourceOptions& settings, const Options& options, const Kinds& kinds,
                   const std::string& precision, torch::Device device) {
  if (settings.free_field())
    return free_field_source(mpi, settings, device);
  SourceOptions of_model = settings;
  of_model.other_lattice = options.given("lattice");
  return open_model(mpi, of_model, kinds, precision, device);
}

} // namespace stint
