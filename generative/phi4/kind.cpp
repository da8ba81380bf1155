// phi^4 as a kind of data: its prior from configurations, and to and from plain values.

#include "generative/phi4/prior.hpp"
#include "generative/phi4/region.hpp"

#include <stdexcept>

namespace stint {
namespace {

// Of the law of M, in State::tensors; also where files have them.
const std::string centers = "magnetisation/centers", weights = "magnetisation/weights",
                  square_mean = "magnetisation/square_mean", square_variance = "magnetisation/square_variance";
const std::string zero_mode_table = "calibration/zero_mode", shells_table = "calibration/shells";
// Of a region: the name of the coupling among State::texts; its values, the first dimension of spectra and tables.
const std::string region_coupling = "region", region_values = "region/values";
const std::string potential_table = "magnetisation/potential", square_mean_table = "magnetisation/square_mean_of",
                  square_spread_table = "magnetisation/square_spread_of", places_table = "magnetisation/places",
                  ends_table = "magnetisation/ends";

Phi4 theory_of(const std::map<std::string, double>& couplings) {
  const auto value = [&](const std::string& name) {
    const auto found = couplings.find(name);
    if (found == couplings.end())
      throw std::invalid_argument("data of the kind 'phi4' need the coupling " + name);
    return found->second;
  };
  return {.mass2 = value("mass2"), .lambda = value("lambda"), .field = value("field"), .quadratic = value("quadratic")};
}

class Phi4Fit : public PriorFit {
public:
  explicit Phi4Fit(const PriorRequest& request)
      : knowledge_{.geometry = request.layout.geometry, .theory = {}, .tilting = request.tilting, .moments = {}} {
    knowledge_.theory = theory_of(request.couplings);
    if (request.layout.channels != 1)
      throw std::invalid_argument("phi^4 has one number on every site");
    knowledge_.symmetric = knowledge_.theory.field == 0;
    knowledge_.learned_theory().validate();
    const auto theory = request.use_action ? std::optional(knowledge_.learned_theory()) : std::nullopt;
    const double about = knowledge_.symmetric ? 0 : request.sample.mean(torch::kDouble).item<double>();
    const double typical = request.sample[0].square().sum(torch::kDouble).item<double>();
    sums_.emplace(knowledge_.geometry, theory, about, Reweighting{request.tilting.k2_top, typical});
  }

  void add(const torch::Tensor& configurations) override { sums_->add(configurations); }
  std::vector<torch::Tensor> sums() const override { return {sums_->sums()}; }
  std::unique_ptr<Prior> prior(const torch::Tensor& field, const torch::Tensor& square) const override {
    Phi4Knowledge knowledge = knowledge_;
    knowledge.moments = sums_->moments(field, square, knowledge.symmetric);
    if (!(knowledge.moments.spectrum > 0).all().item<bool>())
      throw std::invalid_argument("some modes of the configurations never change: there is no law to learn");
    return std::make_unique<Phi4Prior>(std::move(knowledge));
  }

private:
  Phi4Knowledge knowledge_;
  std::optional<MomentSums> sums_;
};

MagnetisationLaw magnetisation_of(const State& state) {
  if (!state.has_tensor(centers))
    return {};
  const auto points = state.tensor(centers);
  const auto of_bins = [&](const std::string& name) { return state.tensor(name, points.sizes(), true); };
  MagnetisationLaw law;
  law.centers = points;
  law.weights = of_bins(weights);
  law.width = state.number("magnetisation_width");
  law.square_mean = of_bins(square_mean);
  law.square_variance = of_bins(square_variance);
  if (points.dim() != 1 || !(law.width > 0))
    throw std::invalid_argument("'magnetisation' is not a law of the magnetisation");
  return law;
}

MeanCorrection correction_of(const State& state) {
  if (!state.has_tensor(zero_mode_table))
    return {};
  return {state.tensor(zero_mode_table, {MeanCorrection::zero_mode_points}).to(torch::kFloat),
          state.tensor(shells_table, {MeanCorrection::shell_points, Phi4Prior::shell_count}).to(torch::kFloat)};
}

Tilting tilting_of(const State& state) {
  const Tilting tilting{.h_range = state.number("field_range"),
                        .k2_range = state.number("quadratic_range"),
                        .k2_top = state.number_or("quadratic_top", 0)}; // absent from models of version 5
  if (!(tilting.h_range >= 0 && tilting.k2_range >= 0 && tilting.k2_top >= 0))
    throw std::invalid_argument("a range of tilts is not >= 0");
  return tilting;
}

EffectivePotential potential_of(const State& state) {
  const auto places = state.tensor(places_table), ends = state.tensor(ends_table, places.sizes(), true);
  EffectivePotential potential{.places = places,
                               .ends = ends,
                               .coefficients = state.tensor(potential_table),
                               .square_mean = state.tensor(square_mean_table),
                               .square_spread = state.tensor(square_spread_table)};
  for (const auto& table : {potential.coefficients, potential.square_mean, potential.square_spread})
    if (table.dim() != 2 || table.numel() == 0 || potential.coefficients.size(0) != EffectivePotential::powers)
      throw std::invalid_argument("'magnetisation' is not a potential of the magnetisation");
  if (places.dim() != 1 || places.numel() < 2 || !(places.diff() > 0).all().item<bool>())
    throw std::invalid_argument("'magnetisation/places' are not ascending");
  return potential;
}

std::unique_ptr<Prior> load_region(const Layout& layout, const State& state) {
  const auto& coupling = state.text(region_coupling);
  if (coupling != "mass2" && coupling != "lambda")
    throw std::invalid_argument("'region' is neither mass2 nor lambda");
  const auto values = state.tensor(region_values).contiguous();
  if (values.dim() != 1 || values.numel() < 2 || !(std::get<0>(values.sort()).diff() > 0).all().item<bool>())
    throw std::invalid_argument("'region/values' are not two or more values of a coupling");
  auto couplings = state.numbers;
  couplings[coupling] = values[0].item<double>();
  const Phi4 theory = theory_of(couplings);
  const Tilting tilting = tilting_of(state);
  RegionKnowledge region{
      .first = {.geometry = layout.geometry, .theory = theory, .symmetric = true, .tilting = tilting, .moments = {}},
      .coupling = coupling,
      .values = {values.data_ptr<double>(), values.data_ptr<double>() + values.numel()}};
  auto shape = layout.sites();
  shape.insert(shape.begin(), values.numel());
  region.spectra = state.tensor("spectrum", shape, true);
  if (state.has_tensor("force_spectrum"))
    region.force_spectra = state.tensor("force_spectrum", shape, true);
  region.potential = potential_of(state);
  auto prior = std::make_unique<Phi4Region>(std::move(region));
  if (state.has_tensor(zero_mode_table)) {
    const auto zero_modes =
        state.tensor(zero_mode_table, {values.numel(), MeanCorrection::zero_mode_points}).to(torch::kFloat);
    const auto shells =
        state.tensor(shells_table, {values.numel(), MeanCorrection::shell_points, Phi4Prior::shell_count})
            .to(torch::kFloat);
    for (std::int64_t i = 0; i < prior->laws(); ++i)
      prior->set_correction(i, {zero_modes[i], shells[i]});
  }
  return prior;
}

std::unique_ptr<Prior> load(const Layout& layout, const State& state) {
  if (state.texts.contains(region_coupling))
    return load_region(layout, state);
  const double symmetric = state.number("symmetric");
  if (symmetric != 0 && symmetric != 1)
    throw std::invalid_argument("'symmetric' is neither 0 nor 1");
  const auto sites = layout.sites();
  Moments moments;
  moments.mean = state.number("mean");
  moments.spectrum = state.tensor("spectrum", sites, true);
  if (state.has_tensor("force_spectrum"))
    moments.force_spectrum = state.tensor("force_spectrum", sites, true);
  moments.magnetisation = magnetisation_of(state);
  const Tilting tilting = tilting_of(state);
  const Phi4 theory = theory_of(state.numbers);
  MeanCorrection correction = correction_of(state);
  return std::make_unique<Phi4Prior>(Phi4Knowledge{.geometry = layout.geometry,
                                                   .theory = theory,
                                                   .symmetric = symmetric == 1,
                                                   .tilting = tilting,
                                                   .moments = std::move(moments),
                                                   .correction = std::move(correction)});
}

} // namespace

State Phi4Prior::state() const {
  const auto& [geometry, theory, symmetric, tilting, moments, correction, place] = knowledge_;
  State state{.numbers = couplings(), .texts = {}, .tensors = {{"spectrum", moments.spectrum}}};
  state.numbers.insert({{"symmetric", symmetric ? 1 : 0},
                        {"field_range", tilting.h_range},
                        {"quadratic_range", tilting.k2_range},
                        {"quadratic_top", tilting.k2_top},
                        {"mean", moments.mean}});
  if (moments.force_spectrum.defined())
    state.tensors["force_spectrum"] = moments.force_spectrum;
  if (const auto& law = moments.magnetisation; law.known()) {
    state.numbers["magnetisation_width"] = law.width;
    state.tensors.insert({{centers, law.centers},
                          {weights, law.weights},
                          {square_mean, law.square_mean},
                          {square_variance, law.square_variance}});
  }
  if (correction.known())
    state.tensors.insert({{zero_mode_table, correction.zero_mode}, {shells_table, correction.shells}});
  return state;
}

State Phi4Region::state() const {
  const auto& tilting = region_.first.tilting;
  const auto& potential = region_.potential;
  State state{.numbers = couplings(),
              .texts = {{region_coupling, region_.coupling}},
              .tensors = {{region_values, torch::tensor(region_.values, torch::kDouble)},
                          {"spectrum", region_.spectra},
                          {potential_table, potential.coefficients},
                          {square_mean_table, potential.square_mean},
                          {square_spread_table, potential.square_spread},
                          {places_table, potential.places},
                          {ends_table, potential.ends}}};
  state.numbers.insert(
      {{"field_range", tilting.h_range}, {"quadratic_range", tilting.k2_range}, {"quadratic_top", tilting.k2_top}});
  if (region_.force_spectra.defined())
    state.tensors["force_spectrum"] = region_.force_spectra;
  if (const auto [zero_modes, shells] = corrections(); zero_modes.defined())
    state.tensors.insert({{zero_mode_table, zero_modes}, {shells_table, shells}});
  return state;
}

Kind phi4_fields() {
  return {.name = "phi4",
          .boundary = Boundary::periodic,
          .has_action = true,
          .fit = [](const PriorRequest& request) { return std::make_unique<Phi4Fit>(request); },
          .load = load,
          .join =
              [](const std::vector<std::unique_ptr<Prior>>& priors) {
                return std::make_unique<Phi4Region>(Phi4Region::join(priors));
              }};
}

} // namespace stint
