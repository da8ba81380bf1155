#include "generative/interpolant.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace stint {

ScalarPair scalars(const Pair& pair, const torch::Tensor& fields, const std::string& who) {
  const auto basis = diagonal_basis(pair);
  if (basis != Basis::any())
    throw std::invalid_argument(fmt::format("{} knows scalar operators only, not those of the family '{}'", who,
                                            basis ? basis->text() : "dense or mixed"));
  std::vector<std::int64_t> shape(fields.dim(), 1);
  shape[0] = fields.size(0);
  const auto number = [&](const Operator& factor) { return factor.values().to(fields.options()).expand(shape); };
  return {number(pair.alpha), number(pair.beta)};
}

} // namespace stint
