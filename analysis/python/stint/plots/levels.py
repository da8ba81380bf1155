"""Paths that `stint adapt` found: python -m stint plot levels PATH.h5... --output FIGURE.png

One colour a path. Left the noise level alpha/(alpha + beta) at the ends of the steps, a line for each pace at which coordinates
move; right, where one was minimised, the objective over its value at the first evaluation.
"""
import h5py
import numpy as np

from ..failure import Failure, one_line
from .style import COLOURS, plt, run, stem


def read(path):
    """The levels (steps + 1, paces), and the history of the objective, which may be empty."""
    try:
        with h5py.File(path, "r") as file:
            levels = np.asarray(file["levels"][()], dtype=float)
            history = np.asarray(file["history"][()] if "history" in file else [], dtype=float)
    except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise Failure(f"{path}: not a path of 'stint adapt' ({one_line(error)})") from error
    if levels.ndim == 0 or len(levels) < 2 or history.ndim != 1:
        raise Failure(f"{path}: /levels has shape {levels.shape} and /history {history.shape}; expected a row a step, and a list")
    return np.unique(levels.reshape(len(levels), -1), axis=1), history


def draw(files):
    paths = {path: read(path) for path in files}
    columns = 2 if any(len(history) for _, history in paths.values()) else 1
    figure, panels = plt.subplots(1, columns, figsize=(4.2 * columns, 3.4), constrained_layout=True, squeeze=False)
    for number, (path, (levels, history)) in enumerate(paths.items()):
        colour = COLOURS[number % len(COLOURS)]
        parts = np.linspace(0, 1, len(levels))
        lines = panels[0][0].plot(parts, levels, "o-", ms=2.6, lw=0.8, color=colour, alpha=0.8)
        lines[0].set_label(stem(path))
        if len(history):
            panels[0][1].semilogy(np.arange(1, len(history) + 1), history / history[0], lw=0.9, color=colour, label=stem(path))
    panels[0][0].set(xlabel="step / steps", ylabel=r"noise level $\alpha/(\alpha + \beta)$")
    panels[0][0].legend(fontsize=7.5)
    if columns == 2:
        panels[0][1].set(xlabel="evaluation", ylabel="objective / first")
    return figure


def main(arguments):
    run("levels", draw, __doc__, "PATH.h5", arguments)
