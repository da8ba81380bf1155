#include "src/ranks/peer_watch.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

namespace stint {
namespace {

pid_t sleeping_process() {
  const pid_t child = ::fork();
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  return child;
}

TEST(PeerWatch, TellsOfAPeerThatIsKilled) {
  const PeerWatch::Peer peers[] = {{3, sleeping_process()}, {5, sleeping_process()}};
  std::atomic<int> dead = -1;
  {
    const PeerWatch watch(peers, [&dead](int rank) { dead = rank; });
    ::kill(peers[1].process, SIGKILL); // a zombie until it is waited for
    for (int i = 0; i < 200 && dead < 0; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  EXPECT_EQ(dead, 5);
  ::kill(peers[0].process, SIGKILL);
  for (const auto& peer : peers)
    ::waitpid(peer.process, nullptr, 0);
}

TEST(PeerWatch, SaysNothingOfThoseThatEndAfterIt) {
  const PeerWatch::Peer peers[] = {{1, sleeping_process()}};
  std::atomic<int> dead = -1;
  {
    const PeerWatch watch(peers, [&dead](int rank) { dead = rank; });
  }
  ::kill(peers[0].process, SIGKILL);
  ::waitpid(peers[0].process, nullptr, 0);
  EXPECT_EQ(dead, -1);
}

} // namespace
} // namespace stint
