"""stint measure and compare as a user runs them: python3 commands_test.py STINT MPIEXEC"""
import json
import math
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import h5py

STINT, MPIEXEC = sys.argv[1:]
PATIENCE = float(os.environ.get("STINT_TIME_FACTOR", 1))  # multiplies the seconds that a test waits
del sys.argv[1:]
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

    def ranks(self, number, *arguments, status=0):
        """Under mpirun, with as many ranks as there may be cores or more."""
        settings = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OMPI_MCA_rmaps_base_oversubscribe": "1",
                    "OMP_NUM_THREADS": "1"}
        result = subprocess.run([MPIEXEC, "-n", str(number), STINT, *arguments], cwd=self.folder, capture_output=True, text=True,
                                check=False, timeout=120 * PATIENCE, env=os.environ | settings)
        self.assertEqual(result.returncode, status, result.stderr)
        return result

    def change(self, name, change):
        """A copy of a.h5 after change(file)."""
        shutil.copy(self.folder / "a.h5", self.folder / name)
        with h5py.File(self.folder / name, "a") as file:
            change(file)

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

    def test_order_of_the_file_does_not_matter(self):
        def shuffle(file):
            order = sorted(range(1280), key=lambda i: i * 7919 % 1280)
            for name in ("configurations", "chain", "trajectory"):
                file[name][:] = file[name][:][order]
        self.change("shuffled.h5", shuffle)
        for options in ([], ["--discard", "100"], ["--discard", "50", "--correlators"]):
            for name in ("a", "shuffled"):
                self.stint("measure", f"{name}.h5", *options, "--json", f"order-{name}.json", "--overwrite", "--quiet")
            self.ranks(3, "measure", "shuffled.h5", *options, "--json", "order-ranks.json", "--overwrite", "--quiet")
            self.assertEqual(self.read("order-shuffled.json"), self.read("order-ranks.json"))
            self.assert_close(self.read("order-a.json"), self.read("order-shuffled.json"))

    def assert_close(self, a, b, where=""):
        if isinstance(a, dict):
            self.assertEqual(a.keys(), b.keys(), where)
            for key in a:
                self.assert_close(a[key], b[key], f"{where}/{key}")
        elif isinstance(a, list):
            self.assertEqual(len(a), len(b), where)
            for x, y in zip(a, b):
                self.assert_close(x, y, where)
        elif a != b:
            self.assertAlmostEqual(a / b, 1, 8, where)

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
        comparisons = len(tilted["observables"]) + len(same["observables"])
        for words in (f"{comparisons} comparisons in all", "| `b.h5` | field 0.2 (reference 0) |", "| `c.h5` | as reference |",
                      "stint compare a.h5 b.h5 c.h5 --report r.md", "| binder_cumulant |"):
            self.assertIn(words, report)
        self.assertTrue((self.folder / "r.png").exists())
        self.assertIn("r.", self.stint("compare", "a.h5", "b.h5", "--report", "r.md", status=1).stderr)

    def test_the_same_numbers_on_any_ranks_and_threads(self):
        options = ["measure", "b.h5", "--correlators", "--quiet", "--overwrite"]
        self.stint(*options, "--threads", "1", "--json", "1.json", "--output", "1.txt")
        self.stint(*options, "--threads", "3", "--json", "t.json")
        self.ranks(3, *options, "--json", "3.json", "--output", "3.txt")
        for name in ("t.json", "3.json"):
            self.assertEqual((self.folder / name).read_text(), (self.folder / "1.json").read_text(), name)
        self.assertEqual((self.folder / "3.txt").read_text(), (self.folder / "1.txt").read_text())
        self.stint("compare", "a.h5", "b.h5", "--json", "c1.json", "--quiet", "--overwrite")
        self.ranks(2, "compare", "a.h5", "b.h5", "--json", "c2.json", "--quiet", "--overwrite")
        self.assertEqual((self.folder / "c1.json").read_text(), (self.folder / "c2.json").read_text())

    def test_more_ranks_than_configurations(self):
        self.stint("hmc", "--lattice", "4", "--mass2", "1", "--lambda", "0", "--chains", "1", "--trajectories", "2", "--save-every", "1",
                   "--quiet", "--overwrite", "--output", "two.h5")
        self.stint("measure", "two.h5", "--json", "two1.json", "--quiet", "--overwrite")
        self.ranks(3, "measure", "two.h5", "--json", "two3.json", "--quiet", "--overwrite")
        self.assertEqual((self.folder / "two1.json").read_text(), (self.folder / "two3.json").read_text())

    def test_every_rank_ends_with_one_line(self):
        def poison(file):
            file["configurations"][-1, 3, 3] = math.nan
        self.change("nan.h5", poison)
        for name, words in (("nan.h5", "configuration 1279"), ("gone.h5", "gone.h5")):
            for arguments in (["measure", name], ["compare", "a.h5", name]):
                self.assertIn(words, self.stint(*arguments, status=1).stderr)
                lines = self.ranks(2, *arguments, "--quiet", status=1).stderr.splitlines()
                self.assertEqual(sum(line.startswith("stint ") for line in lines), 1, lines)
        self.assertIn("--discard", self.ranks(2, "measure", "a.h5", "--discard", "100000", status=1).stderr)

    def test_reweighting_turns_one_ensemble_into_another(self):
        """The free field at h = 0 with log_weight = h sum_x phi_x against the run with that field."""
        field = 0.05
        def weigh(file):
            file["log_weight"] = field * file["configurations"][:].reshape(1280, -1).sum(axis=1, dtype=float) - 700
            file.attrs["field"] = field
        self.change("w.h5", weigh)
        self.stint("measure", "w.h5", "--reweight", "--json", "w.json", "--quiet", "--overwrite")
        self.ranks(2, "measure", "w.h5", "--reweight", "--json", "w2.json", "--quiet", "--overwrite")
        found = self.read("w.json")
        self.assertEqual(found, self.read("w2.json"))
        m = found["observables"]["magnetisation"]
        self.assertLess(abs(m["value"] - field), 4 * m["error"])  # <M> = h / (2 mass2)
        self.assertGreater(m["value"], 4 * m["error"])
        weights = h5py.File(self.folder / "w.h5")["log_weight"][:]
        weights = [math.exp(x - weights.max()) for x in weights]
        self.assertAlmostEqual(found["effective_sample_size"], sum(weights) ** 2 / (1280 * sum(w * w for w in weights)))
        self.stint("measure", "w.h5", "--json", "plain.json", "--quiet", "--overwrite")
        plain = self.read("plain.json")
        self.assertLess(abs(plain["observables"]["magnetisation"]["value"]), 4 * plain["observables"]["magnetisation"]["error"])
        self.assertNotIn("effective_sample_size", plain)

    def test_weights_that_make_no_sense(self):
        self.assertIn("/log_weight", self.stint("measure", "a.h5", "--reweight", status=1).stderr)
        self.assertIn("--correlators", self.stint("measure", "a.h5", "--reweight", "--correlators", status=2).stderr)
        for value, words in ((math.inf, "inf"), (-math.inf, "inf"), (math.nan, "NaN")):
            def weigh(file):
                file["log_weight"] = [value] * 1280
            self.change("bad.h5", weigh)
            self.assertIn(words, self.stint("measure", "bad.h5", "--reweight", status=1).stderr)
        def dominate(file):
            file["log_weight"] = [10.0] + [0.0] * 1279
        self.change("one.h5", dominate)
        self.assertIn("of all weight", self.stint("measure", "one.h5", "--reweight").stderr)

    def test_compare_of_what_cannot_be_compared(self):
        self.stint("hmc", "--lattice", "4x4", "--mass2", "0.5", "--lambda", "0", "--chains", "4", "--trajectories", "20", "--save-every", "10", "--quiet",
                   "--overwrite", "--output", "small.h5")
        error = self.stint("compare", "a.h5", "small.h5", "--report", "bad.md", status=1).stderr
        self.assertIn("small.h5", error)
        self.assertIn("4x4", error)
        self.assertFalse((self.folder / "bad.md").exists())
        def forget(file):
            del file["history"]
        self.change("plain.h5", forget)
        self.stint("compare", "a.h5", "plain.h5", "--report", "plain.md", "--overwrite", "--quiet")
        self.assertIn("`plain.h5`", (self.folder / "plain.md").read_text())


if __name__ == "__main__":
    unittest.main()
