#include "src/sample/task.hpp"

#include "src/files/field_file.hpp"
#include "src/program/errors.hpp"
#include "src/program/numbers.hpp"
#include "src/program/options.hpp"
#include "src/program/ranges.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

namespace stint {
namespace {

/// "variance:N" and "least-variance:N": blocks of N^d sites.
std::optional<ChosenOrder> parse_chosen_order(const std::string& text, const Geometry& geometry) {
  const auto colon = std::min(text.find(':'), text.size());
  const std::string kind = text.substr(0, colon);
  if (kind != "variance" && kind != "least-variance")
    return std::nullopt;
  return ChosenOrder{.groups = parse_order("blocks" + text.substr(colon), geometry), .largest = kind == "variance"};
}

torch::Tensor order_of(const std::string& text, const Geometry& geometry) {
  const auto chosen = parse_chosen_order(text, geometry);
  return chosen ? chosen->groups : parse_order(text, geometry);
}

using MakeTask = Task (*)(const TaskOptions&, const Layout&, const torch::Tensor& mask, Curve);

/// A task of the program: what it needs, and the path that it is. Options that no row names belong to none.
struct TaskRow {
  const char* name;
  const char* summary;
  std::vector<std::string> options; ///< that go with it
  std::vector<std::string> needs;   ///< of these
  MakeTask path;
};

const std::vector<TaskRow>& task_rows() {
  static const std::vector<TaskRow> rows = {
      {"generate",
       "from noise",
       {},
       {},
       [](const auto&, const auto&, const auto&, Curve curve) { return generation(curve); }},
      {"inpaint",
       "given some sites",
       {"known", "known-configuration", "mask", "known-noise"},
       {"known", "mask"},
       [](const TaskOptions& settings, const Layout&, const torch::Tensor& mask, Curve curve) {
         return inpainting(mask, settings.known_noise, curve);
       }},
      {"sequential",
       "group of sites after group",
       {"known", "known-configuration", "mask", "order", "overlap"},
       {},
       [](const TaskOptions& settings, const Layout& layout, const torch::Tensor& mask, Curve curve) {
         return sequential(order_of(settings.order, layout.geometry), settings.overlap, mask, curve);
       }},
      {"multiscale",
       "coarse to fine",
       {"overlap", "shells"},
       {},
       [](const TaskOptions& settings, const Layout& layout, const torch::Tensor&, Curve curve) {
         return multiscale(layout, settings.shells, settings.overlap, curve);
       }},
      {"superresolve",
       "given coarse structure",
       {"known", "known-configuration", "factor", "keep"},
       {"known"},
       [](const TaskOptions& settings, const Layout& layout, const torch::Tensor&, Curve curve) {
         return settings.keep == "modes" ? superresolution(layout, settings.factor, curve)
                                         : block_superresolution(layout.geometry, settings.factor, curve);
       }},
      {"denoise",
       "given noisy data",
       {"known", "known-configuration", "known-noise", "blur"},
       {"known", "known-noise"},
       [](const TaskOptions& settings, const Layout& layout, const torch::Tensor&, Curve curve) {
         return denoising(settings.known_noise, gaussian_blur(layout, settings.blur), curve);
       }},
  };
  return rows;
}

const TaskRow& row_of(const std::string& task) {
  return *std::ranges::find(task_rows(), task, &TaskRow::name); // --task takes these names only
}

void check_options(const TaskOptions& settings, const Options& options) {
  const TaskRow& row = row_of(settings.task);
  for (const auto& other : task_rows())
    for (const auto& option : other.options)
      if (options.given(option) && std::ranges::find(row.options, option) == row.options.end())
        throw UsageError(fmt::format("--{} does not go with --task {}", option, settings.task));
  const auto need = [&](const std::string& option) {
    if (!options.given(option))
      throw UsageError(fmt::format("--task {} needs --{}", settings.task, option));
  };
  std::ranges::for_each(row.needs, need);
  check_option("shells", settings.shells, settings.shells >= 1, "at least 1");
  check_option("factor", settings.factor, settings.factor >= 2, "at least 2");
  check_option("overlap", settings.overlap, settings.overlap >= 0 && settings.overlap < 1, "at least 0 and below 1");
  if (settings.task == "sequential" && options.given("known"))
    need("mask");
  if (options.given("mask"))
    need("known");
}

/// What `make` makes of the value of an option. Throws UsageError naming both.
template<class Make> auto of_option(const char* option, const std::string& value, Make make) {
  try {
    return make();
  } catch (const std::invalid_argument& error) {
    throw UsageError(fmt::format("--{} {}: {}", option, value, error.what()));
  }
}

/// A mask by its text, or from a file: known where the field is not 0.
torch::Tensor mask_of(const Mpi& mpi, const std::string& text, const Geometry& geometry, std::uint64_t seed) {
  if (!names_field_file(text))
    return parse_mask(text, geometry, seed);
  return torch::tensor(read_field(mpi, text, geometry), torch::kDouble).reshape(Layout{geometry}.sites()) != 0;
}

} // namespace

void TaskOptions::declare(Options& options) {
  options.group("Task");
  std::vector<std::string> names;
  std::string summaries;
  for (const auto& row : task_rows()) {
    names.emplace_back(row.name);
    summaries += (summaries.empty() ? "" : "; ") + std::string(row.summary);
  }
  options.choice("task", task, names, summaries);
  options.value("known", known, "FILE", "ensemble with what is known");
  options.value("known-configuration", known_configuration, "each|N",
                "sample n starts from the n-th configuration of --known (from its first one again after the last), or "
                "all samples from number N");
  options.value(
      "mask", mask, "MASK",
      "known sites: random:P, block:AxB@X,Y (all but this block), or a file, known where it is not 0: NPY, HDF5 "
      "with one dataset (else FILE:/NAME), or an ensemble of one configuration");
  options.value("known-noise", known_noise, "SIGMA", "standard deviation of the noise that --known comes with");
  options.value("blur", blur, "W", "width of the Gaussian that --known is smeared with, in sites (denoise)");
  options.value(
      "order", order, "ORDER",
      "of --task sequential: raster, columns:N, blocks:N, morton:N, N sites wide; or blocks chosen on the way, for "
      "each configuration by itself, next the one whose average is least certain given all before "
      "(variance:N) or most certain (least-variance:N)");
  options.value("overlap", overlap, "F", "a group starts when this fraction of the stage before is still to come");
  options.value("shells", shells, "N", "of momenta, one after another (multiscale)");
  options.value("factor", factor, "N", "by which the resolution increases (superresolve)");
  options.choice("keep", keep, {"modes", "averages"},
                 "what superresolve knows: modes below pi / N, or averages over N^d sites");
}

KnownTask::KnownTask(const Mpi& mpi, const TaskOptions& settings, const Options& options, const std::string& kind,
                     const Layout& layout, std::uint64_t seed)
    : layout_(layout) {
  check_options(settings, options);
  const Geometry& geometry = layout.geometry;
  torch::Tensor mask;
  if (!settings.mask.empty())
    mask = of_option("mask", settings.mask, [&] { return mask_of(mpi, settings.mask, geometry, seed); });
  if (settings.task == "sequential")
    of_option("order", settings.order, [&] { return order_of(settings.order, geometry); });
  task_ = checked([&] { return row_of(settings.task).path(settings, layout, mask, parse_curve(settings.curve)); });
  if (settings.task == "sequential") {
    chosen_order_ = checked([&] { return parse_chosen_order(settings.order, geometry); });
    if (chosen_order_ && settings.overlap > 0)
      throw UsageError(fmt::format("--overlap does not go with --order {}: the next block is chosen when one is done",
                                   settings.order));
  }
  has_action_ = settings.known_noise == 0;
  if (mask.defined() && settings.known_noise == 0)
    held_ = mask;
  if (settings.known.empty())
    return;
  known_.emplace(settings.known);
  if (known_->size() == 0)
    throw UsageError(fmt::format("--known {} has no configurations, expected at least 1", settings.known));
  if (const auto& known_kind = known_->header().kind; known_kind != kind)
    throw UsageError(
        fmt::format("--known {} is of kind '{}', the model of kind '{}'", settings.known, known_kind, kind));
  if (known_->channels() != layout.channels)
    throw UsageError(fmt::format("--known {} has {}, the model {}", settings.known,
                                 counted(known_->channels(), "channel"), counted(layout.channels, "channel")));
  if (known_->geometry() != geometry)
    throw UsageError(fmt::format("--known {} is on lattice {}, the model on {}", settings.known,
                                 known_->geometry().text(), geometry.text()));
  if (settings.known_configuration == "each")
    return;
  const std::string& text = settings.known_configuration;
  std::int64_t index = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (error != std::errc{} || end != text.data() + text.size() || index < 0 || index >= known_->size())
    throw UsageError(fmt::format("--known-configuration is '{}', expected 'each' or a number from 0 to {}", text,
                                 known_->size() - 1));
  index_ = index;
}

torch::Tensor KnownTask::observed(std::int64_t first, std::int64_t count) const {
  if (!known_)
    return {};
  auto fields = torch::empty(layout_.shape(index_ ? 1 : count), torch::kFloat);
  const std::int64_t size = layout_.numbers();
  for (std::int64_t n = 0; n < fields.size(0); ++n)
    known_->read<float>(index_ ? *index_ : (first + n) % known_->size(),
                        {fields.data_ptr<float>() + n * size, static_cast<std::size_t>(size)});
  return fields;
}

} // namespace stint
