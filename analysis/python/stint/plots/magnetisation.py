"""Distributions of the magnetisation: python -m stint plot magnetisation ENSEMBLE.h5... --output FIGURE.png

Histograms of M = (1/V) sum_x phi_x of each configuration, in lattice units, all on the same bins. Errors include
autocorrelation: they are the scatter of up to 32 blocks of configurations that follow each other in their chains.
"""
import numpy as np

from ..ensemble import open as open_ensemble
from .style import COLOURS, plt, run, stem

BLOCKS, SHORTEST = 32, 4  # at most so many, of at least so many configurations each


def read(path):
    """M of each configuration, chain after chain."""
    with open_ensemble(path) as ensemble:
        return ensemble.magnetisation()[np.concatenate(list(ensemble.chains.values()))]


def densities(sample, edges):
    """The heights of the bins and their errors, 0 of samples too small for two blocks."""
    blocks = np.array_split(sample, max(1, min(BLOCKS, len(sample) // SHORTEST)))
    of_blocks = np.array([np.histogram(block, edges)[0] / (len(block) * np.diff(edges)) for block in blocks])
    whole = np.histogram(sample, edges)[0] / (len(sample) * np.diff(edges))
    error = of_blocks.std(axis=0, ddof=1) / np.sqrt(len(blocks)) if len(blocks) > 1 else np.zeros_like(whole)
    return whole, error


def draw(files):
    samples = [read(path) for path in files]
    low, high = np.quantile(np.concatenate(samples), [0.0005, 0.9995])
    margin = 0.05 * (high - low) or 0.1
    bins = int(np.clip(2 * min(map(len, samples)) ** (1 / 3), 12, 60))
    edges = np.linspace(low - margin, high + margin, bins + 1)
    figure, axes = plt.subplots(figsize=(4.6, 3.3), constrained_layout=True)
    for number, (path, sample) in enumerate(zip(files, samples)):
        height, error = densities(sample, edges)
        colour = COLOURS[number % len(COLOURS)]
        axes.stairs(height, edges, color=colour, lw=0.9, label=f"{stem(path)} ($N={len(sample)}$)")
        axes.stairs(height + error, edges, baseline=height - error, fill=True, color=colour, alpha=0.3, lw=0)
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(0, 1.12 * axes.get_ylim()[1])
    axes.set_xlabel(r"magnetisation $M=\frac{1}{V}\sum_x\phi_x$")
    axes.set_ylabel("$P(M)$")
    axes.legend(loc="best", fontsize=7.5)
    return figure


def main(arguments):
    run("magnetisation", draw, __doc__, "ENSEMBLE.h5", arguments)
