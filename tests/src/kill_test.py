"""Runs of stint hmc that are killed at random moments, resumed, and compared with one that never was:

    python3 kill_test.py STINT MPIEXEC [RUNS [SEED]]

Each run is killed by SIGKILL again and again, every time resumed on other numbers of ranks and threads, until it ends by itself.
All datasets of its file, and the numbers it reports, must then be those of the uninterrupted run, byte for byte. Needs h5py (see
program_test.py).
"""

import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

from program_test import MPIEXEC, STINT, python_lacks, PYTHON

RUNS = int(sys.argv[3]) if len(sys.argv) > 3 else 50
SEED = int(sys.argv[4]) if len(sys.argv) > 4 else 1
COMMON = "hmc --lattice 32x32 --chains 40 --thermalize 300 --trajectories 300 --save-every 10 --history-every 3 --quiet".split()
ALGORITHMS = {
    "hmc": ["--tune", "--jitter", "0.2", "--step-size", "0.08", "--steps", "25"],
    "fourier": ["--algorithm", "fourier", "--fourier-mass2", "0.3", "--steps", "3", "--precision", "double"],
    "cluster": ["--algorithm", "cluster", "--tune", "--integrator", "omelyan4"],
}
CONTENTS = """
import h5py, hashlib, sys
file = h5py.File(sys.argv[1])
found = {}
file.visititems(lambda path, item: found.update({path: item[()].tobytes()}) if hasattr(item, 'dtype') else None)
reported = 'acceptance exp_minus_delta_h virial r_hat tau_int step_size steps force_evaluations'.split()
found.update({name: file.attrs[name].tobytes() for name in file.attrs if any(name.startswith(word) for word in reported)})
print(len(found))
for name in sorted(found): print(name, hashlib.sha256(found[name]).hexdigest())
"""


def contents(path):
    return subprocess.run([PYTHON, "-c", CONTENTS, path], capture_output=True, text=True, check=True).stdout


def start(folder, output, options, ranks, threads):
    launcher = [] if ranks == 1 else [MPIEXEC, "-n", str(ranks), "--oversubscribe"]
    return subprocess.Popen([*launcher, STINT, *COMMON, *options, "--threads", str(threads), "--output", output], cwd=folder,
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def kill(process):
    """Ends a run at once: its ranks, which a launcher puts into process groups of their own, and the launcher."""
    ranks = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True).stdout.split()
    for pid in [*map(int, ranks), process.pid]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    process.wait()
    while any(pathlib.Path(f"/proc/{pid}").exists() for pid in ranks):
        time.sleep(0.001)


def run_with_kills(folder, output, options, duration, moments):
    """Runs to the end through kills; the number of those that had a checkpoint to go on from."""
    kills, patience = 0, 1.0
    for _ in range(200):
        ranks, threads = moments.choice([1, 1, 2, 3]), moments.choice([1, 2, 3])
        process = start(folder, output, [*options, "--resume", "--checkpoint-every", "0.01"], ranks, threads)
        with process.stderr:
            try:
                process.wait(patience * moments.uniform(0, 0.5 * duration if ranks == 1 else duration + 0.5))
            except subprocess.TimeoutExpired:
                kill(process)
                patience *= 1.05  # the machine may have become slower
                kills += (folder / f"{output}.parts/state.h5").exists()
                continue
            if process.returncode != 0:
                raise SystemExit(f"{output}: status {process.returncode} after {kills} kills: {process.stderr.read()}")
            return kills
    raise SystemExit(f"{output}: makes no progress")


def main():
    if python_lacks("h5py"):
        print(f"left out: {PYTHON} has no h5py; run scripts/setup.sh")
        return
    moments = random.Random(SEED)
    with tempfile.TemporaryDirectory(prefix="stint-kill-") as name:
        folder = pathlib.Path(name)
        expected, duration = {}, {}
        for algorithm, options in ALGORITHMS.items():
            begin = time.monotonic()
            process = start(folder, f"{algorithm}.h5", options, 1, 1)
            error = process.communicate()[1]
            if process.returncode != 0:
                raise SystemExit(error)
            duration[algorithm] = time.monotonic() - begin
            expected[algorithm] = contents(folder / f"{algorithm}.h5")
        total = 0
        for run in range(RUNS):
            algorithm = list(ALGORITHMS)[run % len(ALGORITHMS)]
            output = f"killed-{run}.h5"
            kills = run_with_kills(folder, output, ALGORITHMS[algorithm], duration[algorithm], moments)
            total += kills
            if contents(folder / output) != expected[algorithm]:
                raise SystemExit(f"{output} ({algorithm}, {kills} kills) differs from the uninterrupted run")
            left = sorted(path.name for path in folder.iterdir() if path.name.startswith("killed"))
            if left != [output]:
                raise SystemExit(f"{left} is left where only {output} is expected")
            (folder / output).unlink()
        print(f"{RUNS} runs, {total} kills after a checkpoint: all equal to the uninterrupted runs ({', '.join(expected)})")
        if total < RUNS:
            raise SystemExit("too few kills to mean anything")


main()
