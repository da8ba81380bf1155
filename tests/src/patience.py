"""How long tests wait."""

import os

PATIENCE = float(os.environ.get("STINT_TIME_FACTOR", 4))  # multiplies the seconds that a test waits
