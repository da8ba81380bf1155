#include "src/measure/pyerrors_file.hpp"

#include "analysis/fluctuations.hpp"
#include "analysis/gamma_method.hpp"
#include "src/files/atomic_file.hpp"
#include "src/program/provenance.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iterator>
#include <pwd.h>
#include <stdexcept>
#include <unistd.h>
#include <vector>
#include <zlib.h>

namespace stint {
namespace {

constexpr std::int64_t shortest_chain = 4;

std::string quoted(const std::string& text) { return nlohmann::json(text).dump(); }

/// How pyerrors sees the configurations: the replica and, in the order of the chains, the configuration numbers.
struct Replicas {
  std::string ensemble;
  std::vector<std::int64_t> lengths, numbers;
};

Replicas replicas_of(const std::string& path, const MeasureResult& result) {
  Replicas replicas{std::filesystem::path(result.files.at(0)).stem().string(), result.chains.lengths, {}};
  std::ranges::replace(replicas.ensemble, '|', '_'); // separates the ensemble from the replica
  const std::int64_t longest = std::ranges::max(replicas.lengths), n = result.configurations();
  if (longest == 1)
    replicas.lengths = {n};
  if (std::ranges::max(replicas.lengths) < shortest_chain)
    throw std::runtime_error(fmt::format("{}: pyerrors needs chains of at least {} configurations, and the longest has "
                                         "{}",
                                         path, shortest_chain, std::ranges::max(replicas.lengths)));
  for (std::int64_t k = 0; k < n; ++k)
    replicas.numbers.push_back(longest == 1 ? k + 1 : result.measurements.trajectory[result.chains.order[k]]);
  return replicas;
}

/// "data": the deltas of one or more quantities, (N, quantities), for each replica.
std::string data_of(const Replicas& replicas, std::span<const double> deltas) {
  const std::int64_t quantities = std::ssize(deltas) / std::ssize(replicas.numbers);
  std::string text = fmt::format(R"("data": [{{"id": {}, "replica": [)", quoted(replicas.ensemble));
  std::int64_t k = 0;
  for (std::size_t r = 0; r < replicas.lengths.size(); ++r) {
    text += fmt::format("{}{{\"name\": {}, \"deltas\": [", r == 0 ? "" : ", ",
                        quoted(fmt::format("{}|r{:03}", replicas.ensemble, r)));
    for (std::int64_t i = 0; i < replicas.lengths[r]; ++i, ++k) {
      fmt::format_to(std::back_inserter(text), "{}[{}", i == 0 ? "" : ", ", replicas.numbers[k]);
      for (std::int64_t q = 0; q < quantities; ++q)
        fmt::format_to(std::back_inserter(text), ", {}", deltas[k * quantities + q]);
      text += "]";
    }
    text += "]}";
  }
  return text + "]}]";
}

/// One element of "obsdata" of type Obs.
std::string observable_text(const std::string& name, double value, bool reweighted, const Replicas& replicas,
                            std::span<const double> deltas) {
  return fmt::format("{{\"type\": \"Obs\", \"layout\": \"1\", \"tag\": [{}], {}\"value\": [{}], {}}}", quoted(name),
                     reweighted ? "\"reweighted\": true, " : "", value, data_of(replicas, deltas));
}

std::vector<std::string> observable_texts(const MeasureResult& result, const Replicas& replicas) {
  const Fluctuations fluctuations(result.measurements, result.chains, result.rows);
  const bool reweighted = !result.measurements.weight.empty();
  std::vector<std::string> texts;
  std::vector<double> deltas(result.configurations());
  const auto add = [&](const char* name, double value, const PrimaryMeans& gradient) {
    fluctuations.series(gradient, deltas);
    texts.push_back(observable_text(name, value, reweighted, replicas, deltas));
  };
  for (std::size_t k = 0; k < result.rows.size(); ++k)
    if (const auto& found = fluctuations.values()[k]; !std::isnan(found.value))
      add(result.rows[k].name, found.value, found.gradient);
  for (int k = 0; k < primary_count; ++k) {
    if (std::ranges::any_of(result.rows,
                            [&](const Observable& row) { return row.name == std::string(primary_names[k]); }))
      continue;
    PrimaryMeans only{};
    only[k] = 1;
    add(primary_names[k], fluctuations.means()[k], only);
  }
  return texts;
}

/// The element of "obsdata" of type Corr.
std::string correlator_text(const MeasureResult& result, const Replicas& replicas, std::span<const double> columns) {
  const auto& geometry = result.measurements.geometry;
  const std::int64_t n = result.configurations(), width = CorrelatorColumns(geometry).count();
  std::vector<double> means(width), column(n), change(width), deltas;
  for (std::int64_t c = 0; c < width; ++c) {
    for (std::int64_t i = 0; i < n; ++i)
      column[i] = columns[i * width + c];
    means[c] = series_mean(column);
  }
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t c = 0; c < width; ++c)
      change[c] = columns[i * width + c] - means[c];
    const auto of_one = time_correlator_change(geometry, means, change);
    deltas.insert(deltas.end(), of_one.begin(), of_one.end());
  }
  const auto values = time_correlator(geometry, means);
  return fmt::format(
      "{{\"type\": \"Corr\", \"layout\": \"{}, 1\", \"tag\": {{\"tag\": [\"C(t)\"]}}, \"value\": {}, {}}}",
      values.size(), nlohmann::json(values).dump(), data_of(replicas, deltas));
}

std::string user() {
  const passwd* const entry = ::getpwuid(::geteuid());
  return entry != nullptr ? entry->pw_name : "unknown";
}

std::string gzip(const std::string& path, std::string text) {
  z_stream stream{};
  constexpr int window_of_gzip = 15 + 16, memory = 8;
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, window_of_gzip, memory, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error(path + ": cannot be compressed (zlib does not start)");
  constexpr std::size_t piece = 1 << 20;
  std::string packed;
  int state = Z_OK;
  for (std::size_t done = 0; state != Z_STREAM_END;) {
    if (stream.avail_in == 0 && done < text.size()) {
      stream.next_in = reinterpret_cast<Bytef*>(text.data() + done);
      stream.avail_in = static_cast<uInt>(std::min(piece, text.size() - done));
      done += stream.avail_in;
    }
    const std::size_t filled = packed.size();
    packed.resize(filled + piece);
    stream.next_out = reinterpret_cast<Bytef*>(packed.data() + filled);
    stream.avail_out = piece;
    state = deflate(&stream, done == text.size() ? Z_FINISH : Z_NO_FLUSH);
    packed.resize(filled + piece - stream.avail_out);
  }
  deflateEnd(&stream);
  return packed;
}

} // namespace

void write_pyerrors(const std::string& path, const MeasureResult& result, std::span<const double> correlator_columns,
                    bool overwrite) {
  const Replicas replicas = replicas_of(path, result);
  const auto made = present_provenance();
  std::string text = fmt::format(
      R"({{"program": {}, "version": "1.1", "who": {}, "date": {}, "host": {}, "description": {}, "obsdata": [)",
      quoted("stint " + program_version()), quoted(user()), quoted(utc_now()), quoted(made.host),
      quoted(fmt::format("{}, lattice {}, by stint measure", fmt::join(result.files, ", "),
                         result.measurements.geometry.text())));
  for (const auto& observable : observable_texts(result, replicas))
    text.append("\n").append(observable).append(",");
  if (!correlator_columns.empty())
    text.append("\n").append(correlator_text(result, replicas, correlator_columns));
  else
    text.pop_back();
  text += "\n]}\n";
  write_text_file(path, gzip(path, std::move(text)), overwrite);
}

} // namespace stint
