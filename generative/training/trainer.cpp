#include "generative/training/trainer.hpp"

#include "generative/training/regression.hpp"

#include <fmt/format.h>
#include <torch/csrc/distributed/c10d/reducer.hpp>

#include <cmath>
#include <numbers>

namespace stint {

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
  if (ranks_ && ranks_->getSize() > 1)
    reduction_ = std::make_unique<Reduction>(parameters_, ranks_);
}

Trainer::~Trainer() = default;

double Trainer::learning_rate() const {
  const double warm = std::min(1.0, static_cast<double>(steps_done_ + 1) / static_cast<double>(options_.warmup + 1));
  const double progress = std::min(1.0, static_cast<double>(steps_done_) / static_cast<double>(options_.steps));
  return options_.learning_rate * warm * (1 + std::cos(std::numbers::pi * progress)) / 2;
}

/// Leaves the gradient of the batch's mean loss, averaged over ranks, in the parameters; this rank's share of that
/// loss.
torch::Tensor Trainer::compute_gradients() {
  const std::int64_t ranks = ranks_ ? ranks_->getSize() : 1;
  const std::int64_t rank = ranks_ ? ranks_->getRank() : 0;
  const std::int64_t count = options_.batch / (ranks * options_.accumulate);
  for (auto& parameter : parameters_)
    parameter.mutable_grad().reset();
  auto sum = torch::zeros({}, parameters_.front().options().requires_grad(false));
  for (std::int64_t part = 0; part < options_.accumulate; ++part) {
    const std::int64_t first = (rank * options_.accumulate + part) * count;
    const Batch batch = law_.draw(options_.seed, Purpose::training, steps_done_, first, count, options_.batch);
    const auto loss = regression_losses(model_, batch).mean() / options_.accumulate;
    if (reduction_ && part + 1 == options_.accumulate) // gradients add up here before they are averaged over ranks
      reduction_->reducer.prepare_for_backward({loss});
    loss.backward();
    sum += loss.detach();
  }
  return sum;
}

/// The sum over ranks of both numbers; whether that is finite, which is the same on all ranks.
bool Trainer::all_finite(std::array<double, 2>& loss_and_norm) const {
  if (reduction_) {
    std::vector<torch::Tensor> shared = {
        torch::tensor({loss_and_norm[0], loss_and_norm[1]}, torch::kDouble).to(parameters_.front().device())};
    ranks_->allreduce(shared)->wait();
    const auto host = shared[0].cpu();
    loss_and_norm = {host[0].item<double>(), host[1].item<double>()};
  }
  return std::isfinite(loss_and_norm[0]) && std::isfinite(loss_and_norm[1]);
}

std::optional<double> Trainer::step() {
  const auto own_loss = compute_gradients();
  const torch::NoGradGuard constant;
  const double norm = torch::nn::utils::clip_grad_norm_(parameters_, options_.gradient_clip);
  std::array<double, 2> loss_and_norm = {own_loss.item<double>(), norm}; // here the host waits for the device
  const bool taken = all_finite(loss_and_norm);
  if (taken)
    update();
  else
    ++steps_skipped_;
  ++steps_done_;
  return taken ? std::optional(loss_and_norm[0] / (ranks_ ? ranks_->getSize() : 1)) : std::nullopt;
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
  std::vector<torch::Tensor> gradients;
  for (const auto& parameter : parameters_)
    gradients.push_back(parameter.grad());
  for (auto& count : counts_)
    count.fill_(updates);
  at::_fused_adamw_(parameters_, gradients, means_, squares_, {}, counts_, learning_rate(), 0.9, 0.99,
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
