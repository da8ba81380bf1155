#include "src/files/model_file.hpp"

#include "src/files/atomic_file.hpp"
#include "src/files/ensemble_file.hpp"

#include <fmt/format.h>

#include <cmath>
#include <set>

namespace stint {
namespace {

constexpr std::int64_t format_version = 7;
constexpr std::int64_t oldest_version = 5; // 4 was for another estimate under the network
constexpr std::int64_t first_with_prior_group = 7;
constexpr const char* prior_group = "/prior";

void write_description(hdf5::File& file, const Model& model) {
  const auto& layout = model.layout();
  file.set_attribute("lattice", layout.sites());
  file.set_attribute<std::string>("kind", model.prior().kind());
  if (layout.channels != 1)
    file.set_attribute("data_channels", layout.channels);
  for (const auto& [name, value] : model.prior().couplings())
    file.set_attribute(name, value);
  if (const auto range = model.prior().range()) {
    file.set_attribute("region", range->name);
    file.set_attribute("region_low", range->low);
    file.set_attribute("region_high", range->high);
  }
  if (const auto tilting = model.prior().tilting(); tilting.any()) {
    file.set_attribute("field_range", tilting.h_range);
    file.set_attribute("quadratic_range", tilting.k2_range);
    file.set_attribute("quadratic_top", tilting.k2_top);
  }
  const auto& description = model.description();
  file.set_attribute<std::string>("operators", description.families.text());
  file.set_attribute<std::int64_t>("channels", description.channels);
  file.set_attribute<std::int64_t>("widening", description.widening);
  file.set_attribute<std::int64_t>("levels", description.levels);
  file.set_attribute<std::int64_t>("blocks", description.blocks);
}

void write_record(hdf5::File& file, const TrainingRecord& record) {
  const auto& options = record.options;
  file.set_attribute("steps", options.steps);
  file.set_attribute("batch", options.batch);
  file.set_attribute("learning_rate", options.learning_rate);
  file.set_attribute("warmup", options.warmup);
  file.set_attribute("weight_decay", options.weight_decay);
  file.set_attribute("gradient_clip", options.gradient_clip);
  file.set_attribute("average_decay", options.average_decay);
  file.set_attribute("training_seed", static_cast<std::int64_t>(options.seed));
  file.set_attribute("tilted_fraction", record.tilted_fraction);
  file.set_attribute<std::string>("precision", record.precision);
  file.set_attribute<std::string>("data_file", record.data_file);
  file.set_attribute<std::string>("data_digest", record.data_digest);
  file.set_attribute("memory_window", record.window);
  file.set_attribute("steps_done", record.steps_done);
  file.set_attribute("steps_skipped", record.steps_skipped);
  file.set_attribute("skipped_in_a_row", record.skipped_in_a_row);
  file.set_attribute("loss_since_entry", record.loss_since_entry);
  file.set_attribute("taken_since_entry", record.taken_since_entry);
  const auto write = [&file](const std::string& name, const std::vector<double>& values) {
    file.write<double>("/history/" + name, {static_cast<std::int64_t>(values.size())}, values);
  };
  write("step", record.step);
  write("loss", record.loss);
  write("samples_per_second", record.samples_per_second);
  write("validation_step", record.validation_step);
  write("validation_loss", record.validation_loss);
  for (const auto& [name, losses] : record.family_loss)
    write("validation/" + name, losses);
  for (const auto& [name, loss] : record.prior_loss)
    file.set_attribute("gaussian_loss_" + name, loss);
}

void write_tensor(hdf5::File& file, const std::string& name, const torch::Tensor& tensor) {
  const auto host = tensor.detach().cpu().contiguous();
  const auto size = static_cast<std::size_t>(host.numel());
  if (host.scalar_type() == torch::kDouble)
    file.write<double>(name, host.sizes().vec(), std::span<const double>(host.data_ptr<double>(), size));
  else
    file.write<float>(name, host.sizes().vec(), std::span<const float>(host.data_ptr<float>(), size));
}

/// Copies a dataset into a tensor of its shape.
void read_tensor(const hdf5::File& file, const std::string& name, torch::Tensor tensor) {
  const auto dataset = file.dataset(name);
  if (dataset.dims() != tensor.sizes().vec())
    throw std::runtime_error(
        fmt::format("{}: {} does not have the shape that the model's description asks for", file.path(), name));
  const auto numbers = dataset.read<float>();
  const auto values = torch::tensor(numbers).reshape(tensor.sizes());
  if (!values.isfinite().all().item<bool>())
    throw std::runtime_error(fmt::format("{}: {} has values that are not finite", file.path(), name));
  tensor.copy_(values);
}

void write_prior(hdf5::File& file, const State& state) {
  file.create_group(prior_group);
  for (const auto& [name, value] : state.numbers)
    file.set_attribute(name, value, prior_group);
  for (const auto& [name, text] : state.texts)
    file.set_attribute<std::string>(name, text, prior_group);
  for (const auto& [name, tensor] : state.tensors)
    write_tensor(file, fmt::format("{}/{}", prior_group, name), tensor);
}

/// All datasets below a group, by their names within `state`.
void read_tensors(const hdf5::File& file, const std::string& group, const std::string& prefix, State& state) {
  static const std::set<std::string> others = {"parameters", "ema", "optimizer", "history"}; // of the root group
  for (const auto& name : file.list(group.empty() ? "/" : group)) {
    if (group.empty() && others.contains(name))
      continue;
    const std::string path = fmt::format("{}/{}", group, name);
    const auto object = file.object(path);
    if (object.kind == hdf5::Object::Kind::group)
      read_tensors(file, path, prefix + name + "/", state);
    if (object.kind != hdf5::Object::Kind::dataset || !object.text.starts_with("float")) // not ours
      continue;
    const auto dataset = file.dataset(path);
    state.tensors[prefix + name] = torch::tensor(dataset.read<double>(), torch::kDouble).reshape(dataset.dims());
  }
}

State read_prior(const hdf5::File& file, std::int64_t version) {
  const std::string group = version < first_with_prior_group ? "/" : prior_group;
  State state;
  for (const auto& name : file.attributes(group))
    switch (file.attribute_kind(name, group)) {
    case hdf5::Kind::text:
      if (version >= first_with_prior_group)
        state.texts[name] = file.attribute<std::string>(name, group);
      break;
    case hdf5::Kind::integer:
      if (const auto values = file.attribute<std::vector<std::int64_t>>(name, group); values.size() == 1)
        state.numbers[name] = static_cast<double>(values.front());
      break;
    case hdf5::Kind::real:
      if (const auto values = file.attribute<std::vector<double>>(name, group); values.size() == 1)
        state.numbers[name] = values.front();
      break;
    default: // no state has others, or lists
      break;
    }
  read_tensors(file, version < first_with_prior_group ? "" : prior_group, "", state);
  return state;
}

Geometry read_geometry(const hdf5::File& file) {
  const auto extents = file.attribute<std::vector<std::int64_t>>("lattice");
  try {
    return Geometry({extents.begin(), extents.end()});
  } catch (const std::invalid_argument& error) {
    throw std::runtime_error(fmt::format("{}: {}", file.path(), error.what()));
  }
}

std::int64_t read_integer(const hdf5::File& file, const std::string& name, std::int64_t least, std::int64_t most) {
  const auto value = file.attribute<std::int64_t>(name);
  if (value < least || value > most)
    throw std::runtime_error(
        fmt::format("{}: attribute {} is {}, expected {} to {}", file.path(), name, value, least, most));
  return value;
}

std::unique_ptr<Prior> make_prior(const hdf5::File& file, const Kinds& kinds) {
  const auto version = file.attribute<std::int64_t>("format_version");
  const Geometry geometry = read_geometry(file);
  const auto channels = file.has_attribute("data_channels") ? read_integer(file, "data_channels", 1, 4096) : 1;
  try {
    const Kind& kind = kind_of(kinds, file.attribute<std::string>("kind"));
    return kind.load({.geometry = geometry, .channels = channels, .boundary = kind.boundary},
                     read_prior(file, version));
  } catch (const std::invalid_argument& error) {
    throw std::runtime_error(fmt::format("{}: {}", file.path(), error.what()));
  }
}

ModelDescription read_description(const hdf5::File& file, const Prior& prior) {
  const auto families = [&] {
    try {
      return FamilyLaw::parse(file.attribute<std::string>("operators"), prior.families());
    } catch (const std::invalid_argument& error) {
      throw std::runtime_error(fmt::format("{}: {}", file.path(), error.what()));
    }
  };
  ModelDescription description{.families = families()};
  description.channels = static_cast<int>(read_integer(file, "channels", 1, 4096));
  if (file.has_attribute("widening"))
    description.widening = static_cast<int>(read_integer(file, "widening", 1, 64));
  description.levels = static_cast<int>(read_integer(file, "levels", 1, 16));
  description.blocks = static_cast<int>(read_integer(file, "blocks", 1, 256));
  return description;
}

TrainingRecord read_record(const hdf5::File& file, const ModelDescription& description) {
  TrainingRecord record;
  record.options.steps = file.attribute<std::int64_t>("steps");
  record.options.batch = file.attribute<std::int64_t>("batch");
  record.options.learning_rate = file.attribute<double>("learning_rate");
  record.options.warmup = file.attribute<std::int64_t>("warmup");
  record.options.weight_decay = file.attribute<double>("weight_decay");
  record.options.gradient_clip = file.attribute<double>("gradient_clip");
  record.options.average_decay = file.attribute<double>("average_decay");
  record.options.seed = static_cast<std::uint64_t>(file.attribute<std::int64_t>("training_seed"));
  record.tilted_fraction = file.attribute<double>("tilted_fraction");
  record.precision = file.attribute<std::string>("precision");
  record.data_file = file.attribute<std::string>("data_file");
  record.data_digest = file.attribute<std::string>("data_digest");
  record.window = file.attribute<double>("memory_window");
  record.steps_done = file.attribute<std::int64_t>("steps_done");
  record.steps_skipped = file.attribute<std::int64_t>("steps_skipped");
  record.skipped_in_a_row = file.attribute<std::int64_t>("skipped_in_a_row");
  record.loss_since_entry = file.attribute<double>("loss_since_entry");
  record.taken_since_entry = file.attribute<std::int64_t>("taken_since_entry");
  record.step = file.dataset("/history/step").read<double>();
  record.loss = file.dataset("/history/loss").read<double>();
  record.samples_per_second = file.dataset("/history/samples_per_second").read<double>();
  record.validation_step = file.dataset("/history/validation_step").read<double>();
  record.validation_loss = file.dataset("/history/validation_loss").read<double>();
  for (std::size_t i = 0; i < description.families.size(); ++i) {
    const std::string& name = description.families.family(i).name;
    if (description.families.weight(i) == 0)
      continue;
    record.family_loss[name] = file.dataset("/history/validation/" + name).read<double>();
    record.prior_loss[name] = file.attribute<double>("gaussian_loss_" + name);
  }
  return record;
}

} // namespace

void write_model(const std::string& path, bool overwrite, const Model& model, const TrainingRecord& record,
                 const Trainer::NamedTensors& tensors, const Provenance& provenance) {
  AtomicFile target(path, overwrite);
  auto file = hdf5::File::create(target.temporary(), path);
  file.set_attribute<std::string>("format", model_format);
  file.set_attribute("format_version", format_version);
  file.set_attribute<std::int64_t>("complete", 1); // the temporary gets its name only if it is
  write_provenance(file, provenance);
  write_description(file, model);
  write_record(file, record);
  write_prior(file, model.prior().state());
  for (const auto& [name, tensor] : tensors)
    write_tensor(file, "/" + name, tensor);
  file.close();
  target.commit();
}

ModelReader::ModelReader(const std::string& path, const Kinds& kinds) : file_(hdf5::File::open(path)) {
  check_format(file_, model_format, format_version, "a model");
  if (const auto version = file_.attribute<std::int64_t>("format_version"); version < oldest_version)
    throw std::runtime_error(
        fmt::format("{}: a model of version {}, which was trained for another estimate than that of "
                    "this program (versions {} to {}): train it again",
                    path, version, oldest_version, format_version));
  prior_ = make_prior(file_, kinds);
  description_ = read_description(file_, *prior_);
  record_ = read_record(file_, *description_);
}

void ModelReader::read(const Trainer::NamedTensors& tensors) const {
  const torch::NoGradGuard constant;
  for (const auto& [name, tensor] : tensors)
    read_tensor(file_, "/" + name, tensor);
}

Model ModelReader::model() const {
  Model model(prior_->clone(), *description_, record_.options.seed);
  Trainer::NamedTensors tensors;
  for (const auto& item : model.network()->named_parameters())
    tensors.emplace_back("ema/" + item.key(), item.value().detach());
  read(tensors);
  return model;
}

} // namespace stint
