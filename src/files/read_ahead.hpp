#pragma once
// A thread that reads what will be wanted next.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace stint {

/// Calls `next` again and again on a thread of its own and hands over what it returns, in that order.
template<class Item> class ReadAhead {
public:
  /// At most `capacity` items, at least one, wait or are on their way.
  ReadAhead(std::size_t capacity, std::function<Item()> next)
      : capacity_(capacity), next_(std::move(next)), thread_([this] { run(); }) {}

  /// Ends when the call that is under way is done.
  ~ReadAhead() {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  /// The next item. Once `next` has thrown and the items before are taken, throws the same.
  Item take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return error_ || !items_.empty(); });
    if (items_.empty())
      std::rethrow_exception(error_);
    Item item = std::move(items_.front());
    items_.pop_front();
    changed_.notify_all();
    return item;
  }

private:
  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return ending_ || items_.size() < capacity_; });
      if (ending_)
        return;
      lock.unlock();
      try {
        Item item = next_();
        lock.lock();
        items_.push_back(std::move(item));
      } catch (...) {
        lock.lock();
        error_ = std::current_exception();
        changed_.notify_all();
        return;
      }
      changed_.notify_all();
    }
  }

  std::size_t capacity_;
  std::function<Item()> next_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Item> items_;
  std::exception_ptr error_;
  bool ending_ = false;
  std::thread thread_;
};

} // namespace stint
