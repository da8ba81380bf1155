#include "analysis/observables.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace stint {
namespace {

using namespace primary; // the formulas below are of little else

/// V (<M^2> - <M>^2)
PrimaryDual connected_susceptibility(const FormulaInput& in) {
  return in.volume * in[magnetisation2] - in.volume * in[magnetisation] * in[magnetisation];
}

/// The mean of one primary value.
template<Index index> PrimaryDual mean_of(const FormulaInput& in) { return in[index]; }

constexpr Observable table[] = {
    {"magnetisation", "<M>, M = (1/V) sum_x phi_x", R"($\langle M\rangle$)", mean_of<magnetisation>},
    {"abs_magnetisation", "<abs(M)>", R"($\langle |M|\rangle$)", mean_of<abs_magnetisation>},
    {"magnetisation_squared", "<M^2>", R"($\langle M^2\rangle$)", mean_of<magnetisation2>},
    {"susceptibility", "V (<M^2> - <M>^2)", R"($\chi$)", connected_susceptibility},
    {"susceptibility_abs", "V (<M^2> - <abs(M)>^2)", R"($\chi_{|M|}$)",
     [](const FormulaInput& in) {
       return in.volume * in[magnetisation2] - in.volume * in[abs_magnetisation] * in[abs_magnetisation];
     }},
    {"susceptibility_disconnected", "V <M^2>", R"($V\langle M^2\rangle$)",
     [](const FormulaInput& in) { return in.volume * in[magnetisation2]; }},
    {"binder_cumulant", "1 - <M^4> / (3 <M^2>^2)", R"($U_4$)",
     [](const FormulaInput& in) { return 1 - in[magnetisation4] / (3 * (in[magnetisation2] * in[magnetisation2])); },
     "<M^2> > 0"},
    {"phi2", "<phi^2> of a site", R"($\langle\phi^2\rangle$)", mean_of<phi2>},
    {"phi4", "<phi^4> of a site", R"($\langle\phi^4\rangle$)", mean_of<phi4>},
    {"nearest_neighbour", "<phi_x phi_y> of neighbours x, y, mean over directions",
     R"($\langle\phi_x\phi_{x+\mu}\rangle$)", mean_of<nearest_neighbour>},
    {"action_density", "<S>/V, with the couplings of each ensemble", R"($\langle S\rangle/V$)",
     mean_of<action_density>},
    {"correlation_length",
     "second moment: sqrt(G(0)/G(p) - 1) / (2 sin(p/2)) at the smallest momentum p = 2 pi/L along the longest "
     "directions, G(0) = V (<M^2> - <M>^2), G(p) = <|phi(p)|^2>/V",
     R"($\xi_{2\mathrm{nd}}$)",
     [](const FormulaInput& in) {
       const double sine = std::sin(std::numbers::pi / in.extent);
       return sqrt(connected_susceptibility(in) / in[lowest_mode] - 1) / (2 * sine);
     },
     "G(0) > G(p) > 0, a length that lattice and statistics resolve"},
};

} // namespace

std::span<const Observable> observables() { return table; }

std::vector<PrimaryDual> evaluate_observables(const Geometry& geometry, const PrimaryMeans& means,
                                              ObservableRows rows) {
  FormulaInput input{{}, static_cast<double>(geometry.volume()), *std::ranges::max_element(geometry.extents())};
  for (int k = 0; k < primary_count; ++k)
    input.mean[k] = PrimaryDual::variable(means[k], k);
  std::vector<PrimaryDual> values;
  for (const auto& observable : rows) {
    const auto found = observable.formula(input);
    const bool defined = std::isfinite(found.value) &&
                         std::ranges::all_of(found.gradient, [](double slope) { return std::isfinite(slope); });
    values.push_back(defined ? found : PrimaryDual(std::numeric_limits<double>::quiet_NaN()));
  }
  return values;
}

} // namespace stint
