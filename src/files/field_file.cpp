#include "src/files/field_file.hpp"

#include "src/files/ensemble_file.hpp"
#include "src/files/npy.hpp"
#include "src/program/command.hpp"
#include "src/program/errors.hpp"
#include "src/program/numbers.hpp"
#include "src/program/options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>
#include <stdexcept>

namespace stint {
namespace {

namespace fs = std::filesystem;

/// FILE:/NAME in two; the name is empty where there is none.
struct Place {
  std::string file, dataset;
};

Place place_of(const std::string& path) {
  const auto colon = path.rfind(":/");
  if (fs::exists(path) || colon == std::string::npos)
    return {path, ""};
  return {path.substr(0, colon), path.substr(colon + 1)};
}

bool is_hdf5(const std::string& file) {
  constexpr std::string_view signature = "\211HDF\r\n\032\n";
  std::string beginning(signature.size(), '\0');
  std::ifstream stream(file, std::ios::binary);
  return fs::is_regular_file(file) && stream.read(beginning.data(), static_cast<std::streamsize>(beginning.size())) &&
         beginning == signature;
}

void find_datasets(const hdf5::File& file, const std::string& group, std::set<std::uint64_t>& seen,
                   std::vector<std::string>& found) {
  for (const auto& name : file.list(group)) {
    const auto object = file.object(group + name);
    if (object.kind == hdf5::Object::Kind::dataset)
      found.push_back(group + name);
    else if (object.kind == hdf5::Object::Kind::group && seen.insert(object.address).second)
      find_datasets(file, group + name + "/", seen, found);
  }
}

/// The name of the only dataset.
std::string only_dataset(const hdf5::File& file) {
  std::set<std::uint64_t> seen = {file.object("/").address};
  std::vector<std::string> found;
  find_datasets(file, "/", seen, found);
  if (found.size() != 1)
    throw UsageError(fmt::format("{} has {} datasets; name the one with the field as {}:/NAME", file.path(),
                                 found.size(), file.path()));
  return found[0];
}

void check_shape(const std::string& path, std::vector<std::int64_t> shape, const Geometry& geometry) {
  const std::string text = fmt::format("({})", fmt::join(shape, ", "));
  if (std::ssize(shape) == geometry.dimensions() + 1 && shape[0] == 1)
    shape.erase(shape.begin());
  if (!std::ranges::equal(shape, geometry.extents()))
    throw UsageError(fmt::format("{} has the shape {}, expected one field on lattice {}", path, text, geometry.text()));
}

std::vector<double> read_ensemble(const std::string& path, const Geometry& geometry) {
  const EnsembleReader reader(path);
  if (reader.geometry() != geometry || reader.channels() != 1 || reader.size() != 1)
    throw UsageError(fmt::format("{} has {} of {} on lattice {}, expected 1 of 1 on lattice {}", path,
                                 counted(reader.size(), "configuration"), counted(reader.channels(), "channel"),
                                 reader.geometry().text(), geometry.text()));
  std::vector<double> field(geometry.volume());
  reader.read<double>(0, field);
  return field;
}

std::vector<double> read_any(const std::string& path, const Geometry& geometry) {
  const Place place = place_of(path);
  if (!is_hdf5(place.file)) {
    auto array = parse_npy(read_text_file(place.file), path);
    check_shape(path, array.shape, geometry);
    return array.values;
  }
  const auto file = hdf5::File::open(place.file);
  if (place.dataset.empty() && file.has_attribute("format"))
    return read_ensemble(path, geometry);
  const auto dataset = file.dataset(place.dataset.empty() ? only_dataset(file) : place.dataset);
  check_shape(path, dataset.dims(), geometry);
  return dataset.read<double>();
}

} // namespace

bool names_field_file(const std::string& text) { return fs::exists(place_of(text).file); }

std::vector<double> read_field(const Mpi& mpi, const std::string& path, const Geometry& geometry) {
  std::vector<double> field(geometry.volume());
  on_root(mpi, [&] {
    field = read_any(path, geometry);
    if (!std::ranges::all_of(field, [](double value) { return std::isfinite(value); }))
      throw std::runtime_error(path + ": has a NaN or infinite value");
  });
  mpi.broadcast(std::span<double>(field));
  return field;
}

} // namespace stint
