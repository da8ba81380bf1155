#include "src/sample/continuation.hpp"

#include "src/files/digest.hpp"
#include "src/program/command.hpp"
#include "src/program/errors.hpp"
#include "src/program/numbers.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace stint {
namespace {

constexpr double rounding = 1e-6; // of alpha and beta in a file, relative: float32 does for them

/// Entries of an operator on all of the lattice, (L1, ..., Ld) float64.
torch::Tensor on_lattice(const Operator& op, const Layout& layout) {
  return op.values().cpu().expand(layout.sites()).contiguous();
}

std::vector<double> numbers(const torch::Tensor& values) {
  return {values.data_ptr<double>(), values.data_ptr<double>() + values.numel()};
}

torch::Tensor tensor_of(const PathStateReader::Entries& entries) {
  return torch::tensor(entries.values, torch::kDouble).reshape(entries.shape);
}

bool acts_on_sites(const Basis& basis) { return common_basis(basis, Basis::site()).has_value(); }

/// "configuration 3, site (0, 4)" of the first true entry of (N, C, L1, ..., Ld).
std::string place_of(const torch::Tensor& bad, std::int64_t first) {
  const auto at = bad.nonzero()[0];
  std::string site;
  for (std::int64_t mu = 2; mu < at.size(0); ++mu)
    site += fmt::format("{}{}", site.empty() ? "" : ", ", at[mu].item<std::int64_t>());
  return fmt::format("configuration {}, site ({})", first + at[0].item<std::int64_t>(), site);
}

} // namespace

PathStop stop_at(const Sampler& sampler, std::int64_t knot) {
  const Knots way = knots(sampler.task.path, sampler.schedule);
  const Pair pair = way.at(knot);
  const Basis basis = *common_basis(sampler.task.path.basis(), sampler.schedule.basis());
  return {.knot = knot,
          .knots = way.steps,
          .time = static_cast<double>(knot) / sampler.schedule.steps(),
          .alpha = numbers(on_lattice(pair.alpha, sampler.layout)),
          .beta = numbers(on_lattice(pair.beta, sampler.layout)),
          .basis = acts_on_sites(basis) ? Basis::site().text() : basis.text(),
          .operators = basis.text()};
}

std::string digest_of_model(const Mpi& mpi, const SourceOptions& settings) {
  if (settings.free_field())
    return "";
  std::string text(16, '0');
  on_root(mpi, [&] { text = digest_of_file(settings.model); });
  mpi.broadcast(std::span<char>(text));
  return text;
}

std::string digest_of(const std::vector<torch::Tensor>& tensors) {
  Digest digest;
  for (const auto& part : tensors) {
    const auto values = numbers(part.to(torch::kDouble).cpu().contiguous());
    digest.append(std::as_bytes(std::span(values)));
  }
  return digest.text();
}

Continuation::Continuation(const std::string& path, const Sampler& sampler, const std::optional<FamilyLaw>& families,
                           std::int64_t samples, PathStop wanted)
    : reader_(path), layout_(sampler.layout), curve_(sampler.task.path.curve()),
      same_tilt_(reader_.stop().tilt_digest == wanted.tilt_digest) {
  const auto& states = reader_.states();
  const auto& stop = reader_.stop();
  const auto refuse = [&path](const std::string& what) {
    throw UsageError(fmt::format("--continue {}: {}", path, what));
  };
  if (stop.model_digest != wanted.model_digest)
    refuse("its model is another one than that of --model now: the digests of the files differ");
  if (stop.path_digest != wanted.path_digest)
    refuse("its path is another one than that of --path now");
  if (states.geometry() != layout_.geometry || states.channels() != layout_.channels)
    refuse(fmt::format("its states are on lattice {} with {}, the model's on {} with {}", states.geometry().text(),
                       counted(states.channels(), "channel"), layout_.geometry.text(),
                       counted(layout_.channels, "channel")));
  if (stop.knots != wanted.knots || stop.operators != wanted.operators)
    refuse(fmt::format("its path has {} and operators '{}', that of the options {} and '{}'",
                       counted(stop.knots, "step"), stop.operators, counted(wanted.knots, "step"), wanted.operators));
  if (stop.knot < 1 || stop.knot >= stop.knots)
    refuse(fmt::format("its knot is {}, expected 1 to {}", stop.knot, stop.knots - 1));
  if (states.size() != samples)
    refuse(fmt::format("it has {}, expected {} as its run had --samples", counted(states.size(), "state"), samples));
  pair_ = knots(sampler.task.path, sampler.schedule).at(stop.knot);

  const std::int64_t block = std::max<std::int64_t>(1, (4 << 20) / layout_.numbers());
  std::vector<float> values;
  Digest digest;
  for (std::int64_t first = 0; first < samples; first += block) {
    const std::int64_t n = std::min(block, samples - first);
    const auto levels = factors(first, n);
    check_beta(first, n, levels);
    const auto lowered = (levels != 1).flatten(1).any(1).expand({n});
    lowered_ = lowered_ || lowered.any().item<bool>();
    values.resize(n * layout_.numbers());
    states.read<float>(first, values);
    digest.append(std::as_bytes(std::span(values)));
    const auto of_levels = numbers(levels.contiguous());
    digest.append(std::as_bytes(std::span(of_levels)));
    for (std::int64_t i = 0; i < n; ++i)
      edited_ += lowered[i].item<bool>() ||
                 digest_of_state(std::span(values).subspan(i * layout_.numbers(), layout_.numbers())) !=
                     reader_.digest(first + i);
  }
  digest_ = digest.text();
  alike_ = edited_ == 0 || !same_tilt_ || reader_.parts_and_numbers()[0] == 0;
  if (lowered_ && families && !families->cover(Basis::site()))
    refuse(fmt::format("its alpha was changed at sites, but the model was trained for the operators {}, none of the "
                       "family 'site'",
                       families->text()));
}

torch::Tensor Continuation::states(std::int64_t first, std::int64_t n) const {
  auto x = torch::empty(layout_.shape(n), torch::kFloat);
  reader_.states().read<float>(first, {x.data_ptr<float>(), static_cast<std::size_t>(x.numel())});
  return x;
}

torch::Tensor Continuation::factors(std::int64_t first, std::int64_t n) const {
  const std::string& path = reader_.states().path();
  const auto alpha = tensor_of(reader_.entries("/alpha", first, n));
  const auto before = on_lattice(pair_.alpha, layout_).expand_as(alpha);
  const auto same = (alpha - before).abs() <= rounding * before;
  if (const auto bad = ~(same | ((alpha >= 0) & (alpha < before))); bad.any().item<bool>())
    throw UsageError(fmt::format("--continue {}: /alpha is {:.6g} in {}, expected 0 to {:.6g}, where it stopped", path,
                                 alpha.masked_select(bad)[0].item<double>(), place_of(bad, first),
                                 before.masked_select(bad)[0].item<double>()));
  if (const Basis& basis = pair_.alpha.basis(); !acts_on_sites(basis) && !same.all().item<bool>())
    throw UsageError(fmt::format("--continue {}: /alpha was changed, but the operators of its task are diagonal in the "
                                 "basis '{}'; only that of sites can be edited",
                                 path, basis.text()));
  const auto factor = torch::where(same, torch::ones_like(alpha),
                                   level_of_alpha(alpha, curve_) / level_of_alpha(before, curve_).clamp_min(1e-300));
  if (!(factor == factor.narrow(1, 0, 1)).all().item<bool>())
    throw UsageError(fmt::format("--continue {}: /alpha differs between the channels of a site; they have one", path));
  return factor.narrow(1, 0, 1);
}

/// beta follows from alpha. It may be as it was, or as it goes with the alpha of now.
void Continuation::check_beta(std::int64_t first, std::int64_t n, const torch::Tensor& factors) const {
  if (!reader_.has("/beta"))
    return;
  const auto beta = tensor_of(reader_.entries("/beta", first, n));
  auto before = on_lattice(pair_.beta, layout_), now = before;
  if (acts_on_sites(pair_.alpha.basis()))
    now = scaled({0, [this](std::int64_t) { return pair_; }}, factors, curve_).at(0).beta.values();
  const auto bad = ~(((beta - before).abs() <= rounding) | ((beta - now).abs() <= rounding));
  if (bad.any().item<bool>())
    throw UsageError(fmt::format("--continue {}: /beta was changed in {}; it follows from /alpha, change that",
                                 reader_.states().path(), place_of(bad, first)));
}

torch::Tensor Continuation::held() const {
  if (!lowered_)
    return {};
  if (!reader_.one_for_all("/alpha"))
    throw UsageError(fmt::format("--relax holds the same sites in all configurations; /alpha of {} has one field for "
                                 "each",
                                 reader_.states().path()));
  return (on_lattice(pair_.alpha, layout_) * factors(0, 1)[0][0]) == 0;
}

PathStop Continuation::left_at(PathStop stop) const {
  if (!lowered_)
    return stop;
  if (!reader_.one_for_all("/alpha"))
    throw UsageError(
        fmt::format("--continue {}: --until leaves one /alpha for all configurations, here each has its own; "
                    "go on to the end",
                    reader_.states().path()));
  const auto alpha = torch::tensor(stop.alpha, torch::kDouble).reshape(layout_.sites());
  const Pair pair = pair_of_levels(Basis::site(), level_of_alpha(alpha, curve_) * factors(0, 1)[0][0], curve_);
  stop.alpha = numbers(pair.alpha.values().contiguous());
  stop.beta = numbers(pair.beta.values().contiguous());
  return stop;
}

Sampler::Result Continuation::operator()(const Sampler& sampler, std::uint64_t seed, std::int64_t first,
                                         std::int64_t count) const {
  const auto x = states(first, count), levels = factors(first, count);
  const auto lowered = (levels != 1).flatten(1).any(1).expand({count});
  torch::Tensor memory;
  if (const auto [parts, size] = reader_.parts_and_numbers(); parts > 0)
    memory = torch::tensor(at::ArrayRef<float>(reader_.memory(first, count))).reshape({count, parts, size});

  enum Group { as_left, anew, with_less_noise, groups };
  std::vector<std::vector<std::int64_t>> rows(groups);
  for (std::int64_t i = 0; i < count; ++i) {
    const std::span state(x.data_ptr<float>() + i * layout_.numbers(), static_cast<std::size_t>(layout_.numbers()));
    const bool remembers = memory.defined() && same_tilt_ && digest_of_state(state) == reader_.digest(first + i);
    rows[lowered[i].item<bool>() ? with_less_noise : remembers ? as_left : anew].push_back(i);
  }
  Sampler::Result all{.configurations = torch::empty_like(x), .log_density = {}};
  for (int group = 0; group < groups; ++group) {
    if (rows[group].empty())
      continue;
    const auto index = torch::tensor(rows[group], torch::kLong);
    auto samples = rows[group];
    for (auto& sample : samples)
      sample += first;
    Sampler::State state{.knot = stop().knot, .x = x.index_select(0, index)};
    if (group == as_left)
      state.memory = memory.index_select(0, index);
    if (group == with_less_noise)
      state.factors = levels.size(0) == 1 ? levels : levels.index_select(0, index);
    const auto part = sampler.go_on(seed, samples, state);
    all.configurations.index_copy_(0, index, part.configurations);
    if (alike_ && part.memory.defined()) { // of one size for all
      if (!all.memory.defined())
        all.memory = part.memory.new_empty({count, part.memory.size(1), part.memory.size(2)});
      all.memory.index_copy_(0, index, part.memory);
    }
    all.evaluations += part.evaluations * static_cast<double>(samples.size()) / static_cast<double>(count);
  }
  return all;
}

} // namespace stint
