#include "generative/phi4/region.hpp"

#include <fmt/format.h>

#include <cmath>
#include <numeric>
#include <stdexcept>

namespace stint {
namespace {

double& coupling_of(Phi4& theory, const std::string& name) { return name == "mass2" ? theory.mass2 : theory.lambda; }

/// sum_i w_i of_i, of tensors stacked in the first dimension.
torch::Tensor weighted_sum(const torch::Tensor& weights, const torch::Tensor& values) {
  return torch::tensordot(weights.to(values.options()), values, {0}, {0});
}

} // namespace

torch::Tensor spline_weights(const std::vector<double>& nodes, double x) {
  const auto size = std::ssize(nodes);
  std::vector<std::int64_t> order(size);
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, {}, [&](std::int64_t i) { return nodes[i]; });
  const auto node = [&](std::int64_t i) { return nodes[order[i]]; };
  // Second derivatives M with M_0 = M_{n-1} = 0 from the values y: A M = R y.
  auto A = torch::eye(size, torch::kDouble), R = torch::zeros({size, size}, torch::kDouble);
  for (std::int64_t i = 1; i + 1 < size; ++i) {
    const double left = node(i) - node(i - 1), right = node(i + 1) - node(i);
    A[i][i - 1] = left / 6;
    A[i][i] = (left + right) / 3;
    A[i][i + 1] = right / 6;
    R[i][i - 1] = 1 / left;
    R[i][i] = -1 / left - 1 / right;
    R[i][i + 1] = 1 / right;
  }
  const auto second = torch::linalg_solve(A, R);
  std::int64_t k = 0; // the interval of x
  while (k + 2 < size && x > node(k + 1))
    ++k;
  const double width = node(k + 1) - node(k), a = (node(k + 1) - x) / width, b = 1 - a;
  auto weights = (width * width / 6) * ((a * a * a - a) * second[k] + (b * b * b - b) * second[k + 1]);
  weights[k] += a;
  weights[k + 1] += b;
  auto result = torch::empty_like(weights);
  for (std::int64_t i = 0; i < size; ++i)
    result[order[i]] = weights[i];
  return result;
}

Phi4Knowledge RegionKnowledge::at(double value) const {
  const auto weights = spline_weights(values, value);
  Phi4Knowledge knowledge = first;
  coupling_of(knowledge.theory, coupling) = value;
  knowledge.place = place(value);
  auto& moments = knowledge.moments;
  moments.mean = 0;
  moments.magnetisation = potential.at(place(value));
  moments.spectrum = weighted_sum(weights, spectra.log()).exp();
  const auto& law = moments.magnetisation;
  moments.spectrum.flatten()[0] = static_cast<double>(moments.spectrum.numel()) *
                                  ((law.weights * law.centers.square()).sum() + law.width * law.width);
  if (force_spectra.defined())
    moments.force_spectrum = weighted_sum(weights, force_spectra.log()).exp();
  return knowledge;
}

Phi4Region::Phi4Region(RegionKnowledge region)
    : Phi4Prior(region.at((region.low() + region.high()) / 2)), region_(std::move(region)) {
  for (const double value : region_.values)
    laws_.emplace_back(region_.at(value));
}

RegionKnowledge Phi4Region::join(const std::vector<std::unique_ptr<Prior>>& priors) {
  std::vector<Phi4Knowledge> all;
  for (const auto& prior : priors)
    all.push_back(dynamic_cast<const Phi4Prior&>(*prior).knowledge());
  RegionKnowledge region{.first = all.front()};
  const auto differs = [&](double Phi4::*coupling) {
    return std::ranges::any_of(all, [&](const Phi4Knowledge& knowledge) {
      return knowledge.theory.*coupling != all.front().theory.*coupling;
    });
  };
  const bool masses = differs(&Phi4::mass2), lambdas = differs(&Phi4::lambda);
  if (masses == lambdas || differs(&Phi4::quadratic))
    throw std::invalid_argument(
        "ensembles that are learned together differ in mass2 or in lambda, and in nothing else");
  region.coupling = masses ? "mass2" : "lambda";
  std::vector<torch::Tensor> spectra, force_spectra;
  std::vector<MagnetisationLaw> laws;
  for (auto& knowledge : all) {
    if (!knowledge.symmetric || knowledge.theory.field != 0)
      throw std::invalid_argument(
          "ensembles that are learned together have no magnetic field; it is a tilt of the model");
    if (!knowledge.moments.magnetisation.known())
      throw std::invalid_argument("the magnetisation is the same in all configurations: there is no law to learn");
    const double value = coupling_of(knowledge.theory, region.coupling);
    if (std::ranges::find(region.values, value) != region.values.end())
      throw std::invalid_argument(
          fmt::format("two ensembles have the same {} = {}; join them first", region.coupling, value));
    region.values.push_back(value);
    spectra.push_back(knowledge.moments.spectrum);
    if (knowledge.moments.force_spectrum.defined())
      force_spectra.push_back(knowledge.moments.force_spectrum);
    laws.push_back(knowledge.moments.magnetisation);
  }
  region.spectra = torch::stack(spectra);
  if (!force_spectra.empty())
    region.force_spectra = torch::stack(force_spectra);
  std::vector<double> places;
  for (const double value : region.values)
    places.push_back(region.place(value));
  region.potential = fit_effective_potential(laws, places);
  return region;
}

std::optional<CouplingRange> Phi4Region::range() const {
  return CouplingRange{region_.coupling, region_.low(), region_.high()};
}

std::unique_ptr<Prior> Phi4Region::at(double value) const {
  if (!(value >= region_.low() && value <= region_.high()))
    throw std::invalid_argument(fmt::format("{} = {} is outside of what the model was trained for: {} to {}",
                                            region_.coupling, value, region_.low(), region_.high()));
  Phi4Knowledge knowledge = region_.at(value);
  if (const auto [zero_modes, shells] = corrections(); zero_modes.defined()) {
    const auto weights = spline_weights(region_.values, value);
    knowledge.correction = {weighted_sum(weights, zero_modes), weighted_sum(weights, shells)};
  }
  auto prior = std::make_unique<Phi4Prior>(std::move(knowledge));
  prior->to(device());
  return prior;
}

MeanCorrection Phi4Region::corrections() const {
  std::vector<torch::Tensor> zero_modes, shells;
  for (const auto& law : laws_) {
    if (!law.knowledge().correction.known())
      return {};
    zero_modes.push_back(law.knowledge().correction.zero_mode);
    shells.push_back(law.knowledge().correction.shells);
  }
  return {torch::stack(zero_modes), torch::stack(shells)};
}

void Phi4Region::move_to(const Geometry& /*geometry*/) {
  throw std::invalid_argument(
      fmt::format("a model of a range of {} moves to another lattice at one value of it", region_.coupling));
}

void Phi4Region::to(torch::Device device) {
  Phi4Prior::to(device);
  for (auto& law : laws_)
    law.to(device);
}

std::map<std::string, double> Phi4Region::couplings() const {
  auto shared = Phi4Prior::couplings();
  shared.erase(region_.coupling);
  return shared;
}

} // namespace stint
