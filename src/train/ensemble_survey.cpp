#include "src/train/ensemble_survey.hpp"

#include "src/files/digest.hpp"
#include "src/program/errors.hpp"
#include "src/program/progress.hpp"

#include <algorithm>
#include <array>

namespace stint {
namespace {

constexpr std::int64_t parts = 64, piece_bytes = 2 << 20;

} // namespace

EnsembleSurvey survey_ensemble(const Mpi& mpi, const EnsembleReader& ensemble, const Layout& layout,
                               std::int64_t training, const MakeFit& make_fit, bool show_progress) {
  const std::int64_t numbers = layout.numbers(), size = ensemble.size();
  const std::int64_t rows =
      std::max<std::int64_t>(1, piece_bytes / (numbers * static_cast<std::int64_t>(sizeof(float))));
  const auto first_of = [size](std::int64_t part) { return size * part / parts; };
  const auto begin = parts * mpi.rank() / mpi.size(), end = parts * (mpi.rank() + 1) / mpi.size();

  std::vector<float> memory(rows * numbers);
  const auto one = std::span(memory).first(numbers);
  ensemble.read<float>(0, one);
  const auto fit = make_fit(torch::from_blob(memory.data(), layout.shape(1), torch::kFloat));
  EnsembleSurvey survey;
  survey.sums.field.assign(training, 0);
  survey.sums.square.assign(training, 0);
  std::array<std::int64_t, parts> digests{};
  auto shape = layout.shape(0);
  Progress progress(ensemble.path(), first_of(end) - first_of(begin), "configurations", show_progress && mpi.root());
  for (auto part = begin; part < end; ++part) {
    Digest digest;
    for (auto first = first_of(part); first < first_of(part + 1); first += rows) {
      const auto n = std::min(rows, first_of(part + 1) - first);
      const auto piece = std::span(memory).first(n * numbers);
      ensemble.read<float>(first, piece);
      digest.append(std::as_bytes(piece));
      progress.update(first + n - first_of(begin));
      shape[0] = std::min(n, training - first);
      if (shape[0] <= 0)
        continue;
      fit->add(torch::from_blob(memory.data(), shape, torch::kFloat));
      SiteSums sums;
      sums.append(piece.first(shape[0] * numbers), numbers);
      std::ranges::copy(sums.field, survey.sums.field.begin() + first);
      std::ranges::copy(sums.square, survey.sums.square.begin() + first);
    }
    digests[part] = static_cast<std::int64_t>(digest.value());
  }
  mpi.sum(digests);
  mpi.sum(survey.sums.field);
  mpi.sum(survey.sums.square);
  for (const auto& shared : fit->sums())
    mpi.sum(std::span(shared.data_ptr<double>(), static_cast<std::size_t>(shared.numel())));
  Digest all;
  all.append(std::as_bytes(std::span(digests)));
  survey.digest = all.text();
  survey.prior = checked([&] {
    return fit->prior(torch::tensor(survey.sums.field, torch::kDouble),
                      torch::tensor(survey.sums.square, torch::kDouble));
  });
  return survey;
}

} // namespace stint
