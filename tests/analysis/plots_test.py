"""Runs the scripts of analysis/plots on small synthetic ensembles: python3 plots_test.py FOLDER_OF_SCRIPTS"""
import json
import os
import subprocess
import sys
import tempfile
import unittest

import h5py
import numpy as np

SCRIPTS = sys.argv.pop()
OBSERVABLES = ["magnetisation", "abs_magnetisation", "susceptibility", "binder_cumulant", "phi2", "a_new_one"]


def write_ensemble(path, extents, seed, mean=0.0):
    random = np.random.default_rng(seed)
    with h5py.File(path, "w") as file:
        file["configurations"] = random.normal(mean, 1, (200, *extents)).astype(np.float32)
        file.attrs.update({"format": "stint-ensemble", "kind": "phi4", "lattice": extents})
        file.attrs.update({"mass2": -4.0, "lambda": 4.572, "field": mean, "quadratic": 0.0})


def write_comparison(path, reference, others, z=0.5):
    entry = {"reference": [1.0, 0.1], "value": [1.1, 0.1], "z": z}
    distances = {"ks_statistic": 0.02, "ks_p_value": 0.4, "wasserstein1": 0.003}
    others = [{"file": file, "observables": {name: entry for name in OBSERVABLES}, "magnetisation": distances}
              for file in others]
    with open(path, "w") as file:
        json.dump({"reference": reference, "others": others}, file)


class Plots(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def run_script(self, script, *arguments):
        command = [sys.executable, os.path.join(SCRIPTS, script), *arguments]
        return subprocess.run(command, capture_output=True, text=True, cwd=self.folder.name, check=False)

    def expect_figure(self, name, result):
        self.assertEqual(result.returncode, 0, result.stderr)
        with open(self.path(name), "rb") as file:
            self.assertEqual(file.read(8), b"\x89PNG\r\n\x1a\n")

    def expect_failure(self, status, words, *arguments):
        result = self.run_script("compare.py", *arguments)
        self.assertEqual(result.returncode, status, result.stderr)
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        self.assertIn(words, result.stderr)
        self.assertFalse(os.path.exists(self.path("bad.png")))

    def test_any_dimension_in_one_figure(self):
        arguments = []
        for extents in [(16,), (8, 8), (4, 6, 8), (2, 3, 4, 5)]:
            tag = f"{len(extents)}d"
            write_ensemble(self.path(f"hmc-{tag}.h5"), extents, 1)
            write_ensemble(self.path(f"model-{tag}.h5"), extents, 2, 0.1)
            write_comparison(self.path(f"{tag}.json"), f"hmc-{tag}.h5", [f"model-{tag}.h5"])
            arguments += ["--json", f"{tag}.json"]
        self.expect_figure("all.png", self.run_script("compare.py", "--output", "all.png", *arguments))

    def test_several_others_and_pulls_off_the_scale(self):
        for i in range(3):
            write_ensemble(self.path(f"{i}.h5"), (6, 6), i)
        write_comparison(self.path("c.json"), "0.h5", ["1.h5", "2.h5"], z=-sys.float_info.max)
        self.expect_figure("c.png", self.run_script("compare.py", "--output", "c.png", "--json", "c.json"))

    def test_constant_ensembles(self):
        for name in ("cold.h5", "warm.h5"):
            write_ensemble(self.path(name), (4, 4), 0)
            with h5py.File(self.path(name), "a") as file:
                file["configurations"][:] = 0.0
        write_comparison(self.path("c.json"), "cold.h5", ["warm.h5"], z=0)
        self.expect_figure("c.png", self.run_script("compare.py", "--output", "c.png", "--json", "c.json"))

    def test_wrong_usage(self):
        self.expect_failure(2, "--output")
        self.expect_failure(2, "--colour", "--output", "bad.png", "--json", "c.json", "--colour", "red")
        self.expect_failure(2, "bad.doc", "--output", "bad.doc", "--json", "c.json")

    def test_bad_files(self):
        write_ensemble(self.path("hmc.h5"), (4, 4), 1)
        write_ensemble(self.path("small.h5"), (2, 2), 1)
        with open(self.path("foreign.h5"), "w") as file:
            file.write("text")
        cases = {"gone.h5": "gone.h5", "foreign.h5": "foreign.h5", "small.h5": "lattices"}
        for other, words in cases.items():
            write_comparison(self.path("c.json"), "hmc.h5", [other])
            self.expect_failure(1, words, "--output", "bad.png", "--json", "c.json")
        self.expect_failure(1, "gone.json", "--output", "bad.png", "--json", "gone.json")
        with open(self.path("c.json"), "w") as file:
            json.dump({"reference": "hmc.h5", "others": [{"file": "hmc.h5"}]}, file)
        self.expect_failure(1, "c.json", "--output", "bad.png", "--json", "c.json")
        write_comparison(self.path("c.json"), "hmc.h5", ["hmc.h5"])
        self.expect_failure(1, "none/bad.png", "--output", "none/bad.png", "--json", "c.json")

    def test_magnetisation(self):
        write_ensemble(self.path("hmc.h5"), (4, 4), 1)
        self.expect_figure("m.png", self.run_script("magnetisation.py", "hmc.h5", "m.png"))


if __name__ == "__main__":
    unittest.main()
