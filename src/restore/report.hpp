#pragma once
// What stint restore found: for the terminal, for scripts, and as a file of images.

#include "src/files/ensemble_file.hpp"
#include "src/program/json_output.hpp"
#include "src/restore/run.hpp"

#include <string>
#include <vector>

namespace stint {

/// How near a restoration comes, with standard errors over images (NaN for one image). `psnr` and `ssim` are means
/// over images. `rmse` is the root of the mean of squared_error() over images, which the posterior mean makes least;
/// the mean of the PSNR, a logarithm, gives more weight to images that are easy.
struct Quality {
  Ratio psnr, rmse, ssim;
};
Quality quality_of(const Restoration& restoration, const torch::Tensor& truth);

std::string restore_table(const std::vector<ProblemResult>& results);

/// {PROBLEM: {METHOD: {"psnr": [v, e], "rmse": [v, e], "ssim": [v, e], "calibration", "calibration_error",
/// "evaluations", "seconds", "settings"}}}; calibration is null but for 'sample'.
Json restore_json(const std::vector<ProblemResult>& results);

/// Writes /truth, /degraded, /METHOD and /posterior_deviation, (N, C, L1, L2) float32, or with several problems the
/// same in a group each, /PROBLEM/truth, ...; the attribute format is "stint-restoration", results is the text of
/// restore_json(). The file is whole or absent.
void write_restorations(const std::string& path, bool overwrite, const std::vector<ProblemResult>& results,
                        const EnsembleHeader& header);

/// What restore_json() said when the file was written.
Json read_restore_json(const std::string& path);

} // namespace stint
