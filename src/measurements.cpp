#include "src/measurements.hpp"

#include "src/ensemble_file.hpp"
#include "src/progress.hpp"

#include <algorithm>
#include <stdexcept>

namespace stint {
namespace {

constexpr std::int64_t block_bytes = 32 << 20;

template<class Real>
void measure_blocks(const EnsembleReader& ensemble, std::vector<double>& values, Progress& progress) {
  const std::int64_t volume = ensemble.geometry().volume();
  const std::int64_t block =
      std::clamp<std::int64_t>(block_bytes / (volume * static_cast<std::int64_t>(sizeof(Real))), 1, ensemble.size());
  std::vector<Real> configurations(block * volume);
  for (std::int64_t first = 0; first < ensemble.size(); first += block) {
    const std::int64_t n = std::min(block, ensemble.size() - first);
    const std::span<Real> rows = std::span(configurations).first(n * volume);
    ensemble.read<Real>(first, rows);
    measure<Real>(ensemble.geometry(), ensemble.theory(), rows,
                  std::span(values).subspan(first * primary_count, n * primary_count));
    progress.update(first + n);
  }
}

} // namespace

Measurements measure_file(const std::string& path, bool show_progress) {
  const EnsembleReader ensemble(path);
  if (ensemble.size() < 2)
    throw std::runtime_error(path + ": has " + std::to_string(ensemble.size()) +
                             " configurations; errors need at least 2");
  Measurements measurements{ensemble.geometry(), ensemble.chain(), ensemble.trajectory(), {}};
  measurements.values.resize(ensemble.size() * primary_count);
  Progress progress(path, ensemble.size(), "configurations", show_progress);
  if (ensemble.header().precision == hdf5::Type::float32)
    measure_blocks<float>(ensemble, measurements.values, progress);
  else
    measure_blocks<double>(ensemble, measurements.values, progress);
  return measurements;
}

} // namespace stint
