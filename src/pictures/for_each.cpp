#include "src/pictures/for_each.hpp"

#include <exception>

namespace stint {

void for_each_picture(std::int64_t n, const std::function<void(std::int64_t)>& work) {
  std::exception_ptr error;
  std::int64_t failed = n;
#pragma omp parallel for schedule(dynamic)
  for (std::int64_t i = 0; i < n; ++i) {
    try {
      work(i);
    } catch (...) {
#pragma omp critical(stint_picture_failed)
      if (i < failed) {
        failed = i;
        error = std::current_exception();
      }
    }
  }
  if (error)
    std::rethrow_exception(error);
}

} // namespace stint
