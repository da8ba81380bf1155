#pragma once
// Numbers as physicists print them.

#include <cstdint>
#include <string>

namespace stint {

/// A value with the error of its last digits: 0.1353(9), 51.5(1.2), 12300(700), 1.353(20)e-9. Of the error two digits
/// are shown where it begins with 100 to 354, else one (Particle Data Group). The value alone, with six digits, where
/// the error is unknown (NaN), with eight where it is 0 or below 1e-12 of the value; "-" for a value that is NaN.
std::string with_error(double value, double error);

/// "1 channel", "3 channels": a number of things by their name.
std::string counted(std::int64_t number, const std::string& thing);

} // namespace stint
