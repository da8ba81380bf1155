"""stint measure --pyerrors as pyerrors reads it: python3 pyerrors_file_test.py STINT

Values are those of `stint measure`, exactly; errors at the same S = 1.5 agree to 1 % in long chains, as windows are chosen slightly
differently and pyerrors takes deviations from the mean of each replica. Exits with 77, for a skipped test, where the Python that runs
it lacks pyerrors or h5py.
"""
import json
import math
import pathlib
import subprocess
import sys
import tempfile
import unittest

try:
    import h5py
    import numpy as np
    import pyerrors
except ImportError as error:
    print(f"SKIPPED, nothing was read by pyerrors: {error}")
    sys.exit(77)

STINT = sys.argv[1]
del sys.argv[1:]
RUN = "hmc --lattice 6x6 --mass2 -1 --lambda 2 --field 0.05 --chains 3 --thermalize 200 --trajectories 16000 --save-every 4 --quiet".split()


class PyerrorsFile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.folder = pathlib.Path(cls.temporary.name)
        subprocess.run([STINT, *RUN, "--output", "run.h5"], cwd=cls.folder, check=True, stderr=subprocess.DEVNULL)

    def measure(self, *arguments, status=0):
        result = subprocess.run([STINT, "measure", *arguments, "--quiet", "--overwrite"], cwd=self.folder, capture_output=True, text=True,
                                check=False)
        self.assertEqual(result.returncode, status, result.stderr)
        return result.stderr

    def load(self, name):
        """The Obs by tag, and the rest."""
        full = pyerrors.input.json.load_json(str(self.folder / name), verbose=False, full_output=True)
        self.assertEqual(full["version"], "1.1")
        self.assertTrue(full["program"].startswith("stint "))
        found = full["obsdata"]
        for one in found:
            one.gamma_method(S=1.5)
        return ({one.tag: one for one in found if isinstance(one, pyerrors.Obs)},
                [one for one in found if not isinstance(one, pyerrors.Obs)])

    def read(self, name):
        return json.loads((self.folder / name).read_text())

    def test_values_and_errors_are_those_of_measure(self):
        self.measure("run.h5", "--correlators", "--json", "run.json", "--pyerrors", "run.json.gz")
        observables, (correlator,) = self.load("run.json.gz")
        ours = self.read("run.json")
        self.assertEqual(set(observables) - set(ours["observables"]), {"magnetisation_fourth", "lowest_mode"})
        self.assertLessEqual(set(ours["observables"]), set(observables))
        for name, found in ours["observables"].items():
            self.assertEqual(observables[name].value, found["value"], name)
            self.assertLess(abs(observables[name].dvalue / found["error"] - 1), 0.01, name)
        one = observables["phi2"]
        self.assertEqual(one.e_content, {"run": ["run|r000", "run|r001", "run|r002"]})
        with h5py.File(self.folder / "run.h5") as file:
            self.assertEqual(list(one.idl["run|r001"]), sorted(file["trajectory"][:][file["chain"][:] == 1]))
        time = ours["correlators"]["time"]
        self.assertEqual((correlator.T, correlator.tag), (4, "C(t)"))
        for t, (value, error) in enumerate(zip(time["value"], time["error"])):
            self.assertAlmostEqual(correlator.content[t][0].value / value, 1, 12)
            self.assertLess(abs(correlator.content[t][0].dvalue / error - 1), 4 * 0.0625 + 0.05)  # the jackknife's own error

    def test_derived_observables_follow_from_the_primary_ones(self):
        """pyerrors propagates our primary values to the derived ones by itself."""
        self.measure("run.h5", "--pyerrors", "run.json.gz")
        o, rest = self.load("run.json.gz")
        self.assertEqual(rest, [])
        chi = 36 * (o["magnetisation_squared"] - o["magnetisation"] ** 2)
        derived = {"susceptibility": chi, "binder_cumulant": 1 - o["magnetisation_fourth"] / (3 * o["magnetisation_squared"] ** 2),
                   "correlation_length": np.sqrt(chi / o["lowest_mode"] - 1) / (2 * math.sin(math.pi / 6))}
        for name, theirs in derived.items():
            difference = theirs - o[name]
            difference.gamma_method(S=1.5)
            self.assertLess(abs(difference.value), 1e-10 * abs(o[name].value), name)
            theirs.gamma_method(S=1.5)
            # Linearised at the means of each replica's shares, not at the whole mean: equal to first order.
            self.assertLess(abs(theirs.dvalue / o[name].dvalue - 1), 1e-6, name)

    def test_covariances(self):
        self.measure("run.h5", "--series", "--json", "run.json", "--pyerrors", "run.json.gz")
        o, _ = self.load("run.json.gz")
        covariance = self.read("run.json")["covariance"]
        names = [name for name in covariance["observables"] if name != "susceptibility_disconnected"]  # is V <M^2>
        rows = [covariance["observables"].index(name) for name in names]
        ours = np.array(covariance["matrix"])[np.ix_(rows, rows)]
        theirs = pyerrors.covariance([o[name] for name in names])
        scale = np.sqrt(np.outer(np.diag(ours), np.diag(ours)))
        self.assertLess(np.abs((ours - theirs) / scale).max(), 0.02)

    def test_samples_of_a_model_are_one_replica_with_weights(self):
        with h5py.File(self.folder / "run.h5") as run, h5py.File(self.folder / "model.h5", "w") as file:
            for name, value in run.attrs.items():
                file.attrs[name] = value
            phi = run["configurations"][::10]
            file["configurations"] = phi
            file["chain"] = np.arange(len(phi))
            file["trajectory"] = np.zeros(len(phi), dtype=int)
            file["log_weight"] = 0.1 * phi.sum(axis=(1, 2), dtype=float)
        self.measure("model.h5", "--reweight", "--json", "model.json", "--pyerrors", "model.json.gz")
        o, _ = self.load("model.json.gz")
        for name, found in self.read("model.json")["observables"].items():
            self.assertTrue(o[name].reweighted)
            self.assertEqual(o[name].value, found["value"])
            o[name].gamma_method(S=0)  # independent
            self.assertLess(abs(o[name].dvalue / found["error"] - 1), 1e-9, name)
        self.assertEqual(list(o["phi2"].idl["model|r000"])[:3], [1, 2, 3])

    def test_short_chains_are_refused(self):
        subprocess.run([STINT, "hmc", "--lattice", "4x4", "--chains", "20", "--trajectories", "3", "--save-every", "1", "--quiet", "--output",
                        "short.h5", "--overwrite"], cwd=self.folder, check=True, stderr=subprocess.DEVNULL)
        self.assertIn("pyerrors needs chains of at least 4", self.measure("short.h5", "--pyerrors", "short.json.gz", status=1))
        self.assertFalse((self.folder / "short.json.gz").exists())


if __name__ == "__main__":
    unittest.main()
