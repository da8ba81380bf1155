#include "generative/training/regression.hpp"

#include "generative/phi4/action.hpp"
#include "generative/phi4/estimate.hpp"

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

/// Part of a batch on the device of the model.
struct Example {
  Pair pair;
  torch::Tensor signal, target; ///< of E[x1 | signal]

  Example(const Model& model, const BatchPart& part)
      : pair{part.observation.pair.alpha.to(model.device()), part.observation.pair.beta.to(model.device())} {
    constexpr bool non_blocking = true; // the host need not wait for copies of its own memory
    signal = part.observation.signal.to(model.device(), non_blocking);
    const auto x1 = part.x1.to(model.device(), non_blocking);
    const auto& description = model.description();
    const auto force =
        description.moments.force_spectrum.defined() ? phi4_force(description.learned_theory(), x1) : torch::Tensor();
    target = training_target(description.moments, pair, signal, x1, force, description.symmetric);
  }
};

Problem pose(const Model& model, const BatchPart& part) {
  const torch::NoGradGuard constant;
  const auto [pair, signal, target] = Example(model, part);
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
  const auto outputs = network ? model.evaluate(problems.planes, problems.numbers).split_with_sizes(problems.counts)
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

/// Least squares of a table of numbers.
struct LeastSquares {
  torch::Tensor matrix, right, samples;

  LeastSquares(std::int64_t points, torch::Device device)
      : matrix(torch::zeros({points, points}, torch::TensorOptions(torch::kDouble).device(device))),
        right(torch::zeros({points}, matrix.options())), samples(torch::zeros({}, matrix.options())) {}

  /// Values that count with these weights, (N).
  void add(const GridWeights& at, const torch::Tensor& values, const torch::Tensor& weights) {
    at.add_to_normal_equations(matrix, right, weights, values);
    samples += values.size(0);
  }

  /// The table, float32 on the CPU, of the samples of all ranks and, at every point, some with the value 0.
  torch::Tensor solution(const Model& model, const c10::intrusive_ptr<c10d::ProcessGroup>& ranks) const {
    constexpr double prior = 4; // of those
    const auto all = summed(matrix, model, ranks), sums = summed(right, model, ranks);
    const auto count = summed(samples, model, ranks);
    auto result = torch::zeros(sums.sizes(), torch::kDouble);
    const auto met = all.diagonal().nonzero().flatten();
    if (met.numel() > 0) {
      const auto ridge = prior / count * all.diagonal().sum() * torch::eye(met.size(0), torch::kDouble);
      result.index_put_(
          {met}, torch::linalg_solve(all.index_select(0, met).index_select(1, met) + ridge, sums.index_select(0, met)));
    }
    return result.to(torch::kFloat);
  }
};

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

std::optional<Calibration> calibrate(Model& model, const TrainingLaw& law, std::uint64_t seed, std::int64_t first,
                                     std::int64_t batches, std::int64_t size,
                                     const c10::intrusive_ptr<c10d::ProcessGroup>& ranks,
                                     const std::function<bool(std::int64_t done)>& go_on) {
  const torch::NoGradGuard constant;
  const Share share(size, ranks);
  const auto device = model.device();
  const auto& moments = model.description().moments;
  if (!moments.magnetisation.known() || !model.description().families.cover(Basis::any()))
    return Calibration{};
  LeastSquares zero_mode(Calibration::zero_mode_points, device);
  std::vector<LeastSquares> shells;
  for (int i = 0; i < Model::shell_count(); ++i)
    shells.emplace_back(Calibration::shell_points, device);
  LawOptions options = law.options();
  options.families = {};
  options.tilted_fraction = 1; // what is known of M holds in a field too, which reaches where M is large
  const TrainingLaw tilted_law = law.with(options);
  options.tilted_fraction = 0;
  const TrainingLaw own_law = law.with(options);
  for (std::int64_t b = 0; b < batches; ++b) {
    if (b > 0 && !go_on(b))
      return std::nullopt;
    const auto batch =
        (b % 2 == 0 ? own_law : tilted_law).draw(seed, Purpose::training, first + b, share.first, share.count, size);
    const BatchPart& part = batch.front();
    const double quadratic = part.quadratic[0].item<double>(); // the same for all
    Moments tilted = moments;
    tilted.magnetisation = moments.magnetisation.tilted(quadratic);
    const auto [pair, signal, target] = Example(model, part);
    const auto in = model.inputs(pair, signal);
    const auto answer = model.answer(in);
    const auto at = model.standing(pair, signal, in.estimate, quadratic, tilted);
    const auto missed = (answer.flatten(1).mean(1) - at.magnetisation) / model.magnetisation_deviation();
    zero_mode.add(at.zero_mode, missed, torch::ones_like(missed));
    const auto energies = model.shell_products(in.estimate, in.estimate).unbind(1);
    const auto excesses = model.shell_products(in.estimate, answer - target).unbind(1);
    for (std::size_t i = 0; i < shells.size(); ++i)
      shells[i].add(at.shells, excesses[i] / energies[i].clamp_min(std::numeric_limits<float>::min()), energies[i]);
  }
  std::vector<torch::Tensor> of_shells;
  for (const auto& equations : shells)
    of_shells.push_back(equations.solution(model, ranks));
  return Calibration{zero_mode.solution(model, ranks).to(device), torch::stack(of_shells, 1).to(device)};
}

} // namespace stint
