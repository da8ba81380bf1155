#include "generative/images/restoration/flow.hpp"

namespace stint {

Etas Flow::operator()(const Pair& pair, const torch::Tensor& x) {
  count(static_cast<double>(x.size(0)));
  return drift_(pair, x);
}

torch::Tensor Flow::data(const torch::Tensor& x, double t) { return (*this)({1 - t, t}, x).eta1; }

torch::Tensor Flow::velocity(const torch::Tensor& x, double t) {
  const auto etas = (*this)({1 - t, t}, x);
  return etas.eta1 - etas.eta0;
}

torch::Tensor Flow::pull_back(const torch::Tensor& output, const torch::Tensor& input, const torch::Tensor& direction,
                              double passes, bool differentiable) {
  count(passes * static_cast<double>(input.size(0)));
  return torch::autograd::grad({output}, {input}, {direction}, /*retain_graph=*/differentiable, differentiable)[0];
}

} // namespace stint
