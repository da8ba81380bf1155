"""The example kind as a user runs it: python3 kind_test.py STINT_WITH_SEQUENCES MPIEXEC STINT

Three channels of an AR(2) process on a line with open ends. The law of some sites given the others is known in closed form.
"""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
from program_test import STINT, ProgramTest, needs_h5py  # noqa: E402

PLAIN = sys.argv[3]  # without the example's row
TINY = ["--channels", "4", "--levels", "2", "--batch", "32", "--precision", "fp32", "--quiet", "--threads", "1"]
PROCESS = """
import h5py, numpy as np, sys
L, C, A, B = 16, 3, 0.9, -0.4  # x_t = A x_(t-1) + B x_(t-2) + noise
def covariance():
    # Autocovariances by Yule and Walker, a unit variance of the noise.
    rho = [1, A / (1 - B)]
    for t in range(2, L):
        rho.append(A * rho[-1] + B * rho[-2])
    variance = 1 / (1 - A * rho[1] - B * rho[2])
    return variance * np.array([[rho[abs(i - j)] for j in range(L)] for i in range(L)])
def write_sequences(name, count, seed):
    x = np.random.default_rng(seed).standard_normal((count, C, L)) @ np.linalg.cholesky(covariance()).T
    with h5py.File(name, 'w') as file:
        file['configurations'] = x.astype(np.float32)
        file['chain'], file['trajectory'] = np.arange(count), np.zeros(count, int)
        file.attrs.update(format='stint-ensemble', format_version=1, complete=1, kind='sequence', lattice=[L], channels=C)
"""


class Kind(ProgramTest):
    def setUp(self):
        super().setUp()
        self.python(PROCESS + "write_sequences('data.h5', 4000, 1); write_sequences('one.h5', 1, 2)")

    @needs_h5py
    def test_the_conditional_law_is_that_of_the_closed_form(self):
        self.succeed("train", "--data", "data.h5", *TINY, "--operators", "mixed", "--steps", "60", "--learning-rate", "1e-4", "--output",
                     "model.h5")
        self.succeed("sample", "--model", "model.h5", "--samples", "4000", "--task", "inpaint", "--known", "one.h5", "--known-configuration",
                     "0", "--mask", "block:6@5", "--precision", "fp32", "--output", "inpainted.h5", "--quiet")
        self.succeed("sample", "--model", "model.h5", "--samples", "4000", "--precision", "fp32", "--output", "new.h5", "--quiet")
        found = self.python(PROCESS + """
x, y = h5py.File('inpainted.h5')['configurations'][()].astype(float), h5py.File('one.h5')['configurations'][0].astype(float)
free = np.zeros(L, bool)
free[5:11] = True
assert (x[:, :, ~free] == y[:, ~free]).all()
S = covariance()
gain = S[np.ix_(free, ~free)] @ np.linalg.inv(S[np.ix_(~free, ~free)])
rest = x[:, :, free] - y[:, ~free] @ gain.T
conditional = S[np.ix_(free, free)] - gain @ S[np.ix_(~free, free)]
def worst(values, expected):
    # Largest |z| of means of independent values; the model's moments are those of 3800 configurations of data (5 % are held out).
    error = values.std(0) * (1 / len(values) + 1 / 3800)**0.5
    return (abs(values.mean(0) - expected) / error).max()
products = lambda v: v[..., :, None] * v[..., None, :]
new = h5py.File('new.h5')['configurations'][()].astype(float)
print(worst(rest, 0), worst(products(rest).mean(1), conditional), worst(products(new).mean(1), S))
""")
        for z in map(float, found.split()):
            self.assertLess(z, 4, found)

    @needs_h5py
    def test_info_and_refusals(self):
        self.assertIn("sequence", self.succeed("info", "data.h5"))
        self.refuse(2, "no tilts", "train", "--data", "data.h5", "--field-range", "0.1", "--output", "model.h5")
        self.refuse(2, "action", "train", "--data", "data.h5", "--target", "action", "--output", "model.h5")
        self.refuse(1, "sequence", "measure", "data.h5")
        self.succeed("train", "--data", "data.h5", *TINY, "--steps", "2", "--output", "model.h5")
        self.assertIn("sequence", self.succeed("info", "model.h5"))
        for option in (["--relax", "2"], ["--weights", "--solver", "rk4"], ["--field", "0.1"]):
            self.refuse(2, "sequence" if option[0] != "--field" else "trained for", "sample", "--model", "model.h5", *option, "--output", "new.h5")

    @needs_h5py
    def test_a_program_without_the_row_says_what_it_knows(self):
        self.succeed("train", "--data", "data.h5", *TINY, "--steps", "2", "--output", "model.h5")
        program = STINT
        try:
            globals()["STINT"] = PLAIN
            sys.modules["program_test"].STINT = PLAIN
            self.refuse(1, "'sequence' are not known here; known: phi4", "train", "--data", "data.h5", "--output", "other.h5")
            self.refuse(1, "'sequence' are not known here; known: phi4", "sample", "--model", "model.h5", "--output", "new.h5")
        finally:
            sys.modules["program_test"].STINT = program


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]])
