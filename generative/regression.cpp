#include "generative/regression.hpp"

#include "generative/estimate.hpp"
#include "generative/phi4.hpp"

#include <limits>
#include <numeric>

namespace stint {
namespace {

constexpr double weight_of_waiting = 0.2; // of coordinates that are pure noise, and of all of them at most

/// What the network is asked for one part of a batch.
struct Problem {
  Model::Inputs inputs;
  torch::Tensor target; ///< of the network, (n, L1, ..., Ld)
  Basis basis = Basis::any();
  torch::Tensor weights; ///< of the coordinates, undefined if all are equal
};

/// Where alpha > 0 something is open. (n, L1, ..., Ld) of mean 1 for each configuration.
torch::Tensor coordinate_weights(const Pair& pair) {
  const auto &alpha = pair.alpha.values(), &beta = pair.beta.values();
  std::vector<std::int64_t> axes(alpha.dim() - 1);
  std::iota(axes.begin(), axes.end(), 1);
  const auto active = ((alpha > 0) & (beta > 0)).to(torch::kFloat), waiting = (beta == 0).to(torch::kFloat);
  const auto count = active.sum(axes, true), others = waiting.sum(axes, true);
  const auto share = weight_of_waiting * (count / others.clamp_min(1)).clamp_max(1);
  const auto weights = active + torch::where(count > 0, share, torch::ones_like(share)) * waiting;
  return weights / weights.mean(axes, true).clamp_min(std::numeric_limits<float>::min());
}

Problem pose(const Model& model, const BatchPart& part) {
  const torch::NoGradGuard constant;
  const auto device = model.device();
  const Pair pair{part.observation.pair.alpha.to(device), part.observation.pair.beta.to(device)};
  constexpr bool non_blocking = true; // the host need not wait for copies of its own memory
  const auto signal = part.observation.signal.to(device, non_blocking), x1 = part.x1.to(device, non_blocking);
  const auto& description = model.description();
  const auto force =
      description.moments.force_spectrum.defined() ? phi4_force(description.theory, x1) : torch::Tensor();
  const auto target = training_target(description.moments, pair, signal, x1, force, description.symmetric);
  auto inputs = model.inputs(pair, signal);
  const auto residual = inputs.scale.inverse()(target - inputs.estimate);
  Problem problem{std::move(inputs), residual, basis_of(part.family), {}};
  if (part.family != Family::scalar)
    problem.weights = coordinate_weights(pair);
  return problem;
}

torch::Tensor squared_error(const Problem& problem, const torch::Tensor& network) {
  auto error = network - problem.target;
  if (!problem.weights.defined())
    return error.square().flatten(1).mean(1);
  return Operator::diagonal(problem.basis, problem.weights.sqrt())(error).square().flatten(1).mean(1); // Parseval
}

/// The losses of the parts of a batch, with the network or without.
std::vector<torch::Tensor> losses_by_part(Model& model, const Batch& batch, bool network) {
  std::vector<Problem> problems;
  std::vector<torch::Tensor> planes, numbers, losses;
  std::vector<std::int64_t> counts;
  for (const auto& part : batch) {
    problems.push_back(pose(model, part));
    planes.push_back(problems.back().inputs.planes);
    numbers.push_back(problems.back().inputs.numbers);
    counts.push_back(part.x1.size(0));
  }
  if (!network) {
    for (const auto& problem : problems)
      losses.push_back(squared_error(problem, torch::zeros_like(problem.target)));
    return losses;
  }
  const auto outputs = model.evaluate(torch::cat(planes), torch::cat(numbers)).split_with_sizes(counts);
  for (std::size_t i = 0; i < problems.size(); ++i)
    losses.push_back(squared_error(problems[i], outputs[i]));
  return losses;
}

ValidationLoss mean_losses(Model& model, const TrainingLaw& law, std::uint64_t seed, std::int64_t batches,
                           std::int64_t size, const c10::intrusive_ptr<c10d::ProcessGroup>& ranks, bool network) {
  const torch::NoGradGuard constant;
  const std::int64_t parts = ranks ? ranks->getSize() : 1, part = ranks ? ranks->getRank() : 0;
  const std::int64_t first = size * part / parts, count = size * (part + 1) / parts - first;
  auto sums = torch::zeros({2, static_cast<std::int64_t>(families.size())}, torch::kDouble); // of losses and samples
  for (std::int64_t b = 0; b < batches && count > 0; ++b) {
    const Batch batch = law.draw(seed, Purpose::validation, b, first, count, size);
    const auto losses = losses_by_part(model, batch, network);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const auto family = static_cast<std::int64_t>(batch[i].family);
      sums[0][family] += losses[i].sum().item<double>();
      sums[1][family] += losses[i].numel();
    }
  }
  if (parts > 1) {
    std::vector<torch::Tensor> shared = {sums.to(model.device())};
    ranks->allreduce(shared)->wait();
    sums = shared[0].cpu();
  }
  ValidationLoss loss;
  loss.total = (sums[0].sum() / static_cast<double>(batches * size)).item<double>();
  for (std::size_t family = 0; family < families.size(); ++family) // 0 / 0 = NaN
    loss.of_family[family] = (sums[0][family] / sums[1][family]).item<double>();
  return loss;
}

} // namespace

torch::Tensor regression_losses(Model& model, const Batch& batch) {
  return torch::cat(losses_by_part(model, batch, true));
}

ValidationLoss validation_loss(Model& model, const TrainingLaw& law, std::uint64_t seed, std::int64_t batches,
                               std::int64_t size, const c10::intrusive_ptr<c10d::ProcessGroup>& ranks) {
  return mean_losses(model, law, seed, batches, size, ranks, true);
}

ValidationLoss gaussian_loss(Model& model, const TrainingLaw& law, std::uint64_t seed, std::int64_t batches,
                             std::int64_t size, const c10::intrusive_ptr<c10d::ProcessGroup>& ranks) {
  return mean_losses(model, law, seed, batches, size, ranks, false);
}

} // namespace stint
