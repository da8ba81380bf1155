#pragma once
// A task of one's own: a field that forms from long waves to short ones, without steps.

#include "generative/layout.hpp"
#include "generative/paths/task.hpp"

namespace stint::examples {

/// Every mode p goes from noise to data in a window of one stage, which begins at delay * phat^2 / (4 d), with
/// phat^2 = sum_mu 4 sin^2(p_mu/2): the zero mode at 0, the shortest waves `delay` stages later. Throws
/// std::invalid_argument unless delay >= 0.
Task cascade(const Layout& layout, double delay);

} // namespace stint::examples
