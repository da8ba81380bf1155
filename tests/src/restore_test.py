"""stint restore as a user runs it: python3 restore_test.py STINT

Exits with 77, for a skipped test, where the Python that runs it lacks h5py or scikit-image, which `scripts/setup.sh --tests` installs.
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from patience import PATIENCE

try:
    import h5py
    import numpy as np
    from skimage.metrics import peak_signal_noise_ratio, structural_similarity
except ImportError as error:
    print(f"SKIPPED, stint restore was not tested: {error}")
    sys.exit(77)

STINT = os.path.abspath(sys.argv.pop())
os.environ["OMP_WAIT_POLICY"] = "passive"
SIZE, CHANNELS = 16, 2


def images(count, seed):
    """Smooth blobs on a dark ground, (count, CHANNELS, SIZE, SIZE) in [-1, 1]."""
    random = np.random.default_rng(seed)
    grid = np.arange(SIZE)
    x, y = random.uniform(3, SIZE - 4, (2, count, 1, 1))
    blob = np.exp(-((grid[:, None] - x) ** 2 + (grid[None, :] - y) ** 2) / 12)
    return (2 * blob[:, None] * random.uniform(0.5, 1, (count, CHANNELS, 1, 1)) - 1).astype(np.float32)


def write_ensemble(path, configurations, kind="image"):
    count, channels, *lattice = configurations.shape
    with h5py.File(path, "w") as file:
        file["configurations"] = configurations
        file["chain"], file["trajectory"] = np.arange(count), np.zeros(count, int)
        file.attrs.update(format="stint-ensemble", format_version=1, complete=1, kind=kind, lattice=lattice, channels=channels)


def run(*arguments, folder):
    return subprocess.run([STINT, *arguments, "--threads", "1"], cwd=folder, capture_output=True, text=True, timeout=120 * PATIENCE)


class Restore(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix="stint-test-")
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = pathlib.Path(temporary.name)
        write_ensemble(cls.folder / "train.h5", images(400, 1))
        write_ensemble(cls.folder / "test.h5", images(12, 2))
        write_ensemble(cls.folder / "small.h5", images(12, 2)[:, :, :12, :12])
        trained = run("train", "--data", "train.h5", "--operators", "mixed", "--steps", "60", "--batch", "32", "--channels", "8",
                      "--levels", "2", "--output", "model.h5", "--quiet", folder=cls.folder)
        assert trained.returncode == 0, trained.stderr

    def restore(self, *arguments, output="out.h5"):
        result = run("restore", "--model", "model.h5", "--data", "test.h5", "--output", output, "--overwrite", "--json", "out.json",
                     *arguments, folder=self.folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        with h5py.File(self.folder / output) as file:
            datasets = {}
            file.visititems(lambda name, item: datasets.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None)
        return result.stdout, json.loads((self.folder / "out.json").read_text()), datasets

    def refuse(self, status, words, *arguments):
        result = run("restore", *arguments, "--output", "none.h5", folder=self.folder)
        self.assertEqual(result.returncode, status, result.stderr)
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        self.assertIn(words, result.stderr)
        self.assertFalse((self.folder / "none.h5").exists())

    def test_psnr_and_ssim_are_those_of_scikit_image(self):
        _, found, data = self.restore("--images", "7", "--problem", "random", "--methods", "mean,sample", "--draws", "2", "--steps", "4")
        truth = (data["truth"].astype(float) + 1) / 2
        for method in ("degraded", "mean", "sample", "sample-mean-2"):
            image = (data[method].astype(float) + 1) / 2
            psnr = [peak_signal_noise_ratio(a, b, data_range=1) for a, b in zip(truth, image)]
            ssim = [structural_similarity(a, b, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=1,
                                          channel_axis=0) for a, b in zip(truth, image)]
            squared = [np.mean((a - b) ** 2) for a, b in zip(truth, image)]
            root = np.mean(squared) ** 0.5
            np.testing.assert_allclose(found["random"][method]["rmse"], [root, np.std(squared, ddof=1) / 7**0.5 / (2 * root)], atol=1e-6)
            for name, values in (("psnr", psnr), ("ssim", ssim)):
                np.testing.assert_allclose(found["random"][method][name], [np.mean(values), np.std(values, ddof=1) / 7**0.5],
                                           atol=1e-6, err_msg=f"{method} {name}")

    def check_rows(self, text, found, data, methods, group):
        for problem, rows in found.items():
            self.assertEqual(list(rows), methods)
            self.assertIn(f"{problem}: 2 images", text)
            for method, row in rows.items():
                self.assertEqual(data[group(problem) + method].shape, (2, CHANNELS, SIZE, SIZE))
                self.assertTrue(np.isfinite(data[group(problem) + method]).all(), f"{problem} {method}")
                self.assertEqual(row["calibration"] is not None, method == "sample")
            np.testing.assert_array_equal(data[group(problem) + "truth"], images(12, 2)[:2])

    def test_all_problems(self):
        text, found, data = self.restore("--images", "2", "--problem", "all", "--methods", "mean,sample", "--draws", "5", "--steps", "8")
        self.assertEqual(list(found), ["box", "random", "denoise", "deblur", "superresolve"])
        self.check_rows(text, found, data, ["degraded", "mean", "sample", "sample-mean-4", "sample-mean-5"], lambda problem: problem + "/")
        for problem, rows in found.items():
            self.assertEqual([row["evaluations"] for row in rows.values()], [0, 1, 8, 32, 40])
            self.assertEqual(data[f"{problem}/posterior_deviation"].shape, (2, CHANNELS, SIZE, SIZE))

    def test_methods_of_others(self):
        methods = ["pnp-flow", "ot-ode", "flow-priors", "flower"]
        text, found, data = self.restore("--images", "2", "--problem", "random", "--methods", ",".join(reversed(methods)))
        self.check_rows(text, found, data, ["degraded", *methods], lambda problem: "")
        self.assertEqual([found["random"][method]["evaluations"] for method in methods], [500, 180, 500, 100])

    def test_d_flow_and_tuning(self):
        text, found, _ = self.restore("--images", "1", "--problem", "denoise", "--methods", "d-flow")
        self.assertGreater(found["denoise"]["d-flow"]["evaluations"], 100)
        text, found, _ = self.restore("--images", "2", "--problem", "box", "--methods", "flower", "--tune", "3")
        self.assertIn("tuned  flower: " + found["box"]["flower"]["settings"], text)
        self.refuse(2, "test.h5 has 12 images, fewer than --images 10 and --tune 3", "--model", "model.h5", "--data", "test.h5",
                    "--images", "10", "--tune", "3")

    def test_known_pixels_keep_their_bits_without_noise(self):
        _, _, data = self.restore("--images", "3", "--problem", "box", "--sigma", "0", "--box", "6", "--methods", "mean,sample",
                                  "--draws", "1", "--steps", "4")
        known = np.ones((SIZE, SIZE), bool)
        known[5:11, 5:11] = False
        for method in ("mean", "sample"):
            np.testing.assert_array_equal(data[method][..., known], data["truth"][..., known])
            self.assertTrue((data[method][..., ~known] != data["truth"][..., ~known]).all())
        self.assertNotIn("posterior_deviation", data)

    def test_answers_do_not_depend_on_the_batch(self):
        # Draws are compared where rounding does not grow: this model's estimate on sites is by conjugate gradients.
        for options in (["--problem", "denoise", "--methods", "mean,sample", "--draws", "2"],
                        ["--problem", "random", "--methods", "mean,flower"]):
            options += ["--images", "5", "--precision", "fp32"]
            _, _, together = self.restore(*options, "--batch", "5")
            _, _, apart = self.restore(*options, "--batch", "2")
            self.assertEqual(list(together), list(apart))
            for name, values in together.items():
                np.testing.assert_allclose(values, apart[name], atol=2e-3, err_msg=name)
        _, _, other = self.restore(*options, "--seed", "2")
        self.assertGreater(np.abs(other["degraded"] - together["degraded"]).max(), 0.5)

    def test_a_regressor_is_a_row(self):
        _, found, data = self.restore("--images", "2", "--methods", "mean", "--regressor", "model.h5")
        np.testing.assert_array_equal(data["regressor"], data["mean"])
        self.assertEqual(found["box"]["regressor"]["evaluations"], 1)

    def test_refuses(self):
        common = ["--model", "model.h5", "--data", "test.h5", "--images", "4"]
        self.refuse(2, "--methods has 'flow', expected all or a list of mean,sample,pnp-flow", *common, "--methods", "mean,flow")
        self.refuse(2, "--problem has 'blur', expected all or a list of box,random", *common, "--problem", "blur")
        self.refuse(2, "--fraction goes with --problem random", *common, "--fraction", "0.5")
        self.refuse(2, "--steps goes with --methods sample", *common, "--methods", "mean", "--steps", "9")
        self.refuse(2, "--tune goes with methods of others", *common, "--methods", "mean", "--tune", "2")
        self.refuse(2, "a box of 16 pixels in images of 16x16", *common, "--box", "16")
        self.refuse(2, "the noise to be removed is > 0, not 0", *common, "--problem", "denoise", "--sigma", "0")
        self.refuse(2, "--images is 0", "--model", "model.h5", "--data", "test.h5", "--images", "0")
        self.refuse(2, "test.h5 has 12 images, fewer than --images 13", "--model", "model.h5", "--data", "test.h5", "--images", "13")
        self.refuse(2, "small.h5 has images of 12x12 with 2 channels, model.h5 is for 16x16 with 2", "--model", "model.h5", "--data",
                    "small.h5", "--images", "4")
        self.refuse(2, "free-field is of the kind 'phi4'", "--model", "free-field", "--data", "test.h5")
        self.refuse(2, "operators", *common, "--problem", "superresolve", "--keep", "averages", "--factor", "8")

    def test_goes_on_after_signals_and_kills(self):
        options = ["--images", "6", "--batch", "2", "--problem", "box,random", "--methods", "mean,flower", "--tune", "2", "--precision", "fp32"]
        command = ["restore", "--model", "model.h5", "--data", "test.h5", *options, "--output", "stopped.h5", "--json", "stopped.json"]
        text, expected, whole = self.restore(*options)
        for number in (signal.SIGTERM, signal.SIGKILL):
            process = subprocess.Popen([STINT, *command, "--resume", "--threads", "1"], cwd=self.folder, stderr=subprocess.PIPE, text=True)
            parts = len(list(self.folder.glob("stopped.h5.parts/part-*.h5")))
            deadline = time.monotonic() + 60 * PATIENCE
            while len(list(self.folder.glob("stopped.h5.parts/part-*.h5"))) < parts + 3 and time.monotonic() < deadline:
                time.sleep(0.005)
            process.send_signal(number)
            said = process.communicate(timeout=60 * PATIENCE)[1]
            self.assertEqual(process.returncode, 75 if number == signal.SIGTERM else -number, said)
            self.assertFalse((self.folder / "stopped.h5").exists())
        for name, words in (("state", "checkpoint of an unfinished run"), ("part-000001", "part of an unfinished run")):
            self.assertIn(words, run("info", f"stopped.h5.parts/{name}.h5", folder=self.folder).stdout)
        self.refuse_again(1, "stopped.h5.parts: is an unfinished run; continue it with --resume", *command)
        self.refuse_again(2, "was made with --seed 1, not 2", *command, "--resume", "--seed", "2")
        resumed = run(*command, "--resume", folder=self.folder)
        self.assertEqual(resumed.returncode, 0, resumed.stderr)
        with h5py.File(self.folder / "stopped.h5") as file:
            for name, values in whole.items():
                np.testing.assert_array_equal(file[name], values, err_msg=name)
        found = json.loads((self.folder / "stopped.json").read_text())
        for problem, rows in expected.items():
            for method, row in rows.items():
                self.assertEqual({**found[problem][method], "seconds": 0}, {**row, "seconds": 0})
        tuned = [line for line in text.splitlines() if line.startswith("tuned")]
        self.assertEqual([line for line in resumed.stdout.splitlines() if line.startswith("tuned")], tuned)
        self.assertFalse((self.folder / "stopped.h5.parts").exists())
        (self.folder / "stopped.json").unlink()
        self.assertEqual(run(*command, "--resume", folder=self.folder).stdout, "stopped.h5 is complete already\n")
        self.assertEqual(json.loads((self.folder / "stopped.json").read_text()), found)

    def test_does_not_go_on_with_other_images(self):
        write_ensemble(self.folder / "data.h5", images(4, 3))
        command = ["restore", "--model", "model.h5", "--data", "data.h5", "--images", "4", "--batch", "1", "--methods", "mean,pnp-flow",
                   "--output", "changed.h5", "--resume"]
        process = subprocess.Popen([STINT, *command, "--threads", "1"], cwd=self.folder, stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 60 * PATIENCE
        while not (self.folder / "changed.h5.parts/state.h5").exists() and time.monotonic() < deadline:
            time.sleep(0.005)
        process.kill()
        process.communicate()
        write_ensemble(self.folder / "data.h5", images(4, 4))
        self.refuse_again(1, "part-000001.h5 does not fit the run: the model or the data were changed since", *command)

    def test_numbers_that_are_not_finite_are_not_kept(self):
        self.refuse_again(1, "made numbers that are not finite", "restore", "--model", "model.h5", "--data", "test.h5", "--images", "2",
                          "--sigma", "1e300", "--problem", "box", "--methods", "pnp-flow", "--output", "wild.h5")
        self.assertEqual(list(self.folder.glob("wild*")), [])

    def refuse_again(self, status, words, *command):
        result = run(*command, folder=self.folder)
        self.assertEqual(result.returncode, status, result.stderr)
        self.assertIn(words, result.stderr)

    def test_a_time_limit_ends_it(self):
        result = run("restore", "--model", "model.h5", "--data", "test.h5", "--images", "4", "--methods", "mean", "--time-limit", "0",
                     "--output", "late.h5", folder=self.folder)
        self.assertEqual(result.returncode, 75, result.stderr)
        self.assertIn("stopped after 0 of 4 restorations; continue with --resume", result.stderr)
        self.assertEqual(list(self.folder.glob("late*")), [])


if __name__ == "__main__":
    unittest.main()
