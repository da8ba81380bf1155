#include "src/import/fields.hpp"

#include "analysis/primaries.hpp"
#include "src/files/ensemble_file.hpp"
#include "src/measure/virial.hpp"
#include "src/program/progress.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace stint {
namespace {

constexpr std::int64_t block_bytes = 16 << 20;

/// Where row i of the ensemble comes from.
struct Place {
  std::int64_t chain = 0, trajectory = 0;
};

Place place_of(std::int64_t i, const FieldImport& what) {
  const std::int64_t length = what.count / what.chains;
  const std::int64_t chain = what.interleaved ? i % what.chains : i / length;
  const std::int64_t time = what.interleaved ? i / what.chains : i % length;
  return {chain, time * what.distance};
}

/// (1/V) sum_x phi_x dS/dphi_x of each configuration.
std::vector<double> virials(const Geometry& geometry, const Phi4& theory, std::span<const double> fields) {
  std::vector<double> values(std::ssize(fields) / geometry.volume() * primary_count);
  measure(geometry, theory, fields, values);
  return virials_of(theory, values);
}

/// Sums of numbers and of their squares, about 1.
struct Sums {
  double count = 0, first = 0, second = 0;

  void add(double value) {
    ++count;
    first += value - 1;
    second += (value - 1) * (value - 1);
  }
  NaiveMean mean() const {
    const double mean = first / count;
    return {1 + mean, std::sqrt(std::max(second / count - mean * mean, 0.0) / (count - 1))};
  }
};

} // namespace

Geometry field_geometry(const NpyReader& file, const std::string& path) {
  const auto& shape = file.shape();
  std::vector<int> extents;
  for (std::size_t k = 1; k < shape.size(); ++k)
    extents.push_back(static_cast<int>(std::min<std::int64_t>(shape[k], 1 << 30)));
  try {
    return Geometry(std::move(extents));
  } catch (const std::invalid_argument& error) {
    throw std::runtime_error(fmt::format("{}: has the shape ({}), expected (N, L1, ..., Ld): {}", path,
                                         fmt::join(shape, ", "), error.what()));
  }
}

NaiveMean import_fields(NpyReader& file, const std::string& path, const FieldImport& what, const std::string& output,
                        bool overwrite, const Provenance& provenance) {
  const Geometry geometry = field_geometry(file, path);
  const bool single = file.real() && !file.wide();
  const EnsembleHeader header{.geometry = geometry,
                              .channels = 1,
                              .theory = what.theory,
                              .precision = single ? hdf5::Type::float32 : hdf5::Type::float64,
                              .provenance = provenance};
  EnsembleWriter out(output, overwrite, header, what.count);
  file.skip(what.first);
  const std::int64_t bytes = geometry.volume() * static_cast<std::int64_t>(sizeof(double));
  const std::int64_t block = std::max<std::int64_t>(1, block_bytes / bytes);
  Sums virial;
  Progress progress("import", what.count, "configurations", what.show_progress);
  for (std::int64_t done = 0; done < what.count; done += block) {
    const std::int64_t n = std::min(block, what.count - done);
    auto fields = file.read(n);
    const auto bad = std::ranges::find_if(fields, [](double value) { return !std::isfinite(value); });
    if (bad != fields.end())
      throw std::runtime_error(fmt::format("{}: configuration {} (counted from 0) has a NaN or infinite value", path,
                                           what.first + done + (bad - fields.begin()) / geometry.volume()));
    for (double& value : fields)
      value *= what.unit;
    for (const double value : virials(geometry, what.theory, fields))
      virial.add(value);
    std::vector<std::int64_t> chain(n), trajectory(n);
    for (std::int64_t i = 0; i < n; ++i)
      std::tie(chain[i], trajectory[i]) =
          std::pair(place_of(done + i, what).chain, place_of(done + i, what).trajectory);
    out.append<double>(fields, chain, trajectory);
    progress.update(done + n);
  }
  out.commit();
  return virial.mean();
}

} // namespace stint
