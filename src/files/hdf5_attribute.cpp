#include "src/files/hdf5_detail.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace stint::hdf5 {
namespace {

constexpr std::int64_t largest_attribute = 16 << 20; // bytes

herr_t collect_attribute(hid_t, const char* name, const H5A_info_t*, void* out) {
  static_cast<std::vector<std::string>*>(out)->emplace_back(name);
  return 0;
}

std::string place(const std::string& attribute, const std::string& object) {
  return "attribute '" + attribute + "' of '" + object + "'";
}

struct OpenAttribute {
  Handle handle, type;
  std::int64_t count = 0; // numbers or strings in it
  std::string where;      // "attribute 'mass2' of '/'"
};

/// h5py writes truth values as an enumeration of two.
bool is_truth(hid_t type) { return H5Tget_class(type) == H5T_ENUM && H5Tget_nmembers(type) == 2; }

hid_t memory_type_of(const std::uint64_t&) { return H5T_NATIVE_UINT64; }
template<class Number> hid_t memory_type_of(const Number&) { return memory_type(type_of<Number>); }

template<class Number>
std::vector<Number> read_numbers(const std::string& file, const OpenAttribute& attribute, H5T_class_t wanted) {
  const auto type_class = H5Tget_class(attribute.type.id());
  const bool integer = type_class == H5T_INTEGER || is_truth(attribute.type.id());
  if (!integer && !(wanted == H5T_FLOAT && type_class == H5T_FLOAT))
    fail(file, attribute.where + " is not " + (wanted == H5T_FLOAT ? "a number" : "an integer"));
  std::vector<Number> values(attribute.count);
  if (attribute.count > 0 && H5Aread(attribute.handle.id(), memory_type_of(Number{}), values.data()) < 0)
    fail(file, "cannot read " + attribute.where + reason());
  return values;
}

template<class Number> Number read_number(const std::string& file, const OpenAttribute& attribute, H5T_class_t wanted) {
  if (attribute.count != 1)
    fail(file, attribute.where + " has " + std::to_string(attribute.count) + " values, expected one");
  return read_numbers<Number>(file, attribute, wanted)[0];
}

void read_value(const std::string& file, const OpenAttribute& attribute, std::int64_t& value) {
  value = read_number<std::int64_t>(file, attribute, H5T_INTEGER);
}
void read_value(const std::string& file, const OpenAttribute& attribute, double& value) {
  value = read_number<double>(file, attribute, H5T_FLOAT);
}
void read_value(const std::string& file, const OpenAttribute& attribute, std::vector<std::int64_t>& value) {
  value = read_numbers<std::int64_t>(file, attribute, H5T_INTEGER);
}
void read_value(const std::string& file, const OpenAttribute& attribute, std::vector<std::uint64_t>& value) {
  value = read_numbers<std::uint64_t>(file, attribute, H5T_INTEGER);
}
void read_value(const std::string& file, const OpenAttribute& attribute, std::vector<double>& value) {
  value = read_numbers<double>(file, attribute, H5T_FLOAT);
}
/// Without what pads a text of fixed length.
std::string unpadded(std::string_view text, hid_t type) {
  text = text.substr(0, text.find('\0'));
  if (H5Tget_strpad(type) == H5T_STR_SPACEPAD)
    text = text.substr(0, text.find_last_not_of(' ') + 1);
  return std::string(text);
}

void read_value(const std::string& file, const OpenAttribute& attribute, std::vector<std::string>& value) {
  const hid_t type = attribute.type.id();
  if (H5Tget_class(type) != H5T_STRING)
    fail(file, attribute.where + " is not a text");
  const auto count = static_cast<std::size_t>(attribute.count);
  if (count == 0)
    return;
  const auto read = [&](void* out) {
    if (H5Aread(attribute.handle.id(), type, out) < 0)
      fail(file, "cannot read " + attribute.where + reason());
  };
  if (H5Tis_variable_str(type) > 0) {
    std::vector<char*> texts(count);
    read(static_cast<void*>(texts.data()));
    for (char* const text : texts) {
      value.emplace_back(text ? text : "");
      H5free_memory(text);
    }
    return;
  }
  const std::size_t size = H5Tget_size(type);
  std::string all(count * size, '\0');
  read(all.data());
  for (std::size_t i = 0; i < count; ++i)
    value.push_back(unpadded(std::string_view(all).substr(i * size, size), type));
}
void read_value(const std::string& file, const OpenAttribute& attribute, std::string& value) {
  std::vector<std::string> texts;
  read_value(file, attribute, texts);
  if (texts.size() != 1)
    fail(file, attribute.where + " has " + std::to_string(texts.size()) + " texts, expected one");
  value = std::move(texts[0]);
}

struct NewAttribute {
  Handle type, space;
  const void* data = nullptr;
};

NewAttribute numbers(Type type, std::size_t count, const void* data) {
  const hsize_t dims[] = {count};
  return {Handle(H5Tcopy(file_type(type)), H5Tclose), Handle(H5Screate_simple(1, dims, nullptr), H5Sclose), data};
}
NewAttribute number(Type type, const void* data) {
  return {Handle(H5Tcopy(file_type(type)), H5Tclose), Handle(H5Screate(H5S_SCALAR), H5Sclose), data};
}
NewAttribute prepare(const std::int64_t& value) { return number(Type::int64, &value); }
NewAttribute prepare(const double& value) { return number(Type::float64, &value); }
NewAttribute prepare(const std::vector<std::int64_t>& value) {
  return numbers(Type::int64, value.size(), value.data());
}
NewAttribute prepare(const std::vector<double>& value) { return numbers(Type::float64, value.size(), value.data()); }
NewAttribute prepare(const std::string&) {
  Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.id(), H5T_VARIABLE);
  H5Tset_cset(type.id(), H5T_CSET_UTF8);
  return {std::move(type), Handle(H5Screate(H5S_SCALAR), H5Sclose), nullptr};
}
Type value_type(const std::int64_t&) { return Type::int64; }
Type value_type(const std::vector<std::int64_t>&) { return Type::int64; }
Type value_type(const double&) { return Type::float64; }
Type value_type(const std::vector<double>&) { return Type::float64; }

} // namespace

bool File::has_attribute(const std::string& attribute, const std::string& object) const {
  const htri_t found = H5Aexists_by_name(handle_.id(), object.c_str(), attribute.c_str(), H5P_DEFAULT);
  if (found < 0)
    fail(path_, "cannot read the attributes of '" + object + "': damaged, or of a newer HDF5 than " +
                    library_version() + " (h5py: libver=('earliest', 'v110'))");
  return found > 0;
}

std::vector<std::string> File::attributes(const std::string& object) const {
  const Handle opened = open_object(object);
  std::vector<std::string> names;
  if (H5Aiterate2(opened.id(), H5_INDEX_NAME, H5_ITER_NATIVE, nullptr, collect_attribute, &names) < 0) // see list()
    fail(path_, "cannot list the attributes of '" + object + "'" + reason());
  std::sort(names.begin(), names.end());
  return names;
}

Handle File::open_attribute(const std::string& attribute, const std::string& object) const {
  if (!has_attribute(attribute, object))
    fail(path_, "no " + place(attribute, object) + " in this file");
  Handle opened(H5Aopen_by_name(handle_.id(), object.c_str(), attribute.c_str(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  if (!opened)
    fail(path_, "cannot open " + place(attribute, object) + reason());
  return opened;
}

Kind File::attribute_kind(const std::string& attribute, const std::string& object) const {
  const Handle opened = open_attribute(attribute, object);
  const Handle type(H5Aget_type(opened.id()), H5Tclose);
  const Handle space(H5Aget_space(opened.id()), H5Sclose);
  if (H5Sget_simple_extent_type(space.id()) == H5S_NULL)
    return Kind::none;
  switch (H5Tget_class(type.id())) {
  case H5T_STRING:
    return Kind::text;
  case H5T_INTEGER:
    return H5Tget_size(type.id()) == 8 && H5Tget_sign(type.id()) == H5T_SGN_NONE ? Kind::natural : Kind::integer;
  case H5T_FLOAT:
    return Kind::real;
  default:
    return is_truth(type.id()) ? Kind::truth : Kind::other;
  }
}

std::string File::attribute_type(const std::string& attribute, const std::string& object) const {
  const Handle opened = open_attribute(attribute, object);
  const Handle type(H5Aget_type(opened.id()), H5Tclose);
  return type_text(type.id());
}

template<class T> T File::attribute(const std::string& attribute, const std::string& object) const {
  OpenAttribute opened;
  opened.where = place(attribute, object);
  opened.handle = open_attribute(attribute, object);
  opened.type = Handle(H5Aget_type(opened.handle.id()), H5Tclose);
  const Handle space(H5Aget_space(opened.handle.id()), H5Sclose);
  opened.count = H5Sget_simple_extent_npoints(space.id());
  const auto bytes = H5Aget_storage_size(opened.handle.id());
  if (opened.count < 0 || opened.count > largest_attribute || bytes > static_cast<hsize_t>(largest_attribute) ||
      H5Tget_size(opened.type.id()) > static_cast<std::size_t>(largest_attribute))
    fail(path_, opened.where + " is larger than 16 MiB; the file is damaged");
  T value;
  read_value(path_, opened, value);
  return value;
}

template<class T> void File::set_attribute(const std::string& attribute, const T& value, const std::string& object) {
  const std::string where = place(attribute, object);
  const Handle owner = open_object(object);
  if (H5Aexists(owner.id(), attribute.c_str()) > 0)
    H5Adelete(owner.id(), attribute.c_str());
  const NewAttribute fresh = prepare(value);
  const Handle created(
      H5Acreate2(owner.id(), attribute.c_str(), fresh.type.id(), fresh.space.id(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  if (!created)
    fail(path_, "cannot create " + where + reason());
  if (H5Sget_simple_extent_npoints(fresh.space.id()) == 0)
    return;
  bool written = false;
  if constexpr (std::is_same_v<T, std::string>) {
    const char* const text = value.c_str();
    written = H5Awrite(created.id(), fresh.type.id(), static_cast<const void*>(&text)) >= 0;
  } else {
    written = H5Awrite(created.id(), memory_type(value_type(value)), fresh.data) >= 0;
  }
  if (!written)
    fail(path_, "cannot write " + where + reason());
}

template std::vector<std::string> File::attribute(const std::string&, const std::string&) const;
template std::vector<std::uint64_t> File::attribute(const std::string&, const std::string&) const;
#define STINT_INSTANTIATE(T)                                                                                           \
  template T File::attribute(const std::string&, const std::string&) const;                                            \
  template void File::set_attribute(const std::string&, const T&, const std::string&);
STINT_INSTANTIATE(std::string)
STINT_INSTANTIATE(std::int64_t)
STINT_INSTANTIATE(double)
STINT_INSTANTIATE(std::vector<std::int64_t>)
STINT_INSTANTIATE(std::vector<double>)
#undef STINT_INSTANTIATE

} // namespace stint::hdf5
