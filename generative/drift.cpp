#include "generative/drift.hpp"

namespace stint {

PosteriorMean gaussian_posterior_mean(Moments moments) {
  return [moments = std::move(moments)](const Pair& pair, const torch::Tensor& signal) {
    return moments.wiener(pair, signal);
  };
}

Drift make_drift(PosteriorMean posterior_mean, Tilt tilt) {
  return [posterior_mean = std::move(posterior_mean), tilt](const Pair& pair, const torch::Tensor& x) -> Etas {
    const auto eta1 = posterior_mean(pair, pair.beta * x + pair.alpha.square() * tilt.field);
    return {(x - pair.beta * eta1) / pair.alpha, eta1};
  };
}

} // namespace stint
