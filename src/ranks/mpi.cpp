#include "src/ranks/mpi.hpp"

#include <mpi.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <sched.h>
#include <stdexcept>
#include <sys/stat.h>
#include <unistd.h>

namespace stint {
namespace {

/// The cores that this process may run on.
cpu_set_t own_cores() {
  cpu_set_t mine;
  CPU_ZERO(&mine);
  ::sched_getaffinity(0, sizeof mine, &mine);
  return mine;
}

int threads_of_rank(MPI_Comm host, int ranks) {
  const cpu_set_t mine = own_cores();
  std::vector<cpu_set_t> all(ranks);
  MPI_Allgather(&mine, sizeof mine, MPI_BYTE, all.data(), sizeof mine, MPI_BYTE, host);
  double cores = 0;
  for (int core = 0; core < CPU_SETSIZE; ++core)
    if (CPU_ISSET(core, &mine))
      cores += 1.0 / static_cast<double>(std::count_if(all.begin(), all.end(),
                                                       [core](const cpu_set_t& set) { return CPU_ISSET(core, &set); }));
  return std::max(1, static_cast<int>(cores + 1e-6));
}

/// The processes of all ranks of a host, but those of other containers, whose numbers mean others.
std::vector<PeerWatch::Peer> processes_of(MPI_Comm host, int ranks, int rank) {
  struct stat space = {};
  ::stat("/proc/self/ns/pid", &space);
  const std::array<std::int64_t, 3> mine = {rank, ::getpid(), static_cast<std::int64_t>(space.st_ino)};
  std::vector<std::array<std::int64_t, 3>> all(ranks);
  MPI_Allgather(mine.data(), 3, MPI_INT64_T, all.data(), 3, MPI_INT64_T, host);
  std::vector<PeerWatch::Peer> processes;
  for (const auto& [of, process, space_of] : all)
    if (space_of == mine[2])
      processes.push_back({static_cast<int>(of), static_cast<pid_t>(process)});
  return processes;
}

/// Calls operation(first, count) on pieces whose counts fit MPI's int.
template<class Operation> void in_pieces(std::size_t total, Operation operation) {
  constexpr std::size_t largest = std::size_t{1} << 30;
  for (std::size_t first = 0; first < total; first += largest)
    operation(first, static_cast<int>(std::min(largest, total - first)));
}

/// What gathering and scattering are for a single rank.
void copy_all(const void* from, std::size_t bytes, void* to, std::size_t room) {
  if (bytes != room)
    throw std::logic_error("mpi: " + std::to_string(bytes) + " bytes do not fit where they are gathered");
  if (bytes != 0)
    std::memmove(to, from, bytes);
}

/// Which rows each rank has; counts and offsets are known on rank 0. Collective.
struct Rows {
  Rows(const Mpi& mpi, std::size_t bytes, std::int64_t row_bytes, std::size_t all_bytes)
      : counts(mpi.size()), offsets(mpi.size()) {
    constexpr std::int64_t largest = std::numeric_limits<int>::max();
    if (row_bytes < 1 || row_bytes > largest || static_cast<std::int64_t>(bytes) / row_bytes > largest)
      throw std::logic_error("mpi: rows of " + std::to_string(row_bytes) + " bytes cannot be gathered");
    mine = static_cast<int>(static_cast<std::int64_t>(bytes) / row_bytes);
    MPI_Gather(&mine, 1, MPI_INT, counts.data(), 1, MPI_INT, 0, MPI_COMM_WORLD);
    std::int64_t total = 0;
    for (int rank = 0; rank < mpi.size(); ++rank) {
      offsets[rank] = static_cast<int>(total);
      total += counts[rank];
    }
    if (mpi.root() && (total > largest || total * row_bytes != static_cast<std::int64_t>(all_bytes)))
      throw std::logic_error("mpi: " + std::to_string(total) + " rows do not fit where they are gathered");
    MPI_Type_contiguous(static_cast<int>(row_bytes), MPI_BYTE, &type);
    MPI_Type_commit(&type);
  }
  ~Rows() { MPI_Type_free(&type); }
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  int mine = 0;
  std::vector<int> counts, offsets;
  MPI_Datatype type = MPI_DATATYPE_NULL;
};

} // namespace

Mpi::Mpi(bool launched, int& argc, char**& argv) : initialised_(launched) {
  if (!initialised_) {
    const cpu_set_t cores = own_cores();
    default_threads_ = std::max(1, CPU_COUNT(&cores));
    return;
  }
  int provided = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &provided);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
  MPI_Comm_size(MPI_COMM_WORLD, &size_);
  MPI_Comm host = MPI_COMM_NULL;
  MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &host);
  MPI_Comm_rank(host, &local_rank_);
  MPI_Comm_size(host, &local_size_);
  default_threads_ = threads_of_rank(host, local_size_);
  local_ = processes_of(host, local_size_, rank_);
  MPI_Comm_free(&host);
}

Mpi::~Mpi() {
  watch_.reset();
  if (initialised_)
    MPI_Finalize();
}

void Mpi::watch_ranks(const std::string& speaker) {
  auto peers = local_;
  std::erase_if(peers, [this](const PeerWatch::Peer& peer) { return peer.rank == rank_; });
  watch_.emplace(peers, [this, speaker](int dead) {
    const auto first = std::ranges::find_if(local_, [dead](const PeerWatch::Peer& peer) { return peer.rank != dead; });
    if (first->rank == rank_)
      std::fputs((speaker + ": rank " + std::to_string(dead) + " has died; all ranks end\n").c_str(), stderr);
    std::_Exit(EXIT_FAILURE); // not MPI_Abort, which may wait for the dead rank
  });
}

// A single rank has everything already. All operations say so first, so that none of them calls MPI without MPI_Init.

void Mpi::broadcast_bytes(void* data, std::size_t bytes) const {
  if (size_ == 1)
    return;
  in_pieces(bytes, [data](std::size_t first, int count) {
    MPI_Bcast(static_cast<char*>(data) + first, count, MPI_BYTE, 0, MPI_COMM_WORLD);
  });
}

void Mpi::gather_bytes(const void* mine, std::size_t bytes, std::int64_t row_bytes, void* all,
                       std::size_t all_bytes) const {
  if (size_ == 1)
    return copy_all(mine, bytes, all, all_bytes);
  const Rows rows(*this, bytes, row_bytes, all_bytes);
  MPI_Gatherv(mine, rows.mine, rows.type, all, rows.counts.data(), rows.offsets.data(), rows.type, 0, MPI_COMM_WORLD);
}

void Mpi::scatter_bytes(const void* all, std::size_t all_bytes, std::int64_t row_bytes, void* mine,
                        std::size_t bytes) const {
  if (size_ == 1)
    return copy_all(all, all_bytes, mine, bytes);
  const Rows rows(*this, bytes, row_bytes, all_bytes);
  MPI_Scatterv(all, rows.counts.data(), rows.offsets.data(), rows.type, mine, rows.mine, rows.type, 0, MPI_COMM_WORLD);
}

void Mpi::sum(std::span<double> values) const {
  if (size_ == 1)
    return;
  in_pieces(values.size(), [&values](std::size_t first, int count) {
    MPI_Allreduce(MPI_IN_PLACE, values.data() + first, count, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
  });
}

void Mpi::sum(std::span<std::int64_t> values) const {
  if (size_ == 1)
    return;
  in_pieces(values.size(), [&values](std::size_t first, int count) {
    MPI_Allreduce(MPI_IN_PLACE, values.data() + first, count, MPI_INT64_T, MPI_SUM, MPI_COMM_WORLD);
  });
}

void Mpi::barrier() const {
  if (size_ > 1)
    MPI_Barrier(MPI_COMM_WORLD);
}

void Mpi::abort(int status) const {
  if (size_ > 1)
    MPI_Abort(MPI_COMM_WORLD, status);
  std::_Exit(status);
}

} // namespace stint
