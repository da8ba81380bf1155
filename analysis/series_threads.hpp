#pragma once
// How many threads may work on series of an ensemble at once.

#include <algorithm>
#include <cstdint>
#include <omp.h>

namespace stint {

/// OpenMP's threads, but no more than hold 16 million entries of a series together: what each holds beside the
/// measurements is a few series.
inline int threads_for(std::int64_t configurations) {
  constexpr std::int64_t most_entries = 16'000'000;
  return static_cast<int>(
      std::clamp<std::int64_t>(most_entries / std::max<std::int64_t>(configurations, 1), 1, omp_get_max_threads()));
}

} // namespace stint
