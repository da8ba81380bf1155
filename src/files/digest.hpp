#pragma once
// A fingerprint of data: 64-bit FNV-1a of their bytes (Fowler, Noll, Vo; RFC 9923).

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace stint {

class Digest {
public:
  void append(std::span<const std::byte> bytes);
  std::uint64_t value() const { return hash_; }
  std::string text() const; ///< hexadecimal

private:
  std::uint64_t hash_ = 0xcbf29ce484222325;
};

/// Of the bytes of a file. Throws std::runtime_error, one line naming it, for one that cannot be read.
std::string digest_of_file(const std::string& path);

} // namespace stint
