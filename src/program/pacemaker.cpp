#include "src/program/pacemaker.hpp"

#include <array>

namespace stint {
namespace {

constexpr std::int64_t shortest = 5'000, longest = 20'000; // microseconds between talks

} // namespace

Pacemaker::Pacemaker(const Mpi& mpi, const StopRequest& stop, double checkpoint_every)
    : mpi_(mpi), stop_(stop), checkpoint_every_(checkpoint_every), last_talk_(Clock::now()),
      last_checkpoint_(last_talk_) {}

Pacemaker::Wish Pacemaker::ask() {
  if (++since_talk_ < interval_)
    return Wish::none;
  since_talk_ = 0;
  const auto now = Clock::now();
  const auto passed = std::chrono::duration_cast<std::chrono::microseconds>(now - last_talk_).count();
  // How many ranks want to stop, whether rank 0 wants a checkpoint, and the time that passed on it.
  std::array<std::int64_t, 3> shared = {stop_.made(), mpi_.root() && now - last_checkpoint_ >= checkpoint_every_,
                                        mpi_.root() ? passed : 0};
  mpi_.sum(shared);
  last_talk_ = Clock::now();
  if (shared[2] < shortest)
    interval_ *= 2;
  else if (shared[2] > longest && interval_ > 1)
    interval_ /= 2;
  if (shared[0] > 0)
    return Wish::stop;
  if (shared[1] == 0)
    return Wish::none;
  last_checkpoint_ = now;
  return Wish::checkpoint;
}

} // namespace stint
