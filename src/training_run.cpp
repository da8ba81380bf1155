#include "src/training_run.hpp"

#include "src/command.hpp"
#include "src/errors.hpp"
#include "src/progress.hpp"

#include <fmt/format.h>

#include <array>
#include <filesystem>

namespace stint {
namespace {

constexpr std::int64_t validation_batches = 8, validation_batch = 128; // samples of one validation

/// A resumed run must be the run that was interrupted.
void check_same_run(const TrainingRecord& was, const TrainingRecord& is, const std::string& path) {
  const auto same = [&path](const char* what, const auto& before, const auto& now) {
    if (before != now)
      throw UsageError(fmt::format(
          "--resume: {} was made with {} {}, not {}; repeat the options of the interrupted run or remove it", path,
          what, before, now));
  };
  same("data of digest", was.data_digest, is.data_digest);
  same("--steps", was.options.steps, is.options.steps);
  same("--batch", was.options.batch, is.options.batch);
  same("--learning-rate", was.options.learning_rate, is.options.learning_rate);
  same("--warmup", was.options.warmup, is.options.warmup);
  same("--weight-decay", was.options.weight_decay, is.options.weight_decay);
  same("--gradient-clip", was.options.gradient_clip, is.options.gradient_clip);
  same("--average-decay", was.options.average_decay, is.options.average_decay);
  same("--seed", was.options.seed, is.options.seed);
  same("--field-range", was.law.field_range, is.law.field_range);
  same("--tilted-fraction", was.law.tilted_fraction, is.law.tilted_fraction);
  same("--precision", was.precision, is.precision);
}

} // namespace

TrainingRun::TrainingRun(const Mpi& mpi, TrainingRunOptions options, Provenance provenance, Model& model,
                         Trainer& trainer, const TrainingLaw& validation_law, TrainingRecord record)
    : mpi_(mpi), options_(std::move(options)), provenance_(std::move(provenance)), model_(model), trainer_(trainer),
      validation_law_(validation_law), record_(std::move(record)), stop_(options_.time_limit) {}

void TrainingRun::resume() {
  if (!std::filesystem::exists(checkpoint_path()))
    return;
  const ModelReader checkpoint(checkpoint_path());
  check_same_run(checkpoint.record(), record_, checkpoint_path());
  if (checkpoint.description().moments.force_spectrum.defined() !=
      model_.description().moments.force_spectrum.defined())
    throw UsageError(fmt::format("--resume: {} was made with another --target", checkpoint_path()));
  checkpoint.read(trainer_.state());
  record_ = checkpoint.record();
  trainer_.set_steps_done(record_.steps_done);
}

void TrainingRun::train() {
  const std::int64_t steps = record_.options.steps, start = trainer_.steps_done();
  if (start == 0)
    validate();
  {
    Progress progress("train", steps - start, "steps", options_.show_progress && mpi_.root());
    for (std::int64_t done = start; done < steps;) {
      const double loss = trainer_.step();
      done = trainer_.steps_done();
      // The mean of the ranks' losses, and whether any of them wants to stop.
      std::array<double, 2> shared = {loss / mpi_.size(), stop_.made() ? 1.0 : 0.0};
      mpi_.sum(shared);
      record_loss(shared[0]);
      if (done % options_.validate_every == 0 || done == steps)
        validate();
      progress.update(done - start, note());
      if (done == steps)
        break;
      if (shared[1] > 0) {
        write(checkpoint_path(), true, trainer_.state());
        throw StoppedEarly(fmt::format("stopped after {} of {} steps; {} is written, continue with --resume", done,
                                       steps, checkpoint_path()));
      }
      if (done % options_.checkpoint_every == 0)
        write(checkpoint_path(), true, trainer_.state());
    }
  }
  auto tensors = trainer_.state();
  std::erase_if(tensors, [](const auto& tensor) { return tensor.first.starts_with("optimizer/"); });
  write(options_.output, options_.overwrite, tensors);
  if (mpi_.root())
    std::filesystem::remove(checkpoint_path());
}

void TrainingRun::record_loss(double loss) {
  const std::int64_t done = trainer_.steps_done();
  const std::int64_t since = (done - 1) % options_.report_every + 1; // steps since the last entry
  record_.loss_since_entry += loss;
  if (since == options_.report_every || done == record_.options.steps) {
    record_.step.push_back(static_cast<double>(done));
    record_.loss.push_back(record_.loss_since_entry / static_cast<double>(since));
    record_.loss_since_entry = 0;
  }
}

void TrainingRun::validate() {
  if (!mpi_.root())
    return;
  trainer_.swap_average();
  record_.validation_step.push_back(static_cast<double>(trainer_.steps_done()));
  record_.validation_loss.push_back(
      validation_loss(model_, validation_law_, record_.options.seed, validation_batches, validation_batch));
  trainer_.swap_average();
}

std::string TrainingRun::note() const {
  const std::string held_out =
      record_.validation_loss.empty() ? "" : fmt::format(", held out {:.4f}", record_.validation_loss.back());
  return record_.loss.empty() ? "" : fmt::format("loss {:.4f}{}", record_.loss.back(), held_out);
}

void TrainingRun::write(const std::string& path, bool overwrite, const Trainer::NamedTensors& tensors) {
  on_root(mpi_, [&] {
    record_.steps_done = trainer_.steps_done();
    Provenance provenance = provenance_;
    provenance.end_time = utc_now();
    write_model(path, overwrite, model_.description(), record_, tensors, provenance);
  });
}

} // namespace stint
