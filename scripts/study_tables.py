#!/usr/bin/env python3
"""The tables of three studies, whichever the folder has: python3 scripts/study_tables.py runs/multitask-cost

multitask-cost: effective sample sizes, in percent, of the model for all operators and of the one for a task's operators alone, with
errors from resampling the samples; then those of the model that began with scalar operators, and the held-out losses of both.
multitask-images: PSNR of the posterior mean by the model for all operators, and how much more another has on the same pictures.
orders: evaluations of an order of generation, and deviations from the reference in percent, with the errors of both.
numpy, h5py.
"""
import json
import pathlib
import sys

import h5py
import numpy as np

SIZES, SIZES_OF_CURRICULUM = (4, 8, 16), (4, 8)
TASKS = {"generate": ("scalar", "generate"), "block": ("site", "inpaint, 4x4 unknown"), "scales": ("fourier", "coarse to fine, 2 shells")}
PROBLEMS = {"denoise": ["scalar"], "box": ["site", "sequential"], "random": ["site", "sequential"], "deblur": ["cosine"],
            "superresolve": ["cosine"]}
ORDERS = ("once", "columns", "blocks", "morton", "variance")
OBSERVABLES = {"abs_magnetisation": "\\|M\\|", "phi2": "phi^2", "phi4": "phi^4", "nearest_neighbour": "nearest neighbour"}
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
    def psnr(name, problem):
        """Of every picture, whose values are from -1 to 1."""
        with h5py.File(folder / f"{name}.h5") as file:
            group = file[problem] if problem in file else file
            return 10 * np.log10(4 / ((group["truth"][()] - group["mean"][()]) ** 2).mean((1, 2, 3)))

    def entry(model, problem, size):
        of_all = psnr(f"mixed-means-{size}", problem)
        more = psnr(f"{model}-means-{size}", problem) - of_all
        return f"{of_all.mean():.2f}, {more.mean():+.2f}({100 * more.std() / np.sqrt(len(more)):.0f})"

    rows = [[problem, model] + [entry(model, problem, size) for size in SIZES] for problem, models in PROBLEMS.items() for model in models]
    table(["problem", "trained on"] + [f"{size} channels: all families, dB; this one, dB more" for size in SIZES], rows)


def orders(folder):
    def row(order):
        report = json.loads((folder / f"compare-{order}.json").read_text())["others"][0]["observables"]
        cells = []
        for name in OBSERVABLES:
            (truth, error), (value, own) = report[name]["reference"], report[name]["value"]
            cells.append(f"{100 * (value / truth - 1):+.2f}({100 * np.hypot(error, own) / abs(truth):.2f})")
        with h5py.File(folder / f"{order}.h5") as file:
            return [order, f"{file.attrs['evaluations']:.0f}", *cells]

    table(["order", "evaluations", *(f"{name}, %" for name in OBSERVABLES.values())], [row(order) for order in ORDERS])


STUDIES = {"multitask-cost": lattices, "multitask-images": images, "orders": orders}


def main(folder):
    """The results of a study have a copy of its stages."""
    for study, tables in STUDIES.items():
        names = (pathlib.Path(__file__).parents[1] / "jobs" / study / "stages").read_text().split()
        if (folder / "stages").exists() and (folder / "stages").read_text().split() == names:
            try:
                return tables(folder)
            except FileNotFoundError as error:
                sys.exit(f"{error.filename or error}: is its stage done?")
    sys.exit(f"{folder} has no results of {', '.join(STUDIES)}")


if len(sys.argv) != 2:
    sys.exit(__doc__)
main(pathlib.Path(sys.argv[1]))
