#include "generative/solvers/divergence.hpp"

#include "generative/operators/lattice_fft.hpp"

namespace stint {
namespace {

/// The value at x with the graph that leads to it.
struct Recorded {
  torch::Tensor x, value;

  Recorded(const VectorField& field, const torch::Tensor& state) : x(state.detach().clone().set_requires_grad(true)) {
    value = field(x);
  }

  /// v^T dF/dphi; undefined if it is zero.
  torch::Tensor product(const torch::Tensor& v) const {
    if (!value.requires_grad()) // does not depend on x
      return {};
    return torch::autograd::grad({value}, {x}, {v}, /*retain_graph=*/true, /*create_graph=*/false,
                                 /*allow_unused=*/true)[0];
  }
};

/// The sites of a configuration that move in any of them.
std::vector<std::int64_t> places(const torch::Tensor& moving, const torch::Tensor& state) {
  const auto mask = moving.defined() ? moving.expand(state.sizes()) : torch::ones_like(state, torch::kBool);
  const auto found = mask.flatten(1).any(0).nonzero().flatten().cpu();
  return {found.data_ptr<std::int64_t>(), found.data_ptr<std::int64_t>() + found.numel()};
}

/// The terms of the inner product <a, b> of fields, coordinate by coordinate, from their coordinates.
class InnerProduct {
public:
  InnerProduct(const Basis& basis, const torch::Tensor& fields) : weight_(multiplicity(basis, fields)) {
    if (basis == Basis::fourier())
      weight_ = weight_ / fields[0][0].numel();
  }

  torch::Tensor operator()(const torch::Tensor& a, const torch::Tensor& b) const {
    const auto terms = a.is_complex() ? (torch::view_as_real(a) * torch::view_as_real(b)).sum(-1) : a * b;
    return weight_ * terms.to(torch::kDouble);
  }

private:
  torch::Tensor weight_;
};

/// Sums up the diagonal in a basis over vectors v.
class Diagonal {
public:
  Diagonal(const VectorField& field, const torch::Tensor& state, const Basis& basis)
      : recorded_(field, state), basis_(basis), inner_(basis, state) {
    const auto zero = basis.coordinates(torch::zeros_like(state));
    identity_ = inner_(zero, zero);
    diagonal_ = identity_.clone();
  }

  void add(const torch::Tensor& v) {
    const auto coordinates = basis_.coordinates(v);
    identity_ += inner_(coordinates, coordinates);
    if (const auto product = recorded_.product(v); product.defined())
      diagonal_ += inner_(basis_.coordinates(product), coordinates);
  }

  /// The mean over this number of vectors, times `scale`.
  ValueAndDivergence result(double scale) const {
    return {recorded_.value.detach(), diagonal_ * scale, identity_ * scale};
  }

private:
  Recorded recorded_;
  Basis basis_;
  InnerProduct inner_;
  torch::Tensor diagonal_, identity_;
};

/// With a vector for each of these sites.
ValueAndDivergence by_sites(const VectorField& field, const torch::Tensor& state,
                            const std::vector<std::int64_t>& sites, const Basis& basis) {
  const torch::AutoGradMode gradients(true);
  Diagonal diagonal(field, state, basis);
  for (const auto site : sites) {
    auto v = torch::zeros_like(state).flatten(1);
    v.select(1, site).fill_(1);
    diagonal.add(v.reshape(state.sizes()));
  }
  return diagonal.result(1);
}

} // namespace

torch::Tensor multiplicity(const Basis& basis, const torch::Tensor& fields) {
  const auto numbers = fields.options().dtype(torch::kDouble);
  return basis == Basis::fourier() ? multiplicity(fields.size(-1), 2, numbers) : torch::ones({}, numbers);
}

Divergence exact_divergence() {
  return [](const VectorField& field, const torch::Tensor& state, std::int64_t, const torch::Tensor& moving,
            const Basis& basis) { return by_sites(field, state, places(moving, state), basis); };
}

Divergence hutchinson_divergence(std::function<torch::Tensor(std::int64_t number, const torch::Tensor& like)> probes) {
  return [probes = std::move(probes)](const VectorField& field, const torch::Tensor& state, std::int64_t number,
                                      const torch::Tensor& moving, const Basis& basis) {
    auto vectors = probes(number, state);
    if (const auto sites = places(moving, state); std::ssize(sites) <= vectors.size(0))
      return by_sites(field, state, sites, basis);
    if (moving.defined())
      vectors = vectors * moving;
    const torch::AutoGradMode gradients(true);
    Diagonal diagonal(field, state, basis);
    for (const auto& v : vectors.unbind(0))
      if (v.any().item<bool>())
        diagonal.add(v);
    return diagonal.result(1 / static_cast<double>(vectors.size(0)));
  };
}

} // namespace stint
