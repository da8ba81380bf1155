#include "src/files/hdf5_detail.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace stint::hdf5 {
namespace {

struct TypeFacts {
  Type type;
  const char* name;
  std::size_t size;
  bool floating;
  hid_t memory, file;
};

const TypeFacts& facts(Type type) {
  static const TypeFacts all[] = {
      {Type::int8, "int8", 1, false, H5T_NATIVE_INT8, H5T_STD_I8LE},
      {Type::uint8, "uint8", 1, false, H5T_NATIVE_UINT8, H5T_STD_U8LE},
      {Type::int32, "int32", 4, false, H5T_NATIVE_INT32, H5T_STD_I32LE},
      {Type::int64, "int64", 8, false, H5T_NATIVE_INT64, H5T_STD_I64LE},
      {Type::float32, "float32", 4, true, H5T_NATIVE_FLOAT, H5T_IEEE_F32LE},
      {Type::float64, "float64", 8, true, H5T_NATIVE_DOUBLE, H5T_IEEE_F64LE},
  };
  return *std::find_if(std::begin(all), std::end(all), [type](const TypeFacts& row) { return row.type == type; });
}

} // namespace

std::size_t size_of(Type type) { return facts(type).size; }
const char* name_of(Type type) { return facts(type).name; }
bool is_floating(Type type) { return facts(type).floating; }
hid_t memory_type(Type type) { return facts(type).memory; }
hid_t file_type(Type type) { return facts(type).file; }

Handle truth_type() {
  Handle type(H5Tenum_create(H5T_STD_I8LE), H5Tclose);
  for (const std::int8_t value : {0, 1})
    H5Tenum_insert(type.id(), value == 0 ? "FALSE" : "TRUE", &value);
  return type;
}

std::string type_text(hid_t type) {
  const std::string bits = std::to_string(8 * H5Tget_size(type));
  switch (H5Tget_class(type)) {
  case H5T_INTEGER:
    return (H5Tget_sign(type) == H5T_SGN_NONE ? "uint" : "int") + bits;
  case H5T_FLOAT:
    return "float" + bits;
  case H5T_STRING:
    return "text";
  case H5T_COMPOUND:
    return "compound";
  case H5T_ENUM:
    return "enumeration";
  case H5T_REFERENCE:
    return "reference";
  case H5T_ARRAY:
    return "array";
  case H5T_VLEN:
    return "sequence";
  case H5T_OPAQUE:
    return "opaque";
  default:
    return "unknown";
  }
}

void fail(const std::string& file, const std::string& what) { throw std::runtime_error(file + ": " + what); }

void silence() { H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr); }

std::string reason() {
  std::string text;
  H5Ewalk2(
      H5E_DEFAULT, H5E_WALK_UPWARD,
      [](unsigned level, const H5E_error2_t* error, void* out) -> herr_t {
        if (level == 0 && error->desc)
          *static_cast<std::string*>(out) = error->desc;
        return 0;
      },
      &text);
  static const std::string system_error = "error message = '";
  if (const auto begin = text.find(system_error); begin != std::string::npos) {
    text.erase(0, begin + system_error.size());
    text.erase(std::min(text.find('\''), text.size()));
  }
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text.empty() ? text : " (" + text + ")";
}

Handle parents_too() {
  Handle list(H5Pcreate(H5P_LINK_CREATE), H5Pclose);
  H5Pset_create_intermediate_group(list.id(), 1);
  return list;
}

Handle::Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}

Handle& Handle::operator=(Handle&& other) noexcept {
  if (this != &other) {
    reset();
    id_ = std::exchange(other.id_, -1);
    close_ = other.close_;
  }
  return *this;
}

int Handle::reset() { return id_ >= 0 ? close_(std::exchange(id_, -1)) : 0; }

std::string library_version() {
  unsigned major = 0, minor = 0, release = 0;
  H5get_libversion(&major, &minor, &release);
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(release);
}

} // namespace stint::hdf5
