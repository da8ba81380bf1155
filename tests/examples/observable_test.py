"""The example observable as a user runs it: python3 observable_test.py STINT_WITH_SITE_CUMULANT MPIEXEC"""

import json
import math
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
from program_test import ProgramTest, needs_h5py, needs_matplotlib  # noqa: E402

NAME = "site_cumulant"


def single_site(mass2, coupling, dimensions):
    """1 - <phi^4> / (3 <phi^2>^2) of S = (2d + mass2) phi^2 + coupling phi^4, by the trapezoidal rule."""
    grid = [0.001 * i for i in range(-3000, 3001)]
    weight = [math.exp(-(2 * dimensions + mass2) * x**2 - coupling * x**4) for x in grid]
    moment = [sum(w * x**n for x, w in zip(grid, weight)) / sum(weight) for n in (2, 4)]
    return 1 - moment[1] / (3 * moment[0] ** 2)


class Observable(ProgramTest):
    def measured(self, file):
        self.succeed("measure", file, "--json", "found.json", "--overwrite", "--quiet")
        return json.loads((self.folder / "found.json").read_text())["observables"][NAME]

    def test_a_free_field_has_none(self):
        self.succeed("sample", "--model", "free-field", "--lattice", "8x8", "--mass2", "1", "--samples", "2000", "--output", "free.h5", "--quiet")
        found = self.measured("free.h5")
        self.assertLess(found["error"], 0.02)
        self.assertLess(abs(found["value"]) / found["error"], 4, found)

    def test_sites_that_hardly_know_each_other(self):
        # Large couplings: phi^2 is about 1/100, so that neighbours change the cumulant by about (2 phi^2)^2, less than the error.
        self.succeed("hmc", "--lattice", "4x4", "--mass2", "40", "--lambda", "2000", "--step-size", "0.03", "--steps", "8", "--chains", "64",
                     "--thermalize", "200", "--trajectories", "400", "--save-every", "4", "--output", "hmc.h5", "--quiet")
        found, exact = self.measured("hmc.h5"), single_site(40, 2000, 2)
        self.assertGreater(exact, 0.05)
        self.assertLess(found["error"], 0.005)
        self.assertLess(abs(found["value"] - exact) / found["error"], 4, (found, exact))

    @needs_h5py
    @needs_matplotlib
    def test_the_row_is_in_every_output(self):
        self.hmc("a.h5", seed=1, trajectories=20)
        self.hmc("b.h5", seed=2, trajectories=20)
        self.assertIn(NAME, self.succeed("measure", "a.h5", "--pyerrors", "a.json.gz"))
        self.assertIn(NAME, self.python("import gzip; print(gzip.open('a.json.gz', 'rt').read())"))
        self.assertIn(NAME, self.succeed("compare", "a.h5", "b.h5", "--json", "ab.json", "--report", "ab.md"))
        compared = json.loads((self.folder / "ab.json").read_text())
        self.assertIn(NAME, compared["others"][0]["observables"])
        self.assertIn("site", compared["labels"][NAME])
        report = (self.folder / "ab.md").read_text()
        self.assertIn(f"| {NAME} | `1 - <phi^4> / (3 <phi^2>^2) of a site` |", report)
        self.assertTrue((self.folder / "ab.png").stat().st_size > 10000)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
