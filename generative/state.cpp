#include "generative/state.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace stint {
namespace {

template<class Values> const auto& found(const Values& values, const std::string& name) {
  const auto at = values.find(name);
  if (at == values.end())
    throw std::invalid_argument(fmt::format("'{}' is missing", name));
  return at->second;
}

} // namespace

double State::number(const std::string& name) const { return found(numbers, name); }

const std::string& State::text(const std::string& name) const { return found(texts, name); }

torch::Tensor State::tensor(const std::string& name, at::IntArrayRef shape, bool positive) const {
  const auto values = found(tensors, name).to(torch::kDouble);
  if (!shape.empty() && values.sizes() != shape)
    throw std::invalid_argument(fmt::format("'{}' does not have the shape that the attributes ask for", name));
  if (!values.isfinite().all().item<bool>() || (positive && !(values > 0).all().item<bool>()))
    throw std::invalid_argument(
        fmt::format("'{}' has values that are not {}", name, positive ? "positive numbers" : "finite"));
  return values;
}

} // namespace stint
