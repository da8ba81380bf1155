// Dimension scales as the HDF5 Dimension Scale Specification (The HDF Group, version 1.0) lays them down: attributes of
// fixed names and types on the scales and on the datasets. All is written at once and every byte of it is set, so that
// the same data make the same file.

#include "src/files/hdf5_detail.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <vector>

namespace stint::hdf5 {
namespace {

/// By this beginning of its name netCDF knows a dimension that has no values; the length follows.
constexpr const char* no_variable = "This is a netCDF dimension but not a netCDF variable. ";
constexpr std::size_t length_width = 10;

/// An entry of REFERENCE_LIST: which axis of which dataset has this scale.
struct Use {
  hobj_ref_t dataset = 0;
  std::int32_t axis = 0;
  std::int32_t padding = 0;
};

void write_attribute(const Handle& object, const char* name, const Handle& memory, const Handle& stored,
                     const Handle& space, const void* data, const std::string& file) {
  const Handle attribute(H5Acreate2(object.id(), name, stored.id(), space.id(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  if (!attribute || H5Awrite(attribute.id(), memory.id(), data) < 0)
    fail(file, std::string("cannot write the attribute '") + name + "' of a dimension" + reason());
}

/// A text of fixed length, as the specification wants it.
void write_text(const Handle& object, const char* name, const std::string& text, const std::string& file) {
  const Handle type(H5Tcopy(H5T_C_S1), H5Tclose), space(H5Screate(H5S_SCALAR), H5Sclose);
  H5Tset_size(type.id(), text.size() + 1);
  write_attribute(object, name, type, type, space, text.c_str(), file);
}

void make_scale(const Handle& object, const std::string& name, const std::string& file) {
  write_text(object, "CLASS", "DIMENSION_SCALE", file);
  write_text(object, "NAME", name, file);
}

Handle one_dimension(std::size_t length) {
  const hsize_t dims[] = {length};
  return {H5Screate_simple(1, dims, nullptr), H5Sclose};
}

Handle type_of_uses(bool stored) {
  const std::size_t size = stored ? sizeof(hobj_ref_t) + sizeof(std::int32_t) : sizeof(Use);
  Handle type(H5Tcreate(H5T_COMPOUND, size), H5Tclose);
  H5Tinsert(type.id(), "dataset", offsetof(Use, dataset), H5T_STD_REF_OBJ);
  H5Tinsert(type.id(), "dimension", offsetof(Use, axis), stored ? H5T_STD_I32LE : H5T_NATIVE_INT32);
  return type;
}

std::string last_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

} // namespace

void File::create_dimension(const std::string& name, std::int64_t length) {
  create_dataset(name, Type::float32, {length}, {.rows_per_chunk = 0, .checksum = false});
  std::string number = std::to_string(length);
  number.insert(0, length_width - std::min(length_width, number.size()), ' ');
  make_scale(open_object(name), no_variable + number, path_);
}

void File::name_axes(const std::vector<Axes>& all) {
  const auto reference = [this](const std::string& name) {
    hobj_ref_t to = 0;
    if (H5Rcreate(&to, handle_.id(), name.c_str(), H5R_OBJECT, -1) < 0)
      fail(path_, "no object '" + name + "' in this file" + reason());
    return to;
  };
  std::map<std::string, std::vector<Use>> uses;
  for (const auto& [dataset, scales] : all) {
    const std::size_t rank = scales.size();
    std::vector<hobj_ref_t> references(rank);
    std::vector<hvl_t> lists(rank);
    for (std::size_t axis = 0; axis < rank; ++axis) {
      references[axis] = reference(scales[axis]);
      lists[axis] = {1, &references[axis]};
      uses[scales[axis]].push_back({.dataset = reference(dataset), .axis = static_cast<std::int32_t>(axis)});
    }
    const Handle type(H5Tvlen_create(H5T_STD_REF_OBJ), H5Tclose);
    write_attribute(open_object(dataset), "DIMENSION_LIST", type, type, one_dimension(rank), lists.data(), path_);
  }
  for (const auto& [scale, list] : uses) {
    const Handle object = open_object(scale);
    if (!has_attribute("CLASS", scale))
      make_scale(object, last_name(scale), path_);
    write_attribute(object, "REFERENCE_LIST", type_of_uses(false), type_of_uses(true), one_dimension(list.size()),
                    list.data(), path_);
  }
}

} // namespace stint::hdf5
