// Inpainting with the exact drift of the free field: the mean of the unknown sites beside the exact conditional mean.

#include "generative/phi4/free_field.hpp"
#include "generative/sampler.hpp"

#include <cstdio>

int main() {
  using namespace stint;
  const Geometry geometry({8, 8});
  const GaussianMixture law = free_field_law(geometry, {.mass2 = 0.5, .field = 0.3});
  const auto known = parse_mask("block:3x3@2,2", geometry, 0); // all sites but a block
  const Sampler sampler{.drift = law.drift(),
                        .layout = {geometry},
                        .task = inpainting(known),
                        .schedule = Schedule::uniform(16),
                        .solver = {.method = Method::heun}};

  const auto observed = torch::linspace(-0.5, 0.5, 64).reshape({1, 1, 8, 8});
  constexpr std::int64_t samples = 400;
  const auto x = sampler(/*seed*/ 1, /*first*/ 0, samples, observed).configurations.to(torch::kDouble);

  // E[x1 | known sites]: the posterior mean given the pair at the path's start, which sees the known sites only.
  const Pair start = sampler.task.path.start_pair();
  const auto exact = law.posterior_mean(start, start.beta(observed.to(torch::kDouble)));
  const auto error = x.std(0, false, true).clamp_min(1e-5) / std::sqrt(static_cast<double>(samples));
  const double worst = ((x.mean(0, true) - exact) / error).masked_select(~known).abs().max().item<double>();
  const bool kept = (x == observed.to(torch::kDouble)).masked_select(known).all().item<bool>();
  std::printf("9 unknown sites: largest |z| %.2f; known sites kept: %s\n", worst, kept ? "yes" : "no");
  return worst < 4.5 && kept ? 0 : 1;
}
