#include "src/export/export_data.hpp"

#include "src/files/ensemble_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace stint {
namespace {

constexpr const char* configurations_name = "/configurations";

std::string absolute(const std::string& dataset) { return dataset.starts_with('/') ? dataset : "/" + dataset; }

} // namespace

ExportData::ExportData(const std::string& path, const std::string& dataset)
    : file_(hdf5::File::open(path)), name_(dataset.empty() ? path : path + ":" + absolute(dataset)) {
  const std::string format = file_.has_attribute("format") ? file_.attribute<std::string>("format") : "";
  const bool rows = format == ensemble_format || format == path_state_format;
  if (dataset.empty() && !rows)
    throw std::runtime_error(path + ": is no ensemble; --dataset NAME says which of its datasets to export");
  if (dataset.empty() || (format.starts_with("stint-") && file_.has_attribute("complete")))
    check_format(file_, format, std::numeric_limits<std::int64_t>::max(), "a file");
  if (rows && (dataset.empty() || absolute(dataset) == configurations_name)) {
    const EnsembleReader ensemble(path, format);
    channels_ = ensemble.channels();
    extents_.assign(ensemble.geometry().extents().begin(), ensemble.geometry().extents().end());
    image_ = ensemble.header().kind == image_kind;
    data_ = file_.dataset(configurations_name);
    return;
  }
  data_ = file_.dataset(absolute(dataset));
  const auto& dims = data_->dims();
  if (dims.empty())
    throw std::runtime_error(name_ + ": is a single number, expected an array (N, ...)");
  image_ = dims.size() == 3 || dims.size() == 4;
  channels_ = dims.size() == 4 ? dims[1] : 1;
  extents_.assign(dims.begin() + (dims.size() == 4 ? 2 : 1), dims.end());
}

bool ExportData::single_precision() const {
  return data_->type() == hdf5::Type::float32 || hdf5::size_of(data_->type()) == 1;
}

void ExportData::check_pictures() const {
  if (extents_.size() != 2 || (channels_ != 1 && channels_ != 3))
    throw std::runtime_error(fmt::format("{}: has the shape ({}), no pictures of 1 or 3 channels on two dimensions; "
                                         "--npy FILE writes arrays of any shape",
                                         name_, fmt::join(shape(), ", ")));
}

template<class Real> std::vector<Real> ExportData::read(std::int64_t first, std::int64_t n) const {
  std::vector<Real> values(n * data_->row_size());
  data_->read_rows<Real>(first, values);
  return values;
}

std::vector<Picture> ExportData::pictures(std::int64_t first, std::int64_t n) const {
  const auto values = read<float>(first, n);
  const auto bad = std::ranges::find_if(values, [](float value) { return !std::isfinite(value); });
  if (bad != values.end())
    throw std::runtime_error(fmt::format("{}: configuration {} (counted from 0) has a NaN or infinite value; --npy "
                                         "writes it as it is",
                                         name_, first + (bad - values.begin()) / data_->row_size()));
  std::vector<Picture> pictures;
  for (std::int64_t i = 0; i < n; ++i) {
    pictures.emplace_back(extents_[0], extents_[1], channels_);
    std::copy_n(values.begin() + i * data_->row_size(), data_->row_size(), pictures.back().values.begin());
  }
  return pictures;
}

template std::vector<float> ExportData::read(std::int64_t, std::int64_t) const;
template std::vector<double> ExportData::read(std::int64_t, std::int64_t) const;

} // namespace stint
