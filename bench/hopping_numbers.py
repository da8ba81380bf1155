"""Observables in the hopping form as github.com/Yangyang-Tan/DM-for-phi4 defines them: python3 hopping_numbers.py RUN.h5...

For ensembles of `stint hmc --kappa` in d = 2. The field of the hopping form is that of the file over sqrt(kappa); m is its mean.

    |m|, V (<m^2> - <|m|>^2), U4 = 1 - <m^4>/(3 <m^2>^2)   from the history, which has every trajectory
    xi = 1/m of a straight line a (k^2 + m^2) through 1/G at the five lowest k = 2 sin(p/2) along the diagonal, from the saved
    configurations. As there, G is without the mode k = 0, the bins of k^2 are 22 in geometric steps, and a bin counts at its middle.

Errors are jackknife errors over the chains, which are independent. numpy, h5py.
"""

import argparse

import h5py
import numpy as np

BINS, LOWEST, MOSTLY_DIAGONAL = 22, 5, 0.51


def jackknife(function, *data):
    """Value and error; data have chains first."""
    value = function(*[x.mean(0) for x in data])
    chains = len(data[0])
    left = np.array([function(*[(x.sum(0) - x[i]) / (chains - 1) for x in data]) for i in range(chains)])
    return value, np.sqrt((chains - 1) * ((left - left.mean()) ** 2).mean())


def diagonal_bins(size):
    """Of each bin that has modes: the modes of rfft2, and k^2 at the bin's middle."""
    k2 = 4 * np.sin(np.pi * np.arange(size) / size) ** 2
    total = k2[:, None] + k2[None, :]
    k4 = (k2**2)[:, None] + (k2**2)[None, :]
    mask = (k4 <= MOSTLY_DIAGONAL * total**2) & (total > 1e-10)
    edges = np.geomspace(total[mask].min(), 1.001 * total[mask].max(), BINS + 1)
    members = [mask & (total >= low) & (total < high) for low, high in zip(edges, edges[1:])]
    return [(member, np.sqrt(low * high)) for member, low, high in zip(members, edges, edges[1:]) if member.any()]


def propagators(file):
    """Mean of |phi(k)|^2 / V of each chain at the lowest bins, and k^2."""
    configurations, chain = file["configurations"], file["chain"][:]
    size = configurations.shape[-1]
    bins = diagonal_bins(size)[:LOWEST]
    sums = np.zeros((len(file["chains"]), LOWEST))
    for begin in range(0, len(configurations), 64):
        power = np.abs(np.fft.rfft2(configurations[begin : begin + 64])) ** 2 / size**2
        full = np.concatenate([power, np.roll(power[:, ::-1, -2:0:-1], 1, 1)], 2)  # the modes that rfft2 leaves out
        np.add.at(sums, chain[begin : begin + 64], np.stack([full[:, member].mean(1) for member, _ in bins], 1))
    return sums / np.bincount(chain)[:, None], np.array([k2 for _, k2 in bins])


def text(value, error):
    digits = max(0, int(1 - np.floor(np.log10(error))))
    return f"{value:.{digits}f}({round(error * 10**digits)})"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+")
    arguments = parser.parse_args()
    print("| run | kappa | updates | <\\|m\\|> | V (<m^2> - <\\|m\\|>^2) | U4 | xi |\n|---|---|---|---|---|---|---|")
    for path in arguments.runs:
        with h5py.File(path) as file:
            linear, quartic = float(file.attrs["mass2"]) + 4, float(file.attrs["lambda"])
            kappa = (np.sqrt(linear**2 + 8 * quartic) - linear) / (4 * quartic)  # linear = (1 - 2 l) / kappa, quartic = l / kappa^2
            magnetisation = file["history/magnetisation"][:].T.astype(float) / np.sqrt(kappa)  # [chain, trajectory]
            power, k2 = propagators(file)
            volume = np.prod(file["configurations"].shape[1:])
        m1, m2, m4 = (abs(magnetisation) ** n for n in (1, 2, 4))
        m1, m2, m4 = m1.mean(1), m2.mean(1), m4.mean(1)

        def length(propagator):
            slope, start = np.polyfit(k2, 1 / propagator, 1)
            return np.sqrt(slope / start)

        columns = [jackknife(lambda a: a, m1), jackknife(lambda a, b: volume * (b - a**2), m1, m2),
                   jackknife(lambda a, b: 1 - b / (3 * a**2), m2, m4), jackknife(length, power)]
        print(f"| {path} | {kappa:.5f} | {magnetisation.size} | {' | '.join(text(*column) for column in columns)} |", flush=True)


main()
