"""How long tests wait, and for what."""

import os
import time

PATIENCE = float(os.environ.get("STINT_TIME_FACTOR", 4))  # multiplies the seconds that a test waits


def wait_for_work(process, seconds):
    """Until the process has used so many seconds of a processor, or has ended: a busy machine takes its time."""
    ticks = os.sysconf("SC_CLK_TCK")
    while process.poll() is None:
        with open(f"/proc/{process.pid}/stat", encoding="utf-8") as status:
            user, system = status.read().rpartition(")")[2].split()[11:13]
        if (int(user) + int(system)) / ticks >= seconds:
            return
        time.sleep(0.01)
