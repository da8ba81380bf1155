"""What the scripts beside this one share: style, options, reading of ensembles and of JSON files, failures."""
import argparse
import contextlib
import json
import os
import sys

try:
    import h5py
    import matplotlib
    import numpy as np

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
except ImportError as error:
    sys.exit(f"{os.path.basename(sys.argv[0])}: {error}; it needs numpy, h5py and matplotlib")

CHUNK_BYTES = 1 << 26  # of configurations that are in memory at a time
FIELD_COLOURS = {"cmap": "RdBu_r", "interpolation": "nearest"}
COLOURS = ["#34495e", "#c0392b", "#2980b9", "#27ae60", "#8e44ad", "#d35400"]
plt.rcParams.update({
    "font.family": "STIXGeneral", "mathtext.fontset": "stix", "font.size": 9.5, "axes.linewidth": 0.7,
    "xtick.direction": "in", "ytick.direction": "in", "xtick.top": True, "ytick.right": True,
    "legend.frameon": False,
})


class Failure(Exception):
    """What went wrong, in one line for the user."""


class Parser(argparse.ArgumentParser):
    """Options of a script that draws FIGURE from one or more FILEs, if `files` names them."""

    def __init__(self, document, files=None, endings=(".png", ".pdf", ".svg")):
        super().__init__(description=document.split("\n")[0])
        self.endings = endings
        if files:
            self.add_argument("files", nargs="+", metavar=files)
        self.add_argument("--output", required=True, metavar="FIGURE", help=f"figure to write: {', '.join(endings)}")

    def error(self, message):
        self.exit(2, f"{self.prog}: {message}; --help shows the options\n")

    def parse_args(self, *arguments, **settings):
        options = super().parse_args(*arguments, **settings)
        if os.path.splitext(options.output)[1].lower() not in self.endings:
            self.error(f"--output {options.output} does not end in {', '.join(self.endings[:-1])} or {self.endings[-1]}")
        return options


def one_line(error):
    return " ".join(str(error).split())


def stem(path):
    return os.path.splitext(os.path.basename(path))[0]


@contextlib.contextmanager
def ensemble(path):
    """An ensemble file, open, and its configurations (N, L1, ..., Ld)."""
    try:
        with h5py.File(path, "r") as file:
            data = file["configurations"]
            if data.ndim < 2 or len(data) == 0:
                raise Failure(f"{path}: /configurations has shape {data.shape}, expected (N, L1, ..., Ld)")
            yield file, data
    except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise Failure(f"{path}: not a readable ensemble ({one_line(error)})") from error


def magnetisations(path, data):
    """M of each configuration, (N,), reading a bounded part of the file at a time."""
    step = max(1, CHUNK_BYTES // (data.dtype.itemsize * int(np.prod(data.shape[1:]))))
    axes = tuple(range(1, data.ndim))
    found = np.concatenate([data[i : i + step].mean(axis=axes, dtype=np.float64) for i in range(0, len(data), step)])
    if not np.all(np.isfinite(found)):
        raise Failure(f"{path}: /configurations holds NaN or Inf")
    return found


def two_dimensional(phi):
    """phi in one or two dimensions: the plane of the last two directions through the origin where there are more."""
    while phi.ndim > 2:
        phi = phi[0]
    return phi


def draw_field(axes, phi, scale, colour):
    """A field of two dimensions in colours from -scale to scale, of one as a line; the image, if it is one."""
    axes.set_xticks([])
    if phi.ndim == 2:
        axes.set_yticks([])
        return axes.imshow(phi, vmin=-scale, vmax=scale, **FIELD_COLOURS)
    axes.plot(phi, color=colour, lw=0.8)
    axes.set_ylim(-scale, scale)
    return None


def colour_bar(figure, image, **where):
    bar = figure.colorbar(image, **where)
    bar.set_label(r"$\phi_x$", labelpad=1)
    bar.ax.tick_params(labelsize=7)


def read_correlators(path, *names):
    """The named parts of "correlators" in a JSON of `stint measure --correlators`; lists become arrays, null NaN."""
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
        correlators = content["correlators"]
        parts = []
        for name in names:
            part = {key: np.array(value, dtype=float) for key, value in correlators[name].items()}
            if part["value"].shape != part["error"].shape:
                raise ValueError(f"{name}: {part['value'].shape} values but {part['error'].shape} errors")
            parts.append(part)
        return parts
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise Failure(f"{path}: cannot be read ({one_line(error)})") from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Failure(f"{path}: not what `stint measure --correlators --json` writes ({one_line(repr(error))})") from error


def save(figure, output):
    try:
        figure.savefig(output, dpi=200)
    except (OSError, ValueError) as error:
        raise Failure(f"{output}: cannot be written ({one_line(error)})") from error


def run(draw, document, files):
    """The main program: draw(files) returns a figure. Exit status: 0 done, 1 failed, 2 wrong usage."""
    options = Parser(document, files).parse_args()
    try:
        save(draw(options.files), options.output)
    except Failure as failure:
        sys.exit(f"{os.path.basename(sys.argv[0])}: {failure}")
