#include "src/commands/model_summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace stint {
namespace {

double number(const hdf5::File& file, const char* name) {
  return file.has_attribute(name) ? file.attribute<double>(name) : 0;
}

std::string text(const hdf5::File& file, const char* name) {
  return file.has_attribute(name) ? file.attribute<std::string>(name) : "";
}

std::string lattice_of(const hdf5::File& file) {
  const auto extents = file.attribute<std::vector<std::int64_t>>("lattice");
  return fmt::format("{}", fmt::join(extents, "x"));
}

std::string learned(const hdf5::File& file) {
  std::string line = text(file, "kind") + " on " + lattice_of(file);
  for (const char* coupling : {"mass2", "lambda", "field", "quadratic"})
    if (file.has_attribute(coupling))
      line += fmt::format(", {} {:.6g}", coupling, number(file, coupling));
  if (const auto region = text(file, "region"); !region.empty())
    line += fmt::format(", {} from {:.6g} to {:.6g}", region, number(file, "region_low"), number(file, "region_high"));
  if (const auto data = text(file, "data_file"); !data.empty()) {
    const auto more = std::ranges::count(data, ',');
    line += ", from " + data.substr(0, data.find(','));
    line += more > 0 ? fmt::format(" and {} more", more) : "";
  }
  if (file.has_attribute("steps_done") && number(file, "steps_done") < number(file, "steps"))
    line += fmt::format(" (unfinished: {:.0f} of {:.0f} steps)", number(file, "steps_done"), number(file, "steps"));
  return line;
}

/// Whether the model was trained, with a positive weight, for one of these families of operators.
bool knows(const hdf5::File& file, const std::vector<const char*>& families) {
  const std::string trained = fmt::format(",{}", text(file, "operators"));
  return std::ranges::any_of(families, [&trained](const char* family) {
    return trained.find(fmt::format(",{}:", family)) != std::string::npos;
  });
}

constexpr const char* of_scalars = "scalar";
const std::vector<const char*> of_sites = {"known", "sequential", "independent"}, of_modes = {"fourier", "cosine"};

std::string tasks(const hdf5::File& file) {
  std::string line;
  const auto add = [&line](const char* names) { line += fmt::format("{}{}", line.empty() ? "" : ", ", names); };
  if (knows(file, {of_scalars}))
    add("generate, denoise");
  if (knows(file, of_sites))
    add("inpaint, sequential");
  if (knows(file, of_modes))
    add("multiscale, superresolve, denoise --blur");
  return line.empty() ? fmt::format("operators {}", text(file, "operators")) : line;
}

std::string tilts(const hdf5::File& file) {
  std::string line;
  if (const double h = number(file, "field_range"); h > 0)
    line += fmt::format("--field up to {:.6g} either way, ", h);
  if (const double low = number(file, "quadratic_range"), top = number(file, "quadratic_top"); low > 0 || top > 0)
    line += fmt::format("--quadratic {:.6g} to {:.6g}, ", 0 - low, top);
  line = (line.empty() ? "no tilts, " : line) + "lattice " + lattice_of(file);
  return line +
         (text(file, "kind") == "phi4" ? " and multiples of its extents" : " only"); // phi^4 moves to larger ones
}

std::string held_out(const hdf5::File& file) {
  if (!file.exists("/history/validation_loss"))
    return "unknown";
  const auto losses = file.dataset("/history/validation_loss").read<double>();
  return losses.empty() ? "unknown" : fmt::format("{:.5g} ({:.5g} before training)", losses.back(), losses.front());
}

/// A command that this program does not refuse, if there is one.
std::string command_for(const hdf5::File& file, const std::vector<std::string>& kinds) {
  const auto kind = text(file, "kind");
  if (!kinds.empty() && std::ranges::find(kinds, kind) == kinds.end())
    return fmt::format("not with this program: it samples the kinds {}, and this model is of kind '{}'",
                       fmt::join(kinds, ", "), kind);
  if (kind == "maze" && knows(file, {of_scalars}) && knows(file, of_sites))
    return fmt::format("stint maze plan --model {} --pairs 100 --output plans.h5{}", file.path(),
                       kinds.empty() ? ", by a stint with LibTorch" : "");
  const char* const task = knows(file, {of_scalars}) ? ""
                           : knows(file, of_sites)   ? " --task inpaint --known FILE --mask MASK"
                           : knows(file, of_modes)   ? " --task multiscale"
                                                     : "";
  const auto region = text(file, "region");
  const auto coupling = region.empty() ? ""
                                       : fmt::format(" --{} {:.6g}", region,
                                                     (number(file, "region_low") + number(file, "region_high")) / 2);
  return fmt::format("stint sample --model {}{}{} --output new.h5{}", file.path(), coupling, task,
                     kinds.empty() ? ", by a stint with LibTorch" : "");
}

} // namespace

bool is_model_format(const std::string& format) { return format == "stint-model"; }

std::string model_summary(const hdf5::File& file, const std::vector<std::string>& kinds) {
  return fmt::format("learned        {}\ntasks          {}\ntilts          {}\nheld-out loss  {}\n"
                     "ask it         {}\n",
                     learned(file), tasks(file), tilts(file), held_out(file), command_for(file, kinds));
}

} // namespace stint
