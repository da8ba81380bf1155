// stint with one more observable: the cumulant of a site.

#include "src/commands/learning.hpp"
#include "src/kinds.hpp"

#include <vector>

namespace {

using namespace stint;

/// U_site = 1 - <phi^4> / (3 <phi^2>^2): 0 where a site is Gaussian around 0, 2/3 where phi^2 does not fluctuate
/// (Ising).
constexpr Observable site_cumulant = {
    .name = "site_cumulant",
    .meaning = "1 - <phi^4> / (3 <phi^2>^2) of a site",
    .label = R"($U_\mathrm{site}$)",
    .formula =
        [](const FormulaInput& in) { return 1 - in[primary::phi4] / (3 * (in[primary::phi2] * in[primary::phi2])); },
    .needs = "<phi^2> > 0"};

} // namespace

int main(int argc, char** argv) {
  std::vector<Observable> rows(observables().begin(), observables().end());
  rows.push_back(site_cumulant);
  run_program(argc, argv, commands_of(all_kinds(), rows));
}
