#include "src/files/read_ahead.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>

namespace stint {
namespace {

TEST(ReadAhead, HandsOverInOrderAndNeverReadsTooFar) {
  std::atomic<int> read = 0;
  ReadAhead<int> numbers(3, [&] { return read++; });
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(numbers.take(), i);
    EXPECT_LE(read, i + 1 + 3 + 1); // one is on its way
  }
}

TEST(ReadAhead, ThrowsAfterWhatCameBefore) {
  int read = 0;
  ReadAhead<int> numbers(2, [&] {
    if (read == 5)
      throw std::runtime_error("the disk is gone");
    return read++;
  });
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(numbers.take(), i);
  EXPECT_THROW(numbers.take(), std::runtime_error);
  EXPECT_THROW(numbers.take(), std::runtime_error);
}

TEST(ReadAhead, EndsWhileItsQueueIsFull) {
  std::atomic<int> read = 0;
  {
    const ReadAhead<int> numbers(2, [&] { return read++; });
    while (read < 2)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(read, 2);
}

} // namespace
} // namespace stint
