#pragma once
// Plain values by name: what a prior is made of, for files that need not know what it means.

#include "generative/torch.hpp"

#include <map>
#include <string>

namespace stint {

struct State {
  std::map<std::string, double> numbers;
  std::map<std::string, std::string> texts;
  std::map<std::string, torch::Tensor> tensors; ///< float64 or float32, names may have '/'

  /// Throw std::invalid_argument if there is none of this name.
  double number(const std::string& name) const;
  const std::string& text(const std::string& name) const;
  /// float64 of this shape (any, if it is empty), finite and, if asked for, > 0; throws std::invalid_argument for
  /// others.
  torch::Tensor tensor(const std::string& name, at::IntArrayRef shape = {}, bool positive = false) const;
  double number_or(const std::string& name, double otherwise) const {
    const auto found = numbers.find(name);
    return found == numbers.end() ? otherwise : found->second;
  }
  bool has_tensor(const std::string& name) const { return tensors.contains(name); }
};

} // namespace stint
