#include "generative/images/restoration/posterior.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace stint {

Draws draw(const Drift& drift, const Layout& layout, const Problem& problem, const torch::Tensor& observed,
           std::int64_t draws, const DrawOptions& options, std::uint64_t seed, std::int64_t first) {
  constexpr std::int64_t images = 1 << 24, most = 256;
  if (draws < 1 || draws > most)
    throw std::invalid_argument(fmt::format("{} draws of an image; expected 1 to {}", draws, most));
  const Sampler sampler{.drift = drift,
                        .layout = layout,
                        .task = problem.task,
                        .schedule = Schedule::scales(options.steps, options.reference.values()),
                        .solver = {.method = Method::sde2, .noise = 1, .reference = options.reference},
                        .device = options.device};
  std::vector<torch::Tensor> made;
  Draws result;
  for (std::int64_t k = 0; k < draws; ++k) {
    const auto one = sampler(seed, k * images + first, observed.size(0), observed);
    made.push_back(one.configurations);
    result.evaluations += one.evaluations / static_cast<double>(draws);
  }
  result.images = torch::stack(made);
  return result;
}

Ratio calibration(const torch::Tensor& draws, const torch::Tensor& truth) {
  const auto number = static_cast<double>(draws.size(0)), images = static_cast<double>(draws.size(1));
  const auto values = draws.to(torch::kDouble);
  const auto scatter = values.var(0, /*unbiased=*/true).flatten(1).mean(1);
  const auto error = (values.mean(0) - truth.to(torch::kDouble)).square().flatten(1).mean(1) - scatter / number;
  const double ratio = (scatter.mean() / error.mean()).item<double>();
  const auto residual = (scatter - ratio * error) / error.mean();
  return {ratio, residual.std().item<double>() / std::sqrt(images)};
}

} // namespace stint
