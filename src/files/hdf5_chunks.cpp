#include "src/files/fletcher32.hpp"
#include "src/files/hdf5_detail.hpp"

#include <bit>
#include <cstring>

namespace stint::hdf5 {
namespace {

/// Filters are none, or Fletcher32 alone.
bool is_plain(hid_t creation) {
  const int filters = H5Pget_nfilters(creation);
  unsigned flags = 0, config = 0;
  std::size_t values = 0;
  return filters == 0 || (filters == 1 && H5Pget_filter2(creation, 0, &flags, &values, nullptr, 0, nullptr, &config) ==
                                              H5Z_FILTER_FLETCHER32);
}

} // namespace

std::optional<PlainChunks> Dataset::plain_chunks() const {
  const Handle creation(H5Dget_create_plist(handle_.id()), H5Pclose);
  const Handle type(H5Dget_type(handle_.id()), H5Tclose);
  if (std::endian::native != std::endian::little || dims_.empty() || H5Pget_layout(creation.id()) != H5D_CHUNKED ||
      !is_plain(creation.id()) || H5Tequal(type.id(), memory_type(type_)) <= 0)
    return {};
  std::vector<hsize_t> chunk(dims_.size());
  H5Pget_chunk(creation.id(), static_cast<int>(chunk.size()), chunk.data());
  for (std::size_t i = 1; i < chunk.size(); ++i)
    if (chunk[i] != static_cast<hsize_t>(dims_[i]))
      return {};
  check_storage(); // the file can hold a chunk of this size
  return PlainChunks{.rows = static_cast<std::int64_t>(chunk[0]),
                     .bytes = chunk[0] * static_cast<std::size_t>(row_size()) * size_of(type_),
                     .checksum = H5Pget_nfilters(creation.id()) > 0};
}

bool Dataset::read_chunk(const PlainChunks& chunks, std::int64_t first, std::span<std::byte> out) const {
  std::vector<hsize_t> offset(dims_.size());
  offset[0] = static_cast<hsize_t>(first);
  hsize_t stored = 0;
  std::uint32_t skipped = 0; // filters
  return out.size() == chunks.stored() && H5Dget_chunk_storage_size(handle_.id(), offset.data(), &stored) >= 0 &&
         stored == out.size() && H5Dread_chunk(handle_.id(), H5P_DEFAULT, offset.data(), &skipped, out.data()) >= 0 &&
         skipped == 0;
}

bool PlainChunks::intact(std::span<const std::byte> chunk) const {
  if (chunk.size() != stored() || !checksum)
    return chunk.size() == stored();
  std::uint32_t expected = 0;
  std::memcpy(&expected, chunk.data() + bytes, sizeof expected);
  return expected == fletcher32(chunk.first(bytes));
}

} // namespace stint::hdf5
