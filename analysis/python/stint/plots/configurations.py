"""Configurations as images, one row an ensemble: python -m stint plot configurations ENSEMBLE.h5... --output FIGURE.png [--count N]

The first N configurations of each: fields of two dimensions in colours, of one as lines; of more, the plane of the last
two directions through the origin. All share one scale, symmetric about 0, in lattice units.
"""
import numpy as np

from ..ensemble import open as open_ensemble
from ..failure import Failure
from .style import COLOURS, Parser, colour_bar, draw_field, plt, save, stem, two_dimensional


def read(path, count):
    with open_ensemble(path) as ensemble:
        fields = [two_dimensional(phi) for phi in ensemble.configurations[:count]]
    if not np.all(np.isfinite(fields)):
        raise Failure(f"{path}: /configurations holds NaN or Inf")
    return fields


def draw(files, count):
    rows = [read(path, count) for path in files]
    columns = max(map(len, rows))
    scale = float(np.quantile(np.abs(np.concatenate([np.ravel(phi) for row in rows for phi in row])), 0.999)) or 1.0
    figure, grid = plt.subplots(len(rows), columns, squeeze=False, constrained_layout=True,
                                figsize=(1.15 * columns + 0.7, 1.15 * len(rows) + 0.25))
    image = None
    for path, fields, row in zip(files, rows, grid):
        for axes, phi in zip(row, fields):
            image = draw_field(axes, phi, scale, COLOURS[0]) or image
            if axes is not row[0]:
                axes.set_yticks([])
        for axes in row[len(fields):]:
            axes.set_axis_off()
        row[0].set_title(stem(path), loc="left", fontsize=8)
    if image is not None:
        colour_bar(figure, image, ax=grid, fraction=0.02, pad=0.01)
    return figure


def main(arguments):
    parser = Parser("configurations", __doc__, "ENSEMBLE.h5")
    parser.add_argument("--count", type=int, default=8, metavar="N", help="configurations of each (default: 8)")
    options = parser.parse_args(arguments)
    if options.count < 1:
        parser.error(f"--count is {options.count}, expected at least 1")
    save(draw(options.files, options.count), options.output)
