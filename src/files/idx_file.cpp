#include "src/files/idx_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <zlib.h>

namespace stint {
namespace {

constexpr int unsigned_bytes = 8;          // the type in the header
constexpr std::int64_t most_packed = 1100; // deflate reaches 1032 : 1

gzFile stream_of(void* pointer) { return static_cast<gzFile>(pointer); }

} // namespace

void IdxFile::Close::operator()(void* stream) const { gzclose(stream_of(stream)); }

void IdxFile::fail(const std::string& what) const { throw std::runtime_error(path_ + ": " + what); }

IdxFile::IdxFile(const std::string& path, std::size_t dimensions, const std::string& what) : path_(path) {
  std::error_code problem;
  const auto status = std::filesystem::status(path, problem);
  if (!std::filesystem::exists(status))
    fail("no such file, expected an IDX file of " + what);
  if (!std::filesystem::is_regular_file(status))
    fail("not a regular file, expected an IDX file of " + what);
  stream_.reset(gzopen(path.c_str(), "rb"));
  if (!stream_)
    fail(std::string("cannot be opened: ") + std::strerror(errno));
  gzbuffer(stream_of(stream_.get()), 1 << 17);
  std::array<std::uint8_t, 4> magic{};
  read(magic);
  if (magic[0] != 0 || magic[1] != 0)
    fail(fmt::format("begins with the bytes {}, no IDX file of {}", fmt::join(magic, " "), what));
  if (magic[2] != unsigned_bytes)
    fail(fmt::format("is an IDX file of type {}, expected unsigned bytes ({})", magic[2], unsigned_bytes));
  if (magic[3] != dimensions)
    fail(fmt::format("is an IDX file of {} dimensions, expected {}", magic[3], what));
  for (std::size_t k = 0; k < dimensions; ++k) {
    std::array<std::uint8_t, 4> extent{};
    read(extent);
    shape_.push_back((std::int64_t{extent[0]} << 24) | (extent[1] << 16) | (extent[2] << 8) | extent[3]);
    if (shape_.back() == 0)
      fail("is an IDX file without numbers: one of its extents is 0");
  }
  check_size(static_cast<std::int64_t>(4 + 4 * dimensions));
}

std::int64_t IdxFile::row_size() const {
  std::int64_t size = 1;
  for (std::size_t k = 1; k < shape_.size(); ++k)
    size *= shape_[k];
  return size;
}

void IdxFile::check_size(std::int64_t start) const {
  std::int64_t promised = 1;
  for (const auto extent : shape_)
    if (__builtin_mul_overflow(promised, extent, &promised))
      fail("is an IDX file of an impossible shape");
  const auto size = static_cast<std::int64_t>(std::filesystem::file_size(path_));
  const bool plain = gzdirect(stream_of(stream_.get())) != 0;
  if (plain ? promised != size - start : promised / most_packed > size)
    fail(fmt::format("promises {} bytes of numbers in its header, but the file has {}{}; get it again", promised,
                     plain ? size - start : size, plain ? "" : " compressed ones"));
}

void IdxFile::read(std::span<std::uint8_t> out) {
  constexpr std::size_t most = 1 << 30; // at once
  while (!out.empty()) {
    const auto n = static_cast<unsigned>(std::min(out.size(), most));
    const int got = gzread(stream_of(stream_.get()), out.data(), n);
    int code = Z_OK;
    const char* reason = gzerror(stream_of(stream_.get()), &code);
    if (got < 0 || (code != Z_OK && code != Z_BUF_ERROR))
      fail(fmt::format("is damaged ({}); get it again", code == Z_ERRNO ? std::strerror(errno) : reason));
    if (static_cast<unsigned>(got) < n)
      fail("ends before the numbers that its header promises; get it again");
    out = out.subspan(n);
  }
}

void IdxFile::skip(std::int64_t rows) {
  std::vector<std::uint8_t> row(row_size());
  for (; rows > 0; --rows)
    read(row);
}

void IdxFile::finish() {
  std::uint8_t more = 0;
  const int got = gzread(stream_of(stream_.get()), &more, 1);
  if (got < 0)
    fail("is damaged: the checksum of its numbers is wrong; get it again");
  if (got > 0)
    fail("has more numbers than its header promises; get it again");
}

} // namespace stint
