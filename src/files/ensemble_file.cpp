#include "src/files/ensemble_file.hpp"

#include "src/files/ensemble_axes.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace stint {
namespace {

constexpr std::int64_t format_version = 1;

[[noreturn]] void fail(const std::string& file, const std::string& what) {
  throw std::runtime_error(file + ": " + what);
}

Phi4 read_theory(const hdf5::File& file) {
  return {.mass2 = file.attribute<double>("mass2"),
          .lambda = file.attribute<double>("lambda"),
          .field = file.attribute<double>("field"),
          .quadratic = file.attribute<double>("quadratic")};
}

/// All but channels and precision, which /configurations says.
EnsembleHeader read_header(const hdf5::File& file) {
  const auto lattice = file.attribute<std::vector<std::int64_t>>("lattice");
  std::vector<int> extents;
  for (const auto extent : lattice)
    extents.push_back(static_cast<int>(std::clamp<std::int64_t>(extent, -(1LL << 30), 1LL << 30)));
  auto kind = file.attribute<std::string>("kind");
  const auto theory = kind == phi4_kind ? std::optional(read_theory(file)) : std::nullopt;
  auto provenance = read_provenance(file);
  try {
    if (theory)
      theory->validate();
    return {.geometry = Geometry(std::move(extents)),
            .theory = theory,
            .provenance = std::move(provenance),
            .kind = std::move(kind)};
  } catch (const std::invalid_argument& error) {
    fail(file.path(), std::string("the attributes make no sense: ") + error.what());
  }
}

/// (N, C, L1, ..., Ld): C; 0 if there is none.
std::int64_t channels_of(const std::vector<std::int64_t>& dims, const std::string& kind) {
  return kind == phi4_kind ? 1 : dims.size() > 1 ? dims[1] : 0;
}

/// Of the floating-point numbers as which all numbers of this type can be read, those of at most 16 bits exactly.
hdf5::Type precision_for(hdf5::Type stored) {
  return hdf5::is_floating(stored) ? stored : hdf5::size_of(stored) == 1 ? hdf5::Type::float32 : hdf5::Type::float64;
}

} // namespace

std::vector<std::int64_t> EnsembleHeader::shape(std::int64_t n) const {
  std::vector<std::int64_t> dims = {n};
  if (kind != phi4_kind)
    dims.push_back(channels);
  dims.insert(dims.end(), geometry.extents().begin(), geometry.extents().end());
  return dims;
}

void check_format(const hdf5::File& file, const std::string& wanted, std::int64_t newest, const std::string& what) {
  if (!file.has_attribute("format") || !file.has_attribute("format_version") || !file.has_attribute("complete"))
    fail(file.path(),
         "an HDF5 file but not " + what + " of stint (attributes format, format_version and complete expected)");
  if (const auto found = file.attribute<std::string>("format"); found != wanted)
    fail(file.path(), "has format '" + found + "', expected " + what + " ('" + wanted + "')");
  if (const auto version = file.attribute<std::int64_t>("format_version"); version < 1 || version > newest)
    fail(file.path(), "has version " + std::to_string(version) + " of format '" + wanted +
                          "'; this program reads versions 1 to " + std::to_string(newest));
  if (file.attribute<std::int64_t>("complete") != 1)
    fail(file.path(), "is incomplete: its writing was not finished");
}

void write_format(hdf5::File& file, const std::string& format, std::int64_t version, bool complete) {
  file.set_attribute("format", format);
  file.set_attribute("format_version", version);
  file.set_attribute("complete", std::int64_t{complete});
}

void write_header(hdf5::File& file, const EnsembleHeader& header) {
  if (header.theory.has_value() != (header.kind == phi4_kind) || header.channels < 1 ||
      (header.theory && header.channels != 1))
    throw std::logic_error("an ensemble of kind '" + header.kind + "' whose couplings or channels do not fit it");
  const auto& extents = header.geometry.extents();
  file.set_attribute("kind", header.kind);
  file.set_attribute("lattice", std::vector<std::int64_t>(extents.begin(), extents.end()));
  if (header.theory) {
    file.set_attribute("mass2", header.theory->mass2);
    file.set_attribute("lambda", header.theory->lambda);
    file.set_attribute("field", header.theory->field);
    file.set_attribute("quadratic", header.theory->quadratic);
  } else {
    file.set_attribute("channels", header.channels);
  }
  write_provenance(file, header.provenance);
}

EnsembleWriter::EnsembleWriter(const std::string& path, bool overwrite, const EnsembleHeader& header,
                               std::int64_t configurations, const std::string& temporary_folder)
    : target_(path, overwrite, temporary_folder), file_(hdf5::File::create(target_.temporary(), path)), header_(header),
      values_(header.values_per_configuration()), rows_(configurations) {
  write_format(file_, header.format, format_version, false);
  write_header(file_, header);
  configurations_ = file_.create_dataset("/configurations", header.precision, header.shape(configurations));
  chain_ = file_.create_dataset("/chain", hdf5::Type::int64, {configurations});
  trajectory_ = file_.create_dataset("/trajectory", hdf5::Type::int64, {configurations});
}

template<class Real>
void EnsembleWriter::append(std::span<const Real> configurations, std::span<const std::int64_t> chain,
                            std::span<const std::int64_t> trajectory) {
  const auto n = static_cast<std::int64_t>(chain.size());
  if (chain.size() != trajectory.size() || static_cast<std::int64_t>(configurations.size()) != n * values_)
    throw std::logic_error("an ensemble's rows, chains and trajectories have different numbers");
  configurations_->write_rows<Real>(appended_, configurations);
  chain_->write_rows<std::int64_t>(appended_, chain);
  trajectory_->write_rows<std::int64_t>(appended_, trajectory);
  appended_ += n;
}

void EnsembleWriter::write_column(const std::string& name, std::span<const double> values) {
  file_.write<double>("/" + name, {rows_}, values);
}

void EnsembleWriter::commit() {
  if (appended_ != rows_)
    throw std::logic_error("an ensemble of " + std::to_string(rows_) + " configurations was given " +
                           std::to_string(appended_));
  name_ensemble_axes(file_, header_, rows_);
  file_.set_attribute("end_time", utc_now());
  file_.set_attribute("complete", std::int64_t{1});
  file_.close();
  target_.commit();
}

EnsembleReader::EnsembleReader(const std::string& path, const std::string& format) : file_(hdf5::File::open(path)) {
  if (format == ensemble_format && file_.has_attribute("format") &&
      file_.attribute<std::string>("format") == path_state_format)
    fail(path, "has states on their way from noise to data, no configurations; 'stint sample --continue " + path +
                   "' makes configurations of them");
  check_format(file_, format, format_version, format == ensemble_format ? "an ensemble" : "states of sample --until");
  header_ = read_header(file_);
  header_->format = format;
  configurations_ = file_.dataset("/configurations");
  rows_ = configurations_->rows();
  header_->channels = channels_of(configurations_->dims(), header_->kind);
  if (header_->channels < 1 || configurations_->dims() != header_->shape(rows_))
    fail(path, "the shape of /configurations does not fit the lattice " + header_->geometry.text() +
                   (header_->theory
                        ? ""
                        : ", with the channels before it, as of all kinds but phi4; this is '" + header_->kind + "'"));
  header_->precision = precision_for(configurations_->type());
  for (const char* name : {"/chain", "/trajectory"})
    if (file_.dataset(name).dims() != std::vector{rows_})
      fail(path, std::string(name) + " does not have one number for each of the " + std::to_string(rows_) +
                     " configurations");
}

const Phi4& EnsembleReader::theory() const {
  if (!header_->theory)
    fail(path(), "is of kind '" + header_->kind + "', which has no lattice action; expected kind '" + phi4_kind + "'");
  return *header_->theory;
}

template<class Real> void EnsembleReader::read(std::int64_t first, std::span<Real> out) const {
  configurations_->read_rows<Real>(first, out);
  const auto bad = std::find_if(out.begin(), out.end(), [](Real value) { return !std::isfinite(value); });
  if (bad != out.end())
    fail(path(), "configuration " + std::to_string(first + (bad - out.begin()) / values_per_configuration()) +
                     " (counted from 0) has a NaN or infinite value");
}

std::vector<std::int64_t> EnsembleReader::chain() const { return file_.dataset("/chain").read<std::int64_t>(); }
std::vector<std::int64_t> EnsembleReader::trajectory() const {
  return file_.dataset("/trajectory").read<std::int64_t>();
}

std::vector<double> EnsembleReader::column(const std::string& name) const {
  const auto values = file_.dataset("/" + name).read<double>();
  if (static_cast<std::int64_t>(values.size()) != rows_)
    fail(path(), "/" + name + " does not have one number for each of the " + std::to_string(rows_) + " configurations");
  if (std::any_of(values.begin(), values.end(), [](double value) { return std::isnan(value); }))
    fail(path(), "/" + name + " has a NaN");
  return values;
}

template void EnsembleWriter::append(std::span<const float>, std::span<const std::int64_t>,
                                     std::span<const std::int64_t>);
template void EnsembleWriter::append(std::span<const double>, std::span<const std::int64_t>,
                                     std::span<const std::int64_t>);
template void EnsembleReader::read(std::int64_t, std::span<float>) const;
template void EnsembleReader::read(std::int64_t, std::span<double>) const;

} // namespace stint
