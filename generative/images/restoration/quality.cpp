#include "generative/images/restoration/quality.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace stint {
namespace {

constexpr std::int64_t window = 11; // pixels

/// Images as they are compared, float64.
torch::Tensor compared(const torch::Tensor& images) { return (images.to(torch::kDouble).cpu() + 1) / 2; }

/// The means in all windows that lie within the image: (M, 1, L1, L2) to (M, 1, L1 - 10, L2 - 10).
torch::Tensor window_means(const torch::Tensor& planes) {
  constexpr double width = 1.5;
  const auto distance = torch::arange(window, torch::kDouble) - (window - 1) / 2;
  auto weights = (distance.square() / (-2 * width * width)).exp();
  weights = weights / weights.sum();
  return torch::conv2d(torch::conv2d(planes, weights.reshape({1, 1, window, 1})), weights.reshape({1, 1, 1, window}));
}

} // namespace

torch::Tensor squared_error(const torch::Tensor& images, const torch::Tensor& truth) {
  return (compared(images) - compared(truth)).square().flatten(1).mean(1);
}

torch::Tensor psnr(const torch::Tensor& images, const torch::Tensor& truth) {
  return -10 * squared_error(images, truth).log10();
}

torch::Tensor ssim(const torch::Tensor& images, const torch::Tensor& truth) {
  constexpr double c1 = 0.01 * 0.01, c2 = 0.03 * 0.03;
  if (images.dim() != 4 || images.size(2) < window || images.size(3) < window)
    throw std::invalid_argument(
        fmt::format("the structural similarity needs images of at least {} x {} pixels", window, window));
  const auto x = compared(images).flatten(0, 1).unsqueeze(1), y = compared(truth).flatten(0, 1).unsqueeze(1);
  const auto mx = window_means(x), my = window_means(y);
  const auto covariance = window_means(x * y) - mx * my;
  const auto variances = window_means(x.square()) - mx.square() + window_means(y.square()) - my.square();
  const auto similarity =
      (2 * mx * my + c1) * (2 * covariance + c2) / ((mx.square() + my.square() + c1) * (variances + c2));
  return similarity.flatten(1).mean(1).reshape({images.size(0), images.size(1)}).mean(1);
}

} // namespace stint
