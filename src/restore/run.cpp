#include "src/restore/run.hpp"

#include "generative/images/restoration/methods.hpp"
#include "generative/images/restoration/quality.hpp"
#include "src/sample/continuation.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace stint {
namespace {

/// A batch of images, degraded.
struct Batch {
  std::int64_t first;
  Problem problem;
  torch::Tensor truth, observed;
};

class ProblemRun {
public:
  ProblemRun(const Restorer& restorer, const RestoreSettings& settings, const std::string& problem,
             const EnsembleReader& data, std::uint64_t seed, const StopRequest& stop, Answers& answers)
      : restorer_(restorer), settings_(settings), problem_(problem), data_(data), seed_(seed), answers_(answers) {
    drift_ = stoppable(restorer.source.drift, stop);
    if (restorer.regressor)
      regressor_ = stoppable(restorer.regressor->drift, stop);
  }

  ProblemResult operator()() {
    ProblemResult result{.problem = problem_};
    const auto batches = batches_of(0, settings_.images);
    result.sigma = batches.front().problem.sigma;
    std::vector<torch::Tensor> truth, observed;
    for (const auto& batch : batches) {
      truth.push_back(batch.truth);
      observed.push_back(batch.observed);
    }
    result.truth = torch::cat(truth);
    result.restorations.push_back(
        {.method = "degraded", .images = torch::cat(observed), .evaluations = 0, .seconds = 0});
    if (settings_.wants("mean"))
      result.restorations.push_back(each("mean", batches, [&](const Batch& batch) { return mean(drift_, batch); }));
    if (regressor_)
      result.restorations.push_back(
          each("regressor", batches, [&](const Batch& batch) { return mean(regressor_, batch); }));
    if (settings_.wants("sample"))
      add_draws(each("sample", batches, [&](const Batch& batch) { return drawn(batch); }), result);
    for (const auto& row : peer_rows())
      if (settings_.wants(row.name)) {
        const Peer peer = settings_.tune > 0 ? tuned(row, result.tuned) : row.candidates(problem_).front();
        result.restorations.push_back(each(row.name, batches, [&](const Batch& batch) { return ask(peer, batch); }));
        result.restorations.back().settings = peer.settings;
      }
    return result;
  }

private:
  static Drift stoppable(const Drift& drift, const StopRequest& stop) {
    return [&drift, &stop](const Pair& pair, const torch::Tensor& x) {
      if (stop.made())
        throw Interrupted();
      return drift(pair, x);
    };
  }

  std::vector<Batch> batches_of(std::int64_t begin, std::int64_t end) const {
    const Layout& layout = restorer_.source.layout;
    std::vector<Batch> batches;
    for (std::int64_t first = begin; first < end; first += settings_.batch) {
      const auto count = std::min(settings_.batch, end - first);
      auto truth = torch::empty(layout.shape(count), torch::kFloat);
      data_.read<float>(first, {truth.data_ptr<float>(), static_cast<std::size_t>(truth.numel())});
      auto problem = make_problem(problem_, settings_.problems, layout, seed_, first, count);
      auto observed = degrade(problem, layout, truth, seed_, first);
      batches.push_back({first, std::move(problem), std::move(truth), std::move(observed)});
    }
    return batches;
  }

  /// Asks a method batch by batch; images of draws are joined along their second direction.
  template<class Ask> Restoration each(const std::string& method, const std::vector<Batch>& batches, Ask ask) {
    std::vector<torch::Tensor> images;
    double evaluations = 0, seconds = 0;
    for (const auto& batch : batches) {
      auto answer = answers_.next(fmt::format("{} {}", problem_, method), key_of(method, batch), batch.truth.size(0),
                                  [&] { return finite(ask(batch), method, batch); });
      evaluations += answer.evaluations * static_cast<double>(batch.truth.size(0));
      seconds += answer.seconds;
      images.push_back(std::move(answer.images));
    }
    const auto all = static_cast<double>(batches.back().first + batches.back().truth.size(0) - batches.front().first);
    return {.method = method,
            .images = torch::cat(images, images.front().dim() - 4),
            .evaluations = evaluations / all,
            .seconds = seconds / all};
  }

  /// Tells an answer from all others, those of other models and images too.
  std::string key_of(const std::string& method, const Batch& batch) const {
    return fmt::format("{}, {}, images from {}, {}, {}", problem_, method, batch.first, digest_of({batch.truth}),
                       restorer_.models_digest);
  }

  Answer finite(Answer answer, const std::string& method, const Batch& batch) const {
    if (!answer.images.isfinite().all().item<bool>())
      throw std::runtime_error(fmt::format("{} of problem {} made numbers that are not finite of the images {} to {}",
                                           method, problem_, batch.first, batch.first + batch.truth.size(0) - 1));
    return answer;
  }

  Answer mean(const Drift& drift, const Batch& batch) const {
    return {posterior_mean(drift, batch.problem.task, batch.observed, restorer_.device), 1};
  }

  Answer drawn(const Batch& batch) const {
    const DrawOptions options{
        .reference = restorer_.source.reference, .steps = settings_.steps, .device = restorer_.device};
    const auto draws = draw(drift_, restorer_.source.layout, batch.problem, batch.observed, settings_.draws, options,
                            seed_, batch.first);
    return {draws.images, draws.evaluations};
  }

  Answer ask(const Peer& peer, const Batch& batch) const {
    Flow flow(drift_);
    const auto count = batch.truth.size(0);
    const Normals normals = [&](std::int64_t i) {
      return noise(restorer_.source.layout, seed_, Purpose::restoration, i, batch.first, count).to(restorer_.device);
    };
    const auto images =
        peer.restore(flow, batch.problem.to(restorer_.device), batch.observed.to(restorer_.device), normals);
    return {images.to(torch::kFloat).cpu(), flow.passes() / static_cast<double>(count)};
  }

  /// The first draw, the means of 4 and of all.
  void add_draws(const Restoration& draws, ProblemResult& result) const {
    const auto number = draws.images.size(0);
    std::vector<std::int64_t> counts = {1, 4, number};
    std::erase_if(counts, [&](std::int64_t count) { return count > number; });
    counts.erase(std::ranges::unique(counts).begin(), counts.end());
    for (const std::int64_t count : counts) {
      const std::string name = count == 1 ? "sample" : fmt::format("sample-mean-{}", count);
      Restoration row{.method = name,
                      .images = draws.images.narrow(0, 0, count).mean(0),
                      .evaluations = draws.evaluations * static_cast<double>(count),
                      .seconds = draws.seconds * static_cast<double>(count) / static_cast<double>(number),
                      .settings = fmt::format("{} steps", settings_.steps)};
      if (count == 1 && number > 1)
        row.calibration_of = calibration(draws.images, result.truth);
      result.restorations.push_back(std::move(row));
    }
    if (number > 1)
      result.deviation = draws.images.std(0, /*unbiased=*/true);
  }

  /// The sum over the images of a batch.
  double psnr_of_tuning(const PeerRow& row, const Peer& candidate, const Batch& batch) {
    const auto key = key_of(fmt::format("{} with {}", row.name, candidate.settings), batch);
    const auto answer = answers_.next(fmt::format("{} {}, tuning", problem_, row.name), key, batch.truth.size(0),
                                      [&] { return ask(candidate, batch); });
    return psnr(answer.images, batch.truth).sum().item<double>();
  }

  /// The settings that restore the images after the tested ones best.
  Peer tuned(const PeerRow& row, std::vector<std::string>& lines) {
    const auto batches = batches_of(settings_.images, settings_.images + settings_.tune);
    const auto candidates = row.candidates(problem_);
    std::vector<double> found;
    for (const auto& candidate : candidates) {
      double sum = 0;
      for (const auto& batch : batches)
        sum += psnr_of_tuning(row, candidate, batch);
      found.push_back(std::isfinite(sum) ? sum / static_cast<double>(settings_.tune) : -INFINITY);
    }
    const auto best = std::ranges::max_element(found) - found.begin();
    lines.push_back(fmt::format("{}: {}, {:.2f} dB on {} other images; default {}, {:.2f} dB; {} tried", row.name,
                                candidates[best].settings, found[best], settings_.tune, candidates.front().settings,
                                found.front(), candidates.size()));
    return candidates[best];
  }

  const Restorer& restorer_;
  const RestoreSettings& settings_;
  const std::string& problem_;
  const EnsembleReader& data_;
  std::uint64_t seed_;
  Answers& answers_;
  Drift drift_, regressor_;
};

} // namespace

ProblemResult restore(const Restorer& restorer, const RestoreSettings& settings, const std::string& problem,
                      const EnsembleReader& data, std::uint64_t seed, const StopRequest& stop, Answers& answers) {
  return ProblemRun(restorer, settings, problem, data, seed, stop, answers)();
}

std::int64_t work_of(const RestoreSettings& settings) {
  std::int64_t images = 0;
  for (const auto& problem : settings.problem_names()) {
    for (const bool wanted : {settings.wants("mean"), settings.wants("sample"), !settings.regressor.empty()})
      images += wanted ? settings.images : 0;
    for (const auto& row : peer_rows())
      if (settings.wants(row.name))
        images += settings.images + settings.tune * std::ssize(row.candidates(problem));
  }
  return images;
}

} // namespace stint
