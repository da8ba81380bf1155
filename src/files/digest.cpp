#include "src/files/digest.hpp"

#include <fmt/format.h>

#include <fstream>
#include <stdexcept>
#include <vector>

namespace stint {

void Digest::append(std::span<const std::byte> bytes) {
  for (const auto byte : bytes)
    hash_ = (hash_ ^ static_cast<std::uint64_t>(byte)) * 0x100000001b3;
}

std::string Digest::text() const { return fmt::format("{:016x}", hash_); }

std::string digest_of_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  Digest digest;
  for (std::vector<char> block(1 << 20); file;) {
    file.read(block.data(), std::ssize(block));
    digest.append(std::as_bytes(std::span(block).first(file.gcount())));
  }
  if (!file.eof())
    throw std::runtime_error(path + ": cannot be read");
  return digest.text();
}

} // namespace stint
