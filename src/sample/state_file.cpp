#include "src/sample/state_file.hpp"

#include "src/files/digest.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <bit>
#include <stdexcept>

namespace stint {
namespace {

constexpr const char* memory_name = "/solver/memory";
constexpr const char* digest_name = "/solver/digest";

} // namespace

std::int64_t digest_of_state(std::span<const float> state) {
  Digest digest;
  digest.append(std::as_bytes(state));
  return std::bit_cast<std::int64_t>(digest.value());
}

void PathStateColumns::append(hdf5::File& file, const SampleRows& rows, std::int64_t samples) {
  const std::int64_t values = file.dataset("/configurations").row_size();
  const auto written = std::ssize(digests_);
  for (std::size_t at = 0; at < rows.configurations.size(); at += values)
    digests_.push_back(digest_of_state(rows.configurations.subspan(at, values)));
  if (rows.memory.empty())
    return;
  if (!memory_)
    memory_ = file.create_dataset(memory_name, hdf5::Type::float32,
                                  {samples, rows.parts_and_numbers[0], rows.parts_and_numbers[1]});
  memory_->write_rows<float>(written, rows.memory);
}

void PathStateColumns::finish(hdf5::File& file, const PathStop& stop) {
  const auto lattice = file.attribute<std::vector<std::int64_t>>("lattice");
  file.write<double>("/alpha", lattice, stop.alpha);
  file.write<double>("/beta", lattice, stop.beta);
  file.write<std::int64_t>(digest_name, {std::ssize(digests_)}, digests_);
  file.set_attribute("knot", stop.knot);
  file.set_attribute("knots", stop.knots);
  file.set_attribute("path_time", stop.time);
  file.set_attribute("path_quadratic", stop.quadratic);
  file.set_attribute("basis", stop.basis);
  file.set_attribute("operators", stop.operators);
  file.set_attribute("model_digest", stop.model_digest);
  file.set_attribute("tilt_digest", stop.tilt_digest);
  file.set_attribute("path_digest", stop.path_digest);
  memory_.reset(); // its rows are flushed before the file is closed
}

std::string options_of_states(const std::string& path) {
  return EnsembleReader(path, path_state_format).header().provenance.options;
}

PathStateReader::PathStateReader(const std::string& path)
    : states_(path, path_state_format), stop_{.knot = states_.file().attribute<std::int64_t>("knot"),
                                              .knots = states_.file().attribute<std::int64_t>("knots"),
                                              .time = states_.file().attribute<double>("path_time"),
                                              .quadratic = states_.file().attribute<double>("path_quadratic"),
                                              .basis = states_.file().attribute<std::string>("basis"),
                                              .operators = states_.file().attribute<std::string>("operators"),
                                              .model_digest = states_.file().attribute<std::string>("model_digest"),
                                              .tilt_digest = states_.file().attribute<std::string>("tilt_digest"),
                                              .path_digest = states_.file().attribute<std::string>("path_digest")},
      digests_(states_.file().dataset(digest_name).read<std::int64_t>()) {
  if (states_.file().exists(memory_name))
    memory_ = states_.file().dataset(memory_name);
  if (std::ssize(digests_) != states_.size() ||
      (memory_ && (memory_->dims().size() != 3 || memory_->rows() != states_.size())))
    throw std::runtime_error(fmt::format(
        "{}: /solver does not go with its {} states; change values, not the number of rows", path, states_.size()));
}

PathStateReader::Entries PathStateReader::entries(const std::string& name, std::int64_t first, std::int64_t n) const {
  const auto dataset = states_.file().dataset(name);
  const auto& dims = dataset.dims();
  const auto& extents = states_.geometry().extents();
  const auto d = std::ssize(extents), leading = std::ssize(dims) - d;
  const bool fits = leading >= 0 && leading <= 2 && std::equal(extents.begin(), extents.end(), dims.end() - d) &&
                    (leading == 0 || dims[0] == states_.size()) &&
                    (leading < 2 || dims[1] == 1 || dims[1] == states_.channels());
  if (!fits)
    throw std::runtime_error(fmt::format("{}: {} has the shape ({}), expected that of the lattice {}, with or without "
                                         "{} configurations and {} channels before it",
                                         states_.path(), name, fmt::join(dims, ", "), states_.geometry().text(),
                                         states_.size(), states_.channels()));
  Entries result{.values = {}, .shape = {leading > 0 ? n : 1, leading > 1 ? dims[1] : 1}};
  result.shape.insert(result.shape.end(), extents.begin(), extents.end());
  if (leading == 0) {
    result.values = dataset.read<double>();
  } else {
    result.values.resize(n * dataset.row_size());
    dataset.read_rows<double>(first, result.values);
  }
  return result;
}

bool PathStateReader::one_for_all(const std::string& name) const {
  return std::ssize(states_.file().dataset(name).dims()) == states_.geometry().dimensions();
}

std::array<std::int64_t, 2> PathStateReader::parts_and_numbers() const {
  if (!memory_)
    return {};
  return {memory_->dims()[1], memory_->dims()[2]};
}

std::vector<float> PathStateReader::memory(std::int64_t first, std::int64_t n) const {
  std::vector<float> values(memory_ ? n * memory_->row_size() : 0);
  if (memory_)
    memory_->read_rows<float>(first, values);
  return values;
}

} // namespace stint
