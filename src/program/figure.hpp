#pragma once
// Figures are drawn by the Python package analysis/python, which reads our files as a user's script would.

#include <string>

namespace stint {

/// Runs `python3 stint plot PLOT --output FIGURE --json JSON`. The package stint lies in $STINT_PLOTS, else where it
/// was installed (../share/stint/python of the program's folder), else in analysis/python of the source tree; Python is
/// $STINT_PYTHON, else that of ${STINT_DEPS:-~/.cache/stint}/python, else python3. The figure is whole or absent.
/// Throws std::runtime_error with the last line that the plot wrote if it fails.
void draw_figure(const std::string& plot, const std::string& figure, const std::string& json, bool overwrite);

} // namespace stint
