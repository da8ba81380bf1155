"""Draws every figure of the Python package from small synthetic files: python3 plots_test.py analysis/python"""
import json
import os
import subprocess
import sys
import tempfile
import unittest

import h5py
import numpy as np

FOLDER = os.path.abspath(sys.argv.pop())
OBSERVABLES = ["magnetisation", "abs_magnetisation", "susceptibility", "binder_cumulant", "phi2", "a_new_one"]


def write_ensemble(path, extents, seed, mean=0.0):
    random = np.random.default_rng(seed)
    with h5py.File(path, "w") as file:
        file["configurations"] = random.normal(mean, 1, (200, *extents)).astype(np.float32)
        file["chain"], file["trajectory"] = np.arange(200) % 4, np.arange(200) // 4
        file.attrs.update({"format": "stint-ensemble", "kind": "phi4", "lattice": extents})
        file.attrs.update({"mass2": -4.0, "lambda": 4.572, "field": mean, "quadratic": 0.0})


def write_comparison(path, reference, others, z=0.5):
    entry = {"reference": [1.0, 0.1], "value": [1.1, 0.1], "z": z}
    distances = {"ks_statistic": 0.02, "ks_p_value": 0.4, "wasserstein1": 0.003}
    others = [{"file": file, "observables": {name: entry for name in OBSERVABLES}, "magnetisation": distances}
              for file in others]
    with open(path, "w") as file:
        json.dump({"reference": reference, "others": others}, file)


def write_correlators(path, extent=8):
    """What stint measure --correlators --json writes for a free field, with one effective mass undefined."""
    k = np.arange(extent // 2 + 1)
    p2 = 4 * np.sin(np.pi * k / extent) ** 2
    part = lambda key, points, values: {key: list(points), "value": list(values), "error": [0.01 * abs(x) for x in values]}
    masses = part("t", range(1, len(k)), [0.5] * (len(k) - 1))
    masses["value"][-1] = masses["error"][-1] = None
    mass = {"value": 0.5, "error": 0.01, "first": 1, "last": 3}
    with open(path, "w") as file:
        json.dump({"correlators": {
            "blocks": 100, "axis": part("momentum_squared", p2, 1 / (0.5 + 2 * p2)),
            "diagonal": part("momentum_squared", 2 * p2, 1 / (0.5 + 4 * p2)),
            "time": part("t", k.tolist(), np.cosh(0.5 * (k - extent / 2))), "effective_mass": masses, "mass": mass,
            "correlation_length_exponential": {"value": 2, "error": 0.04}}}, file, default=float)


def write_history(path, trajectories=200, chains=3):
    random = np.random.default_rng(7)
    write_ensemble(path, (4, 4), 1)
    with h5py.File(path, "a") as file:
        file["history/trajectory"] = np.arange(trajectories) * 5
        for name in ("action", "magnetisation"):
            file[f"history/{name}"] = random.normal(size=(trajectories, chains)).astype(np.float32)


class Plots(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def plot(self, name, *arguments, **settings):
        command = [sys.executable, os.path.join(FOLDER, "stint"), "plot", name, *arguments]
        return subprocess.run(command, capture_output=True, text=True, cwd=self.folder.name, check=False, **settings)

    def expect_figure(self, name, result):
        self.assertEqual(result.returncode, 0, result.stderr)
        with open(self.path(name), "rb") as file:
            self.assertEqual(file.read(8), b"\x89PNG\r\n\x1a\n")

    def expect_failure(self, status, words, *arguments):
        result = self.plot("compare", *arguments)
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
        self.expect_figure("all.png", self.plot("compare", "--output", "all.png", *arguments))

    def test_several_others_and_pulls_off_the_scale(self):
        for i in range(3):
            write_ensemble(self.path(f"{i}.h5"), (6, 6), i)
        write_comparison(self.path("c.json"), "0.h5", ["1.h5", "2.h5"], z=-sys.float_info.max)
        self.expect_figure("c.png", self.plot("compare", "--output", "c.png", "--json", "c.json"))

    def test_constant_ensembles(self):
        for name in ("cold.h5", "warm.h5"):
            write_ensemble(self.path(name), (4, 4), 0)
            with h5py.File(self.path(name), "a") as file:
                file["configurations"][:] = 0.0
        write_comparison(self.path("c.json"), "cold.h5", ["warm.h5"], z=0)
        self.expect_figure("c.png", self.plot("compare", "--output", "c.png", "--json", "c.json"))

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
        for name, extents in (("hmc", (4, 4)), ("line", (16,))):
            write_ensemble(self.path(f"{name}.h5"), extents, 1)
        with h5py.File(self.path("one.h5"), "w") as file:
            file["configurations"], file["chain"], file["trajectory"] = np.ones((1, 4, 4)), [0], [0]
            file.attrs["format"] = "stint-ensemble"
        self.expect_figure("m.png", self.plot("magnetisation", "hmc.h5", "line.h5", "one.h5", "--output", "m.png"))
        self.expect_one_line(1, "gone.h5", "magnetisation", "gone.h5", "--output", "bad.png")
        self.expect_one_line(2, "bad.doc", "magnetisation", "hmc.h5", "--output", "bad.doc")
        with h5py.File(self.path("hmc.h5"), "a") as file:
            file["configurations"][3, 0, 0] = np.nan
        self.expect_one_line(1, "NaN", "magnetisation", "hmc.h5", "--output", "bad.png")

    def test_errors_of_a_histogram_are_those_of_repeated_ones(self):
        sys.path.insert(0, FOLDER)
        self.addCleanup(sys.path.remove, FOLDER)
        from stint.plots import magnetisation
        series = np.random.default_rng(5).normal(size=(4000, 200))
        for i in range(1, len(series)):
            series[i] = 0.8 * series[i - 1] + 0.6 * series[i]
        found, errors = zip(*(magnetisation.densities(one, np.linspace(-3, 3, 3)) for one in series.T))
        scatter, error = np.std(found, axis=0), np.sqrt(np.mean(np.square(errors), axis=0))
        self.assertLess(np.abs(error / scatter - 1).max(), 4 / np.sqrt(2 * 200))
        naive = np.sqrt(np.mean(found, axis=0) / (4000 * 3))
        self.assertGreater((scatter / naive).min(), 1.5)  # or autocorrelation would not show

    def test_configurations(self):
        for name, extents in (("chain", (16,)), ("plane", (8, 6)), ("space", (4, 6, 8))):
            write_ensemble(self.path(f"{name}.h5"), extents, 1)
        ensembles = ["chain.h5", "plane.h5", "space.h5"]
        self.expect_figure("c.png", self.plot("configurations", *ensembles, "--output", "c.png", "--count", "3"))
        self.expect_figure("c.png", self.plot("configurations", "chain.h5", "--output", "c.png"))
        self.expect_one_line(1, "none.h5", "configurations", "none.h5", "--output", "bad.png")
        self.expect_one_line(2, "--count", "configurations", "plane.h5", "--output", "bad.png", "--count", "0")
        with h5py.File(self.path("plane.h5"), "a") as file:
            file["configurations"][0, 0, 0] = np.nan
        self.expect_one_line(1, "NaN", "configurations", "plane.h5", "--output", "bad.png")

    def expect_one_line(self, status, words, name, *arguments):
        result = self.plot(name, *arguments)
        self.assertEqual((result.returncode, result.stderr.count("\n")), (status, 1), result.stderr)
        self.assertIn(words, result.stderr)
        self.assertFalse(os.path.exists(self.path("bad.png")))

    def test_propagator_and_correlator(self):
        for plot in ("propagator", "correlator"):
            for name, extent in (("a", 8), ("b", 2)):
                write_correlators(self.path(f"{name}.json"), extent)
            self.expect_figure("p.png", self.plot(plot, "a.json", "b.json", "--output", "p.png"))
            self.expect_one_line(1, "gone.json", plot, "gone.json", "--output", "bad.png")
            self.expect_one_line(2, "bad.doc", plot, "a.json", "--output", "bad.doc")
            with open(self.path("plain.json"), "w") as file:
                json.dump({"configurations": 3, "observables": {}}, file)
            self.expect_one_line(1, "--correlators", plot, "plain.json", "--output", "bad.png")

    def test_traces(self):
        write_history(self.path("a.h5"))
        write_history(self.path("one.h5"), 2, 1)
        self.expect_figure("t.png", self.plot("traces", "a.h5", "one.h5", "--output", "t.png"))
        write_ensemble(self.path("model.h5"), (4, 4), 1)
        self.expect_one_line(1, "model.h5", "traces", "model.h5", "--output", "bad.png")
        with h5py.File(self.path("a.h5"), "a") as file:
            file["history/action"][3, 0] = np.nan
        self.expect_one_line(1, "NaN", "traces", "a.h5", "--output", "bad.png")

    def test_autocorrelation_of_traces_is_that_of_a_known_chain(self):
        sys.path.insert(0, FOLDER)
        self.addCleanup(sys.path.remove, FOLDER)
        from stint.plots import traces
        random = np.random.default_rng(3)
        series = random.normal(size=(20000, 8))
        for i in range(1, len(series)):
            series[i] = 0.8 * series[i - 1] + 0.6 * series[i]
        rho = traces.autocorrelation(series)
        _, tau = traces.window_of(rho)
        self.assertEqual(rho[0], 1)
        self.assertLess(abs(rho[3] - 0.8**3), 4 * np.sqrt(5 / series.size))
        self.assertLess(abs(tau - 4.5), 4 * 4.5 * np.sqrt(2 * 45 / series.size))

    def test_training(self):
        for name, families in (("one", ()), ("two", ("scalar", "fourier"))):
            with h5py.File(self.path(f"{name}.h5"), "w") as file:
                file["history/step"] = np.arange(1000)
                file["history/loss"] = 1 / (1 + np.arange(1000.0))
                file["history/validation_step"] = [0, 500, 999]
                file["history/validation_loss"] = [1.0, 0.1, 0.05]
                for family in families:
                    file[f"history/validation/{family}"] = [2.0, 0.2, 0.1]
        self.expect_figure("t.png", self.plot("training", "one.h5", "two.h5", "--output", "t.png"))
        with h5py.File(self.path("one.h5"), "a") as file:
            file["history/validation/short"] = [1.0]
        self.expect_one_line(1, "short", "training", "one.h5", "--output", "bad.png")
        write_ensemble(self.path("ensemble.h5"), (4, 4), 1)
        self.expect_one_line(1, "ensemble.h5", "training", "ensemble.h5", "--output", "bad.png")
        self.expect_one_line(1, "gone.h5", "training", "gone.h5", "--output", "bad.png")

    def test_levels(self):
        for name, levels, history in (("one", [1, 0.6, 0.2, 0], [3.0, 2.0]), ("shells", [[[1, 1]], [[0.7, 0.4]], [[0, 0]]], None)):
            with h5py.File(self.path(f"{name}.h5"), "w") as file:
                file["levels"] = np.array(levels, dtype=float)
                if history:
                    file["history"] = history
        self.expect_figure("l.png", self.plot("levels", "one.h5", "shells.h5", "--output", "l.png"))
        self.expect_figure("s.png", self.plot("levels", "shells.h5", "--output", "s.png"))
        with h5py.File(self.path("none.h5"), "w") as file:
            file["levels"] = 1.0
        self.expect_one_line(1, "none.h5", "levels", "none.h5", "--output", "bad.png")
        self.expect_one_line(1, "gone.h5", "levels", "gone.h5", "--output", "bad.png")

    def write_json(self, name, content):
        with open(self.path(name), "w") as file:
            json.dump(content, file)

    def test_couplings(self):
        sys.path.insert(0, FOLDER)
        from stint.plots import couplings
        names = ("abs_magnetisation", "susceptibility_abs", "binder_cumulant", "correlation_length")
        for number, value in enumerate((4.0, 4.5, 5.0, 4.25)):
            found = {name: {"value": value / 10, "error": 0.01} for name in names}
            if number == 0:
                found["correlation_length"] = {"value": None, "error": None}
            self.write_json(f"{number}.json", {"observables": found, "sampled": number == 3, "couplings": {"mass2": -4.0, "lambda": value}})
        files = [f"{number}.json" for number in range(4)]
        self.expect_figure("c.png", self.plot("couplings", *files, "--over", "lambda", "--output", "c.png"))
        self.assertEqual([list(one.points[:, 0]) for one in couplings.series([self.path(name) for name in files], "lambda")], [[4, 4.5, 5], [4.25]])
        self.expect_one_line(1, "differ in 'lambda'", "couplings", *files, "--over", "mass2", "--output", "bad.png")
        self.write_json("other.json", {"observables": {}, "sampled": True, "couplings": {"lambda": 4.0}})
        self.expect_one_line(1, "other.json", "couplings", "other.json", "--over", "lambda", "--output", "bad.png")
        self.write_json("none.json", {})
        self.expect_one_line(1, "none.json", "couplings", "none.json", "--over", "lambda", "--output", "bad.png")
        self.expect_one_line(1, "gone.json", "couplings", "gone.json", "--over", "lambda", "--output", "bad.png")

    def test_path(self):
        random = np.random.default_rng(1)
        for extents in ((8,), (6, 8), (3, 4, 8)):
            with h5py.File(self.path("p.h5"), "w") as file:
                file["frames"] = random.normal(size=(13, 5, *extents)).astype(np.float32)
                file["frame_time"] = np.linspace(0, 1, 13) ** 2
            self.expect_figure("p.png", self.plot("path", "p.h5", "--output", "p.png", "--samples", "3"))
        result = self.plot("path", "p.h5", "--output", "p.gif")
        self.assertEqual(result.returncode, 0, result.stderr)
        with open(self.path("p.gif"), "rb") as file:
            self.assertEqual(file.read(6), b"GIF89a")
        with h5py.File(self.path("m.h5"), "w") as file:
            file["frames"] = random.normal(size=(13, 2, 2, 50)).astype(np.float32)
            file.attrs.update({"kind": "maze", "maze": "####\\#OO#\\####", "world": "d4rl"})
        self.expect_figure("m.png", self.plot("path", "m.h5", "--output", "m.png"))
        self.assertEqual(self.plot("path", "m.h5", "--output", "m.gif").returncode, 0)
        sys.path.insert(0, FOLDER)
        self.addCleanup(sys.path.remove, FOLDER)
        from stint.plots import path
        of_maze = path.read(self.path("m.h5"), 2)[1]
        self.assertIsInstance(of_maze, path.Paths)
        self.assertEqual(of_maze.walls.tolist(), [[0, 0], [0, 1], [0, 2], [0, 3], [1, 0], [1, 3], [2, 0], [2, 1], [2, 2], [2, 3]])
        self.assertEqual(path.Paths(of_maze.frames, "###\\#O#", "ogbench").walls.tolist(), [[-4, -4], [0, -4], [4, -4], [-4, 0], [4, 0]])
        self.expect_one_line(2, "--samples", "path", "p.h5", "--output", "bad.png", "--samples", "0")
        with h5py.File(self.path("p.h5"), "a") as file:
            file["frames"][2, 0, 0, 0, 0] = np.nan
        self.expect_one_line(1, "NaN", "path", "p.h5", "--output", "bad.png")
        write_ensemble(self.path("e.h5"), (4, 4), 1)
        self.expect_one_line(1, "/frames", "path", "e.h5", "--output", "bad.png")

    def test_a_python_without_matplotlib(self):
        with open(self.path("matplotlib.py"), "w") as file:
            file.write("raise ImportError('none here')\n")
        result = self.plot("traces", "a.h5", "--output", "t.png", env=os.environ | {"PYTHONPATH": self.folder.name})
        self.assertEqual((result.returncode, result.stderr.count("\n")), (1, 1), result.stderr)
        self.assertIn("pip install matplotlib", result.stderr)

    def test_help(self):
        modules = {file[:-3] for file in os.listdir(os.path.join(FOLDER, "stint/plots")) if file.endswith(".py")}
        for name in sorted(modules - {"__init__", "style"}):
            result = self.plot(name, "--help")
            self.assertEqual((result.returncode, result.stderr), (0, ""), name)
            self.assertIn(f"usage: stint plot {name}", result.stdout)
        self.expect_one_line(2, "'pie' is no plot", "pie", "--output", "bad.png")


if __name__ == "__main__":
    unittest.main()
