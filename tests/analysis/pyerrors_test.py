"""Our values and errors against pyerrors (arXiv:2209.14371), an independent Gamma method with automatic differentiation, on three
ensembles that stint hmc makes: python3 pyerrors_test.py STINT analysis/python

The Python package computes the observables from /configurations by their definitions. Values agree to 1e-10 and errors to 1 %. pyerrors
takes deviations from the mean of each replica, we from the mean of all; in these long chains that changes little. Exits with 77, for a
skipped test, where the Python that runs it lacks pyerrors, which `scripts/setup.sh --tests` installs.
"""
import json
import subprocess
import sys
import tempfile

try:
    import pyerrors  # noqa: F401
except ImportError as error:
    print(f"SKIPPED, no comparison with pyerrors was made: {error}")
    sys.exit(77)

sys.path.insert(0, sys.argv[2])
import stint  # noqa: E402

STINT = sys.argv[1]
ENSEMBLES = {
    "one long chain": "--lattice 8x8 --mass2 -4 --lambda 6 --chains 1 --trajectories 40000 --save-every 2 --seed 5",
    "chains in a field": "--lattice 16 --mass2 0.5 --lambda 1 --field 0.1 --chains 4 --trajectories 20000 --save-every 4 --seed 6",
    "three dimensions": "--lattice 4x4x4 --mass2 -1 --lambda 2 --chains 2 --trajectories 32000 --save-every 2 --seed 7",
}


def check(name, options, folder):
    """Compares one ensemble; the largest relative differences of values and errors."""
    file, result = f"{folder}/ensemble.h5", f"{folder}/measure.json"
    subprocess.run([STINT, "hmc", *options.split(), "--thermalize", "200", "--precision", "double", "--quiet", "--overwrite",
                    "--output", file], check=True, stderr=subprocess.DEVNULL)
    subprocess.run([STINT, "measure", file, "--json", result, "--quiet", "--overwrite"], check=True, stderr=subprocess.DEVNULL)
    with open(result, encoding="utf-8") as text:
        ours = json.load(text)["observables"]
    with stint.open(file) as ensemble:
        theirs = {key: observable for key, observable in ensemble.to_pyerrors().items() if key in ours}
    assert set(theirs) == set(ours), set(theirs) ^ set(ours)
    worst_value = worst_error = 0
    for key, observable in theirs.items():
        observable.gamma_method(S=1.5)
        value = abs(ours[key]["value"] - observable.value) / max(abs(observable.value), observable.dvalue)
        error = abs(ours[key]["error"] / observable.dvalue - 1)
        if value > 1e-10 or error > 0.01:
            print(f"{name}, {key}: {ours[key]['value']:.12g} +- {ours[key]['error']:.4g}, tau_int {ours[key]['tau_int']:.4g}; "
                  f"pyerrors {observable.value:.12g} +- {observable.dvalue:.4g}")
        worst_value, worst_error = max(worst_value, value), max(worst_error, error)
    print(f"{name}: values differ by at most {worst_value:.1g}, errors by {100 * worst_error:.2f} %")
    return worst_value <= 1e-10 and worst_error <= 0.01


with tempfile.TemporaryDirectory() as temporary:
    sys.exit(0 if all([check(name, options, temporary) for name, options in ENSEMBLES.items()]) else 1)
