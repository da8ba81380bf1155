#include "src/files/writer_thread.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <semaphore>
#include <stdexcept>
#include <vector>

namespace stint {
namespace {

TEST(WriterThread, TasksRunInOrderOnAnotherThread) {
  std::vector<int> done;
  std::thread::id where;
  WriterThread writer(2);
  for (int i = 0; i < 100; ++i)
    writer.push([&, i] {
      done.push_back(i);
      where = std::this_thread::get_id();
    });
  writer.wait();
  ASSERT_EQ(done.size(), 100);
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(done[i], i);
  EXPECT_NE(where, std::this_thread::get_id());
}

TEST(WriterThread, PushWaitsOnlyWhenTheQueueIsFull) {
  std::binary_semaphore go(0);
  std::atomic<int> pushed = 0;
  WriterThread writer(2);
  writer.push([&] { go.acquire(); });
  writer.push([] {});
  writer.push([] {}); // one runs, two wait: none of these pushes has waited
  std::thread fourth([&] {
    writer.push([] {});
    pushed = 1;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(pushed, 0);
  go.release();
  fourth.join();
  EXPECT_EQ(pushed, 1);
  writer.wait();
}

TEST(WriterThread, AnErrorReachesEveryLaterCallAndStopsTheRest) {
  bool later = false;
  WriterThread writer(2);
  writer.push([] { throw std::runtime_error("disk full"); });
  EXPECT_THROW(writer.wait(), std::runtime_error);
  EXPECT_THROW(writer.push([&] { later = true; }), std::runtime_error);
  EXPECT_THROW(writer.check(), std::runtime_error);
  EXPECT_THROW(writer.wait(), std::runtime_error);
  EXPECT_FALSE(later);
}

TEST(WriterThread, AFullQueueDoesNotHideAnError) { // a push that waits is woken
  WriterThread writer(0);
  writer.push([] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    throw std::runtime_error("disk full");
  });
  EXPECT_THROW(writer.push([] {}), std::runtime_error);
}

} // namespace
} // namespace stint
