"""The Python package against the program and against the packages it exports to: python3 python_test.py STINT analysis/python

Values agree with `stint measure` to 1e-10. Exits with 77, for a skipped test, where the Python that runs it lacks pyerrors, xarray or
ArviZ, which `scripts/setup.sh --tests` installs.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

try:
    import arviz
    import h5py
    import numpy as np
    import pyerrors
    import xarray
except ImportError as error:
    print(f"SKIPPED, the Python package was not tested: {error}")
    sys.exit(77)

FOLDER = os.path.abspath(sys.argv.pop())
STINT = os.path.abspath(sys.argv.pop())
sys.path.insert(0, FOLDER)
import stint  # noqa: E402
from stint.observables import derived  # noqa: E402

HMC = {
    "one.h5": "--lattice 8x8 --mass2 -4 --lambda 6 --chains 1 --trajectories 4000 --save-every 2 --precision double",
    "two.h5": "--lattice 8x4 --mass2 0.5 --lambda 1 --field 0.1 --quadratic 0.05 --chains 2 --trajectories 400 --save-every 2",
}


def run_stint(folder, *arguments):
    subprocess.run([STINT, *arguments, "--quiet", "--overwrite"], check=True, cwd=folder, stderr=subprocess.DEVNULL)


def measured(folder, file, *options):
    run_stint(folder, "measure", file, *options, "--json", "measure.json")
    return json.loads((folder / "measure.json").read_text())["observables"]


def write_images(path, shape=(6, 3, 4, 5), **attributes):
    """An ensemble of another kind: (N, C, H, W) and no couplings."""
    with h5py.File(path, "w") as file:
        file["configurations"] = np.random.default_rng(1).normal(size=shape).astype(np.float32)
        file["chain"], file["trajectory"] = np.arange(shape[0]), np.zeros(shape[0], int)
        file.attrs.update({"format": "stint-ensemble", "format_version": 1, "complete": 1, "kind": "image", **attributes})


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.folder = pathlib.Path(cls.temporary.name)
        for name, options in HMC.items():
            run_stint(cls.folder, "hmc", *options.split(), "--thermalize", "50", "--output", name)
        run_stint(cls.folder, "sample", "--model", "free-field", "--lattice", "4x4", "--mass2", "0.5", "--field", "0.2", "--samples", "64",
                  "--weights", "--solver", "rk4", "--steps", "6", "--output", "weighted.h5")

    def open(self, name):
        ensemble = stint.open(self.folder / name)
        self.addCleanup(ensemble.close)
        return ensemble

    def agree(self, found, wanted):
        self.assertEqual(set(wanted) - set(found), set())
        for name, entry in wanted.items():
            self.assertLessEqual(abs(found[name] - entry["value"]), 1e-10 * max(1, abs(entry["value"])), name)

    def test_what_a_file_holds(self):
        ensemble = self.open("two.h5")
        with h5py.File(self.folder / "two.h5") as file:
            self.assertTrue(np.array_equal(ensemble.configurations[3:7], file["configurations"][3:7]))
            self.assertTrue(np.array_equal(ensemble.history["action"], file["history/action"][:]))
        self.assertEqual((len(ensemble), ensemble.kind, ensemble.layout), (400, "phi4", (1, (8, 4))))
        self.assertEqual(ensemble.couplings, {"mass2": 0.5, "lambda": 1, "field": 0.1, "quadratic": 0.05})
        self.assertIsInstance(ensemble.attributes["command_line"], str)
        self.assertEqual(list(ensemble.chains), [0, 1])
        rows = ensemble.chains[1]
        self.assertTrue(np.all(ensemble.chain[rows] == 1) and np.all(np.diff(ensemble.trajectory[rows]) > 0))
        self.assertIsNone(ensemble.log_weight)
        self.assertTrue(np.all(ensemble.weights == 1))

    def test_values_are_those_of_measure(self):
        for name in HMC:
            ensemble = self.open(name)
            means = {key: series.mean() for key, series in ensemble.observables().items()}
            self.agree(derived(means, ensemble.layout.extents), measured(self.folder, name))

    def test_weighted_values_are_those_of_measure(self):
        ensemble = self.open("weighted.h5")
        self.assertAlmostEqual(ensemble.weights.mean(), 1)
        self.assertGreater(ensemble.weights.std(), 0)
        means = {key: np.average(series, weights=ensemble.weights) for key, series in ensemble.observables().items()}
        wanted = measured(self.folder, "weighted.h5", "--reweight")
        self.agree(derived(means, (4, 4)), wanted)
        found = ensemble.to_pyerrors(reweight=True)
        self.agree({name: found[name].value for name in wanted}, wanted)

    def test_pyerrors(self):
        for name in HMC:
            wanted = measured(self.folder, name)
            found = self.open(name).to_pyerrors()
            self.agree({key: found[key].value for key in wanted}, wanted)
            self.assertEqual(found["phi2"].names, [f"stint|r{chain}" for chain in self.open(name).chains])
            self.assertEqual(list(found["phi2"].idl["stint|r0"])[:3], self.open(name).trajectory[self.open(name).chain == 0][:3].tolist())

    def test_pyerrors_file(self):
        self.succeed("pyerrors", "one.h5", "one.json.gz")
        found = pyerrors.input.json.load_json_dict(str(self.folder / "one.json"), verbose=False)
        wanted = measured(self.folder, "one.h5")
        self.agree({key: found[key].value for key in wanted}, wanted)
        for key, entry in wanted.items():
            found[key].gamma_method(S=1.5)
            self.assertLess(abs(entry["error"] / found[key].dvalue - 1), 0.01, key)

    def test_xarray(self):
        ensemble = self.open("two.h5")
        data = ensemble.to_xarray()
        self.assertEqual(data.configurations.dims, ("configuration", "x1", "x2"))
        self.assertEqual(data.attrs["lambda"], 1)
        of_chain = data.configurations.where(data.chain == 1, drop=True).mean()
        self.assertAlmostEqual(float(of_chain), float(ensemble.configurations[:][ensemble.chain == 1].mean()), places=6)
        self.assertEqual(data.history_action.sel(history_trajectory=ensemble.history["trajectory"][3]).shape, (2,))
        self.assertIsInstance(self.open("weighted.h5").to_xarray().log_weight, xarray.DataArray)

    def test_arviz(self):
        ensemble = self.open("two.h5")
        posterior = ensemble.to_arviz().posterior
        self.assertEqual(dict(posterior.sizes), {"chain": 2, "draw": 200})
        series = ensemble.observables()["phi2"]
        self.assertTrue(np.array_equal(posterior.phi2.values[1], series[ensemble.chains[1]]))
        run_stint(self.folder, "measure", "two.h5", "--json", "measure.json")
        found = json.loads((self.folder / "measure.json").read_text())["convergence"]["phi2"]["r_hat"]
        self.assertAlmostEqual(float(arviz.rhat(posterior).phi2), found, places=6)
        self.assertEqual(dict(self.open("weighted.h5").to_arviz().posterior.sizes), {"chain": 1, "draw": 64})

    def test_other_kinds(self):
        write_images(self.folder / "images.h5")
        ensemble = self.open("images.h5")
        self.assertEqual((ensemble.kind, ensemble.layout, ensemble.couplings), ("image", (3, (4, 5)), {}))
        self.assertEqual(ensemble.to_xarray().configurations.dims, ("configuration", "channel", "x1", "x2"))
        self.assertEqual(ensemble.magnetisation().shape, (6,))
        self.fails("observables are those of phi4, and this is image", ensemble.observables)

    def test_what_is_no_ensemble(self):
        (self.folder / "text.h5").write_text("no HDF5")
        self.fails("gone.h5: cannot be read", stint.open, self.folder / "gone.h5")
        self.fails("text.h5: cannot be read", stint.open, self.folder / "text.h5")
        for attributes, words in (({"format": "stint-model"}, "not an ensemble (stint-model)"), ({"complete": 0}, "not complete")):
            write_images(self.folder / "bad.h5", **attributes)
            self.fails(words, stint.open, self.folder / "bad.h5")
        write_images(self.folder / "bad.h5", (0, 1, 4))
        self.fails("shape (0, 1, 4)", stint.open, self.folder / "bad.h5")
        write_images(self.folder / "bad.h5")
        with h5py.File(self.folder / "bad.h5", "a") as file:
            file["configurations"][5, 0, 0, 0] = np.nan
        with stint.open(self.folder / "bad.h5") as bad:
            self.fails("NaN", bad.magnetisation)
        with h5py.File(self.folder / "bad.h5", "a") as file:
            del file["trajectory"]
        self.fails("/trajectory", stint.open, self.folder / "bad.h5")

    def test_what_others_cannot_take(self):
        with h5py.File(self.folder / "two.h5") as file, h5py.File(self.folder / "short.h5", "w") as short:
            rows = [0, 1, 2, 3, 4]
            for name in ("configurations", "chain", "trajectory"):
                short[name] = file[name][rows]
            short.attrs.update(file.attrs)
        self.fails("pyerrors needs at least 5 configurations", self.open("short.h5").to_pyerrors)
        self.fails("ArviZ needs chains of one length, these have 2 to 3", self.open("short.h5").to_arviz)
        self.fails("has no /log_weight", self.open("two.h5").to_pyerrors, True)

    def fails(self, words, function, *arguments):
        with self.assertRaises(stint.Failure) as caught:
            function(*arguments)
        self.assertIn(words, str(caught.exception))
        self.assertNotIn("\n", str(caught.exception))

    def package(self, *arguments, **settings):
        return subprocess.run([sys.executable, "-m", "stint", *arguments], capture_output=True, text=True, cwd=self.folder, check=False,
                              env=os.environ | {"PYTHONPATH": FOLDER}, **settings)

    def succeed(self, *arguments):
        result = self.package(*arguments)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return result.stdout

    def test_command_line(self):
        self.assertIn("magnetisation", self.succeed("--help"))
        for status, words, arguments in ((2, "no command", ()), (2, "'draw'", ("draw",)), (2, ".json.gz", ("pyerrors", "one.h5", "one.txt")),
                                         (1, "gone.h5", ("pyerrors", "gone.h5", "x.json.gz"))):
            result = self.package(*arguments)
            self.assertEqual((result.returncode, result.stderr.count("\n")), (status, 1), result.stderr)
            self.assertIn(words, result.stderr)

    def test_installation(self):
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--target",
                        self.folder / "installed", self.copy_of_the_sources()], check=True)
        script = "import stint, stint.plots.magnetisation; print(stint.__file__)"
        result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=self.folder,
                                env=os.environ | {"PYTHONPATH": str(self.folder / "installed")})
        self.assertIn("installed", result.stdout)

    def copy_of_the_sources(self):
        """pip builds in the folder of the sources; this keeps the checkout clean."""
        return shutil.copytree(FOLDER, self.folder / "sources")


if __name__ == "__main__":
    unittest.main()
