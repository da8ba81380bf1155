#include "src/files/image_attributes.hpp"

#include <array>
#include <utility>
#include <vector>

namespace stint {
namespace {

constexpr std::array<std::pair<const char*, std::string ImageAttributes::*>, 3> texts = {
    {{"source", &ImageAttributes::source}, {"split", &ImageAttributes::split}, {"digest", &ImageAttributes::digest}}};

} // namespace

void write_image_attributes(hdf5::File& file, const ImageAttributes& attributes) {
  file.set_attribute("value_range", std::vector<double>{-1, 1});
  for (const auto& [name, member] : texts)
    if (!(attributes.*member).empty())
      file.set_attribute(name, attributes.*member);
}

ImageAttributes read_image_attributes(const hdf5::File& file) {
  ImageAttributes attributes;
  for (const auto& [name, member] : texts)
    if (file.has_attribute(name))
      attributes.*member = file.attribute<std::string>(name);
  return attributes;
}

} // namespace stint
