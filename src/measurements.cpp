#include "src/measurements.hpp"

#include "analysis/correlators.hpp"
#include "src/ensemble_file.hpp"
#include "src/progress.hpp"

#include <algorithm>
#include <stdexcept>

namespace stint {
namespace {

constexpr std::int64_t block_bytes = 32 << 20;

/// Calls visit(first, configurations) for the rows of the file in blocks.
template<class Real, class Visit> void read_blocks(const EnsembleReader& ensemble, bool show_progress, Visit visit) {
  Progress progress(ensemble.path(), ensemble.size(), "configurations", show_progress);
  const std::int64_t volume = ensemble.geometry().volume();
  const std::int64_t block =
      std::clamp<std::int64_t>(block_bytes / (volume * static_cast<std::int64_t>(sizeof(Real))), 1, ensemble.size());
  std::vector<Real> configurations(block * volume);
  for (std::int64_t first = 0; first < ensemble.size(); first += block) {
    const std::int64_t n = std::min(block, ensemble.size() - first);
    const std::span<Real> rows = std::span(configurations).first(n * volume);
    ensemble.read<Real>(first, rows);
    visit(first, std::span<const Real>(rows));
    progress.update(first + n);
  }
}

/// In the precision of the file.
template<class Visit> void read_file(const EnsembleReader& ensemble, bool show_progress, Visit visit) {
  if (ensemble.header().precision == hdf5::Type::float32)
    read_blocks<float>(ensemble, show_progress, visit);
  else
    read_blocks<double>(ensemble, show_progress, visit);
}

} // namespace

Measurements measure_file(const std::string& path, bool show_progress) {
  const EnsembleReader ensemble(path);
  if (ensemble.size() < 2)
    throw std::runtime_error(path + ": has " + std::to_string(ensemble.size()) +
                             " configurations; errors need at least 2");
  Measurements measurements{ensemble.geometry(), ensemble.chain(), ensemble.trajectory(), {}};
  measurements.values.resize(ensemble.size() * primary_count);
  read_file(ensemble, show_progress, [&]<class Real>(std::int64_t first, std::span<const Real> configurations) {
    const std::int64_t n = std::ssize(configurations) / ensemble.geometry().volume();
    measure<Real>(ensemble.geometry(), ensemble.theory(), configurations,
                  std::span(measurements.values).subspan(first * primary_count, n * primary_count));
  });
  return measurements;
}

BlockMeans correlators_of_file(const std::string& path, const Blocks& blocks, bool show_progress) {
  const EnsembleReader ensemble(path);
  if (ensemble.size() != std::ssize(blocks.of))
    throw std::runtime_error(path + ": has " + std::to_string(ensemble.size()) + " configurations, expected " +
                             std::to_string(blocks.of.size()));
  const std::int64_t columns = CorrelatorColumns(ensemble.geometry()).count();
  BlockMeans means{blocks.sizes, std::vector<double>(blocks.sizes.size() * columns)};
  std::vector<double> values;
  read_file(ensemble, show_progress, [&]<class Real>(std::int64_t first, std::span<const Real> configurations) {
    const std::int64_t n = std::ssize(configurations) / ensemble.geometry().volume();
    values.resize(n * columns);
    measure_correlators<Real>(ensemble.geometry(), configurations, values);
    for (std::int64_t i = 0; i < n; ++i) {
      const auto block = blocks.of[first + i];
      for (std::int64_t c = 0; block >= 0 && c < columns; ++c)
        means.values[block * columns + c] += values[i * columns + c] / static_cast<double>(blocks.sizes[block]);
    }
  });
  return means;
}

} // namespace stint
