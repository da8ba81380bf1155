#include "src/sample/parts.hpp"

#include <algorithm>
#include <stdexcept>
#include <vector>

namespace stint {

void write_position(const PartsFolder& folder, const EnsembleHeader& header, const SamplePosition& position) {
  AtomicFile target(folder.state(), true);
  auto file = hdf5::File::create(target.temporary(), folder.state());
  write_unfinished_header(file, sample_state_format, true, header);
  file.set_attribute("parts", position.parts);
  file.set_attribute("samples", position.samples);
  file.set_attribute("evaluations", position.evaluations);
  file.set_attribute("relax_acceptance", position.acceptance);
  file.set_attribute("relax_unmoved", position.unmoved);
  file.set_attribute("seconds", position.seconds);
  file.close();
  target.commit();
}

SamplePosition read_position(const PartsFolder& folder) {
  const auto file = folder.open_state();
  const SamplePosition position{.parts = file.attribute<std::int64_t>("parts"),
                                .samples = file.attribute<std::int64_t>("samples"),
                                .evaluations = file.attribute<double>("evaluations"),
                                .acceptance = file.attribute<double>("relax_acceptance"),
                                .unmoved = file.attribute<std::int64_t>("relax_unmoved"),
                                .seconds = file.attribute<double>("seconds")};
  folder.check_parts(position.parts);
  return position;
}

SamplePartWriter::SamplePartWriter(const std::string& path, const EnsembleHeader& header, bool densities)
    : target_(path, true), file_(hdf5::File::create(target_.temporary(), path)),
      configurations_(growing_dataset(file_, "/configurations", hdf5::Type::float32, header.shape(0))) {
  if (densities)
    log_density_ = growing_dataset(file_, "/log_density", hdf5::Type::float64, {0});
  write_unfinished_header(file_, sample_part_format, false, header);
}

void SamplePartWriter::append(const SampleRows& rows) {
  configurations_.append_rows(rows.configurations);
  if (log_density_)
    log_density_->append_rows(rows.log_density);
  if (rows.memory.empty())
    return;
  if (!memory_)
    memory_ = growing_dataset(file_, "/memory", hdf5::Type::float32,
                              {0, rows.parts_and_numbers[0], rows.parts_and_numbers[1]});
  memory_->append_rows(rows.memory);
}

void SamplePartWriter::commit() {
  file_.set_attribute("complete", std::int64_t{1});
  file_.close();
  target_.commit();
}

void read_samples(const PartsFolder& folder, std::int64_t parts, const EnsembleHeader& header, bool densities,
                  std::int64_t block, const std::function<void(const SampleRows&)>& visit) {
  const std::int64_t values = header.values_per_configuration();
  std::vector<float> configurations, memory;
  for (std::int64_t number = 1; number <= parts; ++number) {
    const auto part = open_unfinished(folder.part(number), sample_part_format);
    const auto stored = part.dataset("/configurations");
    const std::int64_t rows = stored.rows();
    const auto log_density = densities ? part.dataset("/log_density").read<double>() : std::vector<double>();
    const auto memories = part.exists("/memory") ? std::optional(part.dataset("/memory")) : std::nullopt;
    if (stored.dims() != header.shape(rows) || (densities && std::ssize(log_density) != rows) ||
        (memories && (memories->dims().size() != 3 || memories->rows() != rows)))
      throw std::runtime_error(part.path() + ": the shapes of its datasets do not fit; the file is damaged");
    for (std::int64_t first = 0; first < rows; first += block) {
      const std::int64_t n = std::min(block, rows - first);
      configurations.resize(n * values);
      stored.read_rows<float>(first, configurations);
      SampleRows found{.configurations = configurations};
      if (densities)
        found.log_density = std::span(log_density).subspan(first, n);
      if (memories) {
        memory.resize(n * memories->row_size());
        memories->read_rows<float>(first, memory);
        found.memory = memory;
        found.parts_and_numbers = {memories->dims()[1], memories->dims()[2]};
      }
      visit(found);
    }
  }
}

} // namespace stint
