#include "src/train/input.hpp"

#include "src/files/digest.hpp"
#include "src/program/errors.hpp"
#include "src/program/numbers.hpp"
#include "src/train/ensemble_survey.hpp"
#include "src/train/ensemble_windows.hpp"

#include <fmt/format.h>

#include <cmath>

namespace stint {
namespace {

constexpr std::int64_t most_held_out = 8192; // of a file larger than memory
constexpr std::int64_t share_held_out = 8;   // 1 / share of the memory

Layout layout_of(const EnsembleReader& ensemble, const Kind& kind) {
  return {.geometry = ensemble.geometry(), .channels = ensemble.channels(), .boundary = kind.boundary};
}

std::span<float> numbers(const torch::Tensor& configurations) {
  return {configurations.data_ptr<float>(), static_cast<std::size_t>(configurations.numel())};
}

/// An attribute that is a text or a number.
std::string note_of(const hdf5::File& file, const std::string& name) {
  if (file.attribute_kind(name) == hdf5::Kind::text)
    return file.attribute<std::string>(name);
  return fmt::format("{}", file.attribute<double>(name));
}

/// What the kind makes its prior of; `sample` tells about where the data are.
PriorRequest request_of(const EnsembleReader& ensemble, const Kind& kind, const TrainingInputOptions& options,
                        const torch::Tensor& sample) {
  PriorRequest request{.layout = layout_of(ensemble, kind),
                       .couplings = {},
                       .tilting = options.tilting,
                       .use_action = options.use_action,
                       .mirror = options.mirror,
                       .sample = sample};
  if (const auto& theory = ensemble.header().theory)
    request.couplings = {{"mass2", theory->mass2},
                         {"lambda", theory->lambda},
                         {"field", theory->field},
                         {"quadratic", theory->quadratic}};
  for (const auto& name : kind.notes)
    if (ensemble.file().has_attribute(name))
      request.notes[name] = note_of(ensemble.file(), name);
  return request;
}

TrainingInput read_all(const EnsembleReader& ensemble, const Kind& kind, const TrainingInputOptions& options,
                       std::int64_t training) {
  constexpr std::int64_t block = 1024; // bounds the memory of copies
  const auto configurations = torch::empty(layout_of(ensemble, kind).shape(ensemble.size()), torch::kFloat);
  ensemble.read<float>(0, numbers(configurations));
  Digest digest;
  digest.append(std::as_bytes(numbers(configurations)));
  const auto to_learn = configurations.narrow(0, 0, training);
  auto data = std::make_shared<WholeEnsemble>(to_learn);
  auto prior = checked([&] {
    const auto fit = kind.fit(request_of(ensemble, kind, options, to_learn));
    for (const auto& some : to_learn.split(block))
      fit->add(some);
    const auto choice = data->choice(0, 0);
    const auto sums = [](std::span<const double> values) {
      return torch::tensor(at::ArrayRef<double>(values.data(), values.size()), torch::kDouble);
    };
    auto result = fit->prior(sums(choice.field), sums(choice.square));
    check_tilts(options.law(*result), choice);
    return result;
  });
  return {.data = std::move(data),
          .held_out = std::make_shared<WholeEnsemble>(configurations.narrow(0, training, ensemble.size() - training)),
          .prior = std::move(prior),
          .digest = digest.text()};
}

/// Evenly spaced among those from `first` on.
torch::Tensor read_some(const EnsembleReader& ensemble, const Kind& kind, std::int64_t first, std::int64_t count) {
  const auto configurations = torch::empty(layout_of(ensemble, kind).shape(count), torch::kFloat);
  const std::int64_t size = ensemble.values_per_configuration();
  for (std::int64_t i = 0; i < count; ++i)
    ensemble.read<float>(first + (ensemble.size() - first) * i / count,
                         numbers(configurations).subspan(i * size, size));
  return configurations;
}

TrainingInput open_windows(const Mpi& mpi, const EnsembleReader& ensemble, const Kind& kind,
                           const TrainingInputOptions& options, std::int64_t training, std::int64_t memory,
                           std::mutex& files) {
  const std::int64_t bytes = ensemble.values_per_configuration() * static_cast<std::int64_t>(sizeof(float));
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
  const auto layout = layout_of(ensemble, kind);
  auto survey = survey_ensemble(
      mpi, ensemble, layout, training,
      [&](const torch::Tensor& sample) {
        return checked([&] { return kind.fit(request_of(ensemble, kind, options, sample)); });
      },
      options.show_progress);
  checked([&] {
    return check_tilts(options.law(*survey.prior), {{}, survey.sums.field, survey.sums.square},
                       static_cast<double>(plan.blocks() * plan.rows()) / static_cast<double>(training));
  });
  const std::int64_t held_out = std::min(ensemble.size() - training, most_held_out);
  // A batch that cannot be divided among the ranks is refused by the trainer.
  const std::int64_t first = options.batch * mpi.rank() / mpi.size();
  const std::int64_t last = std::max(first + 1, options.batch * (mpi.rank() + 1) / mpi.size());
  return {.data = std::make_shared<EnsembleWindows>(ensemble, plan, first, last, files),
          .held_out = std::make_shared<WholeEnsemble>(read_some(
              ensemble, kind, training, std::clamp<std::int64_t>(memory / share_held_out / bytes, 1, held_out))),
          .prior = std::move(survey.prior),
          .digest = std::move(survey.digest),
          .window = options.memory};
}

/// The configurations to train on: the first ones.
std::int64_t training_size(const EnsembleReader& ensemble, const TrainingInputOptions& options) {
  const std::int64_t size = ensemble.size();
  const auto held_out =
      std::max<std::int64_t>(1, std::llround(options.validation_fraction * static_cast<double>(size)));
  if (held_out >= size)
    throw UsageError(fmt::format("{} has {}, too few to learn from", ensemble.path(), counted(size, "configuration")));
  return size - held_out;
}

double bytes_of(const EnsembleReader& ensemble) {
  return static_cast<double>(ensemble.size()) * static_cast<double>(ensemble.values_per_configuration()) *
         sizeof(float);
}

TrainingInput read_several(const std::vector<EnsembleReader>& ensembles, const Kind& kind,
                           const TrainingInputOptions& options) {
  const auto& first = ensembles.front();
  if (!kind.join)
    throw UsageError(fmt::format("{} is of kind '{}', of which one model learns one ensemble; give one with --data",
                                 first.path(), kind.name));
  double bytes = 0;
  for (const auto& ensemble : ensembles) {
    if (ensemble.header().kind != kind.name || ensemble.geometry() != first.geometry())
      throw UsageError(fmt::format("{} is of kind '{}' on the lattice {}, {} of kind '{}' on {}; a model learns "
                                   "ensembles of one kind and lattice",
                                   ensemble.path(), ensemble.header().kind, ensemble.geometry().text(), first.path(),
                                   kind.name, first.geometry().text()));
    bytes += bytes_of(ensemble);
  }
  if (bytes > options.memory * 0x1p30)
    throw UsageError(fmt::format("--memory {}: several ensembles are read as a whole and need {:.2g} GiB; use more",
                                 options.memory, bytes / 0x1p30));
  std::vector<std::shared_ptr<TrainingData>> data, held_out;
  std::vector<std::unique_ptr<Prior>> priors;
  Digest digest;
  for (const auto& ensemble : ensembles) {
    auto one = read_all(ensemble, kind, options, training_size(ensemble, options));
    data.push_back(std::move(one.data));
    held_out.push_back(std::move(one.held_out));
    priors.push_back(std::move(one.prior));
    digest.append(std::as_bytes(std::span(one.digest)));
  }
  return {.data = std::make_shared<SeveralEnsembles>(std::move(data)),
          .held_out = std::make_shared<SeveralEnsembles>(std::move(held_out)),
          .prior = checked([&] { return kind.join(priors); }),
          .digest = digest.text()};
}

} // namespace

TrainingInput read_training_input(const Mpi& mpi, const std::vector<EnsembleReader>& ensembles, const Kind& kind,
                                  const TrainingInputOptions& options, std::mutex& files) {
  if (ensembles.size() > 1)
    return read_several(ensembles, kind, options);
  const auto& ensemble = ensembles.front();
  const double memory = options.memory * 0x1p30;
  const auto training = training_size(ensemble, options);
  return bytes_of(ensemble) <= memory
             ? read_all(ensemble, kind, options, training)
             : open_windows(mpi, ensemble, kind, options, training, static_cast<std::int64_t>(memory), files);
}

} // namespace stint
