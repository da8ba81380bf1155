#pragma once
// Image restoration: what is done to images, and the task that undoes it.

#include "generative/layout.hpp"
#include "generative/paths/task.hpp"

#include <optional>
#include <string>
#include <vector>

namespace stint {

/// Observations y = H x1 + sigma xi of images x1, xi white noise on every pixel. H is diagonal in one basis with
/// entries
/// >= 0, hence its own adjoint.
struct Problem {
  Operator H = 1;
  double sigma = 0;
  Task task; ///< from y to x1: the law of its end is that of x1 given y

  /// v H (sigma^2 + v H^2)^{-1}, 0 where H = 0: what turns y - H m into the change of the mean of x1, if x1 was
  /// Gaussian of mean m and variance v in all directions before y was seen.
  Operator gain(double variance) const;

  Problem to(torch::Device device) const;     ///< with H there; paths stay on the CPU
  Problem of_image(std::int64_t image) const; ///< with H for one image alone; the task stays that of all
};

/// What may be chosen of the problems; the defaults are those of make_problem().
struct ProblemOptions {
  std::optional<double> sigma = {};    ///< of the noise
  std::optional<int> box = {};         ///< pixels of its side
  std::optional<double> fraction = {}; ///< of lost pixels
  std::optional<double> blur = {};     ///< width of the Gaussian, pixels
  std::optional<int> factor = {};      ///< of super-resolution
  bool averages = false;               ///< super-resolution from averages, in place of low modes
};

/// A row of the table of problems.
struct ProblemRow {
  const char* name;
  const char* summary;
  double sigma;                     ///< unless another one is given
  std::vector<std::string> options; ///< that go with it, as they are called on the command line, besides sigma
};

/// The problems:
///   box          a centred square is lost, of 5/16 of the shortest side, rounded up to an even number (28: 10, 128:
///   40) random       every pixel is lost with probability 0.7, in every image others denoise      H = 1 deblur       H
///   = gaussian_blur(), of width 1 superresolve the low modes (superresolution()) are known, or the averages over
///   squares (block_superresolution()),
///                of factor 2
const std::vector<ProblemRow>& problem_rows();

/// Throws std::invalid_argument, with the known names.
const ProblemRow& problem_row(const std::string& name);

/// The problem `name` for the images first, ..., first + count - 1. Masks are Stream{seed, Purpose::mask, image}.
/// Throws std::invalid_argument for an unknown name and for options that make no sense.
Problem make_problem(const std::string& name, const ProblemOptions& options, const Layout& layout, std::uint64_t seed,
                     std::int64_t first, std::int64_t count);

/// y of the images first, first + 1, ..., (N, C, L1, L2); their noise is Stream{seed, Purpose::observation, image}.
torch::Tensor degrade(const Problem& problem, const Layout& layout, const torch::Tensor& images, std::uint64_t seed,
                      std::int64_t first);

} // namespace stint
