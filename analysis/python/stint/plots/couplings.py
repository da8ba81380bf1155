"""Observables against a coupling: python -m stint plot couplings MEASURE.json... --over lambda --output FIGURE.png

Each JSON is what `stint measure --json` wrote of one theory. Samples of a model are a line with the band of its errors,
other ensembles points. Lattice units.
"""
import json

import numpy as np

from ..failure import Failure, one_line
from .style import COLOURS, Parser, plt, save

PANELS = {"abs_magnetisation": r"$\langle|M|\rangle$", "susceptibility_abs": r"$\chi=V(\langle M^2\rangle-\langle|M|\rangle^2)$",
          "binder_cumulant": r"$U_4$", "correlation_length": r"$\xi$"}
COUPLINGS = ("mass2", "lambda", "field", "quadratic")


class Series:
    """Rows (coupling, then value and error of each panel) in the order of the coupling."""

    def __init__(self, sampled, rows):
        self.sampled, self.points = sampled, np.array(sorted(rows), dtype=float).reshape(-1, 1 + 2 * len(PANELS))


def read(path, over):
    """Whether sampled, the row of a Series, the other couplings."""
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
        row = [float(content["couplings"][over])]
        for name in PANELS:
            row += [np.nan if content["observables"][name][key] is None else content["observables"][name][key] for key in ("value", "error")]
        others = {name: float(content["couplings"].get(name, 0)) for name in COUPLINGS if name != over}
        return bool(content["sampled"]), row, others
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise Failure(f"{path}: cannot be read ({one_line(error)})") from error
    except KeyError as error:
        raise Failure(f"{path}: has no {error}; measure an ensemble of phi^4 again with `stint measure --json`") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise Failure(f"{path}: not what `stint measure --json` writes of phi^4 ({one_line(repr(error))})") from error


def series(files, over):
    """That of HMC and of a model, those that there are. Throws Failure for theories that differ in another coupling."""
    rows, first = {False: [], True: []}, None
    for path in files:
        sampled, row, others = read(path, over)
        first = first or (path, others)
        for name, value in others.items():
            if value != first[1][name]:
                raise Failure(f"{path} and {first[0]} differ in '{name}', which is not --over {over}")
        rows[sampled].append(row)
    return [Series(sampled, found) for sampled, found in rows.items() if found]


def draw(files, over):
    figure, panels = plt.subplots(2, 2, figsize=(8.2, 5.6), sharex=True, constrained_layout=True)
    for one in series(files, over):
        for column, (axes, label) in enumerate(zip(panels.flat, PANELS.values())):
            x, value, error = one.points[:, 0], one.points[:, 1 + 2 * column], one.points[:, 2 + 2 * column]
            if one.sampled:
                axes.plot(x, value, lw=0.9, color=COLOURS[1], label="model")
                axes.fill_between(x, value - error, value + error, lw=0, alpha=0.3, color=COLOURS[1])
            else:
                axes.errorbar(x, value, error, fmt="o", ms=3.2, lw=0.9, color=COLOURS[0], label="Monte Carlo")
            axes.set_ylabel(label)
    for axes in panels[1]:
        axes.set_xlabel({"lambda": r"$\lambda$", "mass2": r"$m^2$"}.get(over, over))
    panels[0][1].legend()
    return figure


def main(arguments):
    parser = Parser("couplings", __doc__, "MEASURE.json")
    parser.add_argument("--over", choices=COUPLINGS, default="lambda", help="the coupling in which the theories differ (lambda)")
    options = parser.parse_args(arguments)
    save(draw(options.files, options.over), options.output)
