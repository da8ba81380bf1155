#include "src/train/warm_start.hpp"

#include "src/files/model_file.hpp"
#include "src/program/errors.hpp"
#include "src/program/log.hpp"

#include <fmt/format.h>

namespace stint {
namespace {

std::string text_of(const Model& model) {
  const auto& d = model.description();
  return fmt::format("{} channels, widening {}, {} levels, {} blocks, {} planes and {} numbers of input", d.channels,
                     d.widening, d.levels, d.blocks, model.prior().planes(), model.prior().numbers());
}

} // namespace

void start_from(Model& model, const std::string& path, const Kinds& kinds) {
  Model other = ModelReader(path, kinds).model();
  const auto &layout = model.layout(), &was = other.layout();
  if (other.prior().kind() != model.prior().kind() || was.channels != layout.channels ||
      was.dimensions() != layout.dimensions())
    throw UsageError(
        fmt::format("--start-from {}: a model of the kind '{}' in {} dimensions with {} channels, the data "
                    "are of the kind '{}' in {} with {}",
                    path, other.prior().kind(), was.dimensions(), was.channels, model.prior().kind(),
                    layout.dimensions(), layout.channels));
  if (text_of(other) != text_of(model))
    throw UsageError(fmt::format("--start-from {}: its network has {}; that of the options has {}", path,
                                 text_of(other), text_of(model)));
  const auto range = model.prior().range(), before = other.prior().range();
  if (range && before && (range->name != before->name || range->low != before->low || range->high != before->high))
    log_warning(
        fmt::format("--start-from {}: it knows {} from {} to {}, these data are from {} to {} of {}: the network "
                    "takes the ends of its range for those of the other",
                    path, before->name, before->low, before->high, range->low, range->high, range->name));
  const torch::NoGradGuard constant;
  const auto from = other.network()->named_parameters();
  for (auto& item : model.network()->named_parameters())
    item.value().copy_(from[item.key()]);
}

} // namespace stint
