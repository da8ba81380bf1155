#pragma once
// Fields as pictures.

#include "src/pictures/picture.hpp"

namespace stint {

/// How values become colours. Those beyond the range get the colours of its ends.
struct ColourScale {
  double low = -1, high = 1;
  bool diverging = false; ///< blue, white, red; else black to white

  /// (channels, height, width): each channel by itself from black to white, or one channel in three colours.
  Picture operator()(const Picture& field) const;
};

} // namespace stint
