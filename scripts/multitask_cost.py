#!/usr/bin/env python3
"""The table of the study multitask-cost: python3 scripts/multitask_cost.py runs/multitask-cost

Effective sample sizes, in percent, of the model for all operators and of the one for a task's operators alone, with errors from
resampling the samples. numpy, h5py.
"""
import pathlib
import sys

import h5py
import numpy as np

SIZES = (4, 8, 16)
TASKS = {"generate": ("scalar", "generate"), "block": ("site", "inpaint, 4x4 unknown"), "scales": ("fourier", "coarse to fine, 2 shells")}
RESAMPLINGS = 400


def effective(log_weight):
    """(sum w)^2 / (N sum w^2), in percent."""
    w = np.exp(log_weight - log_weight.max())
    return 100 * w.sum() ** 2 / (len(w) * (w**2).sum())


def main(folder):
    random = np.random.default_rng(1)

    def percent(name):
        with h5py.File(folder / f"{name}.h5") as file:
            log_weight = file["log_weight"][()]
        error = np.std([effective(random.choice(log_weight, len(log_weight))) for _ in range(RESAMPLINGS)])
        return f"{effective(log_weight):.0f}({error:.0f})"

    print("| task | " + " | ".join(f"{size} channels: all, alone" for size in SIZES) + " |")
    print("|---" * (1 + len(SIZES)) + "|")
    for task, (alone, name) in TASKS.items():
        cells = [f"{percent(f'mixed-{task}-{size}')}, {percent(f'{alone}-{task}-{size}')}" for size in SIZES]
        print(f"| {name} | " + " | ".join(cells) + " |")


if len(sys.argv) != 2:
    sys.exit(__doc__)
main(pathlib.Path(sys.argv[1]))
