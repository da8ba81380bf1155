#!/usr/bin/env python3
"""Discretisation errors of `stint sample`: the same noise with few steps and with many, configuration by configuration.

    python3 bench/solver_error.py build/release/bin/stint model.h5 [--samples 256] [--truth 128] [--plot FILE]
        multistep:scales:10,16 sde2:scales:32 multistep:tolerance:0.001 multistep:path.h5:path64.h5 ... [-- --field 0.02]

Prints, for each SOLVER:SCHEDULE:STEPS, SOLVER:tolerance:TOLERANCE, or SOLVER:PATH:TRUTH of two files of `stint adapt` (few
steps, and many along the same path, whose end is the truth then), the evaluations of the drift a configuration, the root mean
square difference of a site from the run with `--truth` steps of multistep:scales, and the differences of the means of observables in percent of
their standard deviations over configurations: a bias of b % is the statistical error of (100/b)^2 independent configurations. Answers
of an SDE are no function of the same noise at other numbers of steps; here only their means can be compared. --plot draws the
error of a site against the evaluations, a line for each solver and schedule. Each part of a run may be a list. What follows --
goes to `stint sample`: a task, a tilt, a precision. numpy, h5py; matplotlib for --plot.
"""

import argparse
import json
import pathlib
import sys
import tempfile

import h5py
import numpy as np

from program import run, runs_of


def sample(arguments, solver, way, folder):
    output, report = folder / "sample.h5", folder / "sample.json"
    run(arguments.stint, "sample", "--model", arguments.model, "--samples", str(arguments.samples), "--seed", "7",
        "--solver", solver, *way, *arguments.options,
        "--output", str(output), "--json", str(report), "--overwrite", "--quiet")
    with h5py.File(output) as file:
        return file["configurations"][:].astype(np.float64), json.loads(report.read_text())


def observables(phi):
    axes = tuple(range(1, phi.ndim))
    neighbours = sum(phi * np.roll(phi, 1, axis) for axis in axes) / len(axes)
    power = np.abs(np.fft.fftn(phi, axes=axes, norm="ortho")) ** 2
    m = phi.mean(axis=axes)
    # Modes on the diagonal of the Brillouin zone.
    modes = {f"P({k})": power[(slice(None),) + (k,) * len(axes)] for k in (1, 2, phi.shape[1] // 2)}
    return {"M": m, r"\|M\|": abs(m), "M2": m**2, "phi2": (phi**2).mean(axis=axes), "phi4": (phi**4).mean(axis=axes),
            "nn": neighbours.mean(axis=axes), **modes}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stint")
    parser.add_argument("model")
    parser.add_argument("runs", nargs="+", metavar="SOLVER:SCHEDULE:STEPS")
    parser.add_argument("--samples", type=int, default=256)
    parser.add_argument("--truth", type=int, default=128, help="steps of the reference run")
    parser.add_argument("--plot", metavar="FILE", help="picture of the errors")
    own, options = sys.argv[1:], []
    if "--" in own:
        own, options = own[: own.index("--")], own[own.index("--") + 1 :]
    arguments = parser.parse_intermixed_args(own, argparse.Namespace(options=options))
    if arguments.samples < 2:
        parser.error("--samples: an error needs 2 or more")
    runs = runs_of(arguments.runs, {solver: 2 for solver in ("multistep", "sde", "sde2", "euler", "heun", "rk4", "dopri5")})
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        scales = ["--schedule", "scales", "--steps", str(arguments.truth)]
        truths = {None: sample(arguments, "multistep", scales, folder)[0]}
        exact = observables(truths[None])
        print("| run | evaluations | rms of a site | " + " | ".join(exact) + " |")
        print("|---" * (3 + len(exact)) + "|")
        lines = {}
        for solver, schedule, steps in runs:
            many = steps if schedule.endswith(".h5") else None
            if many not in truths:
                truths[many] = sample(arguments, "multistep", ["--path", many], folder)[0]
            truth, exact = truths[many], observables(truths[many])
            if many:
                way = ["--path", schedule]
            elif schedule == "tolerance":
                way = ["--tolerance", steps]
            else:
                way = ["--schedule", schedule, "--steps", steps]
            phi, report = sample(arguments, solver, way, folder)
            cells = []
            for key, value in observables(phi).items():
                difference = 100 * (value - exact[key]) / exact[key].std()
                cells.append(f"{difference.mean():.2f}({difference.std() / len(difference) ** 0.5:.2f})")
            rms = np.sqrt(((phi - truth) ** 2).mean())
            label = f"{solver}, adapted" if many else f"{solver}, {schedule}"
            lines.setdefault(label, []).append((report["evaluations"], rms))
            name = f"{solver}:{schedule}:{steps}"
            if schedule == "tolerance":
                name += f", {report['steps']} steps, {report['rejected_steps']} tried again"
            print(f"| {name} | {report['evaluations']:.2f} | {rms:.2g} | " + " | ".join(cells) + " |", flush=True)
    if arguments.plot:
        draw(lines, arguments.plot)


def draw(lines, file):
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6, 4), constrained_layout=True)
    for label, points in lines.items():
        axes.loglog(*zip(*sorted(points)), "o-", label=label)
    ticks = [5, 6, 8, 10, 15, 20, 30, 50]
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.set_xticks([], minor=True)
    axes.set(xlabel="evaluations of the drift", ylabel="rms error of a site")
    axes.legend(fontsize="small")
    figure.savefig(file, dpi=150)


main()
