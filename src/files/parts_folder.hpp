#pragma once
// An unfinished run on disk: the folder OUTPUT.parts beside the output, with the finished parts
//
//   part-000001.h5, ...   what was made between two checkpoints
//   state.h5              where the run is, and how many parts belong to it
//
// Each is written under a temporary name and renamed, a part before the state that counts it. So whenever the run is
// killed, the state and the parts that it counts fit together; what came after them is made again, the same bytes.

#include "src/files/ensemble_file.hpp"
#include "src/files/hdf5.hpp"

#include <cstdint>
#include <string>

namespace stint {

/// The folder and its names. Errors are std::runtime_error with one line naming the file.
class PartsFolder {
public:
  /// `state_format` is the attribute "format" of the state.
  PartsFolder(const std::string& output, std::string state_format)
      : path_(output + ".parts"), state_format_(std::move(state_format)) {}

  const std::string& path() const { return path_; }
  std::string state() const { return path_ + "/state.h5"; }
  std::string part(std::int64_t number) const; ///< from 1

  bool has_state() const;
  hdf5::File open_state() const;
  /// Throws unless the parts 1 to `parts` are there.
  void check_parts(std::int64_t parts) const;

  /// Removes temporaries and parts that the state does not count.
  void remove_after(std::int64_t parts) const;
  /// Removes all that is ours in it; the folder itself goes with its RunLock.
  void clear() const;

private:
  std::string path_, state_format_;
};

/// Opens a part or a state. Throws std::runtime_error unless it is whole and of this format.
hdf5::File open_unfinished(const std::string& path, const std::string& format);

/// Marks a part or a state.
void write_unfinished_header(hdf5::File& file, const std::string& format, bool complete, const EnsembleHeader& header);

/// A dataset without rows yet, of a part; dims[0] counts for nothing.
hdf5::Dataset growing_dataset(hdf5::File& file, const char* name, hdf5::Type type, std::vector<std::int64_t> dims);

} // namespace stint
