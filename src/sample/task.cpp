#include "src/sample/task.hpp"

#include "lattice/free_field.hpp"
#include "src/files/field_file.hpp"
#include "src/program/errors.hpp"
#include "src/program/options.hpp"

#include <fmt/format.h>

#include <charconv>
#include <map>

namespace stint {
namespace {

/// The options that belong to some tasks only.
const std::map<std::string, std::vector<std::string>> tasks_of = {
    {"known", {"inpaint", "sequential", "superresolve", "denoise"}},
    {"known-configuration", {"inpaint", "sequential", "superresolve", "denoise"}},
    {"mask", {"inpaint", "sequential"}},
    {"known-noise", {"inpaint", "denoise"}},
    {"order", {"sequential"}},
    {"overlap", {"sequential", "multiscale"}},
    {"shells", {"multiscale"}},
    {"factor", {"superresolve"}},
    {"keep", {"superresolve"}},
    {"blur", {"denoise"}}};

void check_options(const TaskOptions& settings, const Options& options) {
  for (const auto& [option, tasks] : tasks_of)
    if (options.given(option) && std::find(tasks.begin(), tasks.end(), settings.task) == tasks.end())
      throw UsageError(fmt::format("--{} does not go with --task {}", option, settings.task));
  const auto need = [&](const char* option) {
    if (!options.given(option))
      throw UsageError(fmt::format("--task {} needs --{}", settings.task, option));
  };
  if (settings.task == "inpaint" || settings.task == "superresolve" || settings.task == "denoise")
    need("known");
  if (settings.task == "inpaint" || (settings.task == "sequential" && options.given("known")))
    need("mask");
  if (options.given("mask"))
    need("known");
  if (settings.task == "denoise")
    need("known-noise");
}

/// A mask by its text, or from a file: known where the field is not 0.
torch::Tensor mask_of(const Mpi& mpi, const std::string& text, const Geometry& geometry, std::uint64_t seed) {
  if (!names_field_file(text))
    return parse_mask(text, geometry, seed);
  const auto field = read_field(mpi, text, geometry);
  const std::vector<std::int64_t> shape(geometry.extents().begin(), geometry.extents().end());
  return torch::tensor(field, torch::kDouble).reshape(shape) != 0;
}

/// exp(-width^2 phat^2 / 2): smears over `width` sites.
Operator gaussian_blur(double width, const Geometry& geometry) {
  if (!(width >= 0))
    throw std::invalid_argument(fmt::format("a blur has a width >= 0, not {}", width));
  if (width == 0)
    return 1;
  const std::vector<std::int64_t> shape(geometry.extents().begin(), geometry.extents().end());
  const auto phat2 = torch::tensor(laplacian_eigenvalues(geometry), torch::kDouble).reshape(shape);
  return Operator::diagonal(Basis::fourier(), (phat2 * (-width * width / 2)).exp());
}

Task task_of(const TaskOptions& settings, const Geometry& geometry, const torch::Tensor& mask) {
  const Curve curve = settings.curve == "linear" ? Curve::linear : Curve::trigonometric;
  if (settings.task == "inpaint")
    return inpainting(mask, settings.known_noise, curve);
  if (settings.task == "sequential")
    return sequential(parse_order(settings.order, geometry), settings.overlap, mask, curve);
  if (settings.task == "multiscale")
    return multiscale(geometry, settings.shells, settings.overlap, curve);
  if (settings.task == "superresolve")
    return settings.keep == "modes" ? superresolution(geometry, settings.factor, curve)
                                    : block_superresolution(geometry, settings.factor, curve);
  if (settings.task == "denoise")
    return denoising(settings.known_noise, gaussian_blur(settings.blur, geometry), curve);
  return generation(curve);
}

} // namespace

void TaskOptions::declare(Options& options) {
  options.group("Task");
  options.choice("task", task, {"generate", "inpaint", "sequential", "multiscale", "superresolve", "denoise"},
                 "from noise; given some sites; group of sites after group; coarse to fine; given coarse structure; "
                 "given noisy data");
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
  options.value("order", order, "ORDER", "of --task sequential: raster, columns:N, blocks:N, morton:N, N sites wide");
  options.value("overlap", overlap, "F", "a group starts when this fraction of the stage before is still to come");
  options.value("shells", shells, "N", "of momenta, one after another (multiscale)");
  options.value("factor", factor, "N", "by which the resolution increases (superresolve)");
  options.choice("keep", keep, {"modes", "averages"},
                 "what superresolve knows: modes below pi / N, or averages over N^d sites");
}

KnownTask::KnownTask(const Mpi& mpi, const TaskOptions& settings, const Options& options, const Geometry& geometry,
                     std::uint64_t seed) {
  check_options(settings, options);
  torch::Tensor mask;
  if (!settings.mask.empty())
    mask = checked([&] { return mask_of(mpi, settings.mask, geometry, seed); });
  task_ = checked([&] { return task_of(settings, geometry, mask); });
  has_action_ = settings.known_noise == 0;
  if (mask.defined() && settings.known_noise == 0)
    held_ = mask;
  if (settings.known.empty())
    return;
  known_.emplace(settings.known);
  if (known_->geometry() != geometry)
    throw UsageError(fmt::format("{} is on lattice {}, the model on {}", settings.known, known_->geometry().text(),
                                 geometry.text()));
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
  std::vector<std::int64_t> shape = {index_ ? 1 : count};
  const auto& extents = known_->geometry().extents();
  shape.insert(shape.end(), extents.begin(), extents.end());
  auto fields = torch::empty(shape, torch::kFloat);
  const auto volume = static_cast<std::size_t>(known_->geometry().volume());
  for (std::int64_t n = 0; n < shape[0]; ++n)
    known_->read<float>(index_ ? *index_ : (first + n) % known_->size(),
                        {fields.data_ptr<float>() + n * known_->geometry().volume(), volume});
  return fields;
}

} // namespace stint
