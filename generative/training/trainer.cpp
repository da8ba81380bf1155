#include "generative/training/trainer.hpp"

#include "generative/training/regression.hpp"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

namespace stint {
namespace {

/// Of AdamW. Weights whose gradients are smaller hardly move: as long as the output is nearly 0, those before it have
/// no gradient but noise, which would drive them, normalised, to where no silu answers any more.
constexpr double smallest_gradient = 1e-5;

void check(const TrainingOptions& options, std::int64_t ranks) {
  const auto need = [](bool satisfied, const char* what) {
    if (!satisfied)
      throw std::invalid_argument(fmt::format("training needs {}", what));
  };
  need(options.steps >= 1, "steps >= 1");
  need(options.batch >= 1, "batch >= 1");
  need(options.accumulate >= 1, "accumulate >= 1");
  need(options.learning_rate > 0, "a learning rate > 0");
  need(options.warmup >= 0, "warmup >= 0");
  need(options.weight_decay >= 0, "a weight decay >= 0");
  need(options.gradient_clip > 0, "a gradient clip > 0");
  need(options.average_decay >= 0 && options.average_decay < 1, "0 <= average decay < 1");
  if (options.batch % ranks != 0)
    throw std::invalid_argument(
        fmt::format("the global batch of {} samples cannot be divided among {} ranks", options.batch, ranks));
  if (options.batch / ranks % options.accumulate != 0)
    throw std::invalid_argument(fmt::format("the {} samples of a rank cannot be divided into {} parts to accumulate",
                                            options.batch / ranks, options.accumulate));
}

} // namespace

Trainer::Trainer(Model& model, const TrainingLaw& law, TrainingOptions options,
                 c10::intrusive_ptr<c10d::ProcessGroup> ranks)
    : model_(model), law_(law), options_(options), ranks_(std::move(ranks)) {
  check(options_, ranks_ ? ranks_->getSize() : 1);
  for (const auto& item : model_.network()->named_parameters()) {
    names_.push_back(item.key());
    parameters_.push_back(item.value());
    averages_.push_back(item.value().detach().clone());
    means_.push_back(torch::zeros_like(item.value()));
    squares_.push_back(torch::zeros_like(item.value()));
    counts_.push_back(torch::zeros({}, item.value().options().requires_grad(false)));
  }
  sums_ = torch::zeros(model_.parameter_count() + 1, parameters_.front().options().requires_grad(false));
  std::int64_t first = 0;
  for (const auto& parameter : parameters_) {
    gradients_.push_back(sums_.narrow(0, first, parameter.numel()).view(parameter.sizes()));
    first += parameter.numel();
  }
}

double Trainer::learning_rate() const {
  const double warm = std::min(1.0, static_cast<double>(steps_done_ + 1) / static_cast<double>(options_.warmup + 1));
  const double progress = std::min(1.0, static_cast<double>(steps_done_) / static_cast<double>(options_.steps));
  return options_.learning_rate * warm * (1 + std::cos(std::numbers::pi * progress)) / 2;
}

/// Adds these samples of the batch to the sums.
void Trainer::add_gradients(const SampleRange& samples) {
  struct Part {
    torch::Tensor loss;
    std::vector<torch::Tensor> gradients;
  };
  const auto parts = side_by_side(samples, model_.device(), [&](const SampleRange& part) {
    const Batch batch = law_.draw(options_.seed, Purpose::training, steps_done_, part, options_.batch);
    const auto loss = regression_losses(model_, batch).sum() / options_.batch;
    return Part{loss.detach(), torch::autograd::grad({loss}, parameters_)};
  });
  for (const auto& part : parts) {
    at::_foreach_add_(gradients_, part.gradients);
    sums_[-1] += part.loss;
  }
}

/// Leaves the gradient of the batch's mean loss and that loss in the sums.
void Trainer::compute_gradients() {
  const std::int64_t ranks = ranks_ ? ranks_->getSize() : 1;
  const std::int64_t rank = ranks_ ? ranks_->getRank() : 0;
  const std::int64_t count = options_.batch / (ranks * options_.accumulate);
  sums_.zero_();
  for (std::int64_t part = 0; part < options_.accumulate; ++part)
    add_gradients({(rank * options_.accumulate + part) * count, count});
  if (ranks > 1) {
    std::vector<torch::Tensor> shared = {sums_};
    ranks_->allreduce(shared)->wait();
  }
}

std::optional<double> Trainer::step() {
  compute_gradients();
  const torch::NoGradGuard constant;
  const auto norm = sums_.narrow(0, 0, sums_.numel() - 1).norm();
  const auto loss_and_norm = torch::stack({sums_[-1], norm}).cpu(); // here the host waits for the device
  const bool taken = loss_and_norm.isfinite().all().item<bool>();   // the same on all ranks
  if (taken) {
    at::_foreach_mul_(gradients_, (options_.gradient_clip / (norm + 1e-6)).clamp_max(1));
    update();
  } else {
    ++steps_skipped_;
  }
  ++steps_done_;
  return taken ? std::optional(loss_and_norm[0].item<double>()) : std::nullopt;
}

bool Trainer::finish(const std::function<bool(std::int64_t done)>& go_on) {
  swap_average();
  const bool done =
      fit_correction(model_, law_, options_.seed, options_.steps, correction_batches(), options_.batch, ranks_, go_on);
  swap_average();
  return done;
}

void Trainer::update() {
  const auto updates = static_cast<double>(steps_done_ + 1 - steps_skipped_);
  for (auto& count : counts_)
    count.fill_(updates);
  at::_fused_adamw_(parameters_, gradients_, means_, squares_, {}, counts_, learning_rate(), 0.9, 0.99,
                    options_.weight_decay, smallest_gradient, /*amsgrad=*/false, /*maximize=*/false);
  // The average starts short, so that it forgets the random initial parameters.
  const double decay = std::min(options_.average_decay, 1 - 1 / (1 + 0.1 * updates));
  at::_foreach_lerp_(averages_, parameters_, 1 - decay);
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

void Trainer::set_steps(std::int64_t done, std::int64_t skipped) {
  steps_done_ = done;
  steps_skipped_ = skipped;
}

void Trainer::swap_average() {
  const torch::NoGradGuard constant;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const auto parameter = parameters_[i].detach().clone();
    parameters_[i].copy_(averages_[i]);
    averages_[i].copy_(parameter);
  }
}

} // namespace stint
