#pragma once
// Names of temporaries that say whose they are, so that those of dead processes can be removed.

#include <string>

namespace stint {

/// STEM.HOST.PROCESS.part.EXTENSION for an output STEM.EXTENSION, in `folder` or, where that is empty, in the output's.
std::string temporary_name(const std::string& output, const std::string& folder);

/// Locks the open temporary for as long as the descriptor is open. Without effect where the file system has no locks.
void lock_temporary(int descriptor);

/// Removes the temporaries in the folder of `output` whose names begin with its stem (those of its checkpoint too) that
/// were left by a process which was killed: only those of this host whose process is gone, and that nobody has locked
/// (a process of that number may live in another container). In doubt a file stays.
void remove_stale_temporaries(const std::string& output);

} // namespace stint
