#include "src/measure/measurements.hpp"

#include "analysis/chains.hpp"
#include "analysis/correlators.hpp"
#include "src/files/ensemble_file.hpp"
#include "src/files/ensemble_stream.hpp"
#include "src/program/command.hpp"
#include "src/program/errors.hpp"
#include "src/program/numbers.hpp"
#include "src/program/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <stdexcept>

namespace stint {
namespace {

constexpr std::int64_t most_segments = 256, fewest_segments = 16, segments_bytes = 128 << 20;
constexpr std::int64_t rows_at_once = 1 << 16; // that ranks send to rank 0

/// The first of `total` things that belong to rank `rank`, or to a later one.
std::int64_t share(const Mpi& mpi, std::int64_t total, int rank) { return total * rank / mpi.size(); }

/// Calls visit(first, configurations) for configurations [first, last) in the precision of the file.
template<class Visitor>
void visit_file(const EnsembleReader& ensemble, std::int64_t first, std::int64_t last,
                const std::function<void(std::int64_t)>& progress, Visitor visitor) {
  if (ensemble.header().precision == hdf5::Type::float32)
    visit_configurations<float>(ensemble, first, last, progress, visitor);
  else
    visit_configurations<double>(ensemble, first, last, progress, visitor);
}

/// The sum of squares of a configuration is finite if all its sites are, unless these are beyond 1e150.
template<class Real>
void check_finite(const EnsembleReader& ensemble, std::int64_t first, std::span<const Real> configurations,
                  std::span<const double> values) {
  const std::int64_t volume = ensemble.geometry().volume();
  for (std::int64_t i = 0; i < std::ssize(configurations) / volume; ++i)
    if (!std::isfinite(values[i * primary_count + primary::phi2]) &&
        !std::ranges::all_of(configurations.subspan(i * volume, volume), [](Real phi) { return std::isfinite(phi); }))
      throw std::runtime_error(ensemble.path() + ": configuration " + std::to_string(first + i) +
                               " (counted from 0) has a NaN or infinite value");
}

/// What every rank would find alike.
void check_ensemble(const std::string& path) {
  if (const auto n = EnsembleReader(path).size(); n < 2)
    throw std::runtime_error(fmt::format("{}: has {}; errors need at least 2", path, counted(n, "configuration")));
}

/// Of all configurations in the order of their chains, without values yet.
Measurements in_order_of_chains(const EnsembleReader& ensemble) {
  const auto chain = ensemble.chain(), trajectory = ensemble.trajectory();
  Measurements measurements{ensemble.geometry(), {}, {}, {}};
  try {
    measurements.number = split_chains(chain, trajectory).order;
  } catch (const std::invalid_argument& error) {
    throw std::runtime_error(ensemble.path() + ": " + error.what());
  }
  const auto in_order = [&](const std::vector<std::int64_t>& column) {
    std::vector<std::int64_t> ordered(column.size());
    std::ranges::transform(measurements.number, ordered.begin(), [&](std::int64_t i) { return column[i]; });
    return ordered;
  };
  measurements.chain = in_order(chain);
  measurements.trajectory = in_order(trajectory);
  measurements.values.resize(chain.size() * primary_count);
  return measurements;
}

/// Where each configuration of the file stands among these measurements.
std::vector<std::int64_t> places_of(const Measurements& measurements) {
  std::vector<std::int64_t> places(measurements.number.size());
  for (std::size_t k = 0; k < places.size(); ++k)
    places[measurements.number[k]] = static_cast<std::int64_t>(k);
  return places;
}

/// Copies primary values, (n, primary_count), to the places of n configurations.
void put(std::span<const double> values, std::span<const std::int64_t> places, Measurements& measurements) {
  for (const std::int64_t place : places) {
    std::ranges::copy(values.first(primary_count), measurements.values.begin() + place * primary_count);
    values = values.subspan(primary_count);
  }
}

/// Brings the values of the other ranks' shares to their places on rank 0, some at a time.
void collect(const Mpi& mpi, std::int64_t configurations, std::span<const double> values,
             std::span<const std::int64_t> places, Measurements& measurements) {
  std::vector<double> some;
  for (std::int64_t done = 0; done <= configurations / mpi.size(); done += rows_at_once) {
    const auto first = [&](int rank) { return share(mpi, configurations, rank) + done; };
    const auto count = [&](int rank) {
      return std::clamp<std::int64_t>(share(mpi, configurations, rank + 1) - first(rank), 0, rows_at_once);
    };
    std::int64_t rows = 0;
    for (int rank = 1; rank < mpi.size() && mpi.root(); ++rank)
      rows += count(rank);
    some.resize(rows * primary_count);
    mpi.gather_rows<double>(mpi.root() ? values
                                       : values.subspan(done * primary_count, count(mpi.rank()) * primary_count),
                            primary_count, some);
    std::span<const double> rest = some;
    for (int rank = 1; rank < mpi.size() && mpi.root(); ++rank) {
      put(rest, places.subspan(first(rank), count(rank)), measurements);
      rest = rest.subspan(count(rank) * primary_count);
    }
  }
}

/// The sums of columns over the configurations of one segment of the file, (blocks, columns).
class SegmentSums {
public:
  SegmentSums(const EnsembleReader& ensemble, const Blocks& blocks)
      : ensemble_(ensemble), blocks_(blocks), measurer_(ensemble.geometry()),
        columns_(CorrelatorColumns(ensemble.geometry()).count()) {}

  void sum(std::int64_t first, std::int64_t last, const std::function<void(std::int64_t)>& progress,
           std::span<double> sums) {
    values_.resize((last - first) * columns_);
    visit_file(ensemble_, first, last, progress,
               [&]<class Real>(std::int64_t row, std::span<const Real> configurations) {
                 const auto n = std::ssize(configurations) / ensemble_.geometry().volume();
                 measurer_.measure(configurations, std::span(values_).subspan((row - first) * columns_, n * columns_));
               });
    for (std::int64_t i = first; i < last; ++i)
      for (std::int64_t c = 0; blocks_.of[i] >= 0 && c < columns_; ++c)
        sums[blocks_.of[i] * columns_ + c] += values_[(i - first) * columns_ + c];
  }

  std::int64_t columns() const { return columns_; }

private:
  const EnsembleReader& ensemble_;
  const Blocks& blocks_;
  CorrelatorMeasurer measurer_;
  std::int64_t columns_;
  std::vector<double> values_;
};

} // namespace

Measurements measure_file(const Mpi& mpi, const std::string& path, bool show_progress) {
  on_root(mpi, [&] { check_ensemble(path); });
  const EnsembleReader ensemble(path);
  const auto first = share(mpi, ensemble.size(), mpi.rank()), last = share(mpi, ensemble.size(), mpi.rank() + 1);
  Measurements measurements{ensemble.geometry(), {}, {}, {}};
  on_root(mpi, [&] { measurements = in_order_of_chains(ensemble); });
  const auto places = places_of(measurements);
  std::vector<double> own(mpi.root() ? 0 : (last - first) * primary_count);
  const Measurer measurer(ensemble.geometry(), ensemble.theory());
  {
    Progress progress(path, last - first, "configurations", show_progress && mpi.root());
    visit_file(
        ensemble, first, last, [&](std::int64_t next) { progress.update(next - first); },
        [&]<class Real>(std::int64_t row, std::span<const Real> configurations) {
          const auto n = std::ssize(configurations) / ensemble.geometry().volume();
          std::vector<double> values(n * primary_count);
          measurer.measure(configurations, values);
          check_finite<Real>(ensemble, row, configurations, values);
          if (mpi.root())
            put(values, std::span(places).subspan(row, n), measurements);
          else
            std::ranges::copy(values, own.begin() + (row - first) * primary_count);
        });
  }
  collect(mpi, ensemble.size(), own, places, measurements);
  return measurements;
}

namespace {

/// Throws unless both files are of one theory on one lattice.
void check_same_theory(const std::string& first_path, const std::string& path) {
  const EnsembleReader first(first_path), other(path);
  if (std::filesystem::equivalent(first_path, path))
    throw UsageError(path + ": is given twice");
  if (first.geometry() != other.geometry() || first.theory() != other.theory())
    throw UsageError(path + ": is of another lattice or of other couplings than " + first_path +
                     "; files are measured together only if they are of one theory");
}

/// Adds the configurations of another file, whose chains become further ones.
void append(Measurements& all, const Measurements& more, std::int64_t configurations_before) {
  std::int64_t chain = all.chain.empty() ? -1 : all.chain.back();
  for (std::size_t i = 0; i < more.chain.size(); ++i) {
    if (i == 0 || more.chain[i] != more.chain[i - 1])
      ++chain;
    all.chain.push_back(chain);
    all.number.push_back(more.number[i] + configurations_before);
  }
  all.trajectory.insert(all.trajectory.end(), more.trajectory.begin(), more.trajectory.end());
  all.values.insert(all.values.end(), more.values.begin(), more.values.end());
}

std::int64_t configurations_of(const std::string& path) { return EnsembleReader(path).size(); }

/// Adds the sums of the columns of one file over each block, (blocks, columns), on rank 0.
void add_correlators(const Mpi& mpi, const std::string& path, const Blocks& blocks, bool show_progress,
                     std::span<double> sums) {
  const EnsembleReader ensemble(path);
  SegmentSums segment(ensemble, blocks);
  const std::int64_t size = std::ssize(blocks.sizes) * segment.columns();
  const std::int64_t segments = std::clamp<std::int64_t>(
      segments_bytes / (size * static_cast<std::int64_t>(sizeof(double))), fewest_segments, most_segments);
  const auto begin = share(mpi, segments, mpi.rank()), end = share(mpi, segments, mpi.rank() + 1);
  std::vector<double> mine((end - begin) * size), all(mpi.root() ? segments * size : 0);
  Progress progress(path, ensemble.size() / mpi.size(), "configurations", show_progress && mpi.root());
  const auto first_of = [&](std::int64_t s) { return ensemble.size() * s / segments; };
  const auto show = [&](std::int64_t next) { progress.update(next - first_of(begin)); };
  for (std::int64_t s = begin; s < end; ++s)
    segment.sum(first_of(s), first_of(s + 1), show, std::span(mine).subspan((s - begin) * size, size));
  mpi.gather_rows<double>(mine, size, all);
  for (std::int64_t s = 0; s < segments && mpi.root(); ++s)
    for (std::int64_t k = 0; k < size; ++k)
      sums[k] += all[s * size + k];
}

} // namespace

Measurements measure_files(const Mpi& mpi, std::span<const std::string> paths, bool show_progress) {
  on_root(mpi, [&] {
    for (const auto& path : paths.subspan(1))
      check_same_theory(paths[0], path);
  });
  Measurements all = measure_file(mpi, paths[0], show_progress);
  std::int64_t configurations = configurations_of(paths[0]);
  for (const auto& path : paths.subspan(1)) {
    append(all, measure_file(mpi, path, show_progress), configurations);
    configurations += configurations_of(path);
  }
  return all;
}

std::vector<double> weights_of_files(std::span<const std::string> paths) {
  std::vector<double> weights;
  for (const auto& path : paths) {
    const EnsembleReader ensemble(path);
    if (!ensemble.has_column("log_weight"))
      throw std::runtime_error(path + ": has no /log_weight; expected an ensemble of 'stint sample --weights'");
    const auto of_file = ensemble.column("log_weight");
    const double largest = *std::ranges::max_element(of_file);
    if (!std::isfinite(largest))
      throw std::runtime_error(path + ": the largest /log_weight is " + std::to_string(largest) +
                               ", expected a finite number");
    weights.insert(weights.end(), of_file.begin(), of_file.end());
  }
  const double largest = *std::ranges::max_element(weights);
  for (double& weight : weights)
    weight = std::exp(weight - largest);
  return weights;
}

BlockMeans correlators_of_files(const Mpi& mpi, std::span<const std::string> paths, Blocks blocks, bool show_progress) {
  std::int64_t counts[] = {std::ssize(blocks.of), std::ssize(blocks.sizes)};
  mpi.broadcast<std::int64_t>(counts);
  blocks.of.resize(counts[0]);
  blocks.sizes.resize(counts[1]);
  mpi.broadcast<std::int32_t>(blocks.of);
  mpi.broadcast<std::int64_t>(blocks.sizes);

  const std::int64_t columns = CorrelatorColumns(EnsembleReader(paths[0]).geometry()).count();
  BlockMeans means{blocks.sizes, std::vector<double>(counts[1] * columns)};
  std::int64_t first = 0;
  for (const auto& path : paths) {
    const std::int64_t n = configurations_of(path);
    if (first + n > counts[0])
      throw std::runtime_error(path + ": has " + std::to_string(n) + " configurations, more than before");
    add_correlators(mpi, path, {{blocks.of.begin() + first, blocks.of.begin() + first + n}, blocks.sizes},
                    show_progress, means.values);
    first += n;
  }
  for (std::int64_t k = 0; k < std::ssize(means.values); ++k)
    means.values[k] /= static_cast<double>(blocks.sizes[k / columns]);
  return means;
}

std::vector<double> correlator_columns_of_files(std::span<const std::string> paths) {
  std::vector<double> all;
  for (const auto& path : paths) {
    const EnsembleReader ensemble(path);
    const CorrelatorMeasurer measurer(ensemble.geometry());
    const std::int64_t columns = CorrelatorColumns(ensemble.geometry()).count();
    const std::int64_t before = std::ssize(all);
    all.resize(before + ensemble.size() * columns);
    visit_file(
        ensemble, 0, ensemble.size(), [](std::int64_t) {},
        [&]<class Real>(std::int64_t row, std::span<const Real> configurations) {
          const auto n = std::ssize(configurations) / ensemble.geometry().volume();
          measurer.measure(configurations, std::span(all).subspan(before + row * columns, n * columns));
        });
  }
  return all;
}

} // namespace stint
