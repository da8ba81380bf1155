#include "src/ranks/peer_watch.hpp"

#include <cstdint>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace stint {
namespace {

constexpr int patience = 3000; // milliseconds

int open_process(pid_t process) {
#ifdef SYS_pidfd_open
  return static_cast<int>(::syscall(SYS_pidfd_open, process, 0));
#else
  return -1;
#endif
}

} // namespace

PeerWatch::PeerWatch(std::span<const Peer> peers, std::function<void(int)> died) : died_(std::move(died)) {
  for (const auto& peer : peers)
    if (const int descriptor = open_process(peer.process); descriptor >= 0)
      peers_.push_back({peer.rank, descriptor});
  end_ = ::eventfd(0, EFD_CLOEXEC);
  if (end_ >= 0 && !peers_.empty())
    thread_ = std::thread([this] { watch(); });
}

PeerWatch::~PeerWatch() {
  if (thread_.joinable()) {
    const std::uint64_t one = 1;
    if (::write(end_, &one, sizeof one) == sizeof one)
      thread_.join();
    else
      thread_.detach();
  }
  for (const auto& peer : peers_)
    ::close(peer.descriptor);
  ::close(end_);
}

void PeerWatch::watch() {
  std::vector<pollfd> events = {{end_, POLLIN, 0}};
  for (const auto& peer : peers_)
    events.push_back({peer.descriptor, POLLIN, 0});
  while (::poll(events.data(), events.size(), -1) < 0) { // a signal
  }
  if (events[0].revents != 0 || ::poll(events.data(), 1, patience) != 0)
    return;
  for (std::size_t i = 0; i < peers_.size(); ++i)
    if (events[i + 1].revents != 0)
      return died_(peers_[i].rank);
}

} // namespace stint
