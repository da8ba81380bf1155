#include "src/files/fletcher32.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace stint {
namespace {

constexpr std::uint64_t modulus = 65535;
constexpr std::size_t lanes = 16;
constexpr std::size_t longest = 256; // steps until a lane of 32 bits could overflow: 256 * 257 / 2 * 65535 < 2^32

/// The sums of words as this machine reads them, little endian, modulo 65535.
struct Sums {
  std::uint64_t first = 0, second = 0;
  bool zero = true;

  /// Continues with `words` more words, whose own sums are these.
  void append(std::uint64_t own_first, std::uint64_t own_second, std::uint64_t words) {
    second = (second + words % modulus * first + own_second) % modulus;
    first = (first + own_first) % modulus;
    zero = zero && own_first == 0;
  }
};

/// `steps` times `lanes` words: each lane sums its own words, word k * lanes + lane counting steps - k times in
/// `second`.
void append_lanes(Sums& sums, const std::byte* data, std::size_t steps) {
  std::array<std::uint32_t, lanes> first{}, second{};
  for (std::size_t k = 0; k < steps; ++k) {
    std::array<std::uint16_t, lanes> words;
    std::memcpy(words.data(), data + k * sizeof words, sizeof words);
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      first[lane] += words[lane];
      second[lane] += first[lane];
    }
  }
  std::uint64_t own_first = 0, own_second = 0;
  for (std::size_t lane = 0; lane < lanes; ++lane) { // n - i = lanes (steps - k) - lane
    own_first += first[lane];
    own_second += std::uint64_t{lanes} * second[lane] - lane * std::uint64_t{first[lane]};
  }
  sums.append(own_first, own_second, steps * lanes);
}

/// A sum of words of swapped bytes: swapping is multiplication by 256 modulo 65535.
std::uint32_t swapped(std::uint64_t sum, bool zero) {
  const std::uint64_t residue = sum * 256 % modulus;
  return static_cast<std::uint32_t>(residue == 0 && !zero ? modulus : residue);
}

} // namespace

std::uint32_t fletcher32(std::span<const std::byte> data) {
  Sums sums;
  std::size_t done = 0;
  constexpr std::size_t step = lanes * sizeof(std::uint16_t);
  while (data.size() - done >= step) {
    const std::size_t steps = std::min(longest, (data.size() - done) / step);
    append_lanes(sums, data.data() + done, steps);
    done += steps * step;
  }
  for (; done < data.size(); done += 2) {
    const auto high = static_cast<std::uint64_t>(data[done]);
    const auto low = done + 1 < data.size() ? static_cast<std::uint64_t>(data[done + 1]) : 0;
    const std::uint64_t word = high + 256 * low; // as the rest: little endian
    sums.append(word, word, 1);
  }
  return swapped(sums.second, sums.zero) << 16 | swapped(sums.first, sums.zero);
}

} // namespace stint
