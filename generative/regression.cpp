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

/// Fields whose mean square counts in the loss.
torch::Tensor weighted(const Problem& problem, const torch::Tensor& fields) {
  return problem.weights.defined() ? Operator::diagonal(problem.basis, problem.weights.sqrt())(fields) : fields;
}

torch::Tensor squared_error(const Problem& problem, const torch::Tensor& network) {
  return weighted(problem, network - problem.target).square().flatten(1).mean(1);
}

struct Problems {
  std::vector<Problem> parts;
  std::vector<std::int64_t> counts;
  torch::Tensor planes, numbers; ///< of all parts

  Problems(const Model& model, const Batch& batch) {
    std::vector<torch::Tensor> all_planes, all_numbers;
    for (const auto& part : batch) {
      parts.push_back(pose(model, part));
      all_planes.push_back(parts.back().inputs.planes);
      all_numbers.push_back(parts.back().inputs.numbers);
      counts.push_back(part.x1.size(0));
    }
    planes = torch::cat(all_planes);
    numbers = torch::cat(all_numbers);
  }
};

/// The losses of the parts of a batch, with the network or without.
std::vector<torch::Tensor> losses_by_part(Model& model, const Batch& batch, bool network) {
  const Problems problems(model, batch);
  const auto outputs = network
                           ? model.evaluate(problems.planes, problems.numbers).fields.split_with_sizes(problems.counts)
                           : std::vector<torch::Tensor>{};
  std::vector<torch::Tensor> losses;
  for (std::size_t i = 0; i < problems.parts.size(); ++i) {
    const auto& problem = problems.parts[i];
    losses.push_back(squared_error(problem, network ? outputs[i] : torch::zeros_like(problem.target)));
  }
  return losses;
}

/// The share of a batch of `size` samples that a rank has.
struct Share {
  std::int64_t first, count;
  Share(std::int64_t size, const c10::intrusive_ptr<c10d::ProcessGroup>& ranks) {
    const std::int64_t parts = ranks ? ranks->getSize() : 1, part = ranks ? ranks->getRank() : 0;
    first = size * part / parts;
    count = size * (part + 1) / parts - first;
  }
};

/// The sum over ranks, on the CPU.
torch::Tensor summed(const torch::Tensor& sums, const Model& model,
                     const c10::intrusive_ptr<c10d::ProcessGroup>& ranks) {
  if (!ranks || ranks->getSize() == 1)
    return sums.cpu();
  std::vector<torch::Tensor> shared = {sums.to(model.device())};
  ranks->allreduce(shared)->wait();
  return shared[0].cpu();
}

ValidationLoss mean_losses(Model& model, const TrainingLaw& law, std::uint64_t seed, std::int64_t batches,
                           std::int64_t size, const c10::intrusive_ptr<c10d::ProcessGroup>& ranks, bool network) {
  const torch::NoGradGuard constant;
  const Share share(size, ranks);
  auto sums = torch::zeros({2, static_cast<std::int64_t>(families.size())}, torch::kDouble); // of losses and samples
  for (std::int64_t b = 0; b < batches && share.count > 0; ++b) {
    const Batch batch = law.draw(seed, Purpose::validation, b, share.first, share.count, size);
    const auto losses = losses_by_part(model, batch, network);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const auto family = static_cast<std::int64_t>(batch[i].family);
      sums[0][family] += losses[i].sum().item<double>();
      sums[1][family] += losses[i].numel();
    }
  }
  sums = summed(sums, model, ranks);
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

void fit_constant(Model& model, const TrainingLaw& law, std::uint64_t seed, std::int64_t first, std::int64_t batches,
                  std::int64_t size, const c10::intrusive_ptr<c10d::ProcessGroup>& ranks) {
  constexpr double deviation = 0.03; // of a change of a weight, a priori
  const torch::NoGradGuard constant;
  const Share share(size, ranks);
  torch::Tensor sums; // of (features, 1)^T (features, 1, error, error^2), error = what the constant lacks
  for (std::int64_t b = 0; b < batches; ++b) {
    const Problems problems(model, law.draw(seed, Purpose::training, first + b, share.first, share.count, size));
    const auto output = model.evaluate(problems.planes, problems.numbers);
    const auto fields = output.fields.split_with_sizes(problems.counts);
    std::vector<torch::Tensor> ones_squared, errors;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const auto& problem = problems.parts[i];
      const auto one = weighted(problem, torch::ones_like(problem.target));
      const auto mean_with = [&](const torch::Tensor& other) { return (one * other).flatten(1).mean(1); };
      ones_squared.push_back(mean_with(one));
      errors.push_back(mean_with(weighted(problem, problem.target - fields[i])));
    }
    const auto weight = torch::cat(ones_squared).to(torch::kDouble).unsqueeze(1);
    const auto error = torch::cat(errors).to(torch::kDouble).unsqueeze(1);
    const auto features = torch::cat({output.features.to(torch::kDouble), torch::ones_like(weight)}, 1);
    const auto product = features.t().mm(torch::cat({weight * features, error, error.square()}, 1));
    sums = sums.defined() ? sums + product : product;
  }
  sums = summed(sums, model, ranks);
  const auto unknowns = sums.size(0);
  const auto noise = sums[unknowns - 1][unknowns + 1] / static_cast<double>(batches * size); // of one sample, squared
  const auto matrix =
      sums.narrow(1, 0, unknowns) + torch::eye(unknowns, torch::kDouble) * (noise / (deviation * deviation));
  const auto change = torch::linalg_solve(matrix, sums.select(1, unknowns));
  model.network()->add_to_constant(change.narrow(0, 0, unknowns - 1), change[unknowns - 1].item<double>());
}

} // namespace stint
