#include "generative/solvers/divergence.hpp"

namespace stint {
namespace {

/// The velocity at x with the graph that leads to it.
struct Recorded {
  torch::Tensor x, velocity;

  Recorded(const Velocity& field, const torch::Tensor& state) : x(state.detach().clone().set_requires_grad(true)) {
    velocity = field(x);
  }

  /// v^T dF/dphi
  torch::Tensor product(const torch::Tensor& v) const {
    if (!velocity.requires_grad()) // does not depend on x
      return torch::zeros_like(v);
    const auto gradients = torch::autograd::grad({velocity}, {x}, {v}, /*retain_graph=*/true, /*create_graph=*/false,
                                                 /*allow_unused=*/true);
    return gradients[0].defined() ? gradients[0] : torch::zeros_like(v);
  }
};

/// The coordinates of a configuration that move in any of them.
std::vector<std::int64_t> places(const torch::Tensor& moving, const torch::Tensor& state) {
  const auto mask = moving.defined() ? moving.expand(state.sizes()) : torch::ones_like(state, torch::kBool);
  const auto found = mask.flatten(1).any(0).nonzero().flatten().cpu();
  return {found.data_ptr<std::int64_t>(), found.data_ptr<std::int64_t>() + found.numel()};
}

} // namespace

Divergence exact_divergence() {
  return [](const Velocity& field, const torch::Tensor& state, std::int64_t,
            const torch::Tensor& moving) -> VelocityAndDivergence {
    const torch::AutoGradMode gradients(true);
    const Recorded recorded(field, state);
    auto divergence = torch::zeros({state.size(0)}, state.options().dtype(torch::kDouble));
    for (const auto site : places(moving, state)) {
      auto v = torch::zeros_like(state).flatten(1);
      v.select(1, site).fill_(1);
      divergence += recorded.product(v.reshape(state.sizes())).flatten(1).select(1, site);
    }
    return {recorded.velocity.detach(), divergence};
  };
}

Divergence hutchinson_divergence(std::function<torch::Tensor(std::int64_t number, const torch::Tensor& like)> probes) {
  return [probes = std::move(probes)](const Velocity& field, const torch::Tensor& state, std::int64_t number,
                                      const torch::Tensor& moving) -> VelocityAndDivergence {
    const torch::AutoGradMode gradients(true);
    const Recorded recorded(field, state);
    auto divergence = torch::zeros({state.size(0)}, state.options().dtype(torch::kDouble));
    auto vectors = probes(number, state);
    if (moving.defined())
      vectors = vectors * moving;
    for (const auto& v : vectors.unbind(0))
      divergence += (recorded.product(v) * v).flatten(1).sum(1, false, torch::kDouble);
    return {recorded.velocity.detach(), divergence / vectors.size(0)};
  };
}

} // namespace stint
