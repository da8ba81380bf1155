"""Losses of models during training: python -m stint plot training MODEL.h5... --output FIGURE.png

One colour a model. /history/loss against /history/step as a line, thinned to means of at most 400 groups of steps;
/history/validation_loss against /history/validation_step as points, and so each dataset of /history/validation (a family of
operators each), with the family's name.
"""
import h5py
import numpy as np

from ..failure import Failure, one_line
from .style import COLOURS, plt, run, stem

GROUPS, MARKERS = 400, "os^Dv<>P"


def series(history, steps, values, path):
    """Two datasets of one length, as arrays of numbers."""
    x, y = (np.asarray(history[name][()], dtype=float) for name in (steps, values))
    if x.ndim != 1 or x.shape != y.shape:
        raise Failure(f"{path}: /history/{steps} has shape {x.shape} and /history/{values} {y.shape}; expected one length")
    return x, y


def read(path):
    """{name: (steps, values)} of what the model file holds; the training loss has the name ''."""
    try:
        with h5py.File(path, "r") as file:
            history = file["history"]
            found = {"": series(history, "step", "loss", path)} if "loss" in history else {}
            if "validation_loss" in history:
                found["validation"] = series(history, "validation_step", "validation_loss", path)
            for family in history.get("validation", {}):
                found[family] = series(history, "validation_step", f"validation/{family}", path)
    except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise Failure(f"{path}: not a model with a training history ({one_line(error)})") from error
    if not any(len(steps) for steps, _ in found.values()):
        raise Failure(f"{path}: /history has no loss")
    return found


def thinned(steps, values):
    """Means over at most GROUPS groups of neighbours."""
    groups = min(GROUPS, len(steps))
    means = lambda x: np.array([part.mean() for part in np.array_split(x, groups)])
    return means(steps), means(values)


def draw(files):
    figure, axes = plt.subplots(figsize=(5.6, 3.6), constrained_layout=True)
    positive = True
    for number, path in enumerate(files):
        colour = COLOURS[number % len(COLOURS)]
        for part, (name, (steps, values)) in enumerate(read(path).items()):
            if len(steps) == 0:
                continue
            positive = positive and np.nanmin(values) > 0
            if name == "":
                axes.plot(*thinned(steps, values), lw=0.8, color=colour, alpha=0.6, label=f"{stem(path)}, training")
            else:
                axes.plot(steps, values, MARKERS[part % len(MARKERS)] + ":", ms=3.2, lw=0.7, color=colour,
                          mfc=colour if name == "validation" else "white", label=f"{stem(path)}, {name}")
    if positive:
        axes.set_yscale("log")
    axes.set_xlabel("step")
    axes.set_ylabel("loss")
    axes.legend(fontsize=7.5)
    return figure


def main(arguments):
    run("training", draw, __doc__, "MODEL.h5", arguments)
