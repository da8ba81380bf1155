"""What the program gives must not change when its structure does: python3 golden_test.py STINT MPIEXEC

tests/golden/program.json has numbers of short runs of hmc, measure, sample and train. With STINT_WRITE_GOLDEN=FILE in the
environment they are written anew: only after a change that is meant to change them.
"""

import json
import os
import sys
import unittest
from pathlib import Path

from program_test import ProgramTest, needs_h5py

ROOT = Path(__file__).resolve().parents[2]
MODEL = str(ROOT / "models" / "phi4-l32.h5")
STORED = ROOT / "tests" / "golden" / "program.json"
NUMBERS = """
import h5py, json, sys
def numbers(name):
    fields = h5py.File(name)['configurations'][()].astype(float)
    return [fields.mean(), (fields**2).mean(), *fields.reshape(len(fields), -1)[-1, [0, 1, 7, -1]]]
print(json.dumps({name[:-3]: numbers(name) for name in sys.argv[1:]}))
"""
THEORY = ["--mass2", "-2", "--lambda", "2"]
SQUARE = ["--lattice", "8x8", *THEORY]
HMC = {
    "hmc": SQUARE,
    "hmc-omelyan": [*SQUARE, "--integrator", "omelyan", "--field", "0.1", "--quadratic", "0.2"],
    "hmc-fourier": [*SQUARE, "--algorithm", "fourier", "--fourier-mass2", "0.5"],
    "hmc-cluster": [*SQUARE, "--algorithm", "cluster"],
    "hmc-3d": ["--lattice", "4x4x4", "--kappa", "0.18", "--hopping-lambda", "0.02"],
}
FREE = ["--model", "free-field", "--lattice", "8x8", "--mass2", "0.5", "--samples", "4"]
LEARNED = ["--model", MODEL, "--samples", "2", "--precision", "fp32"]
KNOWN = ["--known", "generate.h5", "--known-configuration", "0"]
SAMPLES = {
    "free": FREE,
    "free-tilted": [*FREE, "--field", "0.3", "--quadratic", "-0.2", "--solver", "rk4"],
    "free-sde": [*FREE, "--solver", "sde2", "--steps", "16"],
    "free-blocks": [*FREE, "--task", "superresolve", "--keep", "averages", "--known", "free.h5"],
    "free-denoise": [*FREE, "--task", "denoise", "--known", "free.h5", "--known-noise", "0.5", "--blur", "1"],
    "generate": LEARNED,
    "field": [*LEARNED, "--field", "0.02"],
    "quadratic": [*LEARNED, "--quadratic", "-0.05", "--schedule", "log-ratio"],
    "lower": ["--model", MODEL.replace(".h5", "-lower.h5"), "--samples", "2", "--precision", "fp32", "--quadratic", "0.04"],
    "larger": [*LEARNED, "--lattice", "64x64"],
    "inpaint": [*LEARNED, "--task", "inpaint", *KNOWN, "--mask", "block:8x8@4,4"],
    "noisy": [*LEARNED, "--task", "inpaint", *KNOWN, "--mask", "random:0.5", "--known-noise", "0.3"],
    "sequential": [*LEARNED, "--task", "sequential", "--order", "columns:16"],
    "multiscale": [*LEARNED, "--task", "multiscale", "--shells", "2"],
    "superresolve": [*LEARNED, "--task", "superresolve", *KNOWN],
    "relaxed": [*LEARNED, "--relax", "1"],
}


class Golden(ProgramTest):
    def ensembles(self, runs, command, *common):
        for name, options in runs.items():
            self.succeed(command, *common, *options, "--output", f"{name}.h5", "--quiet")
        return json.loads(self.python(NUMBERS, *(f"{name}.h5" for name in runs)))

    @needs_h5py
    def test_numbers_are_those_of_before(self):
        found = self.ensembles(HMC, "hmc", "--chains", "16", "--thermalize", "0", "--trajectories", "4", "--save-every", "2",
                               "--precision", "double", "--seed", "3")
        self.succeed("measure", "hmc.h5", "--json", "measure.json", "--quiet")
        observables = json.loads((self.folder / "measure.json").read_text())["observables"]
        found["measure"] = [observables[name][key] for name in ("abs_magnetisation", "susceptibility", "phi4", "nearest_neighbour")
                            for key in ("value", "error")]
        self.succeed("hmc", *SQUARE, "--chains", "64", "--thermalize", "50", "--trajectories", "100", "--save-every", "10", "--output",
                     "data.h5", "--quiet")
        self.succeed("train", "--data", "data.h5", "--operators", "mixed", "--field-range", "0.02", "--quadratic-range", "0.02",
                     "--levels", "2", "--channels", "4", "--steps", "20", "--batch", "32", "--precision", "fp32", "--output", "model.h5",
                     "--json", "train.json", "--quiet")
        trained = json.loads((self.folder / "train.json").read_text())
        found["train"] = [trained["loss"], trained["validation_loss"], *(trained["families"][name]["loss"] for name in sorted(trained["families"]))]
        found |= self.ensembles(SAMPLES, "sample")
        if "STINT_WRITE_GOLDEN" in os.environ:
            Path(os.environ["STINT_WRITE_GOLDEN"]).write_text(json.dumps(found, indent=1) + "\n")
            self.skipTest("written")
        stored = json.loads(STORED.read_text())
        self.assertEqual(set(found), set(stored))
        for name, numbers in stored.items():
            # Double precision but for the kernels' instructions; single precision through a network and a flow.
            tolerance = 1e-9 if name.startswith(("hmc", "measure")) else 1e-4
            for i, (value, expected) in enumerate(zip(found[name], numbers, strict=True)):
                with self.subTest(name, number=i):
                    self.assertAlmostEqual(value, expected, delta=tolerance * max(1, abs(expected)))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
