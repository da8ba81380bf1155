#include "generative/model.hpp"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

namespace stint {
namespace {

constexpr double largest_output = 20; // in standard deviations of the target: more is extrapolation gone wild

UNetOptions network_options(const Prior& prior, const ModelDescription& description) {
  const auto& layout = prior.layout();
  return {.dimensions = layout.dimensions(),
          .boundary = layout.boundary,
          .planes = static_cast<int>(prior.planes()),
          .features = static_cast<int>(prior.numbers()),
          .outputs = static_cast<int>(layout.channels),
          .channels = description.channels,
          .widening = description.widening,
          .levels = description.levels,
          .blocks = description.blocks};
}

void check_fit(const Layout& layout, int levels) {
  const int factor = 1 << (levels - 1);
  const bool periodic = layout.boundary == Boundary::periodic; // open ones are padded
  for (const int extent : layout.geometry.extents())
    if ((periodic && extent % factor != 0) || extent / factor < 2)
      throw std::invalid_argument(fmt::format(
          "a network of {} levels needs extents that are {}at least {}, not lattice {}; use fewer levels", levels,
          periodic ? fmt::format("multiples of {} and ", factor) : "", 2 * factor, layout.geometry.text()));
}

std::unique_ptr<Prior> checked(std::unique_ptr<Prior> prior, int levels) {
  check_fit(prior->layout(), levels);
  return prior;
}

} // namespace

Model::Model(std::unique_ptr<Prior> prior, ModelDescription description, std::uint64_t seed)
    : prior_(checked(std::move(prior), description.levels)), description_(std::move(description)),
      network_(network_options(*prior_, description_), seed) {}

std::int64_t Model::parameter_count() const {
  std::int64_t count = 0;
  for (const auto& parameter : network_->parameters())
    count += parameter.numel();
  return count;
}

double Model::nanoseconds_of_convolution(std::int64_t count) const {
  constexpr double operations = 50; // a nanosecond
  const double sites = static_cast<double>(count * layout().volume());
  return 2 * sites * std::pow(3, layout().dimensions()) * std::pow(description_.channels, 2) / operations;
}

void Model::move_to(const Geometry& geometry) {
  auto moved = prior_->clone();
  moved->move_to(geometry);
  prior_ = checked(std::move(moved), description_.levels);
}

void Model::to(torch::Device device) {
  network_->to(device);
  prior_->to(device);
}

Look Model::look(const Pair& pair, const torch::Tensor& signal, const Prior& prior) const {
  const auto basis = diagonal_basis(pair);
  if (!basis || !description_.families.cover(*basis))
    throw std::invalid_argument(fmt::format("this model was not trained for operators of the family '{}', only for {}",
                                            basis ? basis->text() : "dense", description_.families.text()));
  return prior.look(pair, signal);
}

torch::Tensor Model::evaluate(const torch::Tensor& planes, const torch::Tensor& numbers) {
  return network_->forward(planes, numbers, type_);
}

torch::Tensor Model::answer(const Look& look) {
  const auto output = evaluate(look.planes, look.numbers).clamp(-largest_output, largest_output);
  return look.estimate + look.deviation(output);
}

PosteriorMean Model::posterior_mean(double k2_below, bool corrected) {
  const Correction correction = corrected ? prior_->correction(k2_below) : Correction{};
  return [this, correction](const Pair& pair, const torch::Tensor& signal) {
    const auto seen = look(pair, signal);
    const auto field = answer(seen);
    const auto excess = correction ? correction(pair, signal, seen, field) : torch::Tensor();
    return excess.defined() ? field - excess : field;
  };
}

} // namespace stint
