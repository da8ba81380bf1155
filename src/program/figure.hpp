#pragma once
// Figures are drawn by the Python scripts of analysis/plots, which read our files as a user's script would.

#include <string>

namespace stint {

/// Runs `python3 SCRIPT --output FIGURE --json JSON`. SCRIPT lies in $STINT_PLOTS, else where it was installed
/// (../share/stint/plots of the program's folder), else in analysis/plots of the source tree; Python is $STINT_PYTHON,
/// else that of ${STINT_DEPS:-~/.cache/stint}/python, else python3. The figure is whole or absent. Throws
/// std::runtime_error with the last line that the script wrote if it fails.
void draw_figure(const std::string& script, const std::string& figure, const std::string& json, bool overwrite);

} // namespace stint
