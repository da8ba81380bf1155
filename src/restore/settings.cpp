#include "src/restore/settings.hpp"

#include "generative/images/restoration/methods.hpp"
#include "src/program/errors.hpp"
#include "src/program/options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <sstream>

namespace stint {
namespace {

/// The parts of a comma-separated list that are among `known`, each once; "all" is all of them.
std::vector<std::string> parts_of(const std::string& option, const std::string& list,
                                  const std::vector<std::string>& known) {
  if (list == "all")
    return known;
  std::vector<std::string> parts;
  std::istringstream text(list);
  for (std::string part; std::getline(text, part, ',');) {
    if (std::ranges::find(known, part) == known.end())
      throw UsageError(fmt::format("--{} has '{}', expected all or a list of {}", option, part, fmt::join(known, ",")));
    if (std::ranges::find(parts, part) == parts.end())
      parts.push_back(part);
  }
  if (parts.empty())
    throw UsageError(fmt::format("--{} is empty, expected all or a list of {}", option, fmt::join(known, ",")));
  return parts;
}

std::vector<std::string> known_problems() {
  std::vector<std::string> names;
  for (const auto& row : problem_rows())
    names.emplace_back(row.name);
  return names;
}

std::vector<std::string> known_methods() {
  std::vector<std::string> names = {"mean", "sample"};
  for (const auto& row : peer_rows())
    names.emplace_back(row.name);
  return names;
}

std::string summary_of_problems() {
  std::string text;
  for (const auto& row : problem_rows())
    text += fmt::format("{}{} ({}; noise {})", text.empty() ? "" : "; ", row.name, row.summary, row.sigma);
  return text;
}

std::string summary_of_peers() {
  std::string text;
  for (const auto& row : peer_rows())
    text += fmt::format("; {} ({})", row.name, row.summary);
  return text;
}

} // namespace

void RestoreSettings::declare(Options& options) {
  options.value("model", model, "FILE", "model file of 'stint train', of images");
  options.value("data", data, "FILE", "ensemble of images that the model was not trained on");
  options.require("model");
  options.require("data");
  options.value("images", images, "N", "how many, from the first one");
  options.group("Problems: y = H x + noise on every pixel");
  options.value("problem", problem, "LIST", "all, or a list with commas: " + summary_of_problems());
  options.value("sigma", problems.sigma, "SIGMA", "standard deviation of the noise, for values from -1 to 1",
                "that of the problem");
  options.value("box", problems.box, "N", "pixels of the side of the lost square", "5/16 of the image's, made even");
  options.value("fraction", problems.fraction, "P", "of lost pixels of 'random'", "0.7");
  options.value("blur", problems.blur, "W", "width of the Gaussian of 'deblur', in pixels", "1");
  options.value("factor", problems.factor, "N", "of 'superresolve'", "2");
  options.choice("keep", keep, {"modes", "averages"},
                 "what superresolve knows: cosine modes below pi / N, or averages over N x N pixels");
  options.group("Methods");
  options.value("methods", method, "LIST",
                "all, or a list with commas: mean (the posterior mean in one evaluation); sample (draws from the "
                "posterior, and means of them)" +
                    summary_of_peers());
  options.value("regressor", regressor, "FILE",
                "also evaluate this model, trained for the problem alone, as the row 'regressor'");
  options.value("steps", steps, "N", "of each draw");
  options.value("draws", draws, "K", "from the posterior of each image; their scatter is written and tested from 2 on");
  options.value(
      "tune", tune, "N",
      "choose the settings of the others' methods, from a few, by the PSNR on the N images that follow; 0 takes the "
      "default ones, published for faces (box, random) or starting points (the others)");
  options.group("Run");
  options.value("batch", batch, "N",
                "images at a time; answers depend on it by rounding, and are kept in OUTPUT.parts after each batch");
  options.flag("resume", resume,
               "continue from OUTPUT.parts if it is there, or say that OUTPUT is complete; the results are those of a "
               "run that was never stopped");
  options.value("time-limit", time_limit, "SECONDS", "exit with status 75 after this time", "no limit");
  compute.declare(options);
}

void RestoreSettings::check(const Options& options) {
  for (const auto& [option, value] : {std::pair{"images", images}, {"batch", batch}, {"draws", draws}})
    if (value < 1)
      throw UsageError(fmt::format("--{} is {}, expected at least 1", option, value));
  if (draws > 256)
    throw UsageError(fmt::format("--draws is {}, expected at most 256", draws));
  if (steps < 2)
    throw UsageError(fmt::format("--steps is {}, expected at least 2", steps));
  if (time_limit && *time_limit < 0)
    throw UsageError(fmt::format("--time-limit is {}, expected at least 0 seconds", *time_limit));
  if (tune < 0)
    throw UsageError(fmt::format("--tune is {}, expected a number of images", tune));
  const auto chosen = problem_names();
  method_names(); // throws for unknown ones
  for (const auto& row : problem_rows())
    for (const auto& option : row.options)
      if (options.given(option) && std::ranges::find(chosen, row.name) == chosen.end())
        throw UsageError(fmt::format("--{} goes with --problem {}", option, row.name));
  for (const char* option : {"steps", "draws"})
    if (options.given(option) && !wants("sample"))
      throw UsageError(fmt::format("--{} goes with --methods sample", option));
  if (tune > 0 && !wants_others())
    throw UsageError("--tune goes with methods of others");
  problems.averages = keep == "averages";
}

std::vector<std::string> RestoreSettings::problem_names() const {
  return parts_of("problem", problem, known_problems());
}

std::vector<std::string> RestoreSettings::method_names() const {
  const auto chosen = parts_of("methods", method, known_methods());
  auto names = known_methods();
  std::erase_if(names, [&](const auto& name) { return std::ranges::find(chosen, name) == chosen.end(); });
  return names;
}

bool RestoreSettings::wants_others() const {
  return std::ranges::any_of(peer_rows(), [&](const auto& row) { return wants(row.name); });
}

bool RestoreSettings::wants(const std::string& name) const {
  const auto names = method_names();
  return std::ranges::find(names, name) != names.end();
}

} // namespace stint
