#include "generative/networks/periodic_padding.hpp"

#include <torch/csrc/autograd/custom_function.h>

namespace stint {
namespace {

struct PeriodicPadding : torch::autograd::Function<PeriodicPadding> {
  static torch::Tensor forward(torch::autograd::AutogradContext* /*context*/, const torch::Tensor& x) {
    std::vector<std::int64_t> shape = x.sizes().vec();
    for (std::size_t axis = 2; axis < shape.size(); ++axis)
      shape[axis] += 2;
    auto padded = torch::empty(shape, x.options().memory_format(x.suggest_memory_format()));
    auto middle = padded;
    for (std::int64_t axis = 2; axis < x.dim(); ++axis)
      middle = middle.narrow(axis, 1, x.size(axis));
    middle.copy_(x);
    // Whole slices: what is copied before its axis has its margin is written again after that.
    for (std::int64_t axis = 2; axis < x.dim(); ++axis) {
      const auto extent = x.size(axis);
      padded.select(axis, 0).copy_(padded.select(axis, extent));
      padded.select(axis, extent + 1).copy_(padded.select(axis, 1));
    }
    return padded;
  }

  /// The transpose: the margins are added to where they came from.
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* /*context*/,
                                                 const torch::autograd::variable_list& gradients) {
    auto folded = gradients[0];
    for (std::int64_t axis = 2; axis < folded.dim(); ++axis) {
      const auto extent = folded.size(axis) - 2;
      const auto margins = folded;
      folded = margins.narrow(axis, 1, extent).clone(margins.suggest_memory_format());
      folded.select(axis, 0).add_(margins.select(axis, extent + 1));
      folded.select(axis, extent - 1).add_(margins.select(axis, 0));
    }
    return {folded};
  }
};

} // namespace

torch::Tensor pad_periodic(const torch::Tensor& x) { return PeriodicPadding::apply(x); }

} // namespace stint
