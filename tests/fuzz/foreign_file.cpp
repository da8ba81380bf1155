#include "tests/fuzz/foreign_file.hpp"

#include <hdf5.h>

#include <cstdint>
#include <stdexcept>
#include <vector>

namespace stint::fuzz {
namespace {

constexpr hsize_t configurations = 64, extent = 4;

void write_text(hid_t file, const char* name, const char* text) {
  const hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
  H5Tset_size(type, H5T_VARIABLE);
  const hid_t attribute = H5Acreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
  H5Awrite(attribute, type, static_cast<const void*>(&text));
  H5Aclose(attribute);
  H5Sclose(space);
  H5Tclose(type);
}

template<class Number> void write_number(hid_t file, const char* name, hid_t type, std::vector<Number> values) {
  const hsize_t size = values.size();
  const hid_t space = size == 1 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &size, nullptr);
  const hid_t attribute = H5Acreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
  H5Awrite(attribute, type, values.data());
  H5Aclose(attribute);
  H5Sclose(space);
}

void write_dataset(hid_t file, const char* name, hid_t type, const std::vector<hsize_t>& dims, bool chunked,
                   const void* values) {
  const hid_t space = H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr);
  const hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
  if (chunked) {
    auto chunk = dims;
    chunk[0] = 4;
    H5Pset_chunk(creation, static_cast<int>(chunk.size()), chunk.data());
    H5Pset_shuffle(creation);
    H5Pset_deflate(creation, 4);
  }
  const hid_t dataset = H5Dcreate2(file, name, type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
  H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
  H5Dclose(dataset);
  H5Pclose(creation);
  H5Sclose(space);
}

} // namespace

void write_foreign_ensemble(const std::string& path, bool chunked) {
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  write_text(file, "format", "stint-ensemble");
  write_text(file, "kind", "phi4");
  for (const char* name : {"format_version", "complete"})
    write_number<std::int64_t>(file, name, H5T_NATIVE_INT64, {1});
  write_number<std::int64_t>(file, "lattice", H5T_NATIVE_INT64, {extent, extent});
  for (const char* name : {"mass2", "lambda", "field", "quadratic"})
    write_number<double>(file, name, H5T_NATIVE_DOUBLE, {0.5});
  std::vector<float> field(configurations * extent * extent);
  for (std::size_t i = 0; i < field.size(); ++i)
    field[i] = 0.01F * static_cast<float>(i * 7919 % 401) - 2;
  std::vector<std::int64_t> chain(configurations), trajectory(configurations);
  for (std::size_t i = 0; i < configurations; ++i) {
    chain[i] = static_cast<std::int64_t>(i % 4);
    trajectory[i] = static_cast<std::int64_t>(i / 4);
  }
  write_dataset(file, "configurations", H5T_NATIVE_FLOAT, {configurations, extent, extent}, chunked, field.data());
  write_dataset(file, "chain", H5T_NATIVE_INT64, {configurations}, chunked, chain.data());
  write_dataset(file, "trajectory", H5T_NATIVE_INT64, {configurations}, chunked, trajectory.data());
  if (H5Fclose(file) < 0)
    throw std::runtime_error(path + ": cannot be written");
}

} // namespace stint::fuzz
