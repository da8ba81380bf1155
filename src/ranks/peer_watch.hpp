#pragma once
// What ends a run when one of its ranks is no more.

#include <functional>
#include <span>
#include <sys/types.h>
#include <thread>
#include <vector>

namespace stint {

/// Watches the other ranks of this host, by a thread that sleeps. A rank that waits for one that was killed would wait
/// for ever: MPI over shared memory does not notice, and not every launcher ends the rest (mpirun does, srun does with
/// --kill-on-bad-exit only).
class PeerWatch {
public:
  struct Peer {
    int rank;
    pid_t process;
  };

  /// Calls died(rank), once, on the thread, some seconds after a peer has ended: the launcher may do its part before.
  /// Peers that cannot be watched (an old kernel) are passed over.
  PeerWatch(std::span<const Peer> peers, std::function<void(int rank)> died);
  ~PeerWatch(); ///< from now on peers may end
  PeerWatch(const PeerWatch&) = delete;
  PeerWatch& operator=(const PeerWatch&) = delete;

private:
  void watch();

  struct Watched {
    int rank, descriptor;
  };
  std::vector<Watched> peers_;
  std::function<void(int)> died_;
  int end_ = -1; // an event descriptor that wakes the thread
  std::thread thread_;
};

} // namespace stint
