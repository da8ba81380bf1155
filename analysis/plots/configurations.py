"""Configurations as images, one row an ensemble: python3 configurations.py ENSEMBLE... --output FIGURE.png

Fields of one and two dimensions; of more, the slice through the origin of the first directions. All images share one
colour scale, symmetric about 0."""
import argparse
import os
import sys

import h5py
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np


def images_of(path, count):
    """The first `count` configurations of an ensemble as arrays of two dimensions."""
    try:
        with h5py.File(path) as file:
            fields = file["configurations"][:count]
    except (OSError, KeyError) as error:
        sys.exit(f"configurations.py: {path} is not an ensemble: {error}")
    while fields.ndim > 3:
        fields = fields[:, 0]
    return fields[:, np.newaxis, :] if fields.ndim == 2 else fields


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ensembles", nargs="+", metavar="ENSEMBLE")
    parser.add_argument("--output", required=True, metavar="FIGURE.png")
    parser.add_argument("--count", type=int, default=8, metavar="N", help="configurations of each (default: 8)")
    arguments = parser.parse_args()
    if arguments.count < 1:
        parser.error(f"--count is {arguments.count}, expected at least 1")

    rows = [images_of(path, arguments.count) for path in arguments.ensembles]
    limit = max(np.abs(images).max() for images in rows) or 1
    figure, axes = plt.subplots(len(rows), arguments.count, squeeze=False,
                                figsize=(1.3 * arguments.count, 1.3 * len(rows) + 0.3))
    for axis in axes.flat:
        axis.set_axis_off()
    for row, images, path in zip(axes, rows, arguments.ensembles):
        for axis, image in zip(row, images):
            axis.imshow(image, cmap="RdBu_r", vmin=-limit, vmax=limit, interpolation="nearest")
        row[0].set_title(os.path.splitext(os.path.basename(path))[0], loc="left", fontsize=8)
    figure.tight_layout(pad=0.3)
    figure.savefig(arguments.output, dpi=120)


if __name__ == "__main__":
    main()
