"""How samples form along a path of operators: python -m stint plot path ENSEMBLE.h5 --output FIGURE.png|FILM.gif [--samples N]

Reads /frames (K, n, L1, ..., Ld): n samples at K times of their path, from noise to configuration, at the times /frame_time
(K), 0 to 1 evenly where that is missing. One row a sample, one column a time; a name in .gif makes a film with the
samples side by side. Fields of one and two dimensions; of more, the slice through the origin of the first directions. The
colours of each frame span its own largest |phi|: noise and configurations differ in scale.
"""
import h5py
import numpy as np
from matplotlib.animation import FuncAnimation, PillowWriter

from ..failure import Failure, one_line
from .style import FIELD_COLOURS, Parser, plt, save

COLUMNS = 10


def read(path, samples):
    """Times (K,) and frames (K, samples, H, W), each scaled to a largest |phi| of 1."""
    try:
        with h5py.File(path, "r") as file:
            if "frames" not in file:
                raise Failure(f"{path}: has no /frames (times, samples, lattice)")
            frames = file["frames"]
            if frames.ndim < 3 or 0 in frames.shape:
                raise Failure(f"{path}: /frames has shape {frames.shape}, expected (times, samples, lattice)")
            fields = np.asarray(frames[:, :samples], dtype=float)
            times = np.asarray(file["frame_time"][:], dtype=float) if "frame_time" in file else np.linspace(0, 1, len(fields))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise Failure(f"{path}: cannot be read ({one_line(error)})") from error
    if times.shape != fields.shape[:1]:
        raise Failure(f"{path}: /frame_time has shape {times.shape}, expected ({len(fields)},)")
    if not np.all(np.isfinite(fields)):
        raise Failure(f"{path}: /frames holds NaN or Inf")
    while fields.ndim > 4:
        fields = fields[:, :, 0]
    if fields.ndim == 3:
        fields = fields[:, :, np.newaxis, :]
    scale = np.abs(fields).max(axis=(1, 2, 3), keepdims=True)
    return times, fields / np.where(scale > 0, scale, 1)


def strip(times, fields):
    shown = np.unique(np.linspace(0, len(times) - 1, min(COLUMNS, len(times))).round().astype(int))
    rows = fields.shape[1]
    figure, axes = plt.subplots(rows, len(shown), squeeze=False, figsize=(1.1 * len(shown), 1.1 * rows + 0.3),
                                constrained_layout=True)
    for column, k in enumerate(shown):
        axes[0, column].set_title(f"$t={times[k]:.3g}$", fontsize=8)
        for row in range(rows):
            axes[row, column].imshow(fields[k, row], vmin=-1, vmax=1, **FIELD_COLOURS)
            axes[row, column].set_axis_off()
    return figure


def film(times, fields, output):
    samples = fields.shape[1]
    figure, axes = plt.subplots(1, samples, squeeze=False, figsize=(1.6 * samples, 1.9), constrained_layout=True)
    images = [axis.imshow(field, vmin=-1, vmax=1, **FIELD_COLOURS) for axis, field in zip(axes[0], fields[0])]
    for axis in axes[0]:
        axis.set_axis_off()
    title = figure.suptitle("$t=0$", fontsize=9)

    def show(k):
        for image, field in zip(images, fields[k]):
            image.set_data(field)
        title.set_text(f"$t={times[k]:.2f}$")

    try:
        FuncAnimation(figure, show, frames=[*range(len(times)), *[len(times) - 1] * 8]).save(output, PillowWriter(fps=12), dpi=100)
    except (OSError, ValueError) as error:
        raise Failure(f"{output}: cannot be written ({one_line(error)})") from error


def main(arguments):
    parser = Parser("path", __doc__, "ENSEMBLE.h5", (".png", ".pdf", ".svg", ".gif"))
    parser.add_argument("--samples", type=int, default=4, metavar="N", help="samples shown (default: 4)")
    options = parser.parse_args(arguments)
    if options.samples < 1:
        parser.error(f"--samples is {options.samples}, expected at least 1")
    if len(options.files) != 1:
        parser.error(f"{len(options.files)} files given, expected one")
    times, fields = read(options.files[0], options.samples)
    if options.output.lower().endswith(".gif"):
        film(times, fields, options.output)
    else:
        save(strip(times, fields), options.output)
