#include "lattice/random.hpp"

#include <Random123/philox.h>

#include <cmath>
#include <numbers>

namespace stint {
namespace {

double uniform53(std::uint32_t low, std::uint32_t high) {
  const std::uint64_t bits = (static_cast<std::uint64_t>(high) << 32 | low) >> 11;
  return (static_cast<double>(bits) + 0.5) * 0x1p-53;
}

template<class Real> std::array<Real, 2> box_muller(Real u1, Real u2) {
  const Real radius = std::sqrt(-2 * std::log(u1));
  const Real angle = 2 * std::numbers::pi_v<Real> * u2;
  return {radius * std::cos(angle), radius * std::sin(angle)};
}

} // namespace

std::array<std::uint32_t, 4> Stream::bits(std::uint32_t block) const {
  const r123::Philox4x32_R<10>::ctr_type counter = {{block, trajectory, chain, static_cast<std::uint32_t>(purpose)}};
  const r123::Philox4x32_R<10>::key_type key = {
      {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)}};
  const auto result = r123::Philox4x32_R<10>()(counter, key);
  return {result[0], result[1], result[2], result[3]};
}

double Stream::uniform(std::uint32_t i) const {
  const auto word = bits(i / 2);
  return i % 2 == 0 ? uniform53(word[0], word[1]) : uniform53(word[2], word[3]);
}

void Stream::normals(std::span<double> out) const {
  for (std::size_t i = 0; i < out.size(); i += 2) {
    const auto word = bits(static_cast<std::uint32_t>(i / 2));
    const auto pair = box_muller(uniform53(word[0], word[1]), uniform53(word[2], word[3]));
    for (std::size_t j = 0; j < 2 && i + j < out.size(); ++j)
      out[i + j] = pair[j];
  }
}

void Stream::normals(std::span<float> out) const {
  const auto uniform = [](std::uint32_t bits) { return (static_cast<float>(bits) + 0.5F) * 0x1p-32F; };
  for (std::size_t i = 0; i < out.size(); i += 4) {
    const auto word = bits(static_cast<std::uint32_t>(i / 4));
    const auto first = box_muller(uniform(word[0]), uniform(word[1]));
    const auto second = box_muller(uniform(word[2]), uniform(word[3]));
    const std::array<float, 4> four = {first[0], first[1], second[0], second[1]};
    for (std::size_t j = 0; j < 4 && i + j < out.size(); ++j)
      out[i + j] = four[j];
  }
}

} // namespace stint
