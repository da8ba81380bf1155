"""Force evaluations of a chain until its power spectrum is known: python3 gradients_to_error.py REFERENCE.h5 RUN.h5...

The metric of github.com/reubenharry/sampler-benchmarks for phi^4. With P(k) = |phi(k)|^2 / V of a configuration and the mean <.>_n over
the first n configurations of a chain,

    b^2(n) = mean over all modes k of (<f>_n - E[f])^2 / Var[f],  f = P(k) or P(k)^2, the `identity` and `square` of that project.

Independent configurations have b^2 = 1/n in the mean. The median over the chains of b^2 falls below 0.01 for good after n
trajectories; the force evaluations are n times steps of a trajectory times those of a step. E[f] and Var[f] are those of the
reference, over modes that rotations and reflections of the square lattice map to each other. Every RUN.h5 is of `stint hmc` with
--save-every 1, in d = 2, and begins in equilibrium (--start REFERENCE.h5). Errors are from resampling the chains. numpy, h5py.
"""

import argparse

import h5py
import numpy as np

EVALUATIONS = {"leapfrog": 1, "omelyan": 2, "omelyan4": 5}  # of a step
FUNCTIONS = {"P": lambda power: power, "P^2": np.square}


def spectrum(fields):
    return np.abs(np.fft.rfft2(fields)) ** 2 / np.float32(fields.shape[-1] ** 2)


def weights(size):
    """How many modes of the square each mode of rfft2 stands for, normalised."""
    count = np.full(size // 2 + 1, 2.0)
    count[0] = count[-1] = 1
    return np.broadcast_to(count / size**2, (size, len(count)))


def symmetric(modes):
    """Mean over the symmetries of the square, of modes [size, size / 2 + 1]."""
    size = len(modes)
    half = (modes + np.roll(modes[::-1], 1, 0)) / 2  # ky -> -ky
    corner = half[: size // 2 + 1]
    corner = (corner + corner.T) / 2
    return corner[np.minimum(np.arange(size), size - np.arange(size))]


def batches(dataset, count):
    for begin in range(0, len(dataset), count):
        yield dataset[begin : begin + count]


def reference(path):
    """E[f] and Var[f] for each f."""
    with h5py.File(path) as file:
        sums, number = 0, len(file["configurations"])
        for fields in batches(file["configurations"], 32):
            power = spectrum(fields)
            sums = sums + np.array([(power**n).sum(0, dtype=float) for n in (1, 2, 4)])
    one, two, four = (symmetric(total / number) for total in sums)
    return {"P": (one, two - one**2), "P^2": (two, four - two**2)}


def errors(path, truth, most):
    """b^2 of each f, [trajectories, chains] of at most so many chains, the force evaluations of a trajectory, and how the run was made."""
    found = {name: [] for name in truth}
    with h5py.File(path) as file:
        attributes = dict(file.attrs)
        every = len(file["chains"])
        chains = min(every, most)
        size = file["configurations"].shape[-1]
        if attributes["save_every"] != 1:
            raise SystemExit(f"{path}: made with --save-every {attributes['save_every']}, expected 1")
        sums = {name: np.zeros((chains, size, size // 2 + 1), np.float32) for name in truth}
        weight = weights(size).astype(np.float32)
        scaled = {name: ((weight / variance).astype(np.float32), mean.astype(np.float32)) for name, (mean, variance) in truth.items()}
        for n, fields in enumerate(batches(file["configurations"], every), 1):
            power = spectrum(fields[:chains])
            for name, (over_variance, mean) in scaled.items():
                sums[name] += FUNCTIONS[name](power)
                found[name].append(((sums[name] / np.float32(n) - mean) ** 2 * over_variance).sum((1, 2), dtype=float))
    return {name: np.array(b2) for name, b2 in found.items()}, attributes


def trajectories_to(b2, low):
    """The last n at which the median over the chains is above `low`; nan if that is the end."""
    above = np.flatnonzero(np.median(b2, 1) > low)
    last = above[-1] + 1 if len(above) else 0
    return last if last < len(b2) else np.nan


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reference")
    parser.add_argument("runs", nargs="+")
    parser.add_argument("--low", type=float, default=0.01)
    parser.add_argument("--chains", type=int, default=1000, help="read at most so many of each run")
    arguments = parser.parse_args()
    truth = reference(arguments.reference)
    print("| run | algorithm | steps | acceptance | chains | trajectories for P | for P^2 | force evaluations for P | for P^2 |")
    print("|" + "---|" * 9)
    for path in arguments.runs:
        found, attributes = errors(path, truth, arguments.chains)
        evaluations = attributes["steps"] * EVALUATIONS[attributes["integrator"]]
        chains = found["P"].shape[1]
        random, trajectories, forces = np.random.default_rng(1), [], []
        for b2 in found.values():
            again = [trajectories_to(b2[:, random.integers(chains, size=chains)], arguments.low) for _ in range(100)]
            count = trajectories_to(b2, arguments.low)
            trajectories.append(f"{count}" if np.isfinite(count) else f"> {len(b2)}, b^2 = {np.median(b2[-1]):.4f}")
            forces.append(f"{count * evaluations:.0f}({np.nanstd(again) * evaluations:.0f})" if np.isfinite(count) else "")
        print(f"| {path} | {attributes['algorithm']}, {attributes['integrator']} | {attributes['steps']} x {attributes['step_size']:.4f} | "
              f"{attributes['acceptance']:.2f} | {chains} | {' | '.join(trajectories)} | {' | '.join(forces)} |", flush=True)


main()
