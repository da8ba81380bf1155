#include "src/files/npy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <stdexcept>

namespace stint {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::size_t alignment = 64;           // of the data
constexpr std::size_t longest_header = 1 << 20; // that NpyReader takes

/// Numbers of one type, as doubles.
template<class T> std::vector<double> converted(std::string_view bytes) {
  std::vector<T> numbers(bytes.size() / sizeof(T));
  std::memcpy(numbers.data(), bytes.data(), numbers.size() * sizeof(T));
  return {numbers.begin(), numbers.end()};
}

struct NumberType {
  std::size_t size;
  std::function<std::vector<double>(std::string_view)> convert;
};
template<class T> NumberType number_type() { return {sizeof(T), converted<T>}; }

const std::map<std::string_view, NumberType>& number_types() {
  static const std::map<std::string_view, NumberType> types = {
      {"|b1", number_type<std::uint8_t>()}, {"|u1", number_type<std::uint8_t>()},
      {"|i1", number_type<std::int8_t>()},  {"<u2", number_type<std::uint16_t>()},
      {"<i2", number_type<std::int16_t>()}, {"<u4", number_type<std::uint32_t>()},
      {"<i4", number_type<std::int32_t>()}, {"<u8", number_type<std::uint64_t>()},
      {"<i8", number_type<std::int64_t>()}, {"<f4", number_type<float>()},
      {"<f8", number_type<double>()}};
  return types;
}

/// What follows 'KEY': in the header, a Python dictionary.
std::string_view entry(std::string_view header, std::string_view key) {
  const auto place = header.find(fmt::format("'{}'", key));
  const auto colon = place == std::string_view::npos ? place : header.find(':', place);
  if (colon == std::string_view::npos)
    return "";
  header.remove_prefix(colon + 1);
  header.remove_prefix(std::min(header.find_first_not_of(' '), header.size()));
  return header;
}

/// "(2, 3)" or "(2,)" or "()"; nothing that is no number or negative. False if it is no tuple.
bool read_shape(std::string_view text, std::vector<std::int64_t>& shape) {
  if (!text.starts_with('('))
    return false;
  text.remove_prefix(1);
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(" ,"), text.size()));
    if (text.starts_with(')'))
      return true;
    std::int64_t extent = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), extent);
    if (error != std::errc{} || extent < 0)
      return false;
    shape.push_back(extent);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  }
}

/// The length of the header after `magic` and the version, which has 2 bytes in version 1 and 4 in version 2, and
/// where the header begins.
std::pair<std::size_t, std::size_t> header_place(std::string_view bytes) {
  const std::size_t width = bytes[magic.size()] == 1 ? 2 : 4, start = magic.size() + 2 + width;
  std::uint32_t length = 0;
  if (bytes.size() >= start)
    std::memcpy(&length, bytes.data() + magic.size() + 2, width);
  return {start, length};
}

/// What the header says.
struct Layout {
  std::string type;
  std::vector<std::int64_t> shape;
  std::size_t start = 0, bytes = 0; ///< where the numbers begin, and how many bytes they have
};

/// Of a file that begins with these bytes, its whole header among them.
Layout parse_layout(std::string_view bytes, const std::string& path) {
  const auto fail = [&path](const std::string& what) { throw std::runtime_error(path + ": " + what); };
  if (!is_npy(bytes) || bytes.size() < magic.size() + 2)
    fail("is no NPY file");
  if (const int version = bytes[magic.size()]; version != 1 && version != 2)
    fail(fmt::format("is an NPY file of version {}, expected 1 or 2", version));
  const auto [start, length] = header_place(bytes);
  if (bytes.size() < start + length)
    fail("is a truncated NPY file");
  const auto header = bytes.substr(start, length);
  const auto description = entry(header, "descr");
  const auto type = number_types().find(description.substr(std::min<std::size_t>(1, description.size()), 3));
  if (type == number_types().end())
    fail(fmt::format("is an NPY file of type {}, expected truth values, integers, float32 or float64, little endian",
                     description.substr(0, description.find(','))));
  Layout layout{.type = std::string(type->first), .shape = {}, .start = start + length, .bytes = type->second.size};
  if (!read_shape(entry(header, "shape"), layout.shape))
    fail("is an NPY file whose shape cannot be read");
  if (!entry(header, "fortran_order").starts_with("False") && layout.shape.size() > 1)
    fail("is an NPY file in Fortran order; write it with numpy.ascontiguousarray");
  for (const auto extent : layout.shape)
    if (__builtin_mul_overflow(layout.bytes, static_cast<std::size_t>(extent), &layout.bytes))
      fail("is an NPY file of an impossible shape");
  return layout;
}

/// `size` is that of the file.
void check_size(const Layout& layout, std::size_t size, const std::string& path) {
  if (size - layout.start != layout.bytes)
    throw std::runtime_error(fmt::format("{}: is an NPY file with {} bytes of numbers, expected {}", path,
                                         size - layout.start, layout.bytes));
}

template<class Real> std::string header_bytes(std::span<const std::int64_t> shape) {
  std::string header = fmt::format("{{'descr': '<f{}', 'fortran_order': False, 'shape': ({}{}), }}", sizeof(Real),
                                   fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
  const std::size_t start = magic.size() + 4;
  header.append(alignment - (start + header.size() + 1) % alignment, ' ');
  header += '\n';
  std::string bytes(magic);
  bytes += {'\1', '\0', static_cast<char>(header.size() % 256), static_cast<char>(header.size() / 256)};
  return bytes + header;
}

} // namespace

bool is_npy(std::string_view bytes) { return bytes.starts_with(magic); }

NpyArray parse_npy(std::string_view bytes, const std::string& path) {
  Layout layout = parse_layout(bytes, path);
  check_size(layout, bytes.size(), path);
  const auto& type = number_types().at(layout.type);
  return {.shape = std::move(layout.shape), .values = type.convert(bytes.substr(layout.start))};
}

NpyReader::NpyReader(const std::string& path) : path_(path) {
  const auto fail = [&path](const std::string& what) { throw std::runtime_error(path + ": " + what); };
  std::error_code problem;
  const auto status = std::filesystem::status(path, problem);
  if (!std::filesystem::exists(status))
    fail("no such file, expected an NPY file");
  if (!std::filesystem::is_regular_file(status))
    fail("not a regular file, expected an NPY file");
  stream_.reset(std::fopen(path.c_str(), "rbe"));
  if (!stream_)
    fail(std::string("cannot be opened: ") + std::strerror(errno));
  std::string beginning(longest_header, '\0');
  beginning.resize(std::fread(beginning.data(), 1, beginning.size(), stream_.get()));
  Layout layout = parse_layout(beginning, path);
  check_size(layout, std::filesystem::file_size(path), path);
  std::fseek(stream_.get(), static_cast<long>(layout.start), SEEK_SET);
  type_ = std::move(layout.type);
  shape_ = std::move(layout.shape);
  size_ = number_types().at(type_).size;
}

std::int64_t NpyReader::row_size() const {
  std::int64_t size = 1;
  for (std::size_t k = 1; k < shape_.size(); ++k)
    size *= shape_[k];
  return size;
}

std::vector<double> NpyReader::read(std::int64_t rows) {
  std::string bytes(rows * row_size() * size_, '\0');
  if (std::fread(bytes.data(), 1, bytes.size(), stream_.get()) != bytes.size())
    throw std::runtime_error(path_ + ": cannot be read to its end");
  return number_types().at(type_).convert(bytes);
}

void NpyReader::skip(std::int64_t rows) {
  std::fseek(stream_.get(), static_cast<long>(rows * row_size() * size_), SEEK_CUR);
}

template<class Real>
NpyWriter<Real>::NpyWriter(const std::string& path, bool overwrite, std::span<const std::int64_t> shape)
    : target_(path, overwrite), stream_(std::fopen(target_.temporary().c_str(), "wbe")) {
  const std::string header = header_bytes<Real>(shape);
  write(header.data(), header.size());
}

template<class Real> void NpyWriter<Real>::write(const void* data, std::size_t bytes) {
  if (!stream_ || std::fwrite(data, 1, bytes, stream_.get()) != bytes)
    throw std::runtime_error(target_.path() + ": cannot be written: " + std::strerror(errno));
}

template<class Real> void NpyWriter<Real>::append(std::span<const Real> values) {
  write(values.data(), values.size_bytes());
}

template<class Real> void NpyWriter<Real>::commit() {
  if (std::fclose(stream_.release()) != 0)
    throw std::runtime_error(target_.path() + ": cannot be written: " + std::strerror(errno));
  target_.commit();
}

template<class Real>
void write_npy(const std::string& path, bool overwrite, std::span<const std::int64_t> shape,
               std::span<const Real> values) {
  NpyWriter<Real> writer(path, overwrite, shape);
  writer.append(values);
  writer.commit();
}

template class NpyWriter<float>;
template class NpyWriter<double>;
template void write_npy(const std::string&, bool, std::span<const std::int64_t>, std::span<const float>);
template void write_npy(const std::string&, bool, std::span<const std::int64_t>, std::span<const double>);

} // namespace stint
