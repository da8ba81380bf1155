"""How long tests wait, and for what."""

import os
import time

PATIENCE = float(os.environ.get("STINT_TIME_FACTOR", 4))  # multiplies the seconds that a test waits


def wait_for_handler(process, number):
    """Until the process handles this signal, or has ended: a busy machine may take its time to come that far."""
    while process.poll() is None:
        with open(f"/proc/{process.pid}/status", encoding="utf-8") as status:
            caught = next(int(line.split()[1], 16) for line in status if line.startswith("SigCgt:"))
        if caught >> (number - 1) & 1:
            return
        time.sleep(0.01)
