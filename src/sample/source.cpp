#include "src/sample/source.hpp"

#include "generative/drifts/gaussian.hpp"
#include "generative/model.hpp"
#include "src/files/field_file.hpp"
#include "src/files/model_file.hpp"
#include "src/program/errors.hpp"
#include "src/program/options.hpp"

#include <fmt/format.h>

namespace stint {
namespace {

/// A field from a file, (L1, ..., Ld) float64.
torch::Tensor read_map(const Mpi& mpi, const std::string& path, const Geometry& geometry) {
  const std::vector<std::int64_t> shape(geometry.extents().begin(), geometry.extents().end());
  return torch::tensor(read_field(mpi, path, geometry), torch::kDouble).reshape(shape);
}

/// r(x) = sum_x (h + h(x)) phi_x + (k2 + k2(x) - top) phi_x^2, of a law that is known at k2 = top.
Tilt tilt_of(const Mpi& mpi, const SourceOptions& settings, double top, const Geometry& geometry,
             torch::Device device) {
  const double quadratic = settings.quadratic - top;
  Tilt tilt{.quadratic = 2 * quadratic, .source = torch::tensor(settings.field, torch::kDouble)};
  if (!settings.field_map.empty())
    tilt.source = tilt.source + read_map(mpi, settings.field_map, geometry);
  tilt.source = tilt.source.to(device);
  if (!settings.quadratic_map.empty())
    tilt.quadratic =
        Operator::diagonal(Basis::site(), 2 * (quadratic + read_map(mpi, settings.quadratic_map, geometry))).to(device);
  return tilt;
}

Phi4 tilted(Phi4 theory, const SourceOptions& settings) {
  theory.field += settings.field;
  theory.quadratic += settings.quadratic;
  return theory;
}

Source free_field_source(const Mpi& mpi, const SourceOptions& settings, torch::Device device) {
  const Geometry geometry = checked([&] { return Geometry::parse(settings.lattice); });
  const Phi4 theory{.mass2 = settings.mass2};
  checked([&] { theory.validate(); });
  const auto law = free_field_law(geometry, theory).to(device);
  // k2 > 0 cannot be reached from noise: the drift will say so.
  const auto spectrum = 1 / (1 / law.covariance().values() - 2 * std::min(settings.quadratic, 0.0));
  return {.geometry = geometry,
          .theory = tilted(theory, settings),
          .kind = "phi4",
          .spectrum = spectrum,
          .families = {},
          .drift = make_drift(
              [law](const Pair& pair, const torch::Tensor& signal) { return law.posterior_mean(pair, signal); },
              tilt_of(mpi, settings, 0, geometry, device))};
}

Source model_source(const Mpi& mpi, const SourceOptions& settings, const Options& options, const std::string& precision,
                    torch::Device device) {
  if (options.given("mass2"))
    throw UsageError("--mass2 goes with --model free-field; the couplings of a model are those of its data");
  const ModelReader reader(settings.model);
  const auto model = std::make_shared<Model>(reader.model());
  if (options.given("lattice"))
    checked([&] { model->move_to(Geometry::parse(settings.lattice)); });
  const auto& description = model->description();
  const double top = description.quadratic_top;
  const Tilt tilt = tilt_of(mpi, settings, top, description.geometry, device);
  if (const double h = tilt.source.abs().max().item<double>(); h > description.field_range)
    throw UsageError(fmt::format("the field is up to {}, outside of what {} was trained for: |h| <= {}", h,
                                 settings.model, description.field_range));
  const auto squares = tilt.quadratic.values() / 2;
  if (const double least = squares.min().item<double>(), most = squares.max().item<double>();
      least < -description.quadratic_range - top || most > 0)
    throw UsageError(
        fmt::format("the quadratic term is from {:.6g} to {:.6g}, outside of what {} was trained for: {} to {}",
                    least + top, most + top, settings.model, 0 - description.quadratic_range, top));
  model->set_precision(convolution_type(precision));
  model->to(device);
  const auto& of = model->description();
  const auto posterior_mean = [model, inner = model->posterior_mean(settings.quadratic - top, !settings.uncalibrated)](
                                  const Pair& pair, const torch::Tensor& signal) { return inner(pair, signal); };
  return {.geometry = of.geometry,
          .theory = tilted(of.theory, settings),
          .kind = of.kind,
          .spectrum = of.moments.tilted_spectrum(settings.quadratic - top),
          .families = of.families,
          .drift = make_drift(posterior_mean, tilt)};
}

} // namespace

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
  options.value("mass2", mass2, "M2", "squared mass of --model free-field");
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

Source open_source(const Mpi& mpi, const SourceOptions& settings, const Options& options, const std::string& precision,
                   torch::Device device) {
  return settings.free_field() ? free_field_source(mpi, settings, device)
                               : model_source(mpi, settings, options, precision, device);
}

} // namespace stint
