"""Propagators of ensembles: python -m stint plot propagator MEASURE.json... --output FIGURE.png

Each JSON is what `stint measure --correlators --json` wrote. Left: G(p), connected, along the axes and the diagonals
against the lattice momentum squared. Right: its inverse, a straight line of slope 2 in the free theory: where axes and
diagonals part, rotations are broken. Lattice units.
"""
from .style import COLOURS, plt, read_correlators, run, stem


def draw(files):
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.6, 3.4), constrained_layout=True)
    for number, path in enumerate(files):
        colour = COLOURS[number % len(COLOURS)]
        for part, marker, what in zip(read_correlators(path, "axis", "diagonal"), "os", ("axes", "diagonals")):
            p2, value, error = part["momentum_squared"], part["value"], part["error"]
            style = {"fmt": marker, "ms": 3.2, "lw": 0.9, "color": colour,
                     "mfc": colour if what == "axes" else "white", "label": f"{stem(path)}, {what}"}
            left.errorbar(p2, value, error, **style)
            positive = value > 0
            inverse = 1 / value[positive]
            right.errorbar(p2[positive], inverse, error[positive] * inverse**2, **style)
    left.set_yscale("log", nonpositive="mask")
    left.set_ylabel(r"$G(p)$")
    right.set_ylabel(r"$1/G(p)$")
    for axes in (left, right):
        axes.set_xlabel(r"$\hat p^2=\sum_\mu 4\,\sin^2(p_\mu/2)$")
    right.set_ylim(bottom=0)
    right.legend(loc="upper left", fontsize=7.5)
    return figure


def main(arguments):
    run("propagator", draw, __doc__, "MEASURE.json", arguments)
