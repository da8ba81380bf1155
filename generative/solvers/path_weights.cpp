#include "generative/solvers/path_weights.hpp"

#include "generative/operators/lattice_fft.hpp"

#include <cmath>
#include <stdexcept>

namespace stint {
namespace {

/// (Re - Im) of the discrete Fourier transform over the lattice, over sqrt(V): its own inverse.
torch::Tensor hartley(const torch::Tensor& fields) {
  const auto modes = whole_lattice_fft(fields);
  return (torch::real(modes) - torch::imag(modes)) / std::sqrt(static_cast<double>(fields[0][0].numel()));
}

/// sum log N over the coordinates `counted` of deviations with these squares in units of their variances, (N).
torch::Tensor log_density(const torch::Tensor& counted, const torch::Tensor& squares, const torch::Tensor& variance) {
  const auto terms = -(squares + (2 * M_PI * variance).log()) / 2;
  return torch::where(counted, terms, torch::zeros_like(terms)).flatten(1).sum(1);
}

/// What is the same for all states of the kernels between two knots, coordinate by coordinate.
struct Kernels {
  torch::Tensor moves;  ///< the others do not change
  torch::Tensor noised; ///< those that move and are more than noise before
  torch::Tensor r;      ///< beta_k / beta_{k+1}
  torch::Tensor backward_variance;
  torch::Tensor keep, gain, forward_variance; ///< of X_k, of eta1, and without C

  Kernels(const Pair& from, const Pair& to) {
    const auto &alpha = from.alpha.values(), &beta = from.beta.values();
    const auto alpha2 = alpha.square(), next_alpha2 = to.alpha.values().square();
    const auto& next_beta = to.beta.values();
    const auto one = torch::ones_like(alpha + next_beta);
    moves = (alpha != to.alpha.values()) | (beta != next_beta);
    r = torch::where(moves, beta, one) / torch::where(moves, next_beta, one);
    const auto total = torch::where(moves, alpha2, one);
    keep = r * next_alpha2 / total;
    gain = next_beta - keep * beta;
    backward_variance = total - r.square() * next_alpha2;
    forward_variance = next_alpha2 * (1 - r.square() * next_alpha2 / total);
    noised = moves & (beta > 0);
    const auto forward = (next_beta > 0) & (alpha > 0) & (backward_variance > 0);
    if ((moves & forward.logical_not()).any().item<bool>())
      throw std::invalid_argument("weights of paths are for ways from noise to data");
  }

  /// log B_k(state | next), (N).
  torch::Tensor log_backward(const torch::Tensor& state, const torch::Tensor& next) const {
    return log_density(noised, (state - r * next).square() / backward_variance, backward_variance);
  }
};

void check_basis(const Pair& pair, const Basis& basis) {
  const auto own = diagonal_basis(pair);
  if (!own || common_basis(basis, *own) != basis)
    throw std::invalid_argument("weights of paths need operators that are diagonal in one basis");
}

bool diagonal_on_sites(const Pair& pair) { return common_basis(Basis::site(), *diagonal_basis(pair)).has_value(); }

} // namespace

RealCoordinates RealCoordinates::inpainting(const torch::Tensor& missing, const Operator& reference) {
  const auto options = reference.values().options();
  const auto volume = missing.numel();
  const auto sites = missing.to(options.device()).flatten().nonzero().flatten();
  auto shape = missing.sizes().vec();
  shape.insert(shape.begin(), {sites.numel(), 1});
  const auto units = torch::eye(volume, options).index_select(0, sites);
  const auto precision = reference.inverse()(units.reshape(shape)).flatten(1).index_select(1, sites);
  const auto [values, vectors] = torch::linalg_eigh((precision + precision.t()) / 2);
  auto matrix = torch::eye(volume, options);
  matrix.index_put_({sites.unsqueeze(1), sites.unsqueeze(0)}, vectors.t());
  RealCoordinates coordinates(Basis::orthogonal(matrix));
  coordinates.path_ = Basis::site();
  coordinates.variances_ = torch::ones({volume}, options).index_put_({sites}, 1 / values).reshape(missing.sizes());
  return coordinates;
}

torch::Tensor RealCoordinates::variances(const Operator& reference, at::IntArrayRef extents) const {
  return variances_.defined() ? variances_ : reference.diagonal_in(basis_, extents);
}

torch::Tensor RealCoordinates::of_sites(const torch::Tensor& variances, at::IntArrayRef extents) const {
  if (!variances_.defined())
    return basis_.diagonal_in(Basis::site(), variances, extents);
  return basis_.matrix().square().t().mv(variances.flatten()).reshape(extents);
}

torch::Tensor RealCoordinates::of(const torch::Tensor& fields) const {
  const auto x = fields.to(torch::kDouble);
  return basis_ == Basis::fourier() ? hartley(x) : basis_.coordinates(x);
}

torch::Tensor RealCoordinates::fields(const torch::Tensor& coordinates) const {
  return basis_ == Basis::fourier() ? hartley(coordinates) : basis_.fields(coordinates, coordinates);
}

torch::Tensor gaussian_posterior_variance(const torch::Tensor& variances, const Pair& pair) {
  const auto alpha2 = pair.alpha.values().square(), beta2 = pair.beta.values().square();
  return variances * alpha2 / (alpha2 + beta2 * variances);
}

torch::Tensor posterior_mean_fields(const Drift& drift, const Pair& pair, const torch::Tensor& x, double& evaluations) {
  if ((pair.beta.values() == 0).all().item<bool>()) {
    evaluations += 1 / static_cast<double>(x.size(0));
    return drift(pair, x.narrow(0, 0, 1)).eta1.to(torch::kDouble).expand(x.sizes());
  }
  ++evaluations;
  return drift(pair, x).eta1.to(torch::kDouble);
}

namespace {

/// F_k between two knots, for states of which eta1 is known.
class ForwardKernel {
public:
  ForwardKernel(const Kernels& kernels, const RealCoordinates& coordinates, const PosteriorVariance& variance,
                std::int64_t knot, const Pair& from, const Pair& to, const torch::Tensor& state,
                const torch::Tensor& eta1)
      : moves_(kernels.moves), coordinates_(coordinates),
        mean_(kernels.keep * state + kernels.gain * coordinates.of(eta1)) {
    const auto open = kernels.gain.square() * variance.of_coordinates(knot, from);
    spread_ = kernels.forward_variance + open;
    if (!variance.of_sites || !diagonal_on_sites(from) || !diagonal_on_sites(to))
      return;
    const auto zero = torch::zeros_like(state), all = zero.narrow(0, 0, 1);
    const auto share =
        torch::where(moves_, open / spread_, all).sum() / (moves_.to(torch::kDouble) + all).sum().clamp_min(1);
    factor_ = torch::where(moves_, 1 + share * (variance.of_sites(knot, eta1) - 1), zero + 1);
  }

  /// The state of standard normal coordinates xi, before coordinates that do not move are put back.
  torch::Tensor state_of(const torch::Tensor& xi) const {
    const auto scatter = torch::where(moves_, spread_.sqrt() * xi, torch::zeros_like(xi));
    return mean_ + (factor_.defined() ? through_sites(factor_.sqrt(), scatter) : scatter);
  }

  /// The inverse, on coordinates that move.
  torch::Tensor noise_of(const torch::Tensor& state) const {
    const auto scatter = torch::where(moves_, state - mean_, torch::zeros_like(state));
    return (factor_.defined() ? through_sites(factor_.rsqrt(), scatter) : scatter) / spread_.sqrt();
  }

  /// log F_k at the state of xi, (N).
  torch::Tensor log_density(const torch::Tensor& xi) const {
    const auto without_factor = stint::log_density(moves_, xi.square(), spread_);
    return factor_.defined() ? without_factor - factor_.log().flatten(1).sum(1) / 2 : without_factor;
  }

private:
  torch::Tensor through_sites(const torch::Tensor& factor, const torch::Tensor& values) const {
    return coordinates_.of(factor * coordinates_.fields(values));
  }

  torch::Tensor moves_;
  const RealCoordinates& coordinates_;
  torch::Tensor mean_, spread_, factor_; // the factor, of the variances of sites, may be undefined
};

/// x where sites do not move, if operators are diagonal on sites: they keep their bits.
torch::Tensor fields_of(const torch::Tensor& state, const torch::Tensor& x, const Kernels& kernels,
                        const RealCoordinates& coordinates, bool on_sites) {
  const auto fields = coordinates.fields(state).to(x.scalar_type());
  return on_sites ? torch::where(kernels.moves, fields, x) : fields;
}

} // namespace

WeightedPath weighted_path(const Drift& drift, const torch::Tensor& x, const Knots& knots,
                           const RealCoordinates& coordinates, const PosteriorVariance& variance,
                           const StepNoise& noise, const std::function<bool()>& interrupted) {
  WeightedPath path{.x = x, .log_ratio = torch::zeros({x.size(0)}, x.options().dtype(torch::kDouble))};
  auto state = coordinates.of(x);
  Pair from = knots.at(0);
  check_basis(from, coordinates.path_basis());
  for (std::int64_t k = 0; k < knots.steps; ++k) {
    if (interrupted && interrupted())
      throw Interrupted();
    const Pair to = knots.at(k + 1);
    check_basis(to, coordinates.path_basis());
    const Kernels kernels(from, to);
    const auto eta1 = posterior_mean_fields(drift, from, path.x, path.evaluations);
    const ForwardKernel forward(kernels, coordinates, variance, k, from, to, state, eta1);
    const auto xi = noise(k, state);
    const auto next = torch::where(kernels.moves, forward.state_of(xi), state);
    path.log_ratio = path.log_ratio - forward.log_density(xi) + kernels.log_backward(state, next);
    state = next;
    path.x = fields_of(state, path.x, kernels, coordinates, diagonal_on_sites(from) && diagonal_on_sites(to));
    from = to;
  }
  return path;
}

WeightedPath noised_path(const Drift& drift, const torch::Tensor& x1, const Knots& knots,
                         const RealCoordinates& coordinates, const PosteriorVariance& variance, const StepNoise& noise,
                         const std::function<bool()>& interrupted) {
  WeightedPath path{.x = x1, .log_ratio = torch::zeros({x1.size(0)}, x1.options().dtype(torch::kDouble))};
  auto next = coordinates.of(x1);
  Pair to = knots.at(knots.steps);
  check_basis(to, coordinates.path_basis());
  for (std::int64_t k = knots.steps - 1; k >= 0; --k) {
    if (interrupted && interrupted())
      throw Interrupted();
    const Pair from = knots.at(k);
    check_basis(from, coordinates.path_basis());
    const Kernels kernels(from, to);
    const auto noised = kernels.r * next + kernels.backward_variance.sqrt() * noise(k, next);
    const auto state = torch::where(kernels.moves, noised, next);
    path.x = fields_of(state, path.x, kernels, coordinates, diagonal_on_sites(from) && diagonal_on_sites(to));
    const auto eta1 = posterior_mean_fields(drift, from, path.x, path.evaluations);
    const ForwardKernel forward(kernels, coordinates, variance, k, from, to, state, eta1);
    path.log_ratio = path.log_ratio - forward.log_density(forward.noise_of(next)) + kernels.log_backward(state, next);
    next = state;
    to = from;
  }
  return path;
}

} // namespace stint
