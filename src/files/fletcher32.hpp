#pragma once
// The checksum that HDF5 keeps beside each chunk, at the speed of memory: HDF5's own takes longer than what is done
// with the numbers.

#include <cstddef>
#include <cstdint>
#include <span>

namespace stint {

/// Fletcher's sums (J. G. Fletcher, doi:10.1109/TCOM.1982.1095369) over the 16-bit words w_i of `data`, high byte
/// first, an odd last byte as the high one, as the filter H5Z_FILTER_FLETCHER32 has them:
///   s1 = sum_i w_i,  s2 = sum_i (n - i) w_i  (i = 0 ... n - 1),  both modulo 65535 with 65535 in place of 0 unless all
///   words are 0;  the checksum is 65536 s2 + s1.
std::uint32_t fletcher32(std::span<const std::byte> data);

} // namespace stint
