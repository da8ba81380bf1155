#!/usr/bin/env python3
"""The error of a model's drift of phi^4, where alpha or beta is small and where alpha is ill-conditioned.

    python3 bench/drift_error.py build/release/bin/stint model.h5 ensemble.h5 [--configurations 24] [--chains 48]
        [--trajectories 150] scalar:0.1,0.3 random,half:0.01 blur:2:0.1 ...

A problem is data y that come with white noise of the standard deviation S, of configurations of the ensemble. Each of its
parts may be a list:
    scalar:S      all sites; alpha = S/(1 + S)
    random:S      half of the sites, nothing of the others: alpha = S/(1 + S) and 1, its condition number is (1 + S)/S
    half:S        the same of the first half of the lattice, as on the way of a sequential path
    blur:W:S      all sites, smeared over W sites: alpha(k) = S/(h(k) + S), h = exp(-W^2 phat^2 / 2)
eta1 = E[x1 | y] is one evaluation of the drift (stint sample --estimate mean). The truth is a mean over HMC chains of the
posterior, exp(-S[x] - |h x - y|^2 / 2 S^2), with changes of all signs, one set of chains for each y. Prints the condition numbers of alpha and beta, and
the root mean square error of eta1 at sites in percent of the posterior's standard deviation there, with an error from
resampling the configurations; and how far the path from there leaves what the model was trained on, law_distance of stint
sample. numpy, h5py.
"""

import argparse
import json
import pathlib
import shutil
import sys
import tempfile

import h5py
import numpy as np

from program import run, runs_of


def phat2_of(shape):
    return sum(np.meshgrid(*[4 * np.sin(np.pi * np.arange(n) / n) ** 2 for n in shape], indexing="ij"))


class Posterior:
    """exp(-S - |h x - y|^2 / 2 sigma^2), with fields (configurations, chains, L1, ..., Ld)."""

    def __init__(self, mass2, lam, y, known, blur, sigma):
        self.mass2, self.lam, self.y, self.known, self.blur, self.sigma = mass2, lam, y[:, None], known, blur, sigma
        self.axes = tuple(range(2, y.ndim + 1))

    def smear(self, x):
        return x if self.blur is None else np.fft.ifftn(self.blur * np.fft.fftn(x, axes=self.axes), axes=self.axes).real

    def action(self, x):
        kinetic = sum((np.roll(x, -1, axis) - x) ** 2 for axis in self.axes)
        misfit = self.known * (self.smear(x) - self.y) / self.sigma
        return (kinetic + self.mass2 * x**2 + self.lam * x**4 + misfit**2 / 2).sum(self.axes)

    def force(self, x):
        laplacian = sum(np.roll(x, 1, axis) + np.roll(x, -1, axis) - 2 * x for axis in self.axes)
        misfit = self.smear(self.known * (self.smear(x) - self.y)) / self.sigma**2
        return 2 * laplacian - 2 * self.mass2 * x - 4 * self.lam * x**3 - misfit

    def means(self, x, trajectories, random, steps=8, step_size=0.25):
        """Means and variances of each chain after a fifth of the trajectories, and the acceptance."""
        # Momenta as heavy as the misfit is stiff: in modes, or at sites.
        stiff = 12 + (self.known if self.blur is None else self.blur**2) / self.sigma**2

        def apply(power, p):
            if self.blur is None:
                return stiff**power * p
            return np.fft.ifftn(stiff**power * np.fft.fftn(p, axes=self.axes), axes=self.axes).real

        first, second, count, accepted = 0, 0, 0, 0
        for trajectory in range(trajectories):
            p = apply(0.5, random.standard_normal(x.shape))
            size = step_size * random.uniform(0.7, 1.3)
            before = self.action(x) + (p * apply(-1, p)).sum(self.axes) / 2
            q, p = x, p + size / 2 * self.force(x)
            for step in range(steps):
                q = q + size * apply(-1, p)
                p = p + (size if step < steps - 1 else size / 2) * self.force(q)
            after = self.action(q) + (p * apply(-1, p)).sum(self.axes) / 2
            accept = random.random(before.shape) < np.exp(np.minimum(before - after, 0))
            accepted += accept.mean() / trajectories
            x = np.where(accept.reshape(accept.shape + (1,) * len(self.axes)), q, x)
            flip = random.random(before.shape) < np.exp(np.minimum(self.action(x) - self.action(-x), 0))
            x = np.where(flip.reshape(flip.shape + (1,) * len(self.axes)), -x, x)
            if trajectory >= trajectories // 5:
                first, second, count = first + x, second + x**2, count + 1
        return first / count, second / count - (first / count) ** 2, accepted


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stint")
    parser.add_argument("model")
    parser.add_argument("ensemble")
    parser.add_argument("problems", nargs="+")
    parser.add_argument("--configurations", type=int, default=24)
    parser.add_argument("--chains", type=int, default=48)
    parser.add_argument("--trajectories", type=int, default=150)
    arguments = parser.parse_intermixed_args()
    if arguments.chains < 4:
        parser.error("--chains: an error needs 4 or more")
    problems = runs_of(arguments.problems, {"scalar": 1, "random": 1, "half": 1, "blur": 2})
    with h5py.File(arguments.ensemble) as file:
        couplings = float(file.attrs["mass2"]), float(file.attrs["lambda"])
        if file.attrs["field"] != 0 or file.attrs["quadratic"] != 0:
            sys.exit(f"{arguments.ensemble} has a field or k2; the truth here has none")
        every = len(file["configurations"]) // arguments.configurations
        if every == 0:
            sys.exit(f"{arguments.ensemble} has fewer configurations than --configurations {arguments.configurations}")
        x1 = file["configurations"][: every * arguments.configurations : every].astype(float)
    shape = x1.shape[1:]
    print("| problem | condition of alpha, beta | error, % | distance, nats | acceptance |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        for problem in problems:
            random = np.random.default_rng(1)
            kind, *numbers = problem
            sigma, known, blur = float(numbers[-1]), np.ones(shape), None
            if kind == "random":
                known = (random.random(shape) < 0.5).astype(float)
            if kind == "half":
                known[shape[0] // 2 :] = 0
            if kind == "blur":
                blur = np.exp(-float(numbers[0]) ** 2 * phat2_of(shape) / 2)
            h = known if blur is None else blur
            posterior = Posterior(*couplings, x1, known, blur, sigma)
            y = (posterior.smear(x1[:, None])[:, 0] + sigma * random.standard_normal(x1.shape)) * known
            posterior = Posterior(*couplings, y, known, blur, sigma)

            folder = pathlib.Path(name)
            data, mask, output = folder / "data.h5", folder / "mask.npy", folder / "mean.h5"
            shutil.copyfile(arguments.ensemble, data)
            with h5py.File(data, "r+") as file:
                file["configurations"][: len(y)] = y
            np.save(mask, known)
            task = ["inpaint", "--mask", str(mask)] if kind in ("random", "half") else ["denoise"]
            task += ["--blur", numbers[0]] if kind == "blur" else []
            run(arguments.stint, "sample", "--model", arguments.model, "--task", *task, "--known", str(data),
                "--known-noise", str(sigma), "--estimate", "mean", "--samples", str(len(y)), "--precision", "fp32",
                "--quiet", "--overwrite", "--output", str(output), "--json", str(folder / "mean.json"))
            distance = json.loads((folder / "mean.json").read_text()).get("law_distance", 0)
            with h5py.File(output) as file:
                eta1 = file["configurations"][()].astype(float)

            start = np.repeat(x1[:, None], arguments.chains, 1)
            means, variances, acceptance = posterior.means(start, arguments.trajectories, random)
            half = arguments.chains // 2
            a, b = means[:, :half].mean(1), means[:, half : 2 * half].mean(1)
            axes = tuple(range(1, x1.ndim))
            square = ((eta1 - a) * (eta1 - b)).mean(axes)  # the noise of a and b is independent: no bias
            variance = (variances.mean(1) + means.var(1, ddof=1)).mean(axes)
            picks = random.integers(len(y), size=(400, len(y)))
            errors = np.sqrt(np.maximum(square[picks].mean(1) / variance[picks].mean(1), 0))
            value = np.sqrt(max(square.mean() / variance.mean(), 0))
            alpha, beta = sigma / (h + sigma), h / (h + sigma)
            condition = [f"{op.max() / op.min():.3g}" if op.min() > 0 else "inf" for op in (alpha, beta)]
            print(f"| {':'.join(problem)} | {', '.join(condition)} | {100 * value:.1f}({100 * errors.std():.1f}) | {distance:.2f} | {acceptance:.2f} |", flush=True)


main()
