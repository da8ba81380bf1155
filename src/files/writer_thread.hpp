#pragma once
// A thread of its own for writing, so that sampling does not wait for the disk.

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

namespace stint {

/// Runs tasks one after another, in the order in which they are pushed. HDF5 is not thread-safe: while tasks that use
/// it may be running, nobody else may.
class WriterThread {
public:
  using Task = std::function<void()>;

  /// At most `capacity` tasks wait, beside the one that runs.
  explicit WriterThread(std::size_t capacity);
  ~WriterThread(); ///< forgets the tasks that wait, and ends when the one that runs is done
  WriterThread(const WriterThread&) = delete;
  WriterThread& operator=(const WriterThread&) = delete;

  /// Waits while the queue is full. After a task has thrown, no other is run, and push, check and wait throw the same.
  void push(Task task);
  void check();
  void wait(); ///< until all tasks are done

private:
  void run();

  std::size_t capacity_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> tasks_; // the first of them runs
  std::exception_ptr error_;
  bool ending_ = false;
  std::thread thread_;
};

} // namespace stint
