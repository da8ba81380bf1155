#pragma once
// Parts of a computation on threads of their own.

#include "lattice/parallel.hpp"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <c10/core/Device.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace stint {

/// Samples first, ..., first + count - 1.
struct SampleRange {
  std::int64_t first, count;
};

/// What work(part) gives for the parts of `samples`, in their order. On the CPU each of LibTorch's threads has a part,
/// of at least 4 samples, and the operations in it make do with this thread. They need not wait for those of other
/// threads: that is faster than sharing every operation, most of all if other programs want the same cores. A single
/// part, as on a GPU, has all threads. Throws what the first part to throw has thrown.
template<class Work> auto side_by_side(const SampleRange& samples, c10::Device device, const Work& work) {
  constexpr std::int64_t fewest = 4;
  const std::int64_t parts =
      device.is_cpu() ? std::clamp<std::int64_t>(samples.count / fewest, 1, at::get_num_threads()) : 1;
  using Result = decltype(work(samples));
  if (parts == 1) {
    std::vector<Result> one;
    one.push_back(work(samples));
    return one;
  }
  std::vector<std::optional<Result>> results(parts);
  const bool gradients = at::GradMode::is_enabled(); // here: each thread has a mode of its own
  parallel_for(parts, static_cast<int>(parts), [&](std::int64_t part) {
    at::get_num_threads();  // sets OpenMP's number, once in every thread
    omp_set_num_threads(1); // of this thread, in this loop: oneDNN plans for so many
    const at::AutoGradMode as_here(gradients);
    const std::int64_t begin = samples.count * part / parts, end = samples.count * (part + 1) / parts;
    results[part].emplace(work(SampleRange{samples.first + begin, end - begin}));
  });
  std::vector<Result> all;
  for (auto& result : results)
    all.push_back(std::move(*result));
  return all;
}

} // namespace stint
