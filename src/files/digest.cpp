#include "src/files/digest.hpp"

#include <fmt/format.h>

namespace stint {

void Digest::append(std::span<const std::byte> bytes) {
  for (const auto byte : bytes)
    hash_ = (hash_ ^ static_cast<std::uint64_t>(byte)) * 0x100000001b3;
}

std::string Digest::text() const { return fmt::format("{:016x}", hash_); }

} // namespace stint
