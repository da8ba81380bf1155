#include "generative/adaptation/dynamic_knots.hpp"

#include "generative/solvers/exponential_step.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace stint {
namespace {

constexpr double never = std::numeric_limits<double>::infinity();

/// The errors of single steps between the knots of a fine solution.
class StepErrors {
public:
  StepErrors(const FineSolution& fine, const Operator& reference)
      : fine_(fine), step_(basis_of(fine), reference, fine.x[0]), square_(reference) {
    for (std::size_t i = 0; i < fine.x.size(); ++i) {
      places_.push_back(step_.place(fine.pairs[i]));
      coordinates_.push_back(step_.basis.coordinates(fine.x[i]));
      if (i < fine.eta1.size())
        nodes_.emplace_back(places_[i], step_.variance, coordinates_[i], step_.basis.coordinates(fine.eta1[i]));
    }
  }

  /// Of the step from knot i to j, the last one having begun at h; h < 0: there is none.
  double operator()(std::int64_t h, std::int64_t i, std::int64_t j) const {
    std::deque<Node> nodes;
    if (j < std::ssize(nodes_))
      nodes.push_back(nodes_[j]);
    nodes.push_back(nodes_[i]);
    if (h >= 0)
      nodes.push_back(nodes_[h]);
    const ExponentialStep step{places_[i], places_[j], step_.variance};
    const auto found = step.advance(coordinates_[i], nodes, 4, {}, step.from_data(coordinates_[i]));
    const auto unit = (step_.variance.sqrt() / places_[j].deviation).to(torch::kFloat);
    return square_(step_.basis.fields((found - coordinates_[j]) * unit, fine_.x[0])).sqrt().item<double>();
  }

private:
  static Basis basis_of(const FineSolution& fine) {
    const auto basis = diagonal_basis(fine.pairs[0]);
    if (!basis)
      throw std::invalid_argument("dynamic programming needs a path of operators that are diagonal in one basis");
    return *basis;
  }

  const FineSolution& fine_;
  StepCoordinates step_;
  ScaleFreeSquare square_;
  std::vector<Place> places_;
  std::vector<torch::Tensor> coordinates_;
  std::vector<Node> nodes_;
};

/// The least sum of errors of a way that ends with the step (i, j), and the knot before i on that way.
struct Way {
  double error = never;
  std::int64_t before = -1;
};

} // namespace

std::vector<std::vector<std::int64_t>> dynamic_knots(const FineSolution& fine, const Operator& reference,
                                                     const std::vector<int>& steps,
                                                     const std::function<void(std::int64_t done)>& progress) {
  const torch::NoGradGuard no_gradients;
  const std::int64_t last = std::ssize(fine.x) - 1;
  const int most = *std::ranges::max_element(steps);
  if (*std::ranges::min_element(steps) < 1 || most > last)
    throw std::invalid_argument("a choice of knots has at least 1 and at most " + std::to_string(last) + " steps");
  const StepErrors error(fine, reference);
  // ways[n][i][j]: of n + 1 steps, the last of them (i, j).
  using Table = std::vector<std::vector<Way>>;
  std::vector<Table> ways(most, Table(last, std::vector<Way>(last + 1)));
  for (std::int64_t j = 1; j <= last; ++j)
    ways[0][0][j].error = error(-1, 0, j);
  for (std::int64_t j = 2; j <= last; ++j) {
    for (std::int64_t i = 1; i < j; ++i)
      for (std::int64_t h = 0; h < i; ++h) {
        const double here = error(h, i, j);
        for (int n = 1; n < most; ++n)
          if (const double sum = ways[n - 1][h][i].error + here; sum < ways[n][i][j].error)
            ways[n][i][j] = {sum, h};
      }
    if (progress)
      progress(j);
  }
  std::vector<std::vector<std::int64_t>> result;
  for (const int count : steps) {
    std::int64_t j = last, i = 0;
    for (std::int64_t k = 0; k < last; ++k)
      if (ways[count - 1][k][last].error < ways[count - 1][i][last].error)
        i = k;
    std::vector<std::int64_t> knots = {last};
    for (int n = count - 1; n >= 0; --n) {
      knots.push_back(i);
      const auto before = ways[n][i][j].before;
      j = i;
      i = before;
    }
    std::ranges::reverse(knots);
    result.push_back(std::move(knots));
  }
  return result;
}

} // namespace stint
