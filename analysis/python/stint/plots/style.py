"""What the figures share: style, options, reading of JSON files, drawing of fields."""
import argparse
import json
import os

import numpy as np

from ..failure import Failure, one_line

try:
    import matplotlib.pyplot as plt
except ImportError as error:
    raise Failure(f"figures need matplotlib: pip install matplotlib ({one_line(error)})") from error

FIELD_COLOURS = {"cmap": "RdBu_r", "interpolation": "nearest"}
COLOURS = ["#34495e", "#c0392b", "#2980b9", "#27ae60", "#8e44ad", "#d35400"]
STYLE = {
    "font.family": "STIXGeneral", "mathtext.fontset": "stix", "font.size": 9.5, "axes.linewidth": 0.7,
    "xtick.direction": "in", "ytick.direction": "in", "xtick.top": True, "ytick.right": True,
    "legend.frameon": False,
}


class Parser(argparse.ArgumentParser):
    """Options of the figure `name`, drawn from one or more FILEs if `files` names them."""

    def __init__(self, name, document, files=None, endings=(".png", ".pdf", ".svg")):
        super().__init__(prog=f"stint plot {name}", description=document.split("\n")[0])
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


def stem(path):
    return os.path.splitext(os.path.basename(path))[0]


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


def run(name, draw, document, files, arguments):
    """The command `stint plot NAME FILES... --output FIGURE`: draw(files) returns a figure."""
    options = Parser(name, document, files).parse_args(arguments)
    save(draw(options.files), options.output)
