#include "src/sample/run.hpp"

#include "generative/solvers/solver.hpp"
#include "src/program/errors.hpp"
#include "src/program/options.hpp"
#include "src/program/pacemaker.hpp"
#include "src/program/progress.hpp"
#include "src/sample/ensemble.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

namespace stint {
namespace {

/// Rank 0's part that is being written, and the position.
class Recorder {
public:
  Recorder(const PartsFolder& folder, const EnsembleHeader& header, bool densities, const SamplePosition& position)
      : folder_(folder), header_(header), densities_(densities), position_(position) {}

  void append(const SampleRows& rows) {
    if (!part_)
      part_.emplace(folder_.part(position_.parts + 1), header_, densities_);
    part_->append(rows);
  }

  /// Finishes the part and writes the state that counts it.
  void checkpoint(SamplePosition position) {
    if (!part_)
      return;
    part_->commit();
    part_.reset();
    position.parts = ++position_.parts;
    write_position(folder_, header_, position);
  }

  std::int64_t parts() const { return position_.parts; }

private:
  const PartsFolder& folder_;
  const EnsembleHeader& header_;
  bool densities_;
  SamplePosition position_;
  std::optional<SamplePartWriter> part_;
};

/// The samples of a rank in a round: each rank makes one batch, the first of them rank 0.
struct Share {
  std::int64_t first, count;
};

Share share_of(std::int64_t begin, std::int64_t rank, const SampleRunSettings& settings) {
  const std::int64_t first = std::min(settings.samples, begin + settings.batch * rank);
  return {first, std::min(settings.samples, first + settings.batch) - first};
}

} // namespace

void SampleRunSettings::declare_run(Options& options) {
  options.value("batch", batch, "N",
                "configurations at a time; each rank makes one batch after another. Memory grows with it, and "
                "configurations depend on it, and on --threads, by rounding");
  options.flag(
      "resume", resume,
      "continue from OUTPUT.parts if it is there, or say that OUTPUT is complete; the configurations are those "
      "of a run that was never stopped");
  options.value("checkpoint-every", checkpoint_every, "SECONDS", "between finished parts in OUTPUT.parts");
  options.value("time-limit", time_limit, "SECONDS", "finish a part and exit with status 75 after this time",
                "no limit");
}

void SampleRunSettings::check() const {
  for (const auto& [option, value] : {std::pair{"samples", samples}, {"batch", batch}})
    if (value < 1)
      throw UsageError(fmt::format("--{} is {}, expected at least 1", option, value));
  if (!(checkpoint_every > 0))
    throw UsageError(fmt::format("--checkpoint-every is {}, expected more than 0 seconds", checkpoint_every));
  if (time_limit && *time_limit < 0)
    throw UsageError(fmt::format("--time-limit is {}, expected at least 0 seconds", *time_limit));
}

SampleReport run_samples(const Mpi& mpi, const SampleRunSettings& settings, const CommonOptions& common,
                         const EnsembleHeader& header, const PartsFolder& folder, bool resume, const StopRequest& stop,
                         const MakeSamples& make) {
  const std::int64_t values = header.values_per_configuration();
  const auto begin = std::chrono::steady_clock::now();
  SamplePosition position;
  std::optional<Recorder> recorder; // on rank 0
  on_root(mpi, [&] {
    if (resume) {
      position = read_position(folder);
      folder.remove_after(position.parts);
    } else {
      folder.clear();
    }
    recorder.emplace(folder, header, settings.weights, position);
  });
  mpi.broadcast(std::span(&position, 1));
  const double earlier_seconds = position.seconds;
  const auto seconds = [&] {
    return earlier_seconds + std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  const auto checkpoint = [&] {
    position.seconds = seconds();
    if (recorder)
      recorder->checkpoint(position);
  };

  const auto stop_now = [&](std::int64_t samples) {
    checkpoint();
    mpi.barrier(); // an error of rank 0 ends the others here
    throw StoppedEarly(fmt::format("stopped after {} of {} configurations; {} is written, continue with --resume",
                                   samples, settings.samples, folder.path()));
  };

  Pacemaker pacemaker(mpi, stop, settings.checkpoint_every);
  const std::int64_t start = position.samples;
  Progress progress("sample", settings.samples - start, "configurations", mpi.root() && !common.quiet);
  while (position.samples < settings.samples) {
    const Share mine = share_of(position.samples, mpi.rank(), settings);
    const std::int64_t end = share_of(position.samples, mpi.size(), settings).first;
    Samples made;
    std::array<std::int64_t, 1> interrupted = {0}; // ranks
    try {
      if (mine.count > 0)
        made = make(mine.first, mine.count);
    } catch (const Interrupted&) {
      interrupted[0] = 1;
    }
    mpi.sum(interrupted);
    if (interrupted[0] > 0)
      stop_now(position.samples);
    std::vector<float> configurations(mpi.root() ? (end - position.samples) * values : 0);
    mpi.gather_rows<float>(made.configurations, values, configurations);
    std::vector<double> log_density(mpi.root() && settings.weights ? end - position.samples : 0);
    if (settings.weights)
      mpi.gather_rows<double>(made.log_density, 1, log_density);
    std::vector<float> memory;
    if (settings.stop) { // rank 0 has samples in every round
      mpi.broadcast(std::span<std::int64_t>(made.parts_and_numbers));
      const std::int64_t numbers = made.parts_and_numbers[0] * made.parts_and_numbers[1];
      memory.resize(mpi.root() ? (end - position.samples) * numbers : 0);
      if (numbers > 0)
        mpi.gather_rows<float>(made.memory, numbers, memory);
    }
    const auto count = static_cast<double>(mine.count);
    std::array<double, 3> sums = {made.evaluations * count, made.acceptance * count, static_cast<double>(made.unmoved)};
    mpi.sum(sums);
    if (recorder)
      recorder->append({.configurations = configurations,
                        .log_density = log_density,
                        .memory = memory,
                        .parts_and_numbers = made.parts_and_numbers});
    position.evaluations += sums[0];
    position.acceptance += sums[1];
    position.unmoved += static_cast<std::int64_t>(sums[2]);
    position.samples = end;
    progress.update(end - start);
    if (end == settings.samples)
      break;
    const auto wish = pacemaker.ask();
    if (wish == Pacemaker::Wish::checkpoint)
      checkpoint();
    if (wish == Pacemaker::Wish::stop)
      stop_now(end);
  }
  checkpoint(); // a run that is killed from here on need not sample again
  const auto samples = static_cast<double>(settings.samples);
  SampleReport report{.evaluations = position.evaluations / samples,
                      .acceptance = position.acceptance / samples,
                      .unmoved = position.unmoved};
  if (recorder) {
    write_sample_ensemble(settings, common, header, folder, recorder->parts(), seconds, report);
    folder.clear();
  }
  mpi.barrier();
  return report;
}

} // namespace stint
