"""How samples form along a path of operators: python -m stint plot path ENSEMBLE.h5 --output FIGURE.png|FILM.gif [--samples N]

Reads /frames (K, n, L1, ..., Ld): n samples at K times of their path, from noise to configuration, at the times /frame_time
(K), 0 to 1 evenly where that is missing. One row a sample, one column a time; a name in .gif makes a film with the
samples side by side. Fields of one and two dimensions; of more, the slice through the origin of the first directions. The
colours of each frame span its own largest |phi|: noise and configurations differ in scale.

Frames of the kind "maze", (K, n, 2, T), are drawn as lines through the maze that the attributes `maze` and `world` tell: x to
the right, y upwards.
"""
import h5py
import numpy as np
from matplotlib.animation import FuncAnimation, PillowWriter

from ..failure import Failure, one_line
from .style import COLOURS, FIELD_COLOURS, Parser, plt, save

COLUMNS = 10


class Fields:
    """Draws frames (K, n, ..., H, W), each scaled to a largest |phi| of 1."""

    def __init__(self, frames):
        while frames.ndim > 4:
            frames = frames[:, :, 0]
        if frames.ndim == 3:
            frames = frames[:, :, np.newaxis, :]
        scale = np.abs(frames).max(axis=(1, 2, 3), keepdims=True)
        self.frames = frames / np.where(scale > 0, scale, 1)

    def draw(self, axes, time, sample):
        return axes.imshow(self.frames[time, sample], vmin=-1, vmax=1, **FIELD_COLOURS)

    def redraw(self, image, time, sample):
        image.set_data(self.frames[time, sample])


class Paths:
    """Draws frames (K, n, 2, T) in a maze: rows of cells with backslashes between, '#' is a wall."""

    def __init__(self, frames, maze, world):
        self.frames = frames
        cells = [(row, column) for row, line in enumerate(maze.split("\\")) for column, cell in enumerate(line) if cell == "#"]
        walls = np.array(cells, dtype=float).reshape(-1, 2)
        self.side = 4 if world == "ogbench" else 1
        self.walls = self.side * walls[:, ::-1] - 4 if world == "ogbench" else walls

    def draw(self, axes, time, sample):
        corners = self.walls - self.side / 2
        for corner in corners:
            axes.add_patch(plt.Rectangle(corner, self.side, self.side, color=COLOURS[0]))
        line = axes.plot(*self.frames[time, sample], color=COLOURS[1], linewidth=1.2, marker=".", markersize=2)[0]
        axes.set_aspect("equal")
        if len(corners):
            axes.set_xlim(corners[:, 0].min(), corners[:, 0].max() + self.side)
            axes.set_ylim(corners[:, 1].min(), corners[:, 1].max() + self.side)
        return line

    def redraw(self, line, time, sample):
        line.set_data(*self.frames[time, sample])


def read(path, samples):
    """Times (K,) and what draws the frames of the first samples."""
    try:
        with h5py.File(path, "r") as file:
            if "frames" not in file:
                raise Failure(f"{path}: has no /frames (times, samples, lattice)")
            frames = file["frames"]
            if frames.ndim < 3 or 0 in frames.shape:
                raise Failure(f"{path}: /frames has shape {frames.shape}, expected (times, samples, lattice)")
            values = np.asarray(frames[:, :samples], dtype=float)
            times = np.asarray(file["frame_time"][:], dtype=float) if "frame_time" in file else np.linspace(0, 1, len(values))
            kind, maze, world = (str(file.attrs.get(name, "")) for name in ("kind", "maze", "world"))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise Failure(f"{path}: cannot be read ({one_line(error)})") from error
    if times.shape != values.shape[:1]:
        raise Failure(f"{path}: /frame_time has shape {times.shape}, expected ({len(values)},)")
    if not np.all(np.isfinite(values)):
        raise Failure(f"{path}: /frames holds NaN or Inf")
    of_maze = kind == "maze" and values.ndim == 4 and values.shape[2] == 2
    return times, Paths(values, maze, world) if of_maze else Fields(values)


def strip(times, pictures):
    shown = np.unique(np.linspace(0, len(times) - 1, min(COLUMNS, len(times))).round().astype(int))
    rows = pictures.frames.shape[1]
    figure, axes = plt.subplots(rows, len(shown), squeeze=False, figsize=(1.1 * len(shown), 1.1 * rows + 0.3),
                                constrained_layout=True)
    for column, k in enumerate(shown):
        axes[0, column].set_title(f"$t={times[k]:.3g}$", fontsize=8)
        for row in range(rows):
            pictures.draw(axes[row, column], k, row)
            axes[row, column].set_axis_off()
    return figure


def film(times, pictures, output):
    samples = pictures.frames.shape[1]
    figure, axes = plt.subplots(1, samples, squeeze=False, figsize=(1.6 * samples, 1.9), constrained_layout=True)
    artists = [pictures.draw(axis, 0, sample) for sample, axis in enumerate(axes[0])]
    for axis in axes[0]:
        axis.set_axis_off()
    title = figure.suptitle("$t=0$", fontsize=9)

    def show(k):
        for sample, artist in enumerate(artists):
            pictures.redraw(artist, k, sample)
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
    times, pictures = read(options.files[0], options.samples)
    if options.output.lower().endswith(".gif"):
        film(times, pictures, options.output)
    else:
        save(strip(times, pictures), options.output)
