"""How the Python programs of bench/ run `stint`: quietly, and never longer than they run themselves."""

import signal
import subprocess
import sys


def stop(number, _frame):
    """Ends as an exception does, which ends the child and removes temporary folders."""
    sys.exit(128 + number)


for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
    signal.signal(number, stop)


def run(*command):
    """Ends this program with the child's words and status if it fails."""
    child = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if child.returncode != 0:
        print(child.stderr.rstrip(), file=sys.stderr)
        sys.exit(child.returncode)


def runs_of(texts, kinds):
    """Of texts KIND:PART:..., each part a list a,b: all combinations, as lists of their parts. `kinds` has the number of parts that follow
    each kind. Ends the program at a text that is no such thing."""
    found = []
    for text in texts:
        parts = [part.split(",") for part in text.split(":")]
        for kind in parts[0]:
            if kinds.get(kind) != len(parts) - 1:
                sys.exit(f"'{text}' is not one of the runs that --help lists")
        combinations = [[]]
        for part in parts:
            combinations = [[*one, value] for one in combinations for value in part]
        found += combinations
    return found
