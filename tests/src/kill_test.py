"""Runs of stint hmc, train and sample that are killed at random moments, resumed, and compared with runs that never were:

    python3 kill_test.py STINT MPIEXEC [KILLS [SEED]]

Each run is killed by SIGKILL again and again, every time resumed, on other numbers of ranks and threads where results do not depend
on them, until it ends by itself. All datasets of its file, and the numbers it reports, must then be those of the uninterrupted run,
byte for byte. New runs start until KILLS kills have hit runs that had something to resume; a run that has survived MOST of them may
end by itself. Needs h5py (see program_test.py).
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

KILLS = int(sys.argv[3]) if len(sys.argv) > 3 else 200
SEED = int(sys.argv[4]) if len(sys.argv) > 4 else 1
MOST = 4
HMC = "hmc --lattice 32x32 --chains 40 --thermalize 300 --trajectories 300 --save-every 10 --history-every 3 --quiet".split()
SAMPLE = "sample --precision fp32 --batch 4 --quiet".split()
OFTEN = ["--checkpoint-every", "0.01"]  # seconds


class Work:
    """A command, what it writes checkpoints to, and whether its results are the same for any ranks and for any threads."""

    def __init__(self, *command, often=OFTEN, checkpoint="parts/state.h5", any_ranks=True, any_threads=True):
        self.command, self.often, self.checkpoint = command, often, checkpoint
        self.any_ranks, self.any_threads = any_ranks, any_threads


WORKS = {
    "hmc": Work(*HMC, "--tune", "--jitter", "0.2", "--step-size", "0.08", "--steps", "25"),
    "train": Work(*"train --data hmc.h5 --channels 2 --levels 1 --batch 8 --steps 100 --report-every 7 --validate-every 30 --precision fp32 "
                  "--quiet".split(), often=["--checkpoint-every", "2"], checkpoint="checkpoint", any_ranks=False, any_threads=False),
    "sample": Work(*SAMPLE, "--model", "train.h5", "--samples", "90", "--steps", "8", any_threads=False),
    "fourier": Work(*HMC, "--algorithm", "fourier", "--fourier-mass2", "0.3", "--steps", "3", "--precision", "double"),
    "weights": Work(*SAMPLE, *"--model free-field --lattice 8x8 --samples 90 --steps 6 --solver heun --weights --metropolis".split(), any_threads=False),
    "cluster": Work(*HMC, "--algorithm", "cluster", "--tune", "--integrator", "omelyan4"),
}
CONTENTS = """
import h5py, hashlib, sys
file = h5py.File(sys.argv[1])
found = {}
file.visititems(lambda path, item: found.update({path: item[()].tobytes()}) if hasattr(item, 'dtype') else None)
found.pop('history/samples_per_second', None)
reported = 'acceptance exp_minus_delta_h virial r_hat tau_int step_size steps force_evaluations effective'.split()
found.update({name: file.attrs[name].tobytes() for name in file.attrs if any(name.startswith(word) for word in reported)})
print(len(found))
for name in sorted(found): print(name, hashlib.sha256(found[name]).hexdigest())
"""


def contents(path):
    return subprocess.run([PYTHON, "-c", CONTENTS, path], capture_output=True, text=True, check=True).stdout


def start(folder, output, work, options=(), ranks=1, threads=1):
    launcher = [] if ranks == 1 else [MPIEXEC, "-n", str(ranks), "--oversubscribe"]
    return subprocess.Popen([*launcher, STINT, *work.command, *options, "--threads", str(threads), "--output", output], cwd=folder,
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


def modified(path):
    return path.stat().st_mtime_ns if path.exists() else 0


def wait_for_moment(process, checkpoint, duration, moments, checkpoints):
    """Until a random moment: anywhere, or, three times of four, soon after the run has written so many checkpoints."""
    begin = time.monotonic()
    if moments.random() < 0.25:
        process.wait(moments.uniform(0, duration))
        return
    for _ in range(checkpoints):
        before = modified(checkpoint)
        while process.poll() is None and modified(checkpoint) == before:
            time.sleep(0.002)
    process.wait(moments.uniform(0, 0.3 * (time.monotonic() - begin)))


def run_with_kills(folder, output, work, duration, moments):
    """Runs to the end through kills; the number of those that had a checkpoint to go on from."""
    kills = 0
    checkpoint = folder / f"{output}.{work.checkpoint}"
    for attempt in range(300):
        ranks = moments.choice([1, 1, 2, 3]) if work.any_ranks else 1
        threads = moments.choice([1, 2, 3]) if work.any_threads else 1
        process = start(folder, output, work, ["--resume", *work.often], ranks, threads)
        with process.stderr:
            try:
                if kills < MOST:  # on a busy machine there is little between two checkpoints
                    wait_for_moment(process, checkpoint, duration, moments, 1 + attempt // 50)
            except subprocess.TimeoutExpired:
                kill(process)
                kills += checkpoint.exists()
                continue
            process.wait()
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
        for label, work in WORKS.items():
            begin = time.monotonic()
            process = start(folder, f"{label}.h5", work)
            error = process.communicate()[1]
            if process.returncode != 0:
                raise SystemExit(error)
            duration[label] = time.monotonic() - begin
            expected[label] = contents(folder / f"{label}.h5")
        total, run = dict.fromkeys(WORKS, 0), 0
        while run < len(WORKS) or sum(total.values()) < KILLS:
            label = list(WORKS)[run % len(WORKS)]
            output = f"killed-{run}.h5"
            kills = run_with_kills(folder, output, WORKS[label], duration[label], moments)
            total[label] += kills
            if contents(folder / output) != expected[label]:
                raise SystemExit(f"{output} ({label}, {kills} kills) differs from the uninterrupted run")
            left = sorted(path.name for path in folder.iterdir() if path.name.startswith("killed"))
            if left != [output]:
                raise SystemExit(f"{left} is left where only {output} is expected")
            (folder / output).unlink()
            run += 1
        counts = ", ".join(f"{label} {kills}" for label, kills in total.items())
        print(f"{run} runs, {sum(total.values())} kills after a checkpoint ({counts}): all equal to the uninterrupted runs")


main()
