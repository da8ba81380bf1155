#include "src/files/ensemble_join.hpp"

#include "src/files/digest.hpp"
#include "src/files/history_file.hpp"
#include "src/files/image_attributes.hpp"
#include "src/files/maze_file.hpp"
#include "src/pictures/picture.hpp"
#include "src/program/errors.hpp"
#include "src/program/numbers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <unordered_map>

namespace stint {
namespace {

constexpr std::int64_t block_bytes = 16 << 20; // of configurations in memory
constexpr std::array columns = {"log_density", "log_weight"};

std::string couplings_text(const EnsembleHeader& header) {
  if (!header.theory)
    return "";
  return fmt::format(", mass2 {}, lambda {}, field {}, quadratic {}", header.theory->mass2, header.theory->lambda,
                     header.theory->field, header.theory->quadratic);
}

std::string law_text(const EnsembleHeader& header) {
  return fmt::format("kind {}, {}, lattice {}{}", header.kind, counted(header.channels, "channel"),
                     header.geometry.text(), couplings_text(header));
}

/// What an ensemble says of the maze that its paths lead through, and of their points.
struct PathsOf {
  std::string maze, world;
  std::int64_t every = 0;

  explicit PathsOf(const hdf5::File& file) {
    maze = file.has_attribute("maze") ? file.attribute<std::string>("maze") : "";
    world = file.has_attribute("world") ? file.attribute<std::string>("world") : "";
    every = file.has_attribute("every") ? file.attribute<std::int64_t>("every") : 0;
  }

  void write(hdf5::File& file) const {
    for (const auto& [name, text] : {std::pair{"maze", &maze}, {"world", &world}})
      if (!text->empty())
        file.set_attribute(name, *text);
    if (every > 0)
      file.set_attribute("every", every);
  }

  std::string text() const {
    return fmt::format("maze '{}', world '{}', one point every {} steps", maze, world, every);
  }
};

bool sampled(const EnsembleReader& ensemble) { return ensemble.file().has_attribute("evaluations"); } // of the drift

void check_alike(const EnsembleReader& first, const EnsembleReader& other) {
  if (const auto a = law_text(first.header()), b = law_text(other.header()); a != b)
    throw UsageError(fmt::format("{} is of {}, but {} of {}", other.path(), b, first.path(), a));
  const auto check = [&](const std::string& column) {
    if (first.has_column(column) != other.has_column(column))
      throw UsageError(
          fmt::format("one of {} and {} has /{}, the other one has not", first.path(), other.path(), column));
  };
  std::ranges::for_each(columns, check);
  if (sampled(first) != sampled(other))
    throw UsageError(fmt::format("one of {} and {} has samples of a model, the other one has not: these are two laws",
                                 first.path(), other.path()));
  if (first.header().kind == image_kind)
    check("label");
  if (first.header().kind != maze_kind)
    return;
  if (const auto a = PathsOf(first.file()).text(), b = PathsOf(other.file()).text(); a != b)
    throw UsageError(fmt::format("{} is of {}, but {} of {}", other.path(), b, first.path(), a));
}

/// Calls visit(first, configurations) for all of an ensemble, block by block.
template<class Visit> void visit_blocks(const EnsembleReader& ensemble, Visit visit) {
  const std::int64_t values = ensemble.values_per_configuration();
  const std::int64_t block =
      std::max<std::int64_t>(1, block_bytes / (values * static_cast<std::int64_t>(sizeof(double))));
  std::vector<double> configurations;
  for (std::int64_t first = 0; first < ensemble.size(); first += block) {
    configurations.resize(std::min(block, ensemble.size() - first) * values);
    ensemble.read<double>(first, configurations);
    visit(first, std::span<const double>(configurations));
  }
}

std::vector<std::uint64_t> digests_of(const EnsembleReader& ensemble) {
  const auto values = static_cast<std::size_t>(ensemble.values_per_configuration());
  std::vector<std::uint64_t> digests;
  visit_blocks(ensemble, [&](std::int64_t /*first*/, std::span<const double> configurations) {
    for (std::size_t begin = 0; begin < configurations.size(); begin += values) {
      Digest digest;
      digest.append(std::as_bytes(configurations.subspan(begin, values)));
      digests.push_back(digest.value());
    }
  });
  return digests;
}

/// New numbers for the chains of a file: `first`, `first` + 1, ... in their order.
std::map<std::int64_t, std::int64_t> renumbered(const std::vector<std::int64_t>& chains, std::int64_t first) {
  std::map<std::int64_t, std::int64_t> number;
  for (const auto chain : chains)
    number[chain] = 0;
  for (auto& [chain, renamed] : number)
    renamed = first++;
  return number;
}

bool has_history(const EnsembleReader& ensemble) { return ensemble.file().exists("/history/trajectory"); }

/// Trajectories that the history of all ensembles has; empty if there is one without, or one of others. A column of a
/// history is a chain from 0 on.
std::vector<std::int64_t> common_history(const std::vector<EnsembleReader>& ensembles) {
  std::vector<std::int64_t> common;
  for (const auto& ensemble : ensembles) {
    if (!has_history(ensemble))
      return {};
    const auto rows = ensemble.file().dataset("/history/trajectory").read<std::int64_t>();
    const auto chains = renumbered(ensemble.chain(), 0);
    const bool from_zero = std::ranges::all_of(chains, [](const auto& pair) { return pair.first == pair.second; });
    if (!from_zero || ensemble.file().dataset("/history/action").row_size() != std::ssize(chains) ||
        (!common.empty() && common != rows))
      return {};
    common = rows;
  }
  return common;
}

void join_histories(const std::vector<EnsembleReader>& ensembles, std::int64_t rows, std::int64_t chains,
                    EnsembleWriter& out) {
  HistoryWriter writer(out.file(), rows, chains);
  const std::int64_t block = history_block(chains);
  for (std::int64_t first = 0; first < rows; first += block) {
    const std::int64_t n = std::min(block, rows - first);
    HistoryRows joined;
    std::vector<HistoryRows> parts;
    for (const auto& ensemble : ensembles)
      parts.push_back(HistoryReader(ensemble.file()).read(first, n));
    joined.trajectories = parts[0].trajectories;
    for (std::int64_t row = 0; row < n; ++row)
      for (const auto& part : parts) {
        const std::int64_t width = std::ssize(part.infos) / n;
        joined.infos.insert(joined.infos.end(), part.infos.begin() + row * width,
                            part.infos.begin() + (row + 1) * width);
      }
    writer.append(joined);
  }
}

/// Labels of all, if there are any, and where the pictures are from.
void join_images(const std::vector<EnsembleReader>& ensembles, std::int64_t configurations, EnsembleWriter& out) {
  ImageAttributes joined = read_image_attributes(ensembles[0].file());
  joined.source.clear();
  joined.digest.clear();
  std::vector<std::int64_t> labels;
  for (const auto& ensemble : ensembles) {
    const auto attributes = read_image_attributes(ensemble.file());
    if (attributes.split != joined.split)
      joined.split.clear();
    if (!attributes.source.empty())
      joined.source += (joined.source.empty() ? "" : ", ") + attributes.source;
    if (!ensemble.file().exists(label_dataset))
      continue;
    const auto own = ensemble.file().dataset(label_dataset).read<std::int64_t>();
    if (std::ssize(own) != ensemble.size())
      throw std::runtime_error(fmt::format("{}: {} does not have one number for each of the {} configurations",
                                           ensemble.path(), label_dataset, ensemble.size()));
    std::ranges::copy(own, std::back_inserter(labels));
  }
  if (!labels.empty())
    out.file().write<std::int64_t>(label_dataset, {configurations}, labels);
  write_image_attributes(out.file(), joined);
}

} // namespace

void check_no_duplicates(const std::vector<std::string>& paths) {
  std::vector<EnsembleReader> ensembles;
  for (const auto& path : paths)
    ensembles.emplace_back(path);
  std::unordered_map<std::uint64_t, std::size_t> file_of;
  for (std::size_t number = 0; number < ensembles.size(); ++number) {
    const auto& ensemble = ensembles[number];
    const auto digests = digests_of(ensemble);
    std::map<std::size_t, std::int64_t> shared; // configurations, by the other file
    for (const auto digest : digests)
      if (const auto [place, fresh] = file_of.try_emplace(digest, number); !fresh && place->second != number)
        ++shared[place->second];
    const std::int64_t fewest = ensemble.header().theory ? 1 : std::max<std::int64_t>(1, ensemble.size() / 2);
    for (const auto& [other, count] : shared)
      if (count >= fewest)
        throw UsageError(fmt::format("{} of the {} configurations of {} are in {} too; leave one of the files out",
                                     count, ensemble.size(), ensemble.path(), ensembles[other].path()));
  }
}

JoinedEnsembles join_ensembles(const std::vector<std::string>& paths, const std::string& output, bool overwrite,
                               const Provenance& provenance) {
  std::vector<EnsembleReader> ensembles;
  JoinedEnsembles joined;
  auto precision = hdf5::Type::float32;
  for (const auto& path : paths) {
    ensembles.emplace_back(path);
    check_alike(ensembles[0], ensembles.back());
    joined.configurations += ensembles.back().size();
    if (ensembles.back().header().precision == hdf5::Type::float64)
      precision = hdf5::Type::float64;
  }
  check_no_duplicates(paths);
  EnsembleHeader header = ensembles[0].header();
  header.precision = precision;
  header.provenance = provenance;
  EnsembleWriter out(output, overwrite, header, joined.configurations);
  std::map<std::string, std::vector<double>> joined_columns;
  for (const auto& ensemble : ensembles) {
    auto chain = ensemble.chain();
    const auto trajectory = ensemble.trajectory();
    const auto number = renumbered(chain, joined.chains);
    for (auto& name : chain)
      name = number.at(name);
    joined.chains += std::ssize(number);
    visit_blocks(ensemble, [&](std::int64_t first, std::span<const double> configurations) {
      const auto n = configurations.size() / static_cast<std::size_t>(ensemble.values_per_configuration());
      out.append<double>(configurations, std::span(chain).subspan(first, n), std::span(trajectory).subspan(first, n));
    });
    for (const char* column : columns)
      if (ensemble.has_column(column))
        std::ranges::copy(ensemble.column(column), std::back_inserter(joined_columns[column]));
  }
  for (const auto& [column, values] : joined_columns)
    out.write_column(column, values);
  if (sampled(ensembles.front())) {
    double evaluations = 0;
    for (const auto& ensemble : ensembles)
      evaluations += ensemble.file().attribute<double>("evaluations") * static_cast<double>(ensemble.size());
    out.file().set_attribute("evaluations", evaluations / static_cast<double>(joined.configurations));
  }
  if (header.kind == image_kind)
    join_images(ensembles, joined.configurations, out);
  if (header.kind == maze_kind)
    PathsOf(ensembles.front().file()).write(out.file());
  if (const auto rows = common_history(ensembles); !rows.empty()) {
    join_histories(ensembles, std::ssize(rows), joined.chains, out);
    joined.history = true;
  }
  out.commit();
  return joined;
}

} // namespace stint
