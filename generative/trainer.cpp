#include "generative/trainer.hpp"

#include "generative/phi4.hpp"

#include <fmt/format.h>
#include <torch/csrc/distributed/c10d/reducer.hpp>

#include <cmath>
#include <numbers>

namespace stint {
namespace {

/// The squared error of the network for each sample of the batch, in units of the variance of its target.
torch::Tensor losses(Model& model, const Batch& batch) {
  const auto device = model.device();
  const ScalarPair pair{batch.pair.alpha.to(device), batch.pair.beta.to(device)};
  const auto signal = batch.signal.to(device), x1 = batch.x1.to(device);
  const auto& description = model.description();
  torch::Tensor target;
  {
    const torch::NoGradGuard constant;
    const auto force =
        description.moments.force_spectrum.defined() ? phi4_force(description.theory, x1) : torch::Tensor();
    target = description.moments.training_target(pair, signal, x1, force, description.symmetric);
  }
  const auto [estimate, scale, network] = model.predict(pair, signal);
  return (network - (target - estimate) / scale).square().flatten(1).mean(1);
}

} // namespace

struct Trainer::Reduction {
  c10d::Reducer reducer;

  Reduction(const std::vector<torch::Tensor>& parameters, const c10::intrusive_ptr<c10d::ProcessGroup>& ranks)
      : reducer(parameters, buckets(parameters), ranks, std::vector<bool>(parameters.size(), false),
                c10d::kDefaultBucketBytesCap, /*find_unused_parameters=*/false, /*gradient_as_bucket_view=*/false, {},
                c10d::kDefaultFirstBucketBytes, /*skip_all_reduce_unused_params=*/false, /*use_python_reducer=*/false,
                {}) {}

  static std::vector<std::vector<std::size_t>> buckets(const std::vector<torch::Tensor>& parameters) {
    auto assignment = std::get<0>(c10d::compute_bucket_assignment_by_size(
        parameters, {c10d::kDefaultFirstBucketBytes, c10d::kDefaultBucketBytesCap}));
    std::ranges::reverse(assignment); // gradients of the last parameters are ready first
    return assignment;
  }
};

Trainer::Trainer(Model& model, const TrainingLaw& law, TrainingOptions options,
                 c10::intrusive_ptr<c10d::ProcessGroup> ranks)
    : model_(model), law_(law), options_(options), ranks_(std::move(ranks)) {
  if (options_.steps < 1 || options_.batch < 1 || !(options_.learning_rate > 0) || options_.average_decay < 0 ||
      options_.average_decay >= 1)
    throw std::invalid_argument("training needs steps >= 1, batch >= 1, learning rate > 0 and 0 <= average decay < 1");
  if (ranks_ && options_.batch % ranks_->getSize() != 0)
    throw std::invalid_argument(fmt::format("the global batch of {} samples cannot be divided among {} ranks",
                                            options_.batch, ranks_->getSize()));
  for (const auto& item : model_.network()->named_parameters()) {
    names_.push_back(item.key());
    parameters_.push_back(item.value());
    averages_.push_back(item.value().detach().clone());
    means_.push_back(torch::zeros_like(item.value()));
    squares_.push_back(torch::zeros_like(item.value()));
    counts_.push_back(torch::zeros({}, item.value().options().requires_grad(false)));
  }
  if (ranks_ && ranks_->getSize() > 1)
    reduction_ = std::make_unique<Reduction>(parameters_, ranks_);
}

Trainer::~Trainer() = default;

double Trainer::learning_rate() const {
  const double warm = std::min(1.0, static_cast<double>(steps_done_ + 1) / static_cast<double>(options_.warmup + 1));
  const double progress = std::min(1.0, static_cast<double>(steps_done_) / static_cast<double>(options_.steps));
  return options_.learning_rate * warm * (1 + std::cos(std::numbers::pi * progress)) / 2;
}

double Trainer::step() {
  const std::int64_t ranks = ranks_ ? ranks_->getSize() : 1;
  const std::int64_t rank = ranks_ ? ranks_->getRank() : 0;
  const std::int64_t count = options_.batch / ranks;
  const Batch batch = law_.draw(options_.seed, Purpose::training, steps_done_, rank * count, count, options_.batch);

  for (auto& parameter : parameters_)
    parameter.mutable_grad().reset();
  const auto loss = losses(model_, batch).mean();
  if (reduction_)
    reduction_->reducer.prepare_for_backward({loss});
  loss.backward();

  const torch::NoGradGuard constant;
  const double value = loss.item<double>();
  if (!std::isfinite(value))
    throw std::runtime_error(fmt::format("the loss is {} at step {}; use a smaller learning rate", value, steps_done_));
  torch::nn::utils::clip_grad_norm_(parameters_, options_.gradient_clip);
  std::vector<torch::Tensor> gradients;
  for (const auto& parameter : parameters_)
    gradients.push_back(parameter.grad());
  for (auto& count_tensor : counts_)
    count_tensor.fill_(static_cast<double>(steps_done_ + 1));
  at::_fused_adamw_(parameters_, gradients, means_, squares_, {}, counts_, learning_rate(), 0.9, 0.99,
                    options_.weight_decay, 1e-8, /*amsgrad=*/false, /*maximize=*/false);
  ++steps_done_;
  // The average starts short, so that it forgets the random initial parameters.
  const double decay = std::min(options_.average_decay, 1 - 1 / (1 + 0.1 * static_cast<double>(steps_done_)));
  at::_foreach_lerp_(averages_, parameters_, 1 - decay);
  return value;
}

Trainer::NamedTensors Trainer::state() const {
  NamedTensors tensors;
  for (std::size_t i = 0; i < names_.size(); ++i) {
    tensors.emplace_back("parameters/" + names_[i], parameters_[i].detach());
    tensors.emplace_back("ema/" + names_[i], averages_[i]);
    tensors.emplace_back("optimizer/mean/" + names_[i], means_[i]);
    tensors.emplace_back("optimizer/square/" + names_[i], squares_[i]);
  }
  return tensors;
}

void Trainer::set_steps_done(std::int64_t steps) { steps_done_ = steps; }

void Trainer::swap_average() {
  const torch::NoGradGuard constant;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const auto parameter = parameters_[i].detach().clone();
    parameters_[i].copy_(averages_[i]);
    averages_[i].copy_(parameter);
  }
}

double validation_loss(Model& model, const TrainingLaw& law, std::uint64_t seed, std::int64_t batches,
                       std::int64_t size) {
  const torch::NoGradGuard constant;
  double sum = 0;
  for (std::int64_t b = 0; b < batches; ++b)
    sum += losses(model, law.draw(seed, Purpose::validation, b, 0, size, size)).mean().item<double>();
  return sum / static_cast<double>(batches);
}

} // namespace stint
