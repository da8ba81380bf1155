#include "generative/images/restoration/problem.hpp"

#include "generative/sampler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace stint {
namespace {

/// All pixels but those of the square in the middle, (L1, ..., Ld).
torch::Tensor around_box(const Layout& layout, std::optional<int> given) {
  const auto sites = layout.sites();
  const auto shortest = *std::ranges::min_element(sites);
  const std::int64_t side = given ? *given : (5 * shortest + 31) / 32 * 2;
  if (side < 1 || side >= shortest)
    throw std::invalid_argument(fmt::format("a box of {} pixels in images of {}", side, layout.geometry.text()));
  auto known = torch::ones(sites, torch::kBool);
  auto inside = known;
  for (int mu = 0; mu < layout.dimensions(); ++mu)
    inside = inside.narrow(mu, (sites[mu] - side) / 2, side);
  inside.fill_(false);
  return known;
}

/// (count, 1, L1, ..., Ld)
torch::Tensor random_masks(const Layout& layout, double lost, std::uint64_t seed, std::int64_t first,
                           std::int64_t count) {
  if (!(lost >= 0 && lost <= 1))
    throw std::invalid_argument(fmt::format("a fraction {} of the pixels cannot be lost; expected 0 to 1", lost));
  auto known = torch::empty({count, layout.volume()}, torch::kBool);
  for (std::int64_t n = 0; n < count; ++n) {
    const Stream stream{seed, Purpose::mask, static_cast<std::uint32_t>(first + n)};
    for (std::int64_t site = 0; site < layout.volume(); ++site)
      known.data_ptr<bool>()[n * layout.volume() + site] = stream.uniform(static_cast<std::uint32_t>(site)) > lost;
  }
  auto shape = layout.shape(count);
  shape[1] = 1;
  return known.reshape(shape);
}

Problem inpainted(const torch::Tensor& known, double sigma) {
  return {Operator::diagonal(Basis::site(), known.to(torch::kDouble)), sigma, inpainting(known, sigma)};
}

/// From the coordinates that are data at the start of a task, with noise on them.
Problem partly_known(const Task& exact, double sigma) {
  const Operator known = Operator::diagonal(exact.path.basis(), (exact.path.start() == 0).to(torch::kDouble));
  return {known, sigma, sigma > 0 ? denoising(sigma, known) : exact};
}

} // namespace

Operator Problem::gain(double variance) const {
  const auto& h = H.values();
  const auto total = sigma * sigma + variance * h.square();
  return Operator::diagonal(H.basis(), torch::where(total > 0, variance * h / total, torch::zeros_like(total)));
}

Problem Problem::to(torch::Device device) const { return {H.to(device), sigma, task}; }

Problem Problem::of_image(std::int64_t image) const {
  const auto& h = H.values();
  const bool its_own = h.dim() == 4 && h.size(0) > 1;
  return {its_own ? Operator::diagonal(H.basis(), h.narrow(0, image, 1)) : H, sigma, task};
}

const std::vector<ProblemRow>& problem_rows() {
  static const std::vector<ProblemRow> rows = {
      {"box", "a square in the middle is lost", 0.05, {"box"}},
      {"random", "most pixels are lost", 0.01, {"fraction"}},
      {"denoise", "noise alone", 0.2, {}},
      {"deblur", "smeared with a Gaussian", 0.05, {"blur"}},
      {"superresolve", "coarse structure is known", 0.05, {"factor", "keep"}},
  };
  return rows;
}

const ProblemRow& problem_row(const std::string& name) {
  const auto row = std::ranges::find(problem_rows(), name, &ProblemRow::name);
  if (row != problem_rows().end())
    return *row;
  std::string known;
  for (const auto& other : problem_rows())
    known += (known.empty() ? "" : ", ") + std::string(other.name);
  throw std::invalid_argument(fmt::format("unknown problem '{}'; known: {}", name, known));
}

Problem make_problem(const std::string& name, const ProblemOptions& options, const Layout& layout, std::uint64_t seed,
                     std::int64_t first, std::int64_t count) {
  const double sigma = options.sigma.value_or(problem_row(name).sigma);
  if (!(sigma >= 0))
    throw std::invalid_argument(fmt::format("the noise of observations is >= 0, not {}", sigma));
  if (name == "box")
    return inpainted(around_box(layout, options.box), sigma);
  if (name == "random")
    return inpainted(random_masks(layout, options.fraction.value_or(0.7), seed, first, count), sigma);
  if (name == "denoise")
    return {1, sigma, denoising(sigma)};
  if (name == "deblur") {
    const Operator blur = gaussian_blur(layout, options.blur.value_or(1));
    return {blur, sigma, denoising(sigma, blur)};
  }
  const int factor = options.factor.value_or(2);
  return partly_known(
      options.averages ? block_superresolution(layout.geometry, factor) : superresolution(layout, factor), sigma);
}

torch::Tensor degrade(const Problem& problem, const Layout& layout, const torch::Tensor& images, std::uint64_t seed,
                      std::int64_t first) {
  const auto xi = noise(layout, seed, Purpose::observation, 0, first, images.size(0));
  return problem.H(images) + problem.sigma * xi.to(images.options());
}

} // namespace stint
