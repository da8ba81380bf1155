#include "generative/solvers/weights.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace stint {

double effective_sample_fraction(const torch::Tensor& log_weight) {
  const auto log_w = log_weight.to(torch::kDouble);
  const auto log_fraction = 2 * log_w.logsumexp(0) - (2 * log_w).logsumexp(0);
  return std::exp(log_fraction.item<double>()) / static_cast<double>(log_w.numel());
}

LogZ log_mean_weight(const torch::Tensor& log_weight) {
  const auto count = static_cast<double>(log_weight.numel());
  return {log_weight.to(torch::kDouble).logsumexp(0).item<double>() - std::log(count),
          std::sqrt(std::max(0.0, 1 / effective_sample_fraction(log_weight) - 1) / count)};
}

torch::Tensor independence_metropolis(const torch::Tensor& log_weight, std::uint64_t seed) {
  const auto log_w = log_weight.to(torch::kDouble).cpu().contiguous();
  const double* const w = log_w.data_ptr<double>();
  const std::int64_t count = log_w.numel();
  const auto first = std::find_if(w, w + count, [](double value) { return std::isfinite(value); }) - w;
  if (first == count)
    throw std::invalid_argument("no importance weight is finite");
  const Stream stream{seed, Purpose::independence};
  auto chain = torch::empty({count}, torch::kLong);
  std::int64_t here = first;
  for (std::int64_t n = 0; n < count; ++n) {
    if (std::isfinite(w[n]) && std::log(stream.uniform(static_cast<std::uint32_t>(n))) <= w[n] - w[here])
      here = n;
    chain.data_ptr<std::int64_t>()[n] = here;
  }
  return chain;
}

} // namespace stint
