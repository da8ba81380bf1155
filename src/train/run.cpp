#include "src/train/run.hpp"

#include "generative/training/regression.hpp"
#include "src/program/command.hpp"
#include "src/program/errors.hpp"
#include "src/program/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <limits>

namespace stint {
namespace {

constexpr std::int64_t validation_batches = 8, validation_batch = 128; // samples of one validation
constexpr std::int64_t most_skipped_in_a_row = 10;

std::string memory_text(double window) {
  return window == 0 ? "with all data in memory" : fmt::format("with --memory {}", window);
}

/// What a resumed run must have in common with the interrupted one beyond its options, which files/same_run.hpp
/// compares.
void check_same_run(const TrainingRecord& was, const TrainingRecord& is, const std::string& path) {
  const auto same = [&path](const char* what, const auto& before, const auto& now) {
    if (before != now)
      throw UsageError(fmt::format(
          "--resume: {} was made with {} {}, not {}; repeat the options of the interrupted run or remove it", path,
          what, before, now));
  };
  if (was.window != is.window)
    throw UsageError(fmt::format("--resume: {} was made {}, not {}; use the --memory of the interrupted run", path,
                                 memory_text(was.window), memory_text(is.window)));
  same("data of digest", was.data_digest, is.data_digest);
  same("--precision", was.precision, is.precision);
}

} // namespace

TrainingRun::TrainingRun(const Mpi& mpi, const Kinds& kinds, TrainingRunOptions options, Provenance provenance,
                         Model& model, Trainer& trainer, const TrainingLaw& validation_law, std::mutex& files,
                         TrainingRecord record)
    : mpi_(mpi), kinds_(kinds), options_(std::move(options)), provenance_(std::move(provenance)), model_(model),
      trainer_(trainer), validation_law_(validation_law), files_(files), record_(std::move(record)),
      stop_(options_.time_limit) {}

void TrainingRun::resume() {
  const ModelReader checkpoint(checkpoint_path(), kinds_);
  check_same_run(checkpoint.record(), record_, checkpoint_path());
  checkpoint.read(trainer_.state());
  record_ = checkpoint.record();
  trainer_.set_steps(record_.steps_done, record_.steps_skipped);
}

void TrainingRun::train() {
  const std::int64_t steps = record_.options.steps, start = trainer_.steps_done();
  if (start == 0)
    validate();
  const auto asked_to_stop = [&] {
    std::array<std::int64_t, 1> stops = {stop_.made() ? 1 : 0}; // ranks that want to stop
    mpi_.sum(stops);
    return stops[0] > 0;
  };
  const auto stop = [&](const std::string& where) {
    write(checkpoint_path(), true, trainer_.state());
    throw StoppedEarly(fmt::format("stopped {}; {} is written, continue with --resume", where, checkpoint_path()));
  };
  const bool visible = options_.show_progress && mpi_.root();
  if (start < steps) {
    Progress progress("train", steps - start, "steps", visible);
    for (std::int64_t done = start; done < steps;) {
      const auto begin = std::chrono::steady_clock::now();
      const auto loss = trainer_.step();
      record_step(loss, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
      done = trainer_.steps_done();
      const bool stopping = asked_to_stop();
      if (done % options_.validate_every == 0 || done == steps)
        validate();
      progress.update(done - start, mpi_.root() ? note() : "");
      if (done == steps)
        break;
      if (stopping)
        stop(fmt::format("after {} of {} steps", done, steps));
      if (done % options_.checkpoint_every == 0)
        write(checkpoint_path(), true, trainer_.state());
    }
  }
  {
    Progress progress("train: mean correction", trainer_.correction_batches(), "batches", visible);
    const auto go_on = [&](std::int64_t done) {
      progress.update(done);
      return !asked_to_stop();
    };
    if (!trainer_.finish(go_on))
      stop(fmt::format("in the mean correction after {} steps", steps));
  }
  auto tensors = trainer_.state();
  std::erase_if(tensors, [](const auto& tensor) { return tensor.first.starts_with("optimizer/"); });
  check_usable(tensors);
  write(options_.output, options_.overwrite, tensors);
  if (mpi_.root())
    std::filesystem::remove(checkpoint_path());
}

/// A model that sampling would refuse is none.
void TrainingRun::check_usable(const Trainer::NamedTensors& tensors) const {
  const auto finite = [](const auto& named) { return named.second.isfinite().all().template item<bool>(); };
  if (std::ranges::all_of(tensors, finite) && std::ranges::all_of(model_.prior().state().tensors, finite) &&
      std::isfinite(record_.validation_loss.back()))
    return;
  throw CommonFailure(
      fmt::format("training ended with parameters or a loss that are not finite, and no model is written; "
                  "use a smaller --learning-rate than {} or --weight-decay than {}",
                  record_.options.learning_rate, record_.options.weight_decay));
}

void TrainingRun::record_step(std::optional<double> loss, double seconds) {
  const std::int64_t done = trainer_.steps_done();
  record_.steps_skipped = trainer_.steps_skipped();
  record_.skipped_in_a_row = loss ? 0 : record_.skipped_in_a_row + 1;
  if (record_.skipped_in_a_row == most_skipped_in_a_row)
    throw CommonFailure(fmt::format("loss or gradient was not finite in {} steps in a row, the last of them step {}; "
                                    "use a smaller --learning-rate than {}, or look for wrong values in {}",
                                    most_skipped_in_a_row, done, record_.options.learning_rate, record_.data_file));
  record_.loss_since_entry += loss.value_or(0);
  record_.taken_since_entry += loss ? 1 : 0;
  seconds_since_entry_ += seconds;
  ++timed_since_entry_;
  if (done % options_.report_every != 0 && done != record_.options.steps)
    return;
  const auto taken = static_cast<double>(record_.taken_since_entry);
  record_.step.push_back(static_cast<double>(done));
  record_.loss.push_back(taken > 0 ? record_.loss_since_entry / taken : std::numeric_limits<double>::quiet_NaN());
  record_.samples_per_second.push_back(static_cast<double>(timed_since_entry_ * record_.options.batch) /
                                       seconds_since_entry_);
  record_.loss_since_entry = seconds_since_entry_ = 0;
  record_.taken_since_entry = timed_since_entry_ = 0;
}

void TrainingRun::validate() {
  const auto seed = record_.options.seed;
  const auto& families = model_.description().families;
  const auto each_trained = [&](const ValidationLoss& loss, const auto& use) {
    for (std::size_t i = 0; i < families.size(); ++i)
      if (families.weight(i) > 0)
        use(families.family(i).name, loss.of_family[i]);
  };
  if (record_.prior_loss.empty())
    each_trained(prior_loss(model_, validation_law_, seed, validation_batches, validation_batch, trainer_.ranks()),
                 [&](const std::string& name, double loss) { record_.prior_loss[name] = loss; });
  trainer_.swap_average();
  record_.validation_step.push_back(static_cast<double>(trainer_.steps_done()));
  const auto loss =
      validation_loss(model_, validation_law_, seed, validation_batches, validation_batch, trainer_.ranks());
  record_.validation_loss.push_back(loss.total);
  each_trained(loss, [&](const std::string& name, double of_it) { record_.family_loss[name].push_back(of_it); });
  trainer_.swap_average();
}

std::string TrainingRun::note() const {
  std::string text;
  if (!record_.loss.empty())
    text = fmt::format("loss {:.4f}, held out {:.4f}, {:.0f} samples/s", record_.loss.back(),
                       record_.validation_loss.back(), record_.samples_per_second.back());
  if (record_.steps_skipped > 0)
    text += fmt::format("{}{} steps skipped", text.empty() ? "" : ", ", record_.steps_skipped);
  return text;
}

void TrainingRun::write(const std::string& path, bool overwrite, const Trainer::NamedTensors& tensors) {
  on_root(mpi_, [&] {
    const std::lock_guard lock(files_);
    record_.steps_done = trainer_.steps_done();
    Provenance provenance = provenance_;
    provenance.end_time = utc_now();
    write_model(path, overwrite, model_, record_, tensors, provenance);
  });
}

} // namespace stint
