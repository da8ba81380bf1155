#pragma once
// Agreement among ranks, in the course of a long run, on when to write a checkpoint and when to stop.

#include "src/program/stop_request.hpp"
#include "src/ranks/mpi.hpp"

#include <chrono>
#include <cstdint>

namespace stint {

/// Asked by all ranks after every unit of work; lets them talk to each other about every 10 ms only.
class Pacemaker {
public:
  enum class Wish { none, checkpoint, stop };

  /// `checkpoint_every` seconds of rank 0's clock pass between checkpoints. mpi and stop must outlive this object.
  Pacemaker(const Mpi& mpi, const StopRequest& stop, double checkpoint_every);

  Wish ask(); ///< the same on every rank. Collective.

private:
  using Clock = std::chrono::steady_clock;

  const Mpi& mpi_;
  const StopRequest& stop_;
  std::chrono::duration<double> checkpoint_every_;
  Clock::time_point last_talk_, last_checkpoint_;
  std::int64_t interval_ = 1, since_talk_ = 0; // units of work
};

} // namespace stint
