#include "generative/training/training_data.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

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

SeveralEnsembles::SeveralEnsembles(std::vector<std::shared_ptr<TrainingData>> ensembles)
    : ensembles_(std::move(ensembles)) {
  constexpr double golden = 0.381966; // multiples of it lie evenly modulo 1
  stride_ = std::max<std::int64_t>(1, std::llround(golden * static_cast<double>(ensembles_.size())));
  while (std::gcd(stride_, std::ssize(ensembles_)) != 1)
    ++stride_;
}

Choice SeveralEnsembles::choice(std::int64_t step, std::int64_t group) {
  const std::int64_t law = (step + group * stride_) % std::ssize(ensembles_);
  Choice choice = ensembles_[law]->choice(step, 0);
  choice.law = law;
  return choice;
}

std::span<const float> WholeEnsemble::numbers() const {
  return {configurations_.data_ptr<float>(), static_cast<std::size_t>(configurations_.numel())};
}

} // namespace stint
