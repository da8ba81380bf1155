#pragma once
// How near restored images are to true ones.

#include "generative/torch.hpp"

namespace stint {

/// Images (N, C, L1, L2) with values in [-1, 1] are compared as (x + 1)/2, of range 1, and are not clipped.

/// Mean squared error of every image, <((x - truth)/2)^2>, the mean over its channels and pixels; (N) float64.
torch::Tensor squared_error(const torch::Tensor& images, const torch::Tensor& truth);

/// Peak signal-to-noise ratio of every image in dB, -10 log10 squared_error(); (N) float64.
torch::Tensor psnr(const torch::Tensor& images, const torch::Tensor& truth);

/// Structural similarity of every image (Wang et al. 2004, doi:10.1109/TIP.2003.819861): the mean over channels and
/// over the pixels whose window lies within the image of
///   (2 m_x m_y + K1^2) (2 c_xy + K2^2) / ((m_x^2 + m_y^2 + K1^2) (c_xx + c_yy + K2^2)),   K1 = 0.01, K2 = 0.03,
/// with means m and covariances c in a Gaussian window of 11 x 11 pixels and width 1.5; (N) float64. The same as
/// scikit-image's structural_similarity(gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=1).
/// Throws std::invalid_argument for images of less than 11 pixels in a direction.
torch::Tensor ssim(const torch::Tensor& images, const torch::Tensor& truth);

} // namespace stint
