#include "src/files/writer_thread.hpp"

#include <utility>

namespace stint {

WriterThread::WriterThread(std::size_t capacity) : capacity_(capacity), thread_([this] { run(); }) {}

WriterThread::~WriterThread() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void WriterThread::push(Task task) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return error_ || tasks_.size() <= capacity_; });
  if (error_)
    std::rethrow_exception(error_);
  tasks_.push_back(std::move(task));
  changed_.notify_all();
}

void WriterThread::check() {
  const std::lock_guard lock(mutex_);
  if (error_)
    std::rethrow_exception(error_);
}

void WriterThread::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return error_ || tasks_.empty(); });
  if (error_)
    std::rethrow_exception(error_);
}

void WriterThread::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ending_ || (!error_ && !tasks_.empty()); });
    if (ending_)
      return;
    Task task = std::move(tasks_.front());
    lock.unlock();
    std::exception_ptr error;
    try {
      task();
    } catch (...) {
      error = std::current_exception();
    }
    task = nullptr; // its data are freed before the next may be pushed
    lock.lock();
    tasks_.pop_front();
    error_ = error;
    changed_.notify_all();
  }
}

} // namespace stint
