#include "generative/phi4/moments.hpp"

#include "generative/operators/basis.hpp"
#include "generative/operators/lattice_fft.hpp"
#include "generative/phi4/action.hpp"

#include <fmt/format.h>

namespace stint {
namespace {

/// The mean over all reflections p_mu -> -p_mu and permutations of axes of equal extent.
torch::Tensor symmetrise(torch::Tensor spectrum) {
  const auto dimensions = spectrum.dim();
  for (std::int64_t axis = 0; axis < dimensions; ++axis)
    spectrum = (spectrum + spectrum.flip({axis}).roll(1, axis)) / 2;
  auto sum = torch::zeros_like(spectrum);
  std::vector<std::int64_t> order(dimensions);
  std::iota(order.begin(), order.end(), 0);
  int permutations = 0;
  do {
    const auto permuted = spectrum.permute(order);
    if (permuted.sizes() == spectrum.sizes()) {
      sum += permuted;
      ++permutations;
    }
  } while (std::next_permutation(order.begin(), order.end()));
  return sum / permutations;
}

/// A kernel density estimate of the law of M: a histogram whose bins are Gaussians.
/// `squares`: sum_x (phi_x - M)^2 of each configuration; `weights` of mean 1.
MagnetisationLaw measure_magnetisation(const torch::Tensor& magnetisations, const torch::Tensor& squares,
                                       const torch::Tensor& weights, bool symmetric) {
  constexpr std::int64_t components = 64;
  const auto m = symmetric ? torch::cat({magnetisations, -magnetisations}) : magnetisations;
  const double low = m.min().item<double>(), high = m.max().item<double>();
  if (!(high > low))
    return {};
  MagnetisationLaw law;
  const double spacing = (high - low) / components;
  law.width = spacing / 2;
  law.centers = low + spacing * (torch::arange(components, torch::kDouble) + 0.5);
  const auto bin = ((m - low) / spacing).to(torch::kLong).clamp(0, components - 1);
  const auto sum = [&](const torch::Tensor& of) {
    return torch::zeros({components}, torch::kDouble).index_add(0, bin, of);
  };
  const auto w = symmetric ? torch::cat({weights, weights}) : weights;
  const auto counts = sum(w);
  // Bins of few configurations lean on the mean and variance of all, with the weight of one configuration.
  const auto s = symmetric ? torch::cat({squares, squares}) : squares;
  const auto mean = (w * s).mean(), variance = (w * (s - mean).square()).mean().clamp_min(1e-30);
  law.square_mean = (sum(w * s) + mean) / (counts + 1);
  law.square_variance = (sum(w * (s - law.square_mean.index_select(0, bin)).square()) + variance) / (counts + 1);
  law.weights = (counts + 1e-3) / (counts + 1e-3).sum(); // no logarithm of 0 in empty bins
  return law;
}

/// A real and even function of the momentum on the momenta of a larger lattice: its kernel in space, with zeros around.
torch::Tensor interpolated(torch::Tensor values, const Geometry& geometry) {
  for (std::int64_t axis = 0; axis < values.dim(); ++axis) {
    const std::int64_t from = values.size(axis), to = geometry.extents()[axis];
    if (to == from)
      continue;
    const auto kernel = torch::fft::ifft(values, std::nullopt, axis);
    const std::int64_t half = (from - 1) / 2; // distances on both sides; that of L/2, if there is one, goes to both
    auto shape = kernel.sizes().vec();
    shape[axis] = to;
    auto padded = torch::zeros(shape, kernel.options());
    padded.narrow(axis, 0, half + 1).copy_(kernel.narrow(axis, 0, half + 1));
    padded.narrow(axis, to - half, half).copy_(kernel.narrow(axis, from - half, half));
    if (from % 2 == 0)
      for (const std::int64_t place : {from / 2, to - from / 2})
        padded.select(axis, place).add_(kernel.select(axis, from / 2) / 2);
    values = torch::real(torch::fft::fft(padded, std::nullopt, axis));
  }
  return values;
}

/// A Gaussian as a mixture of narrower ones.
MagnetisationLaw gaussian_magnetisation(double mean, double deviation) {
  constexpr std::int64_t components = 64;
  constexpr double range = 5, spacing = 2 * range / components;
  const double width = spacing / 2;
  const auto u = -range + spacing * (torch::arange(components, torch::kDouble) + 0.5);
  const auto weights = (-u.square() / (2 * (1 - width * width))).exp();
  return {mean + deviation * u, weights / weights.sum(), deviation * width};
}

} // namespace

Moments Moments::on(const Geometry& geometry) const {
  if (geometry.dimensions() != spectrum.dim())
    throw std::invalid_argument(
        fmt::format("the moments are those of {} dimensions, not {}", spectrum.dim(), geometry.dimensions()));
  for (std::int64_t axis = 0; axis < spectrum.dim(); ++axis)
    if (geometry.extents()[axis] % spectrum.size(axis) != 0)
      throw std::invalid_argument(fmt::format("an extent of {} is not a multiple of {}, that of the data",
                                              geometry.extents()[axis], spectrum.size(axis)));
  Moments larger = *this;
  larger.spectrum = 1 / interpolated(1 / spectrum, geometry);
  if (force_spectrum.defined())
    larger.force_spectrum = interpolated(force_spectrum, geometry);
  if (magnetisation.known() && !larger.spectrum.sizes().equals(spectrum.sizes()))
    larger.magnetisation = gaussian_magnetisation(
        mean, std::sqrt(larger.spectrum.flatten()[0].item<double>() / static_cast<double>(geometry.volume())));
  return larger.to(spectrum.device());
}

torch::Tensor Moments::tilted_spectrum(double k2) const {
  double shift = -2 * k2;
  if (magnetisation.known() && magnetisation.squares_known()) {
    const auto precision = [&](double at) { // 1/P(0)
      const auto volume = static_cast<double>(spectrum.numel());
      const auto law = magnetisation.tilted(at);
      const auto& c = law.centers;
      const auto weights = (law.weights.log() + at * volume * c.square()).softmax(0);
      return 1 / (volume * ((weights * c.square()).sum() - (weights * c).sum().square() + law.width * law.width));
    };
    shift = std::max(0.0, (precision(k2) - precision(0)).item<double>());
  }
  return 1 / (1 / spectrum + shift);
}

MagnetisationLaw MagnetisationLaw::tilted(double k2) const {
  if (k2 == 0)
    return *this;
  if (!squares_known())
    throw std::invalid_argument("the law of the magnetisation at other k2 is not known on this lattice");
  MagnetisationLaw law = *this;
  const auto log_factor = k2 * (square_mean + k2 / 2 * square_variance);
  law.weights = (weights.log() + log_factor).softmax(0);
  return law;
}

MagnetisationLaw MagnetisationLaw::to(torch::Device device) const {
  MagnetisationLaw moved = *this;
  for (auto* tensor : {&moved.centers, &moved.weights, &moved.square_mean, &moved.square_variance})
    if (tensor->defined())
      *tensor = tensor->to(device);
  return moved;
}

Moments Moments::to(torch::Device device) const {
  Moments moved = *this;
  for (auto* tensor : {&moved.spectrum, &moved.force_spectrum})
    if (tensor->defined())
      *tensor = tensor->to(device);
  moved.magnetisation = magnetisation.to(device);
  return moved;
}

MomentSums::MomentSums(const Geometry& geometry, const std::optional<Phi4>& theory, double about,
                       const Reweighting& reweighting)
    : theory_(theory), about_(about), reweighting_(reweighting) {
  std::vector<std::int64_t> shape = {2};
  shape.insert(shape.end(), geometry.extents().begin(), geometry.extents().end());
  sums_ = torch::zeros(shape, torch::kDouble);
}

void MomentSums::add(const torch::Tensor& configurations) {
  auto weights = torch::ones({}, torch::kDouble);
  if (reweighting_.k2 != 0)
    weights = reweighting_.weights(
        configurations.square().sum(configuration_axes(configurations), /*keepdim=*/true, torch::kDouble));
  const auto power = [&](const torch::Tensor& fields) {
    return (weights * whole_lattice_fft(fields).abs().square())
        .sum({0, 1}, false, torch::kDouble);
  };
  sums_[0] += power(configurations - about_);
  if (theory_)
    sums_[1] += power(phi4_force(*theory_, configurations));
}

Moments MomentSums::moments(const torch::Tensor& sums, const torch::Tensor& squares, bool symmetric) const {
  const auto volume = static_cast<double>(sums_[0].numel());
  const auto magnetisations = sums / volume;
  auto weights = reweighting_.weights(squares);
  const auto spectra = sums_ / (volume * weights.sum());
  weights = weights / weights.mean();
  const double mean = (weights * magnetisations).mean().item<double>();
  Moments moments;
  moments.mean = symmetric ? 0 : mean;
  const double shift = moments.mean - about_; // <|phi(0)|^2> about another number
  spectra[0].flatten()[0] += volume * shift * (shift - 2 * (mean - about_));
  moments.spectrum = symmetrise(spectra[0]);
  if (theory_)
    moments.force_spectrum = symmetrise(spectra[1]);
  moments.magnetisation = measure_magnetisation(magnetisations, squares - magnetisations * sums, weights, symmetric);
  return moments;
}

Moments measure_moments(const torch::Tensor& configurations, bool symmetric, const std::optional<Phi4>& theory,
                        double k2) {
  constexpr std::int64_t block = 1024; // bounds the memory of the complex copies
  std::vector<int> extents(configurations.sizes().begin() + 2, configurations.sizes().end());
  const double typical = configurations[0].square().sum(torch::kDouble).item<double>();
  MomentSums sums(Geometry(std::move(extents)), theory,
                  symmetric ? 0 : configurations.mean(torch::kDouble).item<double>(), {k2, typical});
  for (const auto& fields : configurations.split(block))
    sums.add(fields);
  const auto sites = configurations.flatten(1).to(torch::kDouble);
  return sums.moments(sites.sum(1), sites.square().sum(1), symmetric);
}

} // namespace stint
