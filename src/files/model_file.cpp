#include "src/files/model_file.hpp"

#include "src/files/atomic_file.hpp"
#include "src/files/ensemble_file.hpp"

#include <fmt/format.h>

#include <cmath>

namespace stint {
namespace {

constexpr std::int64_t format_version = 6;
constexpr std::int64_t oldest_version = 5; // 4 was for another estimate under the network, 5 has no quadratic_top

void write_description(hdf5::File& file, const ModelDescription& description) {
  const auto& extents = description.geometry.extents();
  file.set_attribute("lattice", std::vector<std::int64_t>(extents.begin(), extents.end()));
  file.set_attribute<std::string>("kind", description.kind);
  file.set_attribute("mass2", description.theory.mass2);
  file.set_attribute("lambda", description.theory.lambda);
  file.set_attribute("field", description.theory.field);
  file.set_attribute("quadratic", description.theory.quadratic);
  file.set_attribute<std::string>("operators", description.families.text());
  file.set_attribute<std::int64_t>("symmetric", description.symmetric ? 1 : 0);
  file.set_attribute("field_range", description.field_range);
  file.set_attribute("quadratic_range", description.quadratic_range);
  file.set_attribute("quadratic_top", description.quadratic_top);
  file.set_attribute<std::int64_t>("channels", description.channels);
  file.set_attribute<std::int64_t>("levels", description.levels);
  file.set_attribute<std::int64_t>("blocks", description.blocks);
  file.set_attribute("mean", description.moments.mean);
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
  file.set_attribute("tilted_fraction", record.law.tilted_fraction);
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
  for (const auto& [name, loss] : record.gaussian_loss)
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

/// Reads positive numbers of this shape.
torch::Tensor read_positive(const hdf5::File& file, const std::string& name, const std::vector<std::int64_t>& shape) {
  const auto dataset = file.dataset(name);
  if (dataset.dims() != shape)
    throw std::runtime_error(
        fmt::format("{}: {} does not have the shape that the attributes ask for", file.path(), name));
  const auto values = dataset.read<double>();
  for (const double value : values)
    if (!(value > 0) || !std::isfinite(value))
      throw std::runtime_error(
          fmt::format("{}: {} has the value {}, expected positive numbers", file.path(), name, value));
  return torch::tensor(values, torch::kDouble).reshape(shape);
}

MagnetisationLaw read_magnetisation(const hdf5::File& file) {
  if (!file.exists("/magnetisation/centers"))
    return {};
  const auto centers = file.dataset("/magnetisation/centers").read<double>();
  const auto of_bins = [&](const std::string& name) {
    return read_positive(file, "/magnetisation/" + name, {static_cast<std::int64_t>(centers.size())});
  };
  const MagnetisationLaw law{.centers = torch::tensor(centers, torch::kDouble),
                             .weights = of_bins("weights"),
                             .width = file.attribute<double>("magnetisation_width"),
                             .square_mean = of_bins("square_mean"),
                             .square_variance = of_bins("square_variance")};
  if (!law.centers.isfinite().all().item<bool>() || !(law.width > 0))
    throw std::runtime_error(fmt::format("{}: /magnetisation is not a law of the magnetisation", file.path()));
  return law;
}

Calibration read_calibration(const hdf5::File& file) {
  if (!file.exists("/calibration/zero_mode"))
    return {};
  Calibration calibration{
      .zero_mode = torch::empty({Calibration::zero_mode_points}),
      .shells = torch::empty({Calibration::shell_points, Model::shell_count()}),
  };
  read_tensor(file, "/calibration/zero_mode", calibration.zero_mode);
  read_tensor(file, "/calibration/shells", calibration.shells);
  return calibration;
}

Geometry read_geometry(const hdf5::File& file) {
  const auto extents = file.attribute<std::vector<std::int64_t>>("lattice");
  try {
    return Geometry({extents.begin(), extents.end()});
  } catch (const std::invalid_argument& error) {
    throw std::runtime_error(fmt::format("{}: {}", file.path(), error.what()));
  }
}

FamilyWeights read_families(const hdf5::File& file) {
  try {
    return FamilyWeights::parse(file.attribute<std::string>("operators"));
  } catch (const std::invalid_argument& error) {
    throw std::runtime_error(fmt::format("{}: {}", file.path(), error.what()));
  }
}

ModelDescription read_description(const hdf5::File& file) {
  const Geometry geometry = read_geometry(file);
  const std::vector<std::int64_t> shape(geometry.extents().begin(), geometry.extents().end());
  const auto integer = [&file](const std::string& name, std::int64_t least, std::int64_t most) {
    const auto value = file.attribute<std::int64_t>(name);
    if (value < least || value > most)
      throw std::runtime_error(
          fmt::format("{}: attribute {} is {}, expected {} to {}", file.path(), name, value, least, most));
    return static_cast<int>(value);
  };
  ModelDescription description{.geometry = geometry,
                               .kind = file.attribute<std::string>("kind"),
                               .theory = {.mass2 = file.attribute<double>("mass2"),
                                          .lambda = file.attribute<double>("lambda"),
                                          .field = file.attribute<double>("field"),
                                          .quadratic = file.attribute<double>("quadratic")},
                               .symmetric = integer("symmetric", 0, 1) == 1,
                               .field_range = file.attribute<double>("field_range"),
                               .quadratic_range = file.attribute<double>("quadratic_range"),
                               .quadratic_top =
                                   file.has_attribute("quadratic_top") ? file.attribute<double>("quadratic_top") : 0,
                               .families = read_families(file),
                               .channels = integer("channels", 1, 4096),
                               .levels = integer("levels", 1, 16),
                               .blocks = integer("blocks", 1, 256),
                               .moments = {.mean = file.attribute<double>("mean"),
                                           .spectrum = read_positive(file, "/spectrum", shape),
                                           .force_spectrum = {},
                                           .magnetisation = read_magnetisation(file)},
                               .calibration = read_calibration(file)};
  if (file.exists("/force_spectrum"))
    description.moments.force_spectrum = read_positive(file, "/force_spectrum", shape);
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
  record.law.tilted_fraction = file.attribute<double>("tilted_fraction");
  record.law.symmetric = description.symmetric;
  record.law.field_range = description.field_range;
  record.law.quadratic_range = description.quadratic_range;
  record.law.quadratic_top = description.quadratic_top;
  record.law.families = description.families;
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
  for (const Family family : families) {
    const std::string name = name_of(family);
    if (description.families.of(family) == 0)
      continue;
    record.family_loss[name] = file.dataset("/history/validation/" + name).read<double>();
    record.gaussian_loss[name] = file.attribute<double>("gaussian_loss_" + name);
  }
  return record;
}

} // namespace

void write_model(const std::string& path, bool overwrite, const ModelDescription& description,
                 const TrainingRecord& record, const Trainer::NamedTensors& tensors, const Provenance& provenance) {
  AtomicFile target(path, overwrite);
  auto file = hdf5::File::create(target.temporary(), path);
  file.set_attribute<std::string>("format", model_format);
  file.set_attribute("format_version", format_version);
  file.set_attribute<std::int64_t>("complete", 1); // the temporary gets its name only if it is
  write_provenance(file, provenance);
  write_description(file, description);
  write_record(file, record);
  write_tensor(file, "/spectrum", description.moments.spectrum);
  if (description.moments.force_spectrum.defined())
    write_tensor(file, "/force_spectrum", description.moments.force_spectrum);
  if (const auto& law = description.moments.magnetisation; law.known()) {
    write_tensor(file, "/magnetisation/centers", law.centers);
    write_tensor(file, "/magnetisation/weights", law.weights);
    write_tensor(file, "/magnetisation/square_mean", law.square_mean);
    write_tensor(file, "/magnetisation/square_variance", law.square_variance);
    file.set_attribute("magnetisation_width", law.width);
  }
  if (const auto& calibration = description.calibration; calibration.known()) {
    write_tensor(file, "/calibration/zero_mode", calibration.zero_mode);
    write_tensor(file, "/calibration/shells", calibration.shells);
  }
  for (const auto& [name, tensor] : tensors)
    write_tensor(file, "/" + name, tensor);
  file.close();
  target.commit();
}

ModelReader::ModelReader(const std::string& path) : file_(hdf5::File::open(path)) {
  check_format(file_, model_format, format_version, "a model");
  if (const auto version = file_.attribute<std::int64_t>("format_version"); version < oldest_version)
    throw std::runtime_error(
        fmt::format("{}: a model of version {}, which was trained for another estimate than that of "
                    "this program (versions {} to {}): train it again",
                    path, version, oldest_version, format_version));
  description_ = read_description(file_);
  record_ = read_record(file_, *description_);
}

void ModelReader::read(const Trainer::NamedTensors& tensors) const {
  const torch::NoGradGuard constant;
  for (const auto& [name, tensor] : tensors)
    read_tensor(file_, "/" + name, tensor);
}

Model ModelReader::model() const {
  Model model(*description_, record_.options.seed);
  Trainer::NamedTensors tensors;
  for (const auto& item : model.network()->named_parameters())
    tensors.emplace_back("ema/" + item.key(), item.value().detach());
  read(tensors);
  return model;
}

} // namespace stint
