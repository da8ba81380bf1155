"""Histories of HMC runs and their autocorrelation: python -m stint plot traces ENSEMBLE.h5... --output FIGURE.png

One row an ensemble with /history (HMC). Left: the action and the magnetisation of the first chains against trajectory.
Right: the autocorrelation functions rho(t) of the action, M and M^2, averaged over up to 256 chains, with
tau_int = 1/2 + sum rho(t) up to the first t > 5 tau_int (`stint hmc` and `stint measure` have errors to it).
"""
import numpy as np

from ..ensemble import open as open_ensemble
from ..failure import Failure
from .style import COLOURS, plt, run, stem

SHOWN, AVERAGED, WINDOW = 4, 256, 5  # chains drawn, chains of rho(t), length of its sum in tau_int


def history(path):
    """Trajectories (T,), action and magnetisation (T, chains)."""
    with open_ensemble(path) as ensemble:
        found = ensemble.history
    missing = [name for name in ("trajectory", "action", "magnetisation") if name not in found]
    if missing:
        raise Failure(f"{path}: has no /history/{missing[0]}; stint hmc writes it")
    trajectory = found["trajectory"]
    action, magnetisation = (found[name][..., :AVERAGED] for name in ("action", "magnetisation"))
    if len(trajectory) < 2 or action.shape != magnetisation.shape or len(action) != len(trajectory):
        raise Failure(f"{path}: /history has {len(trajectory)} trajectories and shapes {action.shape}, "
                      f"{magnetisation.shape}; expected (T, chains) with T of at least 2")
    if not (np.all(np.isfinite(action)) and np.all(np.isfinite(magnetisation))):
        raise Failure(f"{path}: /history holds NaN or Inf")
    return trajectory, action.astype(float), magnetisation.astype(float)


def autocorrelation(series):
    """rho(t) of a series (T, chains) about the mean of all, by FFT."""
    deviation = series - series.mean()
    length = len(series)
    modes = np.fft.rfft(deviation, 2 * length, axis=0)
    sums = np.fft.irfft(np.mean(np.abs(modes) ** 2, axis=1))[:length]
    gamma = sums / np.arange(length, 0, -1)
    return gamma / gamma[0] if gamma[0] > 0 else np.where(np.arange(length) == 0, 1.0, 0.0)


def window_of(rho):
    """(W, tau_int) of the first window W > WINDOW tau_int(W), or the longest."""
    tau = np.cumsum(rho) - 0.5
    beyond = np.flatnonzero(np.arange(len(rho)) > WINDOW * tau)
    window = beyond[0] if len(beyond) else len(rho) - 1
    return window, tau[window]


def draw(files):
    figure = plt.figure(figsize=(9.5, 2.9 * len(files)), constrained_layout=True)
    grid = figure.add_gridspec(2 * len(files), 2, width_ratios=[1.7, 1])
    for row, path in enumerate(files):
        trajectory, action, magnetisation = history(path)
        top = figure.add_subplot(grid[2 * row, 0])
        bottom = figure.add_subplot(grid[2 * row + 1, 0], sharex=top)
        right = figure.add_subplot(grid[2 * row : 2 * row + 2, 1])
        for axes, series in ((top, action), (bottom, magnetisation)):
            for chain in range(min(SHOWN, series.shape[1])):
                axes.plot(trajectory, series[:, chain], lw=0.6, color=COLOURS[chain % len(COLOURS)])
        top.set_title(f"{stem(path)}, {min(SHOWN, action.shape[1])} chains", loc="left", fontsize=9)
        top.tick_params(labelbottom=False)
        top.set_ylabel("$S$")
        bottom.set_ylabel("$M$")
        bottom.set_xlabel("trajectory")
        spacing = trajectory[1] - trajectory[0]
        shown = 1
        for colour, (name, series) in zip(COLOURS, (("S", action), ("M", magnetisation), ("M^2", magnetisation**2))):
            rho = autocorrelation(series)
            window, tau = window_of(rho)
            shown = max(shown, window)
            right.plot(spacing * np.arange(len(rho)), rho, "o-", ms=2.2, lw=0.8, color=colour,
                       label=rf"${name}$:  $\tau_\mathrm{{int}}={spacing * tau:.3g}$")
        right.axhline(0, color="0.6", lw=0.7)
        right.set_xlim(-0.5 * spacing, spacing * min(1.5 * shown + 1, len(trajectory) - 1))
        right.set_ylim(-0.15, 1.05)
        right.set_xlabel("$t$ (trajectories)")
        right.set_ylabel(r"$\rho(t)$")
        right.legend(fontsize=8)
    return figure


def main(arguments):
    run("traces", draw, __doc__, "ENSEMBLE.h5", arguments)
