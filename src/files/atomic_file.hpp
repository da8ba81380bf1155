#pragma once
// Output files that are whole or absent.

#include <string>
#include <string_view>

namespace stint {

/// An output under a temporary name in the target's folder (or another on the same file system) until commit() gives it
/// its final name. Destroyed without commit() (an exception), or when the process is ended by SIGINT, SIGTERM or
/// SIGHUP, the temporary is removed. Where `path` is a link, the file that it leads to is written and the link stays. A
/// file that is replaced leaves its permissions to the new one.
class AtomicFile {
public:
  /// Makes the empty temporary at once, so that a path that cannot be written is found before the long work begins.
  /// It lies in `temporary_folder` if that is given and on the target's file system, else in the target's folder.
  /// Throws std::runtime_error if `path` exists and `overwrite` is false, if it exists and is not a regular file, if
  /// its folder does not exist, or if the folder cannot be written to.
  AtomicFile(std::string path, bool overwrite, const std::string& temporary_folder = "");
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  const std::string& path() const { return path_; }           ///< the final name
  const std::string& temporary() const { return temporary_; } ///< where to write; must be closed before commit()

  /// fsync, rename, fsync of the folder. Throws std::runtime_error if one of them fails; the target is then as it was.
  void commit();

private:
  std::string path_, target_, temporary_; // as the user named it, where its links lead to, where it is written
  int slot_ = -1;                         // of the list of temporaries that a signal removes
  int descriptor_ = -1;                   // of the temporary, which it keeps locked
};

/// Where an output goes: `path`, or what it leads to if it is a link, even one to a file that is not there yet. Throws
/// std::runtime_error if links go round in a circle.
std::string link_target(const std::string& path);

/// Throws what AtomicFile's constructor would throw, and leaves nothing behind: for outputs that are written at the
/// end. Removes temporaries that killed runs have left (temporary_name.hpp).
void check_output(const std::string& path, bool overwrite);

/// Makes the folder `path`, whose parent must exist; nothing if it is there. Throws std::runtime_error if it cannot.
void make_folder(const std::string& path);

/// Writes `text` to `path` as a whole.
void write_text_file(const std::string& path, std::string_view text, bool overwrite);

/// Whether the process takes no notice of the signal, as nohup arranges it for SIGHUP and a script's shell for SIGINT
/// of a command in the background. Handlers leave such signals alone.
bool is_ignored(int signal);

/// From now on SIGINT, SIGTERM and SIGHUP, but those that are ignored, remove the temporaries of all AtomicFiles before
/// they end the process; a file-size limit no longer ends it but makes writing fail.
void remove_temporaries_on_signals();
/// The same for SIGINT alone; may be called by a signal handler.
void end_on_interrupt();

} // namespace stint
