"""Figure of what `stint compare --json` found: one row for each reference with one other ensemble.

    python -m stint plot compare --output FIGURE.png --json COMPARE.json [--json COMPARE2.json ...]

A row shows (a) the distributions of the magnetisation per configuration, with errors that include autocorrelation,
(b) the difference of each observable in units of its error (pull), (c) a few configurations: one row of the reference
above one of the other ensemble. The JSON names the ensembles (HDF5), relative to the working directory or to the JSON.
Everything is in lattice units.
"""
import json
import os

import numpy as np
from matplotlib.ticker import MaxNLocator

from ..ensemble import COUPLINGS
from ..ensemble import open as open_ensemble
from ..failure import Failure, one_line
from .style import Parser, colour_bar, draw_field, plt, save, stem, two_dimensional

REFERENCE_COLOUR = "#8a9bb0"
OTHER_COLOUR = "#c0392b"
SHOWN = 4  # configurations of each ensemble
LARGEST_PULL = 6  # pulls beyond are drawn at the edge with their number


class Ensemble:
    """What a figure needs of one ensemble file: couplings, magnetisations (N,), and SHOWN configurations."""

    def __init__(self, path):
        self.name = stem(path)
        with open_ensemble(path) as ensemble:
            data = ensemble.configurations
            self.extents = data.shape[1:]
            self.kind = ensemble.kind
            self.couplings = ensemble.couplings
            self.magnetisations = ensemble.magnetisation()
            rows = np.unique(np.linspace(0, len(data) - 1, SHOWN).astype(int))
            self.shown = [two_dimensional(data[row]) for row in rows]


def title(of):
    """The kind of data, the lattice and the couplings."""
    extents = of.extents
    cubic = len(extents) > 1 and len(set(extents)) == 1
    lattice = f"{extents[0]}^{len(extents)}" if cubic else r"\times".join(map(str, extents))
    kind = r"$\phi^4$" if of.kind == "phi4" else of.kind
    parts = [rf"{kind} on ${lattice}$"]
    for symbol, key in zip(("m^2", r"\lambda", "h", "k_2"), COUPLINGS):
        if key in of.couplings and (key != "quadratic" or of.couplings[key] != 0):
            parts.append(f"${symbol}={of.couplings[key]:g}$")
    return ",  ".join(parts)


def error_inflation(sample, error):
    """sqrt(2 tau_int) of the magnetisation, from the error of its mean that the JSON has; at least 1."""
    naive = sample.std() / np.sqrt(len(sample))
    return max(1.0, error / naive) if naive > 0 else 1.0


def draw_histograms(axes, reference, other, comparison):
    both = np.concatenate([reference.magnetisations, other.magnetisations])
    low, high = np.quantile(both, [0.0005, 0.9995])
    margin = 0.05 * (high - low) or 0.1
    bins = int(np.clip(2 * min(len(reference.magnetisations), len(other.magnetisations)) ** (1 / 3), 12, 44))
    edges = np.linspace(low - margin, high + margin, bins + 1)
    centres = (edges[1:] + edges[:-1]) / 2
    errors = comparison["observables"].get("magnetisation", {"reference": [0, 0], "value": [0, 0]})

    def density(sample, error):
        counts, _ = np.histogram(sample, edges)
        scale = 1 / (len(sample) * (edges[1] - edges[0]))
        return counts * scale, np.sqrt(counts) * scale * error_inflation(sample, error)

    height, error = density(reference.magnetisations, errors["reference"][1])
    axes.stairs(height, edges, fill=True, color=REFERENCE_COLOUR, alpha=0.5, lw=0,
                label=f"{reference.name} ($N={len(reference.magnetisations)}$)")
    axes.stairs(height + error, edges, baseline=height - error, fill=True, color=REFERENCE_COLOUR, alpha=0.8, lw=0)
    height, error = density(other.magnetisations, errors["value"][1])
    axes.errorbar(centres, height, error, fmt="o", ms=2.6, lw=0.9, color=OTHER_COLOUR,
                  label=f"{other.name} ($N={len(other.magnetisations)}$)")
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(0, 1.32 * axes.get_ylim()[1])
    axes.set_xlabel(r"magnetisation $M=\frac{1}{V}\sum_x\phi_x$")
    axes.set_ylabel("$P(M)$")
    axes.legend(loc="upper left", fontsize=7.5, borderaxespad=0.3)
    distances = comparison["magnetisation"]
    axes.set_title(rf"KS $p={distances['ks_p_value']:.2g}$,  $W_1={distances['wasserstein1']:.2g}$", fontsize=8.5)


def draw_pulls(axes, observables, labels):
    names = [name for name in observables if observables[name]["z"] is not None]
    pulls = np.array([observables[name]["z"] for name in names], dtype=float)
    rows = np.arange(len(names))
    axes.axvspan(-2, 2, color="0.93", lw=0)
    axes.axvspan(-1, 1, color="0.85", lw=0)
    axes.axvline(0, color="0.5", lw=0.8)
    inside = np.abs(pulls) <= LARGEST_PULL
    axes.errorbar(pulls[inside], rows[inside], xerr=1, fmt="o", ms=4, lw=1, color=OTHER_COLOUR)
    limit = max(3.2, min(LARGEST_PULL, np.abs(pulls[inside]).max(initial=0)) + 1.2)
    for row in rows[~inside]:
        side = np.sign(pulls[row])
        axes.plot(side * (limit - 0.3), row, marker=">" if side > 0 else "<", color=OTHER_COLOUR, ms=5)
        axes.annotate(f"{pulls[row]:.3g}", (side * (limit - 0.7), row), ha="right" if side > 0 else "left", va="center",
                      fontsize=7)
    axes.set_xlim(-limit, limit)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_yticks(rows, [labels.get(name, name) for name in names], fontsize=8)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("(other − reference) / error")


def draw_configurations(figure, cell, reference, other, scale):
    grid = cell.subgridspec(2, SHOWN + 1, width_ratios=[1] * SHOWN + [0.07], wspace=0.06, hspace=0.06)
    image = None
    for row, (shown, colour) in enumerate([(reference, "0.25"), (other, OTHER_COLOUR)]):
        for column, phi in enumerate(shown.shown):
            axes = figure.add_subplot(grid[row, column])
            image = draw_field(axes, phi, scale, colour)
            if column > 0:
                axes.set_yticks([])
            else:
                axes.set_ylabel(shown.name, color=colour, fontsize=8)
            if row == 0 and column == 0 and len(shown.extents) > 2:
                axes.set_title("plane of the last two directions", fontsize=8, loc="left")
            if phi.ndim == 1 and row == 1:
                axes.set_xlabel("$x$", labelpad=1)
    if image is not None:
        colour_bar(figure, image, cax=figure.add_subplot(grid[:, SHOWN]))


def draw(files):
    """The figure of the JSON files."""
    pairs = [pair for path in files for pair in read_pairs(path)]
    if not pairs:
        raise Failure(f"{files[0]}: compares nothing")
    row_height = 3.5  # inches
    height = row_height * len(pairs)
    figure = plt.figure(figsize=(13, height))
    rows = figure.add_gridspec(len(pairs), 3, width_ratios=[1.0, 0.8, 1.9], wspace=0.27, left=0.045, right=0.955,
                               hspace=1.05 / (row_height - 1.05), top=1 - 0.55 / height, bottom=0.5 / height)
    shown = np.concatenate([np.ravel(phi) for reference, other, _ in pairs for phi in reference.shown + other.shown])
    scale = float(np.quantile(np.abs(shown), 0.995)) or 1.0
    for i, (reference, other, comparison) in enumerate(pairs):
        histogram, pulls = figure.add_subplot(rows[i, 0]), figure.add_subplot(rows[i, 1])
        draw_histograms(histogram, reference, other, comparison)
        draw_pulls(pulls, comparison["observables"], comparison["labels"])
        draw_configurations(figure, rows[i, 2], reference, other, scale)
        top = rows[i, 0].get_position(figure).y1
        figure.text(0.5, top + 0.27 / height, title(reference), ha="center", fontsize=11)
        for column, (panel, offset) in enumerate([("a", 0.025), ("b", 0.04), ("c", 0.02)]):
            left = rows[i, column].get_position(figure).x0
            figure.text(left - offset, top + 0.08 / height, f"({panel})", fontsize=10)
    return figure


def find(file, json_path):
    beside = os.path.join(os.path.dirname(json_path), file)
    return beside if not os.path.exists(file) and os.path.exists(beside) else file


def read_pairs(json_path):
    try:
        with open(json_path, encoding="utf-8") as file:
            content = json.load(file)
        reference = Ensemble(find(content["reference"], json_path))
        pairs = [(reference, Ensemble(find(other["file"], json_path)), other) for other in content["others"]]
        for _, _, other in pairs:
            other["labels"] = content.get("labels", {})
            for entry in other["observables"].values():
                entry["z"], entry["reference"][1], entry["value"][1]
            other["magnetisation"]["ks_p_value"], other["magnetisation"]["wasserstein1"]
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise Failure(f"{json_path}: cannot be read ({one_line(error)})") from error
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise Failure(f"{json_path}: not what `stint compare --json` writes ({one_line(repr(error))})") from error
    for _, other, _ in pairs:
        if other.extents != reference.extents:
            raise Failure(f"{json_path}: lattices {reference.extents} and {other.extents} differ")
    return pairs


def main(arguments):
    parser = Parser("compare", __doc__)
    parser.add_argument("--json", required=True, action="append", metavar="COMPARE",
                        help="what `stint compare --json` wrote; once or more, one group of rows each")
    options = parser.parse_args(arguments)
    save(draw(options.json), options.output)
