"""Our values and errors against pyerrors (arXiv:2209.14371), an independent Gamma method with automatic differentiation, on three
ensembles that stint hmc makes: python3 pyerrors_test.py STINT

The observables are computed here from /configurations by their definitions. Values agree to 1e-8 and errors to 1 %. pyerrors takes
deviations from the mean of each replica, we from the mean of all; in these long chains that changes little. Exits with 77, for a
skipped test, where the Python that runs it lacks pyerrors or h5py (scripts/setup.sh does not install pyerrors, which would add
half a gigabyte; `pip install pyerrors h5py` into any Python and -DSTINT_PYERRORS_PYTHON=... does).
"""
import json
import subprocess
import sys
import tempfile

try:
    import h5py
    import numpy as np
    import pyerrors
except ImportError as error:
    print(f"SKIPPED, no comparison with pyerrors was made: {error}")
    sys.exit(77)

STINT = sys.argv[1]
ENSEMBLES = {
    "one long chain": "--lattice 8x8 --mass2 -4 --lambda 6 --chains 1 --trajectories 40000 --save-every 2 --seed 5",
    "chains in a field": "--lattice 16 --mass2 0.5 --lambda 1 --field 0.1 --chains 4 --trajectories 20000 --save-every 4 --seed 6",
    "three dimensions": "--lattice 4x4x4 --mass2 -1 --lambda 2 --chains 2 --trajectories 32000 --save-every 2 --seed 7",
}


def primaries(phi, couplings):
    """Means over sites and directions of each configuration, by name."""
    axes = tuple(range(1, phi.ndim))
    directions = len(axes)
    volume = phi[0].size
    m = phi.mean(axis=axes)
    neighbour = sum((phi * np.roll(phi, -1, axis=mu)).mean(axis=axes) for mu in axes) / directions
    phi2, phi4 = (phi**2).mean(axis=axes), (phi**4).mean(axis=axes)
    onsite = 2 * directions + couplings["mass2"] - couplings["quadratic"]
    action = onsite * phi2 + couplings["lambda"] * phi4 - 2 * directions * neighbour - couplings["field"] * m
    longest = [mu for mu in axes if phi.shape[mu] == max(phi.shape[1:])]
    mode = 0
    for mu in longest:
        slices = phi.sum(axis=tuple(nu for nu in axes if nu != mu))
        mode = mode + np.abs(np.fft.fft(slices, axis=1)[:, 1]) ** 2 / (volume * len(longest))
    return {"m": m, "abs": np.abs(m), "m2": m**2, "m4": m**4, "phi2": phi2, "phi4": phi4, "neighbour": neighbour, "action": action,
            "mode": mode}


def observables(o, volume, extent):
    """Ours by name, as functions of the means o."""
    chi = volume * (o["m2"] - o["m"] ** 2)
    return {
        "magnetisation": o["m"], "abs_magnetisation": o["abs"], "magnetisation_squared": o["m2"], "susceptibility": chi,
        "susceptibility_abs": volume * (o["m2"] - o["abs"] ** 2), "susceptibility_disconnected": volume * o["m2"],
        "binder_cumulant": 1 - o["m4"] / (3 * o["m2"] ** 2), "phi2": o["phi2"], "phi4": o["phi4"],
        "nearest_neighbour": o["neighbour"], "action_density": o["action"],
        "correlation_length": np.sqrt(chi / o["mode"] - 1) / (2 * np.sin(np.pi / extent)),
    }


def check(name, options, folder):
    """Compares one ensemble; the largest relative differences of values and errors."""
    file, result = f"{folder}/ensemble.h5", f"{folder}/measure.json"
    subprocess.run([STINT, "hmc", *options.split(), "--thermalize", "200", "--precision", "double", "--quiet", "--overwrite",
                    "--output", file], check=True, stderr=subprocess.DEVNULL)
    subprocess.run([STINT, "measure", file, "--json", result, "--quiet", "--overwrite"], check=True, stderr=subprocess.DEVNULL)
    with open(result, encoding="utf-8") as text:
        ours = json.load(text)["observables"]
    with h5py.File(file) as ensemble:
        phi = ensemble["configurations"][:]
        chain = ensemble["chain"][:]
        values = primaries(phi, {key: ensemble.attrs[key] for key in ("mass2", "lambda", "field", "quadratic")})
    chains = np.unique(chain)
    means = {key: pyerrors.Obs([series[chain == c] for c in chains], [f"hmc|r{c:03}" for c in chains])
             for key, series in values.items()}
    theirs = observables(means, phi[0].size, max(phi.shape[1:]))
    assert set(theirs) == set(ours), set(theirs) ^ set(ours)
    worst_value = worst_error = 0
    for key, observable in theirs.items():
        observable.gamma_method(S=1.5)
        value = abs(ours[key]["value"] - observable.value) / max(abs(observable.value), observable.dvalue)
        error = abs(ours[key]["error"] / observable.dvalue - 1)
        if value > 1e-8 or error > 0.01:
            print(f"{name}, {key}: {ours[key]['value']:.12g} +- {ours[key]['error']:.4g}, tau_int {ours[key]['tau_int']:.4g}; "
                  f"pyerrors {observable.value:.12g} +- {observable.dvalue:.4g}")
        worst_value, worst_error = max(worst_value, value), max(worst_error, error)
    print(f"{name}: values differ by at most {worst_value:.1g}, errors by {100 * worst_error:.2f} %")
    return worst_value <= 1e-8 and worst_error <= 0.01


with tempfile.TemporaryDirectory() as temporary:
    sys.exit(0 if all([check(name, options, temporary) for name, options in ENSEMBLES.items()]) else 1)
