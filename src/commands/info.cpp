// stint info: what a file is.

#include "src/commands/commands.hpp"
#include "src/commands/image_summary.hpp"
#include "src/commands/model_summary.hpp"
#include "src/files/ensemble_file.hpp"
#include "src/pictures/picture.hpp"
#include "src/program/json_output.hpp"
#include "src/program/options.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>
#include <set>
#include <vector>

namespace stint {
namespace {

/// Reads all numbers of a dataset, so that its checksums are checked.
void read_all(const hdf5::Dataset& dataset) {
  constexpr std::int64_t block = 1 << 20; // numbers
  std::vector<double> numbers;
  const std::int64_t rows = dataset.rows(), size = std::max<std::int64_t>(dataset.row_size(), 1);
  for (std::int64_t first = 0, n = 0; first < rows; first += n) {
    n = std::min(std::max<std::int64_t>(block / size, 1), rows - first);
    numbers.resize(n * size);
    dataset.read_rows<double>(first, numbers);
  }
}

/// Reads what is ours, so that checksums and the values of configurations are checked.
void verify(const EnsembleReader& ensemble) {
  const std::int64_t values = ensemble.values_per_configuration();
  const std::int64_t block = std::max<std::int64_t>(1, (4 << 20) / values);
  std::vector<double> configurations;
  for (std::int64_t first = 0; first < ensemble.size(); first += block) {
    configurations.resize(std::min(block, ensemble.size() - first) * values);
    ensemble.read<double>(first, configurations);
  }
  for (const char* column : {"/chain", "/trajectory", "/log_density", "/log_weight"})
    if (ensemble.file().exists(column))
      read_all(ensemble.file().dataset(column));
  if (ensemble.file().exists("/history"))
    for (const auto& name : ensemble.file().list("/history"))
      read_all(ensemble.file().dataset("/history/" + name));
}

/// A number alone, or the list of several.
template<class Value> Json one_or_many(const std::vector<Value>& values) {
  return values.size() == 1 ? Json(static_cast<Value>(values[0])) : Json(values);
}

Json attribute(const hdf5::File& file, const std::string& name) {
  switch (file.attribute_kind(name)) {
  case hdf5::Kind::text:
    return one_or_many(file.attribute<std::vector<std::string>>(name));
  case hdf5::Kind::integer:
    return one_or_many(file.attribute<std::vector<std::int64_t>>(name));
  case hdf5::Kind::natural:
    return one_or_many(file.attribute<std::vector<std::uint64_t>>(name));
  case hdf5::Kind::real:
    return one_or_many(file.attribute<std::vector<double>>(name));
  case hdf5::Kind::truth: {
    const auto numbers = file.attribute<std::vector<std::int64_t>>(name);
    return one_or_many(std::vector<bool>(numbers.begin(), numbers.end()));
  }
  case hdf5::Kind::none:
    return nullptr;
  case hdf5::Kind::other:
    break;
  }
  return fmt::format("({})", file.attribute_type(name));
}

/// Type and shape of every dataset below `group`, and where links lead to. A group that has several names is described
/// under the first: links may go round in a circle.
void describe_datasets(const hdf5::File& file, const std::string& group, std::set<std::uint64_t>& seen, Json& out) {
  for (const auto& name : file.list(group)) {
    const std::string path = group + name;
    const hdf5::Object object = file.object(path);
    if (object.kind == hdf5::Object::Kind::dataset)
      out[path] = {{"type", object.text}, {"shape", object.dims}};
    else if (object.kind == hdf5::Object::Kind::link)
      out[path] = {{"link", object.text}};
    else if (object.kind == hdf5::Object::Kind::group && seen.insert(object.address).second)
      describe_datasets(file, path + "/", seen, out);
  }
}

/// What a user should know of files that are no result yet.
const char* remark(const std::string& format) {
  if (format == path_state_format)
    return "states on their way from noise to data, no configurations; 'stint sample --continue FILE' goes on with "
           "them";
  if (format.ends_with("-part"))
    return "part of an unfinished run, no result by itself; the command of the run with --resume goes on";
  if (format.ends_with("-state"))
    return "checkpoint of an unfinished run, no result; the command of the run with --resume goes on";
  return nullptr;
}

Json describe(const hdf5::File& file, const std::string& format) {
  Json description = {{"file", file.path()}};
  if (const char* text = remark(format))
    description["remark"] = text;
  for (const auto& name : file.attributes())
    description[name] = attribute(file, name);
  description["datasets"] = Json::object();
  std::set<std::uint64_t> seen = {file.object("/").address};
  describe_datasets(file, "/", seen, description["datasets"]);
  return description;
}

std::string one_line(const Json& value) {
  std::string text = value.is_string() ? value.get<std::string>() : value.dump();
  while (!text.empty() && text.back() == '\n')
    text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::string table(const Json& description) {
  std::size_t width = 0;
  for (const auto& [name, value] : description.items())
    width = std::max(width, name.size() + 2);
  std::string text;
  for (const auto& [name, value] : description.items())
    if (!value.is_object())
      text += fmt::format("{:<{}}{}\n", name, width, one_line(value));
  text += "datasets\n";
  for (const auto& [name, value] : description["datasets"].items())
    text += value.contains("link")
                ? fmt::format("  {:<32} link to {}\n", name, one_line(value["link"]))
                : fmt::format("  {:<32} {} {}\n", name, one_line(value["type"]), value["shape"].dump());
  return text;
}

} // namespace

int run_info(const Context& context, Arguments arguments, const std::vector<std::string>& kinds) {
  std::vector<std::string> files;
  bool verify_too = false, verbose = false;
  CommonOptions common;
  Options options(
      "info", "Says what a file is, how it was made, and whether it is whole. A file that is damaged, incomplete or "
              "not of this program ends with one line that says so and status 1.");
  options.positional("FILE", files, 1, 1, "ensemble or model file");
  options.group("Output");
  options.flag("verbose", verbose,
               "of a model and of images, everything that the file says, not only what matters first");
  options.group("Checks");
  options.flag("verify", verify_too,
               "read all of an ensemble, its history too: checks the checksums and that all configurations are finite");
  options.example("stint info hmc.h5 --verify");
  if (!read_options(context, options, common, {}, arguments))
    return 0;
  check_outputs(context, common, {common.output, common.json});
  const auto file = hdf5::File::open(files[0]);
  const std::string format = file.has_attribute("format") ? file.attribute<std::string>("format") : "";
  std::string text;
  const bool state = format == path_state_format;
  if (format.starts_with("stint-") && format != ensemble_format && !state) {
    check_format(file, format, std::numeric_limits<std::int64_t>::max(), "a file");
  } else {
    const EnsembleReader ensemble(files[0], state ? path_state_format : ensemble_format);
    if (verify_too)
      verify(ensemble);
    if (ensemble.header().kind == image_kind && !state)
      text = image_summary(ensemble);
  }
  if (is_model_format(format))
    text = model_summary(file, kinds);
  const Json description = describe(file, format);
  const bool summary = !text.empty();
  if (summary)
    text += verbose ? "\n" : "\nMore with --verbose.\n";
  if (!summary || verbose)
    text += table(description);
  print_result(common, text);
  write_json(common.json, description, common.overwrite);
  return 0;
}

} // namespace stint
