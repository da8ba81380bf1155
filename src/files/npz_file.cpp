#include "src/files/npz_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <limits>
#include <stdexcept>
#include <zlib.h>

namespace stint {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::string_view local_entry = "PK\3\4", listed_entry = "PK\1\2", end_of_list = "PK\5\6", suffix = ".npy";
constexpr std::size_t local_bytes = 30, listed_bytes = 46, end_bytes = 22, longest_comment = 65535;
constexpr std::uint32_t too_large = std::numeric_limits<std::uint32_t>::max(), plain = 0, deflated = 8;
constexpr std::uint64_t largest_compression = 1100; // deflate reaches 1032 : 1

template<class T> T number_at(std::string_view bytes, std::size_t place) {
  T value;
  std::memcpy(&value, bytes.data() + place, sizeof value);
  return value;
}

std::string read_file(const std::string& path) {
  const StandardFile stream(std::fopen(path.c_str(), "rbe"));
  if (!stream)
    throw std::runtime_error(fmt::format("{}: cannot be opened: {}", path, std::strerror(errno)));
  std::string bytes(std::filesystem::file_size(path), '\0');
  if (std::fread(bytes.data(), 1, bytes.size(), stream.get()) != bytes.size())
    throw std::runtime_error(path + ": cannot be read to its end");
  return bytes;
}

/// Whether `in` is what deflate makes of out.size() bytes; writes them.
bool inflate_all(std::string_view in, std::string& out) {
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) // without a header of zlib's
    return false;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int status = inflate(&stream, Z_FINISH);
  inflateEnd(&stream);
  return status == Z_STREAM_END && stream.avail_out == 0;
}

} // namespace

bool is_zip(std::string_view bytes) { return bytes.starts_with(local_entry) || bytes.starts_with(end_of_list); }

void NpzFile::fail(const std::string& what) const { throw std::runtime_error(path_ + ": " + what); }

NpzFile::NpzFile(const std::string& path) : path_(path), bytes_(read_file(path)) {
  const std::string_view all = bytes_;
  const auto tail = all.substr(all.size() - std::min(all.size(), end_bytes + longest_comment));
  const auto found = tail.rfind(end_of_list);
  if (!is_zip(all) || found == std::string_view::npos || tail.size() - found < end_bytes)
    fail("is no NPZ file, or a truncated one");
  const auto end = tail.substr(found);
  const auto count = number_at<std::uint16_t>(end, 10);
  const std::size_t size = number_at<std::uint32_t>(end, 12), begin = number_at<std::uint32_t>(end, 16);
  if (count == std::numeric_limits<std::uint16_t>::max() || size == too_large || begin == too_large)
    fail("is a ZIP file of 4 GB or more; expected a smaller NPZ file");
  if (begin > all.size() || size > all.size() - begin)
    fail("is a truncated NPZ file");
  auto list = all.substr(begin, size);
  for (int i = 0; i < count; ++i) {
    if (list.size() < listed_bytes || !list.starts_with(listed_entry))
      fail("is a damaged NPZ file");
    const std::size_t name_bytes = number_at<std::uint16_t>(list, 28);
    const std::size_t bytes =
        listed_bytes + name_bytes + number_at<std::uint16_t>(list, 30) + number_at<std::uint16_t>(list, 32);
    if (list.size() < bytes)
      fail("is a damaged NPZ file");
    const auto name = list.substr(listed_bytes, name_bytes);
    if (name.ends_with(suffix))
      entries_[std::string(name.substr(0, name.size() - suffix.size()))] = {
          .method = number_at<std::uint16_t>(list, 10),
          .checksum = number_at<std::uint32_t>(list, 16),
          .stored = number_at<std::uint32_t>(list, 20),
          .size = number_at<std::uint32_t>(list, 24),
          .place = number_at<std::uint32_t>(list, 42)};
    list.remove_prefix(bytes);
  }
}

std::vector<std::string> NpzFile::names() const {
  std::vector<std::string> names;
  for (const auto& [name, entry] : entries_)
    names.push_back(name);
  return names;
}

NpyArray NpzFile::array(const std::string& name) const {
  const auto found = entries_.find(name);
  if (found == entries_.end())
    fail(fmt::format("has no array '{}'; it has {}", name, fmt::join(names(), ", ")));
  const auto& entry = found->second;
  const auto damaged = [&] { fail(fmt::format("the array '{}' is damaged", name)); };
  const std::string_view all = bytes_;
  if (entry.stored == too_large || entry.size == too_large || entry.place == too_large)
    fail(fmt::format("the array '{}' is in a ZIP file of 4 GB or more; expected a smaller one", name));
  if (entry.method != plain && entry.method != deflated)
    fail(
        fmt::format("the array '{}' is compressed by method {} of ZIP, expected 0 or 8 (deflate)", name, entry.method));
  if (entry.place + local_bytes > all.size() || !all.substr(entry.place).starts_with(local_entry))
    damaged();
  const std::size_t begin = entry.place + local_bytes + number_at<std::uint16_t>(all, entry.place + 26) +
                            number_at<std::uint16_t>(all, entry.place + 28);
  if (begin > all.size() || entry.stored > all.size() - begin || entry.size / largest_compression > entry.stored ||
      (entry.method == plain && entry.size != entry.stored))
    damaged();
  const auto stored = all.substr(begin, entry.stored);
  std::string bytes(entry.method == plain ? stored : std::string(entry.size, '\0'));
  if (entry.method == deflated && !inflate_all(stored, bytes))
    damaged();
  if (crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())) != entry.checksum)
    damaged();
  return parse_npy(bytes, fmt::format("{}: {}{}", path_, name, suffix));
}

} // namespace stint
