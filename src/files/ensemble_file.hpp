#pragma once
// Ensembles on disk: the format "stint-ensemble", version 1, the same from HMC and from a model.
//
//   /configurations      (N, L1, ..., Ld) for the kind "phi4", (N, C, L1, ..., Ld) with C channels for every other
//                        kind; float32 or float64, chunks of whole configurations with Fletcher32 checksums
//   /chain, /trajectory  (N) int64: which Markov chain, and the trajectories it had done; for model samples the
//   sample's index, and 0
//   /<column>            (N) float64 where asked for, e.g. log_density, log_weight
//   /history/<name>      (T, chains) per trajectory (HMC)
//   the axes have names  ensemble_axes.hpp
//   attributes           format, format_version, complete, kind, lattice and the provenance; mass2, lambda, field and
//                        quadratic for the kind "phi4"; channels for every other kind

#include "lattice/geometry.hpp"
#include "lattice/phi4.hpp"
#include "src/files/atomic_file.hpp"
#include "src/files/hdf5.hpp"
#include "src/program/provenance.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace stint {

inline constexpr const char* ensemble_format = "stint-ensemble"; ///< attribute "format"

/// The same of files that look like ensembles, whose configurations are states on their way from noise to data
/// (src/sample/state_file.hpp).
inline constexpr const char* path_state_format = "stint-path-state";

inline constexpr const char* phi4_kind = "phi4"; ///< attribute "kind" of lattice phi^4, the kind with couplings

/// What an ensemble is of.
struct EnsembleHeader {
  Geometry geometry;                          ///< extents of one channel
  std::int64_t channels = 1;                  ///< C, numbers on each site; 1 for the kind "phi4"
  std::optional<Phi4> theory = {};            ///< couplings: there for the kind "phi4" and for no other
  hdf5::Type precision = hdf5::Type::float32; ///< as which /configurations are read: float32 or float64
  Provenance provenance = {};
  std::string kind = phi4_kind;
  std::string format = ensemble_format; ///< as which EnsembleWriter marks the file: this or path_state_format

  std::int64_t values_per_configuration() const { return channels * geometry.volume(); }
  /// The shape of a dataset of `n` configurations: (n, L1, ..., Ld) or (n, C, L1, ..., Ld), see above.
  std::vector<std::int64_t> shape(std::int64_t n) const;
};

/// Writes an ensemble whose number of configurations is known in advance, rows in order as sampling goes on. The file
/// gets its final name in commit(); without it nothing is left behind. Errors are std::runtime_error naming the file.
class EnsembleWriter {
public:
  /// Refuses an existing file unless `overwrite`, and a missing folder. Writes the header. The temporary lies in
  /// `temporary_folder` if that is given, else beside the target. Throws std::logic_error for a header whose couplings
  /// or channels do not fit its kind.
  EnsembleWriter(const std::string& path, bool overwrite, const EnsembleHeader& header, std::int64_t configurations,
                 const std::string& temporary_folder = "");

  /// The next chain.size() configurations, (n, C V) row-major, with their chains and trajectories.
  template<class Real>
  void append(std::span<const Real> configurations, std::span<const std::int64_t> chain,
              std::span<const std::int64_t> trajectory);

  /// A column of one number a configuration, all rows at once: "log_density", "log_weight", ...
  void write_column(const std::string& name, std::span<const double> values);

  /// For what only some ensembles have: histories, tuned parameters.
  hdf5::File& file() { return file_; }

  /// Marks the file complete and gives it its name. Throws std::logic_error unless all configurations have been
  /// appended.
  void commit();

private:
  AtomicFile target_;
  hdf5::File file_;
  EnsembleHeader header_;
  std::int64_t values_, rows_, appended_ = 0; // numbers in a configuration, configurations
  std::optional<hdf5::Dataset> configurations_, chain_, trajectory_;
};

/// Reads an ensemble. The constructor refuses files that are not whole ensembles of a version this program knows.
/// Errors are std::runtime_error with one line naming the file.
class EnsembleReader {
public:
  /// `format` is ensemble_format or, for states on their way, path_state_format.
  explicit EnsembleReader(const std::string& path, const std::string& format = ensemble_format);

  const std::string& path() const { return file_.path(); }
  const EnsembleHeader& header() const { return *header_; }
  const Geometry& geometry() const { return header_->geometry; }
  /// The couplings. Throws std::runtime_error, one line naming file and kind, for a kind without a lattice action.
  const Phi4& theory() const;
  std::int64_t channels() const { return header_->channels; }
  /// C V: numbers in one configuration.
  std::int64_t values_per_configuration() const { return header_->values_per_configuration(); }
  std::int64_t size() const { return rows_; } ///< configurations

  /// Configurations, of any type of number, [first, first + n) with n = out.size() / (C V) into (n, C V) row-major,
  /// whatever the stored precision. Refuses NaN and Inf.
  template<class Real> void read(std::int64_t first, std::span<Real> out) const;

  std::vector<std::int64_t> chain() const;      ///< (N)
  std::vector<std::int64_t> trajectory() const; ///< (N)

  bool has_column(const std::string& name) const { return file_.exists(name); }
  std::vector<double> column(const std::string& name) const; ///< (N), refuses NaN

  const hdf5::File& file() const { return file_; }

private:
  hdf5::File file_;
  std::optional<EnsembleHeader> header_;
  std::int64_t rows_ = 0;
  std::optional<hdf5::Dataset> configurations_;
};

/// The attributes that say what an ensemble, or a part of one, is of: kind, lattice, couplings or channels, provenance.
void write_header(hdf5::File& file, const EnsembleHeader& header);

/// Marks a file that check_format() will know: attributes format, format_version and complete.
void write_format(hdf5::File& file, const std::string& format, std::int64_t version, bool complete);

/// Throws std::runtime_error, one line naming the file, unless `file` was written by this program as `format`
/// ("stint-ensemble", "stint-model") of a version up to `newest`, and is complete. `what` is its name for a user: "an
/// ensemble".
void check_format(const hdf5::File& file, const std::string& format, std::int64_t newest, const std::string& what);

} // namespace stint
