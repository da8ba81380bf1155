#pragma once
// Operators that a model of images is trained on.

#include "generative/training/family.hpp"

namespace stint {

/// Families for pictures. Tasks begin at start states: known coordinates hold y = h x1 + sigma xi at the noise level
/// l = sigma / (h + sigma), the others are noise, level 1. On the way from there to data all levels are r l with
/// 0 < r <= 1; r = 1, the start itself, where the posterior mean is asked for in one evaluation, is drawn often.
///   scalar       one level for all pixels
///   known        some pixels are known, with noise or without: random ones, all but a rectangle, a rectangle, a half
///   sequential, independent   those of standard_families()
///   cosine       modes are known: after a blur, below a momentum, or shell by shell
///   box, random, denoise, deblur, superresolve   the start of this one problem (restoration/problem.hpp), for
///                a network that only restores; no part of "mixed"
/// sigma is 0 or log-uniform in (0.003, 0.5). |log(alpha/beta)| is drawn up to log_ratio_range.
FamilyList image_families(const Layout& layout, double log_ratio_range);

} // namespace stint
