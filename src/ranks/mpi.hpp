#pragma once
// The MPI session of the program and the few collective operations it needs.

#include "src/ranks/peer_watch.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace stint {

/// All ranks of the program; one object, made at its start. All operations are collective over MPI_COMM_WORLD. A single
/// rank calls none of MPI's.
class Mpi {
public:
  /// If a launcher started this process (launcher.hpp): MPI from MPI_Init_thread (MPI_THREAD_MULTIPLE asked for) to
  /// MPI_Finalize. Otherwise one rank without MPI.
  Mpi(bool launched, int& argc, char**& argv);
  ~Mpi();
  Mpi(const Mpi&) = delete;
  Mpi& operator=(const Mpi&) = delete;

  int rank() const { return rank_; }
  int size() const { return size_; }
  int local_rank() const { return local_rank_; } ///< among the ranks of this host
  int local_size() const { return local_size_; }
  bool root() const { return rank_ == 0; }

  /// Threads for this rank: the cores it may run on, those that several ranks may run on shared out among them; at
  /// least one.
  int default_threads() const { return default_threads_; }

  /// Rank 0's values, everywhere.
  template<class T> void broadcast(std::span<T> values) const {
    static_assert(std::is_trivially_copyable_v<T>);
    broadcast_bytes(values.data(), values.size_bytes());
  }

  /// Every rank's rows, one after another in the order of ranks, into `all` on rank 0. A rank may have none. A row has
  /// `row_size` values; `all` may be empty elsewhere. Throws std::logic_error on rank 0 if `all` has another size than
  /// the rows together.
  template<class T> void gather_rows(std::span<const T> mine, std::int64_t row_size, std::span<T> all) const {
    static_assert(std::is_trivially_copyable_v<T>);
    gather_bytes(mine.data(), mine.size_bytes(), row_size * static_cast<std::int64_t>(sizeof(T)), all.data(),
                 all.size_bytes());
  }

  /// The reverse: rank 0's rows in `all` dealt out in the order of ranks, as many to each as `mine` has room for.
  template<class T> void scatter_rows(std::span<const T> all, std::int64_t row_size, std::span<T> mine) const {
    static_assert(std::is_trivially_copyable_v<T>);
    scatter_bytes(all.data(), all.size_bytes(), row_size * static_cast<std::int64_t>(sizeof(T)), mine.data(),
                  mine.size_bytes());
  }

  /// Sums over ranks, everywhere.
  void sum(std::span<double> values) const;
  void sum(std::span<std::int64_t> values) const;

  void barrier() const;

  /// From now on a rank that dies ends the run: some seconds later the other ranks of its host end with status 1, the
  /// first of them with one line on standard error that begins with `speaker`, and the launcher then ends those of
  /// other hosts.
  void watch_ranks(const std::string& speaker);

  /// Ends all ranks at once with this exit status.
  [[noreturn]] void abort(int status) const;

private:
  void broadcast_bytes(void* data, std::size_t bytes) const;
  void gather_bytes(const void* mine, std::size_t bytes, std::int64_t row_bytes, void* all,
                    std::size_t all_bytes) const;
  void scatter_bytes(const void* all, std::size_t all_bytes, std::int64_t row_bytes, void* mine,
                     std::size_t bytes) const;

  bool initialised_;
  int rank_ = 0, size_ = 1, local_rank_ = 0, local_size_ = 1, default_threads_ = 1;
  std::vector<PeerWatch::Peer> local_; ///< all ranks of this host whose processes can be seen
  std::optional<PeerWatch> watch_;
};

} // namespace stint
