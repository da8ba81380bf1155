#include "src/train/input.hpp"

#include "src/files/digest.hpp"
#include "src/program/errors.hpp"
#include "src/train/ensemble_survey.hpp"
#include "src/train/ensemble_windows.hpp"

#include <fmt/format.h>

#include <cmath>

namespace stint {
namespace {

constexpr std::int64_t most_held_out = 8192; // of a file larger than memory
constexpr std::int64_t share_held_out = 8;   // 1 / share of the memory

torch::Tensor empty_configurations(const EnsembleReader& ensemble, std::int64_t count) {
  std::vector<std::int64_t> shape = {count};
  shape.insert(shape.end(), ensemble.geometry().extents().begin(), ensemble.geometry().extents().end());
  return torch::empty(shape, torch::kFloat);
}

std::span<float> numbers(const torch::Tensor& configurations) {
  return {configurations.data_ptr<float>(), static_cast<std::size_t>(configurations.numel())};
}

TrainingInput read_all(const EnsembleReader& ensemble, const TrainingInputOptions& options, std::int64_t training) {
  const auto configurations = empty_configurations(ensemble, ensemble.size());
  ensemble.read<float>(0, numbers(configurations));
  Digest digest;
  digest.append(std::as_bytes(numbers(configurations)));
  const auto to_learn = configurations.narrow(0, 0, training);
  auto data = std::make_shared<WholeEnsemble>(to_learn);
  checked([&] { return check_tilts(options.law, data->choice(0, 0)); });
  return {.data = std::move(data),
          .held_out = configurations.narrow(0, training, ensemble.size() - training),
          .moments = measure_moments(to_learn, options.law.symmetric, options.theory, options.law.quadratic_top),
          .digest = digest.text()};
}

/// Evenly spaced among those from `first` on.
torch::Tensor read_some(const EnsembleReader& ensemble, std::int64_t first, std::int64_t count) {
  const auto configurations = empty_configurations(ensemble, count);
  const std::int64_t volume = ensemble.geometry().volume();
  for (std::int64_t i = 0; i < count; ++i)
    ensemble.read<float>(first + (ensemble.size() - first) * i / count,
                         numbers(configurations).subspan(i * volume, volume));
  return configurations;
}

TrainingInput open_windows(const Mpi& mpi, const EnsembleReader& ensemble, const TrainingInputOptions& options,
                           std::int64_t training, std::int64_t memory, std::mutex& files) {
  const std::int64_t bytes = ensemble.geometry().volume() * static_cast<std::int64_t>(sizeof(float));
  const std::int64_t of_sums = 2 * sizeof(double);
  WindowPlan plan = [&] {
    try {
      return WindowPlan(
          {.configurations = training, .bytes = bytes + of_sums, .batch = options.batch, .seed = options.seed},
          memory - memory / share_held_out);
    } catch (const std::invalid_argument& error) {
      throw UsageError(fmt::format("--memory {}: {}; use more", options.memory, error.what()));
    }
  }();
  auto survey = survey_ensemble(mpi, ensemble, training, options.law.symmetric, options.theory,
                                options.law.quadratic_top, options.show_progress);
  checked([&] {
    return check_tilts(options.law, {{}, survey.sums.field, survey.sums.square},
                       static_cast<double>(plan.blocks() * plan.rows()) / static_cast<double>(training));
  });
  const std::int64_t held_out = std::min(ensemble.size() - training, most_held_out);
  // A batch that cannot be divided among the ranks is refused by the trainer.
  const std::int64_t first = options.batch * mpi.rank() / mpi.size();
  const std::int64_t last = std::max(first + 1, options.batch * (mpi.rank() + 1) / mpi.size());
  return {.data = std::make_shared<EnsembleWindows>(ensemble, plan, first, last, files),
          .held_out =
              read_some(ensemble, training, std::clamp<std::int64_t>(memory / share_held_out / bytes, 1, held_out)),
          .moments = std::move(survey.moments),
          .digest = std::move(survey.digest),
          .window = options.memory};
}

} // namespace

TrainingInput read_training_input(const Mpi& mpi, const EnsembleReader& ensemble, const TrainingInputOptions& options,
                                  std::mutex& files) {
  const std::int64_t size = ensemble.size();
  const auto held_out =
      std::max<std::int64_t>(1, std::llround(options.validation_fraction * static_cast<double>(size)));
  if (held_out >= size)
    throw UsageError(fmt::format("{}: {} configurations are too few to learn from", ensemble.path(), size));
  const double memory = options.memory * 0x1p30;
  const double bytes = static_cast<double>(size) * static_cast<double>(ensemble.geometry().volume() * sizeof(float));
  return bytes <= memory
             ? read_all(ensemble, options, size - held_out)
             : open_windows(mpi, ensemble, options, size - held_out, static_cast<std::int64_t>(memory), files);
}

} // namespace stint
