#include "src/files/ensemble_stream.hpp"

#include "lattice/parallel.hpp"

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>

namespace stint {
namespace {

constexpr std::int64_t piece_bytes = 256 << 10; // of what HDF5 reads

/// Deals out pieces of the file, in its order, to threads. HDF5 is used by one thread at a time.
template<class Real> class Pieces {
public:
  Pieces(const EnsembleReader& ensemble, std::int64_t first, std::int64_t last,
         const std::function<void(std::int64_t)>& progress)
      : dataset_(ensemble.file().dataset("/configurations")), chunks_(dataset_.plain_chunks()), next_(first),
        last_(last), values_(ensemble.values_per_configuration()), progress_(progress) {
    if (!hdf5::is_floating(dataset_.type()))
      chunks_.reset(); // HDF5 converts
    rows_ = chunks_ ? chunks_->rows
                    : std::max<std::int64_t>(1, piece_bytes / (values_ * static_cast<std::int64_t>(sizeof(Real))));
    if (chunks_ && dataset_.type() != hdf5::type_of<Real>)
      throw std::logic_error("configurations are visited in the precision of their file");
  }

  /// The buffer of a thread.
  struct Piece {
    std::int64_t first = 0;
    std::span<const Real> configurations;
    std::unique_ptr<Real[]> memory;
  };

  /// The next piece; false if there is none, or none that is of use after an error.
  bool take(Piece& piece) {
    bool stored = false;
    std::int64_t begin = 0, end = 0; // rows of the buffer
    {
      const std::lock_guard lock(mutex_);
      if (next_ >= last_ || error.any())
        return false;
      progress_(next_);
      piece.first = next_;
      begin = chunks_ ? next_ / rows_ * rows_ : next_;
      end = std::min(begin + rows_, last_);
      next_ = end;
      if (!piece.memory)
        piece.memory = std::make_unique_for_overwrite<Real[]>(rows_ * values_ + 1); // and a checksum
      stored = chunks_ && dataset_.read_chunk(*chunks_, begin, bytes_of(piece));
    }
    if (!stored || !chunks_->intact(bytes_of(piece))) {
      const std::lock_guard lock(mutex_);
      dataset_.template read_rows<Real>(begin, std::span(piece.memory.get(), (end - begin) * values_));
    }
    piece.configurations = {piece.memory.get() + (piece.first - begin) * values_,
                            static_cast<std::size_t>((end - piece.first) * values_)};
    return true;
  }

  FirstError error; ///< numbered by the first configuration of a piece

private:
  std::span<std::byte> bytes_of(const Piece& piece) const {
    return std::as_writable_bytes(std::span(piece.memory.get(), rows_ * values_ + 1)).first(chunks_->stored());
  }

  std::mutex mutex_;
  hdf5::Dataset dataset_;
  std::optional<hdf5::PlainChunks> chunks_;
  std::int64_t next_, last_, values_, rows_ = 1;
  const std::function<void(std::int64_t)>& progress_;
};

} // namespace

template<class Real>
void visit_configurations(const EnsembleReader& ensemble, std::int64_t first, std::int64_t last,
                          const std::function<void(std::int64_t)>& progress, const Visit<Real>& visit) {
  Pieces<Real> pieces(ensemble, first, last, progress);
#pragma omp parallel
  {
    typename Pieces<Real>::Piece piece;
    try {
      while (pieces.take(piece))
        visit(piece.first, piece.configurations);
    } catch (...) {
      pieces.error.note(piece.first);
    }
  }
  pieces.error.rethrow();
}

template void visit_configurations(const EnsembleReader&, std::int64_t, std::int64_t,
                                   const std::function<void(std::int64_t)>&, const Visit<float>&);
template void visit_configurations(const EnsembleReader&, std::int64_t, std::int64_t,
                                   const std::function<void(std::int64_t)>&, const Visit<double>&);

} // namespace stint
