#include "generative/training/regression.hpp"

namespace stint {
namespace {

/// What the network is asked for one part of a batch.
struct Problem {
  Look look;
  torch::Tensor target; ///< of the network, (n, C, L1, ..., Ld)
  Basis basis = Basis::any();
  torch::Tensor weights; ///< of the coordinates, undefined if all are equal
};

/// Part of a batch on the device of the model.
struct Example {
  const Prior& prior; ///< of its law
  Pair pair;
  torch::Tensor signal, target; ///< of E[x1 | signal]

  Example(const Model& model, const BatchPart& part)
      : prior(model.prior().law(part.law)), pair{part.observation.pair.alpha.to(model.device()),
                                                 part.observation.pair.beta.to(model.device())} {
    constexpr bool non_blocking = true; // the host need not wait for copies of its own memory
    signal = part.observation.signal.to(model.device(), non_blocking);
    target = prior.target(pair, signal, part.x1.to(model.device(), non_blocking));
  }
};

Problem pose(const Model& model, const BatchPart& part) {
  const torch::NoGradGuard constant;
  const auto [prior, pair, signal, target] = Example(model, part);
  auto look = model.look(pair, signal, prior);
  const auto residual = look.deviation.inverse()(target - look.estimate);
  const Basis basis = *diagonal_basis(pair);
  Problem problem{std::move(look), residual, basis, {}};
  problem.weights = prior.loss_weights(pair, problem.look);
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
      all_planes.push_back(parts.back().look.planes);
      all_numbers.push_back(parts.back().look.numbers);
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

/// The samples of a batch of `size` that a rank has.
SampleRange share_of(std::int64_t size, const c10::intrusive_ptr<c10d::ProcessGroup>& ranks) {
  const std::int64_t parts = ranks ? ranks->getSize() : 1, part = ranks ? ranks->getRank() : 0;
  const std::int64_t first = size * part / parts;
  return {first, size * (part + 1) / parts - first};
}

/// Sums over ranks.
SumOverRanks sum_over(const c10::intrusive_ptr<c10d::ProcessGroup>& ranks, torch::Device device) {
  return [ranks, device](const torch::Tensor& sums) {
    if (!ranks || ranks->getSize() == 1)
      return sums;
    std::vector<torch::Tensor> shared = {sums.to(device, /*non_blocking=*/false, /*copy=*/true)};
    ranks->allreduce(shared)->wait();
    return shared[0];
  };
}

ValidationLoss mean_losses(Model& model, const TrainingLaw& law, std::uint64_t seed, std::int64_t batches,
                           std::int64_t size, const c10::intrusive_ptr<c10d::ProcessGroup>& ranks, bool network) {
  const torch::NoGradGuard constant;
  const SampleRange share = share_of(size, ranks);
  const std::size_t families = law.options().families.size();
  auto sums = torch::zeros({2, static_cast<std::int64_t>(families)}, torch::kDouble); // of losses and samples
  for (std::int64_t b = 0; b < batches && share.count > 0; ++b)
    for (const auto& of_part : side_by_side(share, model.device(), [&](const SampleRange& samples) {
           const Batch batch = law.draw(seed, Purpose::validation, b, samples, size);
           const auto losses = losses_by_part(model, batch, network);
           auto of_samples = torch::zeros_like(sums);
           for (std::size_t i = 0; i < batch.size(); ++i) {
             const auto loss = losses[i].to(torch::kCPU, torch::kDouble);
             of_samples[0].index_add_(0, batch[i].families, loss);
             of_samples[1].index_add_(0, batch[i].families, torch::ones_like(loss));
           }
           return of_samples;
         }))
      sums += of_part;
  sums = sum_over(ranks, model.device())(sums).cpu();
  ValidationLoss loss;
  loss.total = (sums[0].sum() / static_cast<double>(batches * size)).item<double>();
  for (std::int64_t family = 0; family < sums.size(1); ++family) // 0 / 0 = NaN
    loss.of_family.push_back((sums[0][family] / sums[1][family]).item<double>());
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

ValidationLoss prior_loss(Model& model, const TrainingLaw& law, std::uint64_t seed, std::int64_t batches,
                          std::int64_t size, const c10::intrusive_ptr<c10d::ProcessGroup>& ranks) {
  return mean_losses(model, law, seed, batches, size, ranks, false);
}

bool fit_correction(Model& model, const TrainingLaw& law, std::uint64_t seed, std::int64_t first, std::int64_t batches,
                    std::int64_t size, const c10::intrusive_ptr<c10d::ProcessGroup>& ranks,
                    const std::function<bool(std::int64_t done)>& go_on) {
  const torch::NoGradGuard constant;
  std::vector<std::unique_ptr<CorrectionFit>> fits; // of each law
  for (std::int64_t number = 0; number < model.prior().laws(); ++number)
    fits.push_back(model.prior().law(number).correction_fit());
  if (!fits.front() || !model.description().families.cover(Basis::any()))
    return true;
  const SampleRange share = share_of(size, ranks);
  LawOptions options = law.options();
  options.families = FamilyLaw::parse("scalar", model.prior().families());
  options.tilted_fraction = 1; // what is known exactly holds under tilts too, which reach where the data hardly go
  const TrainingLaw tilted_law = law.with(options);
  options.tilted_fraction = 0;
  const TrainingLaw own_law = law.with(options);
  for (std::int64_t b = 0; b < batches; ++b) {
    if (b > 0 && !go_on(b))
      return false;
    struct Answered {
      Example example;
      Look look;
      torch::Tensor answer;
      double k2_below;
      std::int64_t law;
    };
    const TrainingLaw& now = b % 2 == 0 ? own_law : tilted_law;
    const auto parts = side_by_side(share, model.device(), [&](const SampleRange& samples) {
      std::vector<Answered> answered;
      for (const auto& part : now.draw(seed, Purpose::training, first + b, samples, size)) {
        Example example(model, part);
        auto look = model.look(example.pair, example.signal, example.prior);
        auto answer = model.answer(look);
        answered.push_back({std::move(example), std::move(look), std::move(answer), part.k2_below[0].item<double>(),
                            part.law}); // one tilt for all
      }
      return answered;
    });
    for (const auto& answered : parts)
      for (const auto& [example, look, answer, k2_below, number] : answered)
        fits[number]->add(example.pair, example.signal, example.target, look, answer, k2_below);
  }
  for (std::int64_t number = 0; number < std::ssize(fits); ++number)
    fits[number]->finish(model.prior().law(number), sum_over(ranks, model.device()));
  return true;
}

} // namespace stint
