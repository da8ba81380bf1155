#!/usr/bin/env python3
"""The tables of two studies, whichever the folder has: python3 scripts/multitask_cost.py runs/multitask-cost

multitask-cost: effective sample sizes, in percent, of the model for all operators and of the one for a task's operators alone, with
errors from resampling the samples; then those of the model that began with scalar operators, and the held-out losses of both.
multitask-images: PSNR of the posterior mean. numpy, h5py.
"""
import json
import pathlib
import sys

import h5py
import numpy as np

SIZES, SIZES_OF_CURRICULUM = (4, 8, 16), (4, 8)
TASKS = {"generate": ("scalar", "generate"), "block": ("site", "inpaint, 4x4 unknown"), "scales": ("fourier", "coarse to fine, 2 shells")}
PROBLEMS = {"denoise": "scalar", "box": "site", "random": "site", "deblur": "cosine", "superresolve": "cosine"}
RESAMPLINGS = 400


def effective(log_weight):
    """(sum w)^2 / (N sum w^2), in percent."""
    w = np.exp(log_weight - log_weight.max())
    return 100 * w.sum() ** 2 / (len(w) * (w**2).sum())


def table(head, rows):
    print("| " + " | ".join(head) + " |")
    print("|---" * len(head) + "|")
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def lattices(folder):
    random = np.random.default_rng(1)

    def percent(name):
        with h5py.File(folder / f"{name}.h5") as file:
            log_weight = file["log_weight"][()]
        error = np.std([effective(random.choice(log_weight, len(log_weight))) for _ in range(RESAMPLINGS)])
        return f"{effective(log_weight):.0f}({error:.0f})"

    rows = [[name] + [f"{percent(f'mixed-{task}-{size}')}, {percent(f'{alone}-{task}-{size}')}" for size in SIZES]
            for task, (alone, name) in TASKS.items()]
    table(["task"] + [f"{size} channels: all, alone" for size in SIZES], rows)
    head = [f"{size} channels: all from the start, scalar first" for size in SIZES_OF_CURRICULUM]
    rows = [[name] + [f"{percent(f'mixed-{task}-{size}')}, {percent(f'curriculum-{task}-{size}')}" for size in SIZES_OF_CURRICULUM]
            for task, (_, name) in TASKS.items()]
    pairs = [[json.loads((folder / f"{kind}-{size}.json").read_text()) for kind in ("mixed", "curriculum")] for size in SIZES_OF_CURRICULUM]
    rows += [[f"held-out loss, {family}"] + [", ".join(f"{model['families'][family]['loss']:.4f}" for model in pair) for pair in pairs]
             for family in pairs[0][0]["families"]]
    rows.append(["held-out loss, all"] + [", ".join(f"{model['validation_loss']:.4f}" for model in pair) for pair in pairs])
    table(["task"] + head, rows)


def images(folder):
    found = {name.stem: json.loads(name.read_text()) for name in folder.glob("*-means-*.json")}

    def psnr(name, problem):
        value, error = found[name][problem]["mean"]["psnr"]
        return f"{value:.2f}({100 * error:.0f})"

    rows = [[problem, psnr("mixed-means-8", problem), psnr(f"{alone}-means-8", problem), psnr("mixed-means-16", problem)]
            for problem, alone in PROBLEMS.items()]
    table(["problem", "8 channels, all", "8 channels, alone", "16 channels, all"], rows)


def main(folder):
    (images if (folder / "mixed-means-8.json").exists() else lattices)(folder)


if len(sys.argv) != 2:
    sys.exit(__doc__)
main(pathlib.Path(sys.argv[1]))
