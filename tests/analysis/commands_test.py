"""stint measure and compare as a user runs them: python3 commands_test.py STINT MPIEXEC"""
import base64
import html.parser
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
PATIENCE = float(os.environ.get("STINT_TIME_FACTOR", 4))  # multiplies the seconds that a test waits
del sys.argv[1:]
RUN = "hmc --lattice 8x8 --mass2 0.5 --lambda 0 --chains 64 --thermalize 100 --trajectories 200 --save-every 10 --quiet".split()


class Page(html.parser.HTMLParser):
    """The elements of a page with their attributes, its text, and what is wrong with its nesting."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.text, self.wrong, self.open = [], "", [], []
        self.feed(text)
        self.wrong += self.open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data):
        self.text += data


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
                      "stint compare a.h5 b.h5 c.h5 --report r.md", "| binder_cumulant |",
                      "- `b.h5`: **does not follow the law of the reference.**", "- `c.h5`: **no difference from the reference was found.**"):
            self.assertIn(words, report)
        self.assertTrue((self.folder / "r.png").exists())
        self.assertIn("r.", self.stint("compare", "a.h5", "b.h5", "--report", "r.md", status=1).stderr)

    def test_report_as_one_page(self):
        shutil.copy(self.folder / "c.h5", self.folder / "c<i>&.h5")
        before = {path.name for path in self.folder.iterdir()}
        self.stint("compare", "a.h5", "b.h5", "c<i>&.h5", "--report", "page.html", "--overwrite", "--quiet")
        self.assertEqual({path.name for path in self.folder.iterdir()} - before, {"page.html"})
        text = (self.folder / "page.html").read_text()
        page = Page(text)
        self.assertEqual(page.wrong, [])
        self.assertNotRegex(text.split("<body>")[0] + page.text, r"https?://|url\(|@import")
        addresses = [attributes[name] for _, attributes in page.elements for name in ("src", "href", "data") if name in attributes]
        self.assertEqual(len(addresses), 1)
        kind, _, picture = addresses[0].partition(",")
        self.assertEqual(kind, "data:image/png;base64")
        self.assertEqual(base64.b64decode(picture, validate=True)[:8], b"\x89PNG\r\n\x1a\n")
        self.assertGreater(len(picture), 50000)
        # First the verdict, then how it was found.
        places = [page.text.index(words) for words in ("does not follow the law of the reference", "no difference from the reference was found",
                                                       "Written by stint", "comparisons in all", "energy distance", "Provenance", "--seed 3")]
        self.assertEqual(places, sorted(places))
        self.assertIn("The couplings differ: field 0.2 (reference 0).", page.text)
        self.assertIn("c<i>&.h5", page.text)
        self.assertEqual([tag for tag, _ in page.elements if tag in ("i", "script", "link", "iframe")], [])
        markdown = [f"| {name} |" for name in ("magnetisation", "binder_cumulant")]
        self.assertEqual([words for words in markdown if words in page.text], [])

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

    def test_undefined_observables_are_null_with_the_reason(self):
        def freeze(file):
            file["configurations"][:] = 0
        self.change("zero.h5", freeze)
        printed = self.stint("measure", "zero.h5", "--json", "zero.json", "--overwrite")
        self.assertIn("binder_cumulant is undefined: it needs <M^2> > 0.", printed.stdout)
        self.assertNotIn("nan", printed.stdout)
        found = self.read("zero.json")["observables"]
        for name in ("binder_cumulant", "correlation_length"):
            self.assertEqual([found[name][key] for key in ("value", "error", "tau_int", "tau_int_error")], [None] * 4)
            self.assertIn("needs", found[name]["undefined"])
        self.assertEqual(found["susceptibility"]["value"], 0)
        printed = self.stint("compare", "a.h5", "zero.h5", "--json", "z.json", "--plot", "z.png", "--overwrite").stdout
        self.assertNotIn("nan", printed)
        row = self.read("z.json")["others"][0]["observables"]["binder_cumulant"]
        self.assertIsNone(row["z"])
        self.assertEqual(row["undefined"], "needs <M^2> > 0")

    def test_values_without_errors_have_no_z(self):
        def level(value):
            def fill(file):
                file["configurations"][:] = value
            return fill
        self.change("half.h5", level(0.5))
        self.change("one.h5", level(1))
        printed = self.stint("compare", "half.h5", "one.h5", "--json", "levels.json", "--overwrite").stdout
        self.assertLess(max(map(len, printed.splitlines())), 200)
        self.assertIn("both errors are 0 and the values differ", printed)
        self.assertIsNone(self.read("levels.json")["others"][0]["observables"]["phi2"]["z"])

    def test_few_configurations(self):
        def shorten(file):
            for name in ("configurations", "chain", "trajectory"):
                rows = file[name][:2]
                del file[name]
                file[name] = rows
        self.change("few.h5", shorten)
        self.assertIn("2 configurations are too few for an error", self.stint("measure", "few.h5").stderr)
        result = self.stint("compare", "a.h5", "few.h5")
        self.assertIn("2 configurations are too few for an error", result.stderr)
        self.assertIn("All observables at once: not tested", result.stdout)
        self.assertNotIn("nan", result.stdout)

    def warnings(self, name):
        """What measure warns of, once on standard error and once in the JSON."""
        printed = self.stint("measure", name, "--json", "w.json", "--overwrite").stderr
        found = self.read("w.json")["warnings"]
        for warning in found:
            self.assertEqual(printed.count(warning), 1)
        return found

    def test_good_chains_give_no_warning(self):
        self.assertEqual(self.warnings("a.h5"), [])

    def test_stuck_chains(self):
        def freeze(file):
            phi = file["configurations"][:]
            for chain in (3, 5):
                phi[file["chain"][:] == chain] = phi[chain]
            file["configurations"][:] = phi
        self.change("stuck.h5", freeze)
        (warning,) = self.warnings("stuck.h5")
        self.assertIn("2 of 64 chains never change", warning)
        self.assertIn("--step-size", warning)

    def test_chains_that_do_not_agree_and_no_correlation_length(self):
        def split(file):
            side = 1 - 2 * (file["chain"][:] % 2)
            file["configurations"][:] = side[:, None, None] + 0.1 * file["configurations"][:]
        self.change("sides.h5", split)
        disagreement, length = self.warnings("sides.h5")
        self.assertIn("chains do not agree on magnetisation (R-hat", disagreement)
        self.assertIn("is beyond the lattice, L = 8", length)

    def test_chains_as_short_as_tau_int(self):
        self.stint("hmc", "--lattice", "8x8", "--mass2", "0.01", "--lambda", "0", "--chains", "1", "--trajectories", "400", "--save-every",
                   "1", "--thermalize", "2000", "--steps", "2", "--quiet", "--overwrite", "--output", "slow.h5")
        text = " ".join(self.warnings("slow.h5"))
        self.assertRegex(text, "the longest chain has 400 trajectories and tau_int of .* too short|chains do not agree")

    def test_numbers_as_physicists_print_them(self):
        printed = self.stint("measure", "a.h5").stdout
        row = next(line for line in printed.splitlines() if line.startswith("phi2 ")).split()
        self.assertRegex(row[1], r"^0\.\d+\(\d+\)$")
        header = next(line for line in printed.splitlines() if line.startswith("observable"))
        for column in ("value(error)", "jackknife error", "tau_int", "R-hat", "ESS"):
            self.assertEqual(header.count(column), 1)

    def test_tau_int_below_the_spacing(self):
        """Saved every 100 trajectories, tau_int is not resolved; the history of the run resolves it for M, M^2 and S."""
        self.stint("hmc", "--lattice", "8x8", "--mass2", "0.5", "--lambda", "0", "--chains", "16", "--thermalize", "100", "--trajectories",
                   "4000", "--save-every", "100", "--quiet", "--overwrite", "--output", "wide.h5", "--json", "wide-hmc.json")
        printed = self.stint("measure", "wide.h5", "--json", "wide.json", "--overwrite").stdout
        self.assertIn("<= 50", printed)
        found, hmc = self.read("wide.json"), self.read("wide-hmc.json")["tau_int"]
        self.assertEqual(found["tau_int_history"]["magnetisation"], hmc["magnetisation"])
        self.assertEqual(found["tau_int_history"]["action_density"], hmc["action"])
        self.assertFalse(found["observables"]["phi2"]["tau_int_resolved"])
        row = next(line for line in printed.splitlines() if line.startswith("magnetisation ")).split()
        self.assertEqual(row[4], "h")
        self.assertLess(float(row[3].split("(")[0]), 50)

    def test_several_files_are_one_ensemble(self):
        def half(keep):
            def cut(file):
                rows = [i for i, chain in enumerate(file["chain"][:]) if keep(chain)]
                for name in ("configurations", "chain", "trajectory"):
                    kept = file[name][:][rows]
                    del file[name]
                    file[name] = kept
                file["chain"][:] = file["chain"][:] % 32  # both files number from 0
            return cut
        self.change("low.h5", half(lambda chain: chain < 32))
        self.change("high.h5", half(lambda chain: chain >= 32))
        for options in ([], ["--discard", "50", "--correlators"]):
            self.stint("measure", "a.h5", *options, "--json", "whole.json", "--quiet", "--overwrite")
            self.stint("measure", "low.h5", "high.h5", *options, "--json", "parts.json", "--quiet", "--overwrite")
            self.ranks(2, "measure", "low.h5", "high.h5", *options, "--json", "parts2.json", "--quiet", "--overwrite")
            self.assertEqual(self.read("parts.json"), self.read("parts2.json"))
            whole, parts = self.read("whole.json"), self.read("parts.json")
            whole.pop("tau_int_history")  # of one run
            self.assert_close(whole, parts)
        self.assertIn("b.h5: is of another lattice or of other couplings than a.h5", self.stint("measure", "a.h5", "b.h5", status=2).stderr)
        self.assertIn("given twice", self.stint("measure", "a.h5", "./a.h5", status=2).stderr)

    def test_series_and_covariances(self):
        self.stint("measure", "b.h5", "--series", "--json", "s.json", "--quiet", "--overwrite")
        found = self.read("s.json")
        with h5py.File(self.folder / "b.h5") as file:
            phi, chain, trajectory = (file[name][:] for name in ("configurations", "chain", "trajectory"))
        by_place = {(c, t): m for c, t, m in zip(chain, trajectory, phi.mean(axis=(1, 2), dtype=float))}
        series = found["series"]
        self.assertEqual(len(series["magnetisation"]), 1280)
        for c, t, m, m2 in zip(series["chain"], series["trajectory"], series["magnetisation"], series["magnetisation_squared"]):
            self.assertAlmostEqual(m, by_place[c, t], 12)
            self.assertAlmostEqual(m2, m * m, 12)
        names, matrix = found["covariance"]["observables"], found["covariance"]["matrix"]
        self.assertEqual(names, list(found["observables"]))
        for i, name in enumerate(names):
            self.assertAlmostEqual(matrix[i][i] / found["observables"][name]["error"] ** 2, 1, 9)
        m, m2, v = (names.index(name) for name in ("magnetisation", "magnetisation_squared", "susceptibility_disconnected"))
        self.assertAlmostEqual(matrix[m2][v] / math.sqrt(matrix[m2][m2] * matrix[v][v]), 1, 9)
        self.assertGreater(matrix[m][m2], 0)  # <M> > 0 in this field
        self.assertIn("--json", self.stint("measure", "b.h5", "--series", status=2).stderr)

    def test_compare_says_that_couplings_differ(self):
        printed = self.stint("compare", "a.h5", "b.h5", "c.h5", "--json", "couplings.json", "--overwrite").stdout
        self.assertEqual(printed.count("The couplings differ"), 1)
        self.assertIn("The couplings differ: field 0.2 (reference 0).", printed)
        self.assertRegex(printed, r"\d+ of 12 observables differs? by more than 3 errors; if both ensembles had one law, 0.032 would on average")
        tilted, same = self.read("couplings.json")["others"]
        self.assertEqual(tilted["couplings"], "field 0.2 (reference 0)")
        self.assertNotIn("couplings", same)
        self.assertEqual(set(self.read("couplings.json")["labels"]), set(tilted["observables"]))

    def test_compare_of_what_cannot_be_compared(self):
        self.stint("hmc", "--lattice", "4x4", "--mass2", "0.5", "--lambda", "0", "--chains", "4", "--trajectories", "20", "--save-every", "10", "--quiet",
                   "--overwrite", "--output", "small.h5")
        error = self.stint("compare", "a.h5", "small.h5", "--report", "bad.md", status=2).stderr
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
