#include "generative/training/training_data.hpp"

namespace stint {

void SiteSums::append(std::span<const float> configurations, std::int64_t numbers) {
  for (std::int64_t first = 0; first < std::ssize(configurations); first += numbers) {
    double sum = 0, squares = 0;
    for (const float phi : configurations.subspan(first, numbers)) {
      sum += phi;
      squares += phi * phi;
    }
    field.push_back(sum);
    square.push_back(squares);
  }
}

WholeEnsemble::WholeEnsemble(const torch::Tensor& configurations) : configurations_(configurations.contiguous()) {
  sums_.append(numbers(), configurations_[0].numel());
}

Choice WholeEnsemble::choice(std::int64_t /*step*/, std::int64_t /*group*/) {
  return {numbers(), sums_.field, sums_.square};
}

std::span<const float> WholeEnsemble::numbers() const {
  return {configurations_.data_ptr<float>(), static_cast<std::size_t>(configurations_.numel())};
}

} // namespace stint
