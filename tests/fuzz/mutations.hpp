#pragma once
// Damage to files, as disks, networks and interrupted copies do it, and worse.

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>

namespace stint::fuzz {

/// `bytes` with damage that is a function of `seed`: cut short, bits flipped, bytes or whole blocks overwritten, moved
/// or repeated, integers replaced by those that programs stumble over. A third of it lies in the first 2 KiB, where
/// HDF5 keeps the most of its metadata.
inline std::string mutate(std::string bytes, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto below = [&random](std::uint64_t n) { return static_cast<std::size_t>(random() % n); };
  const auto place = [&](std::size_t room) { // where `room` bytes fit
    const std::size_t last = bytes.size() - std::min(bytes.size(), room);
    return below(1 + (below(3) == 0 ? std::min<std::size_t>(last, 2048) : last));
  };
  constexpr std::uint64_t awkward[] = {
      0, 1, 0x7f, 0xff, 0xffff, 0x7fffffff, 0xffffffff, 1ULL << 40, 0x7fffffffffffffff, ~0ULL};
  for (std::size_t times = 1 + (below(2) == 0 ? 0 : below(8)); times > 0 && bytes.size() > 16; --times) {
    switch (below(8)) {
    case 0:
      if (below(4) == 0) // rare: it takes away what others would damage
        bytes.resize(below(bytes.size()));
      break;
    case 1:
    case 2:
    case 3:
      bytes[place(1)] ^= static_cast<char>(1U << below(8));
      break;
    case 4:
      bytes[place(1)] = static_cast<char>(random());
      break;
    case 5: {
      const std::uint64_t value = awkward[below(std::size(awkward))];
      const std::size_t width = std::size_t{1} << below(4);
      bytes.replace(place(width), width, reinterpret_cast<const char*>(&value), width);
      break;
    }
    case 6: {
      const std::size_t length = 1 + below(std::min<std::size_t>(64, bytes.size() / 2));
      for (std::size_t i = 0, first = place(length); i < length; ++i)
        bytes[first + i] = static_cast<char>(random());
      break;
    }
    default: {
      const std::size_t length = 1 + below(std::min<std::size_t>(64, bytes.size() / 2));
      const std::string block = bytes.substr(place(length), length);
      bytes.replace(place(length), length, block);
    }
    }
  }
  return bytes;
}

} // namespace stint::fuzz
