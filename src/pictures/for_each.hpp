#pragma once

#include <cstdint>
#include <functional>

namespace stint {

/// Calls work(i) for i = 0 ... n - 1 on OpenMP's threads; of several exceptions throws that of the smallest i.
void for_each_picture(std::int64_t n, const std::function<void(std::int64_t)>& work);

} // namespace stint
