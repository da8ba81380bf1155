#include "src/import/pictures.hpp"

#include "src/files/digest.hpp"
#include "src/files/ensemble_file.hpp"
#include "src/program/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <vector>

namespace stint {
namespace {

constexpr std::int64_t batch_bytes = 16 << 20;

const char* look(const Picture& picture) { return picture.channels == 1 ? "grey" : "in colour"; }

/// Throws unless a picture is like the first one.
void check_alike(const Picture& picture, const std::string& name, const Picture& first, const std::string& first_name) {
  if (picture.height != first.height || picture.width != first.width)
    throw std::runtime_error(
        fmt::format("{}: has {} pixels, but {} has {}; --size HxW makes all alike, --crop HxW takes "
                    "the middle",
                    name, picture.text(), first_name, first.text()));
  if (picture.channels != first.channels)
    throw std::runtime_error(fmt::format("{}: is {}, but {} is {}; --grey or --colour makes all alike", name,
                                         look(picture), first_name, look(first)));
}

Geometry geometry_of(const Picture& picture, const std::string& name) {
  try {
    return Geometry({static_cast<int>(picture.height), static_cast<int>(picture.width)});
  } catch (const std::invalid_argument& error) {
    throw std::runtime_error(fmt::format("{}: has {} pixels: {}", name, picture.text(), error.what()));
  }
}

} // namespace

PictureShape import_pictures(PictureSource& source, const PictureImport& what, const std::string& output,
                             bool overwrite, const Provenance& provenance) {
  Picture first;
  source.read(what.first, 1, [&](std::int64_t number, Picture picture) {
    first = what.prepare(std::move(picture), source.name(number));
  });
  const std::string first_name = source.name(what.first);
  const EnsembleHeader header{.geometry = geometry_of(first, first_name),
                              .channels = first.channels,
                              .theory = {},
                              .precision = hdf5::Type::float32,
                              .provenance = provenance,
                              .kind = image_kind};
  EnsembleWriter out(output, overwrite, header, what.count);
  if (!what.labels.empty())
    out.file().write<std::int64_t>(label_dataset, {what.count}, what.labels);

  Digest digest;
  const auto append = [&](std::int64_t done, std::span<const float> configurations) {
    const auto n = std::ssize(configurations) / header.values_per_configuration();
    std::vector<std::int64_t> chain(n), trajectory(n, 0);
    std::iota(chain.begin(), chain.end(), done);
    out.append<float>(configurations, chain, trajectory);
    digest.append(std::as_bytes(configurations));
  };
  append(0, first.values);
  const std::int64_t values = header.values_per_configuration();
  const std::int64_t batch =
      std::max<std::int64_t>(1, batch_bytes / (values * static_cast<std::int64_t>(sizeof(float))));
  std::vector<float> configurations;
  Progress progress("import", what.count, "pictures", what.show_progress);
  for (std::int64_t done = 1; done < what.count; done += batch) {
    const std::int64_t n = std::min(batch, what.count - done), begin = what.first + done;
    configurations.resize(n * values);
    source.read(begin, n, [&](std::int64_t number, Picture picture) {
      const Picture ready = what.prepare(std::move(picture), source.name(number));
      check_alike(ready, source.name(number), first, first_name);
      std::ranges::copy(ready.values, configurations.begin() + (number - begin) * values);
    });
    append(done, configurations);
    progress.update(done + n);
  }
  if (what.first + what.count == source.size())
    source.finish();
  ImageAttributes attributes = what.attributes;
  attributes.digest = digest.text();
  write_image_attributes(out.file(), attributes);
  out.commit();
  return {first.height, first.width, first.channels};
}

} // namespace stint
