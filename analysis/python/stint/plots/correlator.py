"""Correlators in time and effective masses: python -m stint plot correlator MEASURE.json... --output FIGURE.png

Each JSON is what `stint measure --correlators --json` wrote. Left: C(t), connected, of slices at zero momentum. Right:
the effective mass, with the plateau that the exponential correlation length comes from as a band. Lattice units.
"""
import numpy as np

from .style import COLOURS, plt, read_correlators, run, stem


def draw(files):
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.6, 3.4), constrained_layout=True)
    for number, path in enumerate(files):
        colour = COLOURS[number % len(COLOURS)]
        time, effective, mass = read_correlators(path, "time", "effective_mass", "mass")
        style = {"fmt": "o", "ms": 3.2, "lw": 0.9, "color": colour}
        left.errorbar(time["t"], time["value"], time["error"], label=stem(path), **style)
        known = np.isfinite(effective["value"]) & np.isfinite(effective["error"])
        known &= effective["error"] < effective["value"]  # others say nothing and would hide the rest
        right.errorbar(effective["t"][known], effective["value"][known], effective["error"][known], **style)
        if np.isfinite(mass["value"]) and np.isfinite(mass["error"]):
            value, error = float(mass["value"]), float(mass["error"])
            right.fill_between([float(mass["first"]) - 0.3, float(mass["last"]) + 0.3], value - error, value + error,
                               color=colour, alpha=0.3, lw=0,
                               label=rf"$m={value:.4g}\pm{error:.1g}$,  $\xi={1 / value:.3g}$")
    left.set_yscale("log", nonpositive="mask")
    left.set_xlabel("$t$")
    left.set_ylabel(r"$C(t)$")
    left.legend(fontsize=7.5)
    right.set_xlabel("$t$")
    right.set_ylabel(r"$m_\mathrm{eff}(t)$")
    right.set_ylim(bottom=0)
    if right.get_legend_handles_labels()[1]:
        right.legend(fontsize=7.5)
    return figure


def main(arguments):
    run("correlator", draw, __doc__, "MEASURE.json", arguments)
