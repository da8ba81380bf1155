#include "src/sample/ensemble.hpp"

#include "generative/phi4/action.hpp"
#include "generative/solvers/weights.hpp"

#include <numeric>

namespace stint {
namespace {

/// Rows as they come, or with Metropolis all at the end.
class Writer {
public:
  Writer(const SampleRunSettings& settings, const CommonOptions& common, const EnsembleHeader& header,
         const PartsFolder& folder)
      : settings_(settings), seed_(static_cast<std::uint64_t>(common.seed)), header_(header),
        file_(common.output, common.overwrite, header, settings.samples, folder.path()) {}

  void append(const SampleRows& rows) {
    const auto values = header_.values_per_configuration();
    const auto configurations = rows.configurations;
    const auto log_density = rows.log_density;
    if (settings_.stop)
      states_.append(file_.file(), rows, settings_.samples);
    log_density_.insert(log_density_.end(), log_density.begin(), log_density.end());
    if (settings_.metropolis) {
      proposals_.insert(proposals_.end(), configurations.begin(), configurations.end());
    } else {
      std::vector<std::int64_t> index(configurations.size() / values);
      std::iota(index.begin(), index.end(), written_);
      file_.append<float>(configurations, index, std::vector<std::int64_t>(index.size(), 0));
      written_ += static_cast<std::int64_t>(index.size());
    }
    if (settings_.weights)
      weigh(configurations);
  }

  void finish(const std::function<double()>& seconds, SampleReport& report) {
    auto& file = file_.file();
    if (settings_.weights) {
      const auto log_weight = torch::tensor(log_weight_, torch::kDouble);
      report.effective_sample_fraction = effective_sample_fraction(log_weight);
      const LogZ log_z = log_mean_weight(log_weight);
      report.log_z = log_z.value;
      report.log_z_error = log_z.error;
      if (settings_.metropolis)
        write_chain(independence_metropolis(log_weight, seed_));
      else
        file_.write_column("log_weight", log_weight_);
      if (!settings_.path_weights)
        file_.write_column("log_density", log_density_);
      file.set_attribute("effective_sample_fraction", report.effective_sample_fraction);
      file.set_attribute("log_z", report.log_z);
      file.set_attribute("log_z_error", report.log_z_error);
    }
    if (settings_.stop)
      states_.finish(file, *settings_.stop);
    report.seconds = seconds();
    file.set_attribute("evaluations", report.evaluations);
    file.set_attribute("seconds", report.seconds);
    if (settings_.relaxed) {
      file.set_attribute("relax_acceptance", report.acceptance);
      file.set_attribute("relax_unmoved", report.unmoved);
    }
    file_.commit();
  }

private:
  /// log w = -S - log q of the configurations appended last; of paths log q is log prod F_k / prod B_k.
  void weigh(std::span<const float> configurations) {
    std::vector<std::int64_t> shape = {-1, 1};
    shape.insert(shape.end(), header_.geometry.extents().begin(), header_.geometry.extents().end());
    const auto fields = torch::tensor(at::ArrayRef<float>(configurations.data(), configurations.size())).reshape(shape);
    const auto action = phi4_action(header_.theory.value(), fields);
    for (std::int64_t n = 0; n < action.numel(); ++n)
      log_weight_.push_back(-action[n].item<double>() - log_density_[log_weight_.size()]);
  }

  /// The states of the Markov chain: one chain, one trajectory a proposal; log q goes with the states.
  void write_chain(const torch::Tensor& states) {
    const auto values = header_.values_per_configuration();
    std::vector<double> density;
    for (std::int64_t n = 0; n < states.numel(); ++n) {
      const auto state = states[n].item<std::int64_t>();
      file_.append<float>(std::span<const float>(proposals_).subspan(state * values, values),
                          std::vector<std::int64_t>{0}, std::vector<std::int64_t>{n + 1});
      density.push_back(log_density_[state]);
    }
    log_density_ = std::move(density);
  }

  const SampleRunSettings& settings_;
  std::uint64_t seed_;
  const EnsembleHeader& header_;
  EnsembleWriter file_;
  PathStateColumns states_; // with settings.stop
  std::int64_t written_ = 0;
  std::vector<float> proposals_;
  std::vector<double> log_density_, log_weight_;
};

} // namespace

void write_sample_ensemble(const SampleRunSettings& settings, const CommonOptions& common, const EnsembleHeader& header,
                           const PartsFolder& folder, std::int64_t parts, const std::function<double()>& seconds,
                           SampleReport& report) {
  Writer writer(settings, common, header, folder);
  read_samples(folder, parts, header, settings.weights, settings.batch,
               [&writer](const SampleRows& rows) { writer.append(rows); });
  writer.finish(seconds, report);
}

SampleReport read_sample_report(const hdf5::File& file) {
  SampleReport report{.seconds = file.attribute<double>("seconds"),
                      .evaluations = file.attribute<double>("evaluations")};
  if (file.has_attribute("relax_acceptance")) {
    report.acceptance = file.attribute<double>("relax_acceptance");
    report.unmoved = file.attribute<std::int64_t>("relax_unmoved");
  }
  if (file.has_attribute("effective_sample_fraction"))
    report.effective_sample_fraction = file.attribute<double>("effective_sample_fraction");
  if (file.has_attribute("log_z")) {
    report.log_z = file.attribute<double>("log_z");
    report.log_z_error = file.attribute<double>("log_z_error");
  }
  return report;
}

} // namespace stint
