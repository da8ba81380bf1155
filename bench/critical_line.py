"""The critical line of phi^4 in d = 2 and its Ising universality: python critical_line.py --stint build/release/bin/stint

At m2 = -4, from cluster runs at one lambda, reweighted to others: for two sizes L and 2L the lambda where their Binder cumulants
U4 = 1 - <M^4>/(3 <M^2>^2) cross, and at the lambda_c that follows U4 (2d Ising, periodic square: 0.61069, Salas and Sokal,
cond-mat/9904038) and V <M^2> / L^(7/4) (eta = 1/4: the same for all L).

Reweighting takes exp(-(lambda' - lambda) sum phi^4), and sum phi^4 comes from the history: V virial = 2 S + 2 lambda sum phi^4.
Errors are jackknife errors over blocks of chains. Needs numpy and h5py."""
import argparse
import os
import subprocess

import h5py
import numpy as np

ISING = 0.61069
TRAJECTORIES = {32: 10000, 64: 6000, 128: 4000, 256: 1200}
STEPS = {32: 10, 64: 14, 128: 20, 256: 28}  # leapfrog, length 0.7


class Run:
    """Histories of a cluster run, as jackknife samples: every block of chains left out once, and last none."""

    def __init__(self, path, blocks):
        with h5py.File(path) as file:
            self.extent = int(file["configurations"].shape[1])
            self.coupling = float(file.attrs["lambda"])
            read = {name: file["history/" + name][:].astype(float) for name in ("magnetisation", "action", "virial")}
        volume = self.extent**2
        fourth = (volume * read["virial"] - 2 * read["action"]) / (2 * self.coupling)
        self.mean_fourth = fourth.mean()
        chains = fourth.shape[1]
        of_block = np.arange(chains) * blocks // chains
        self.squares = [read["magnetisation"][:, of_block == block].ravel()**2 for block in range(blocks)]
        self.fourths = [fourth[:, of_block == block].ravel() - self.mean_fourth for block in range(blocks)]
        self.blocks = blocks

    def moments(self, coupling):
        """<M^2>, <M^4> at another lambda, [sample, 2]."""
        sums = np.empty((self.blocks, 3))
        for block, (square, fourth) in enumerate(zip(self.squares, self.fourths)):
            weight = np.exp(-(coupling - self.coupling) * fourth)
            sums[block] = weight.sum(), (weight * square).sum(), (weight * square**2).sum()
        samples = np.vstack([sums.sum(axis=0) - sums, sums.sum(axis=0)])
        return samples[:, 1:] / samples[:, :1]

    def binder(self, coupling):
        square, fourth = self.moments(coupling).T
        return 1 - fourth / (3 * square**2)

    def susceptibility(self, coupling):
        return self.extent**(2 - 7 / 4) * self.moments(coupling)[:, 0]


def value_and_error(samples):
    blocks = len(samples) - 1
    return samples[-1], np.sqrt((blocks - 1) * np.mean((samples[:-1] - samples[:-1].mean())**2))


def root(values, couplings):
    """Where the samples [lambda, sample] of a function that falls or rises there pass zero, by a parabola in lambda."""
    found = []
    for column in values.T:
        roots = np.roots(np.polyfit(couplings - couplings.mean(), column, 2))
        roots = roots[abs(roots.imag) < 1e-12].real
        found.append(couplings.mean() + roots[np.argmin(abs(roots))] if len(roots) else np.nan)
    return np.array(found)


def text(value, error):
    digits = max(0, int(1 - np.floor(np.log10(error))))
    return f"{value:.{digits}f}({round(error * 10**digits)})"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stint", default="build/release/bin/stint")
    parser.add_argument("--folder", default="critical-line")
    parser.add_argument("--lambda", dest="coupling", default="4.24", help="of the runs")
    parser.add_argument("--sizes", default="32,64,128,256")
    parser.add_argument("--chains", type=int, default=64)
    arguments = parser.parse_args()
    os.makedirs(arguments.folder, exist_ok=True)
    runs = []
    for size in map(int, arguments.sizes.split(",")):
        path = os.path.join(arguments.folder, f"{arguments.coupling}-{size}.h5")
        if not os.path.exists(path):
            subprocess.run([arguments.stint, "hmc", "--lattice", f"{size}x{size}", "--mass2", "-4", "--lambda",
                            arguments.coupling, "--algorithm", "cluster", "--step-size", repr(0.7 / STEPS[size]), "--steps",
                            str(STEPS[size]), "--chains", str(arguments.chains), "--thermalize", "500", "--trajectories",
                            str(TRAJECTORIES[size]), "--save-every", str(TRAJECTORIES[size]), "--seed", "2", "--quiet",
                            "--resume", "--output", path], check=True)
        runs.append(Run(path, min(arguments.chains, 64)))

    centre = runs[0].coupling
    print("| sizes | lambda where U4 crosses | U4 there |\n|---|---|---|")
    for small, large in zip(runs, runs[1:]):
        width = 0.5 / large.extent
        couplings = centre + np.linspace(-width, width, 9)
        difference = np.array([large.binder(x) - small.binder(x) for x in couplings])
        crossing = root(difference, couplings)
        at_crossing = np.array([small.binder(x)[i] for i, x in enumerate(crossing)])
        print(f"| {small.extent}, {large.extent} | {text(*value_and_error(crossing))} | {text(*value_and_error(at_crossing))} |")
    # With U4* known the largest lattice alone says where the line is, best of all.
    width = 0.5 / runs[-1].extent
    couplings = centre + np.linspace(-width, width, 9)
    critical, error = value_and_error(root(np.array([runs[-1].binder(x) - ISING for x in couplings]), couplings))
    print(f"\nU4 of L = {runs[-1].extent} is {ISING} at lambda = {text(critical, error)}\n")

    print(f"| L | U4 | V <M^2> / L^(7/4) |  <- at lambda = {critical:.4f}\n|---|---|---|")
    points = []
    for run in runs:
        binder, chi = value_and_error(run.binder(critical)), value_and_error(run.susceptibility(critical))
        points.append((np.log(run.extent), np.log(chi[0]), chi[1] / chi[0]))
        print(f"| {run.extent} | {text(*binder)} | {text(*chi)} |")
    for first, second in zip(points, points[1:]):
        slope = (second[1] - first[1]) / (second[0] - first[0])
        print(f"eta between L = {np.exp(first[0]):.0f} and {np.exp(second[0]):.0f}: "
              f"{text(0.25 - slope, np.hypot(first[2], second[2]) / (second[0] - first[0]))}")


if __name__ == "__main__":
    main()
