"""stint measure and compare as a user runs them: python3 commands_test.py STINT"""
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

STINT = sys.argv.pop()
RUN = "hmc --lattice 8x8 --mass2 0.5 --lambda 0 --chains 64 --thermalize 100 --trajectories 200 --save-every 10 --quiet".split()


class Commands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.folder = pathlib.Path(cls.temporary.name)
        for name, options in (("a", ["--seed", "1"]), ("b", ["--seed", "2", "--field", "0.2"]), ("c", ["--seed", "3"])):
            subprocess.run([STINT, *RUN, *options, "--output", f"{name}.h5"], cwd=cls.folder, check=True, stderr=subprocess.DEVNULL)

    def stint(self, *arguments, status=0):
        result = subprocess.run([STINT, *arguments], cwd=self.folder, capture_output=True, text=True, check=False,
                                env=os.environ | {"STINT_PYTHON": sys.executable})
        self.assertEqual(result.returncode, status, result.stderr)
        return result

    def read(self, name):
        return json.loads((self.folder / name).read_text())

    def test_correlators_of_the_free_field(self):
        self.stint("measure", "b.h5", "--correlators", "--json", "b.json", "--overwrite", "--quiet")
        found = self.read("b.json")["correlators"]
        self.assertEqual([len(found[name]["value"]) for name in ("axis", "diagonal", "time", "effective_mass")], [5, 5, 5, 4])
        for part in ("axis", "diagonal"):
            for p2, value, error in zip(*(found[part][key] for key in ("momentum_squared", "value", "error"))):
                self.assertLess(abs(value - 1 / (2 * (0.5 + p2))), 4 * error, part)
        mass = found["mass"]
        self.assertLess(abs(mass["value"] - math.acosh(1.25)), 4 * mass["error"])
        length = found["correlation_length_exponential"]
        self.assertAlmostEqual(length["value"] * mass["value"], 1)

    def test_measure_says_how_far_chains_agree(self):
        self.stint("measure", "a.h5", "--json", "a.json", "--overwrite", "--quiet")
        found = self.read("a.json")
        self.assertEqual(set(found["jackknife_errors"]), set(found["observables"]))
        self.assertLess(found["convergence"]["magnetisation"]["r_hat"], 1.2)
        self.assertEqual(found["suggested_discard"], 0)

    def test_discard(self):
        self.stint("measure", "a.h5", "--discard", "100", "--correlators", "--json", "d.json", "--overwrite", "--quiet")
        self.assertEqual(self.read("d.json")["configurations"], 640)
        self.assertIn("leaves 0 configurations", self.stint("measure", "a.h5", "--discard", "1000", status=1).stderr)
        self.assertIn("--discard", self.stint("measure", "a.h5", "--discard", "-1", status=2).stderr)

    def test_compare_and_report(self):
        self.stint("compare", "a.h5", "b.h5", "c.h5", "--report", "r.md", "--json", "r.json", "--overwrite", "--quiet")
        tilted, same = self.read("r.json")["others"]
        self.assertLessEqual(tilted["all_observables"]["energy_p_value"], 0.001)
        self.assertGreater(same["all_observables"]["energy_p_value"], 0.001)
        self.assertGreater(same["magnetisation"]["wasserstein1_p_value"], 0.001)
        self.assertNotIn("response", same)
        self.assertLess(abs(tilted["response"]["susceptibility"][0] - 1), 4 * tilted["response"]["susceptibility"][1])
        self.assertLess(abs(tilted["response"]["z"]), 4)
        self.assertAlmostEqual(same["all_observables"]["expected_beyond_3"], 0.0027 * len(same["observables"]), 3)
        report = (self.folder / "r.md").read_text()
        for words in ("| magnetisation |", "(<r.png>)", "### `a.h5`", "### `b.h5`", "--seed 3", "energy distance"):
            self.assertIn(words, report)
        self.assertTrue((self.folder / "r.png").exists())
        self.assertIn("r.", self.stint("compare", "a.h5", "b.h5", "--report", "r.md", status=1).stderr)


if __name__ == "__main__":
    unittest.main()
