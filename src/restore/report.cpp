#include "src/restore/report.hpp"

#include "generative/images/restoration/quality.hpp"
#include "src/files/atomic_file.hpp"
#include "src/program/numbers.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cmath>

namespace stint {
namespace {

constexpr const char* restoration_format = "stint-restoration";
constexpr std::int64_t format_version = 1;

Ratio mean_of(const torch::Tensor& values) {
  return {values.mean().item<double>(),
          values.numel() > 1 ? values.std().item<double>() / std::sqrt(static_cast<double>(values.numel())) : NAN};
}

/// The root of a mean.
Ratio root_of(const Ratio& mean) {
  const double root = std::sqrt(mean.value);
  return {root, root > 0 ? mean.error / (2 * root) : mean.error};
}

std::string number_or_dash(double value, const char* format) {
  return std::isnan(value) ? "-" : fmt::format(fmt::runtime(format), value);
}

void write_images(hdf5::File& file, const std::string& name, const torch::Tensor& images) {
  const auto values = images.to(torch::kFloat).contiguous();
  file.write<float>(name, values.sizes().vec(), {values.data_ptr<float>(), static_cast<std::size_t>(values.numel())});
}

} // namespace

Quality quality_of(const Restoration& restoration, const torch::Tensor& truth) {
  return {.psnr = mean_of(psnr(restoration.images, truth)),
          .rmse = root_of(mean_of(squared_error(restoration.images, truth))),
          .ssim = mean_of(ssim(restoration.images, truth))};
}

std::string restore_table(const std::vector<ProblemResult>& results) {
  std::string text;
  for (const auto& result : results) {
    text += fmt::format("{}{}: {}, noise {:.3g}\n{:<16}{:>14}{:>14}{:>14}{:>14}{:>13}{:>11}   {}\n",
                        text.empty() ? "" : "\n", result.problem, counted(result.truth.size(0), "image"), result.sigma,
                        "method", "PSNR (dB)", "RMSE", "SSIM", "calibration", "evaluations", "s/image", "settings");
    for (const auto& row : result.restorations) {
      const auto quality = quality_of(row, result.truth);
      const auto calibrated =
          row.calibration_of ? with_error(row.calibration_of->value, row.calibration_of->error) : "-";
      text += fmt::format(
          "{:<16}{:>14}{:>14}{:>14}{:>14}{:>13}{:>11}   {}\n", row.method,
          with_error(quality.psnr.value, quality.psnr.error), with_error(quality.rmse.value, quality.rmse.error),
          with_error(quality.ssim.value, quality.ssim.error), calibrated, number_or_dash(row.evaluations, "{:.5g}"),
          number_or_dash(row.seconds, "{:.3g}"), row.settings);
    }
    for (const auto& line : result.tuned)
      text += "tuned  " + line + "\n";
  }
  return text;
}

Json restore_json(const std::vector<ProblemResult>& results) {
  Json json = Json::object();
  for (const auto& result : results)
    for (const auto& row : result.restorations) {
      const auto quality = quality_of(row, result.truth);
      Json entry;
      entry["psnr"] = {quality.psnr.value, quality.psnr.error};
      entry["rmse"] = {quality.rmse.value, quality.rmse.error};
      entry["ssim"] = {quality.ssim.value, quality.ssim.error};
      entry["calibration"] = row.calibration_of ? row.calibration_of->value : NAN;
      entry["calibration_error"] = row.calibration_of ? row.calibration_of->error : NAN;
      entry["evaluations"] = row.evaluations;
      entry["seconds"] = row.seconds;
      entry["settings"] = row.settings;
      json[result.problem][row.method] = std::move(entry);
    }
  return json;
}

Json read_restore_json(const std::string& path) {
  const auto file = hdf5::File::open(path);
  check_format(file, restoration_format, format_version, "a file of restored images");
  return Json::parse(file.attribute<std::string>("results"));
}

void write_restorations(const std::string& path, bool overwrite, const std::vector<ProblemResult>& results,
                        const EnsembleHeader& header) {
  AtomicFile target(path, overwrite);
  auto file = hdf5::File::create(target.temporary(), path);
  write_format(file, restoration_format, format_version, /*complete=*/true);
  write_header(file, header);
  for (const auto& result : results) {
    const std::string group = results.size() > 1 ? "/" + result.problem : "";
    write_images(file, group + "/truth", result.truth);
    for (const auto& row : result.restorations)
      write_images(file, group + "/" + row.method, row.images);
    if (result.deviation.defined())
      write_images(file, group + "/posterior_deviation", result.deviation);
    const std::string object = group.empty() ? "/" : group;
    file.set_attribute("problem", result.problem, object);
    file.set_attribute("sigma", result.sigma, object);
  }
  file.set_attribute("results", restore_json(results).dump());
  file.set_attribute("end_time", utc_now());
  file.close();
  target.commit();
}

} // namespace stint
