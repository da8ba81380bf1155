"""The observables of phi^4 that `stint measure` reports: numbers of each configuration, and functions of their means.

With V sites, d directions, sums over sites x and their neighbours x + mu:

    magnetisation          M = (1/V) sum_x phi_x
    abs_magnetisation      |M|
    magnetisation_squared  M^2
    magnetisation_fourth   M^4
    phi2, phi4             (1/V) sum_x phi_x^2, (1/V) sum_x phi_x^4
    nearest_neighbour      (1/(V d)) sum_x sum_mu phi_x phi_{x+mu}
    action_density         S/V
    lowest_mode            |phi(p)|^2/V at p = 2 pi/L, averaged over the longest directions
"""
import numpy as np


def primaries(phi, couplings):
    """{name: (N,)} of configurations phi (N, L1, ..., Ld) with couplings mass2, lambda, field, quadratic."""
    axes = tuple(range(1, phi.ndim))
    directions = len(axes)
    m = phi.mean(axis=axes)
    phi2, phi4 = (phi**2).mean(axis=axes), (phi**4).mean(axis=axes)
    neighbour = sum((phi * np.roll(phi, -1, axis=mu)).mean(axis=axes) for mu in axes) / directions
    onsite = 2 * directions + couplings["mass2"] - couplings["quadratic"]
    action = onsite * phi2 + couplings["lambda"] * phi4 - 2 * directions * neighbour - couplings["field"] * m
    return {
        "magnetisation": m, "abs_magnetisation": np.abs(m), "magnetisation_squared": m**2, "magnetisation_fourth": m**4,
        "phi2": phi2, "phi4": phi4, "nearest_neighbour": neighbour, "action_density": action,
        "lowest_mode": lowest_mode(phi),
    }


def lowest_mode(phi):
    """(N,) |phi(p)|^2/V at p = 2 pi/L, averaged over the directions of the largest extent."""
    axes = tuple(range(1, phi.ndim))
    longest = [mu for mu in axes if phi.shape[mu] == max(phi.shape[1:])]
    slices = [phi.sum(axis=tuple(nu for nu in axes if nu != mu)) for mu in longest]
    return sum(np.abs(np.fft.fft(one, axis=1)[:, 1]) ** 2 for one in slices) / (phi[0].size * len(longest))


def derived(means, extents):
    """The observables of `stint measure` from the means of `primaries`: numbers, arrays or pyerrors' Obs.

    Left out where they are undefined: binder_cumulant for M = 0, correlation_length where it would be imaginary.
    """
    volume = int(np.prod(extents))
    chi = volume * (means["magnetisation_squared"] - means["magnetisation"] ** 2)
    found = {
        "magnetisation": means["magnetisation"],
        "abs_magnetisation": means["abs_magnetisation"],
        "magnetisation_squared": means["magnetisation_squared"],
        "susceptibility": chi,
        "susceptibility_abs": volume * (means["magnetisation_squared"] - means["abs_magnetisation"] ** 2),
        "susceptibility_disconnected": volume * means["magnetisation_squared"],
        "phi2": means["phi2"], "phi4": means["phi4"],
        "nearest_neighbour": means["nearest_neighbour"], "action_density": means["action_density"],
    }
    if means["magnetisation_squared"] > 0:
        found["binder_cumulant"] = 1 - means["magnetisation_fourth"] / (3 * means["magnetisation_squared"] ** 2)
    if means["lowest_mode"] > 0 and chi > means["lowest_mode"]:
        found["correlation_length"] = np.sqrt(chi / means["lowest_mode"] - 1) / (2 * np.sin(np.pi / max(extents)))
    return found
