"""Runs of stint sample as on a cluster: python3 sample_run_test.py STINT MPIEXEC [GROUP...]"""

import json
import math
import shutil
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

from program_test import PATIENCE, STINT, ProgramTest, needs_h5py

MODELS = Path(__file__).resolve().parents[2] / "models"
RUN = "sample --model free-field --lattice 8x8 --batch 7 --threads 1 --quiet --samples 50".split()
KINDS = {
    "plain": ["--steps", "6"],
    "relaxed": ["--steps", "6", "--relax", "2"],
    "weights": ["--steps", "6", "--solver", "heun", "--weights"],
    "paths": ["--steps", "6", "--weights", "path"],
    "metropolis": ["--steps", "6", "--solver", "heun", "--weights", "--metropolis"],
}
AXES = ["configuration", "x1", "x2"]  # their names (src/files/ensemble_axes.hpp)
EQUAL = """
import h5py, sys
a, b = (h5py.File(name) for name in sys.argv[1:])
names = sorted(a)
print(names == sorted(b) and all((a[name][()] == b[name][()]).all() for name in names), *names)
"""


class SampleRun(ProgramTest):
    def stop(self, *arguments, ranks=None):
        """A run that stops after its first round of batches."""
        result = self.run_stint(*RUN, "--output", "out.h5", "--time-limit", "0", *arguments, ranks=ranks)
        self.assertEqual(result.returncode, 75, result.stderr)
        self.assertEqual(result.stderr.count("stint sample: "), 1, result.stderr)
        self.assertIn("continue with --resume", result.stderr)

    @needs_h5py
    def test_stopped_and_resumed_equals_uninterrupted(self):
        for name, options in KINDS.items():
            with self.subTest(name):
                self.succeed(*RUN, *options, "--output", f"{name}.h5")
                for ranks in (None, 2, 3):
                    self.stop("--resume", *options, ranks=ranks)
                self.assertEqual(sorted(path.name for path in (self.folder / "out.h5.parts").iterdir()),
                                 ["part-000001.h5", "part-000002.h5", "part-000003.h5", "state.h5"])
                self.succeed(*RUN, *options, "--output", "out.h5", "--resume", ranks=2)
                columns = {"weights": ["log_density", "log_weight"], "paths": ["log_weight"], "metropolis": ["log_density"]}.get(name, [])
                self.assertEqual(self.python(EQUAL, f"{name}.h5", "out.h5"),
                                 " ".join(["True", *sorted(["chain", "configurations", "trajectory", *AXES, *columns])]))
                self.assertNotIn("out.h5.parts", self.files())
                (self.folder / "out.h5").unlink()

    def test_signals(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
            with self.subTest(number):
                process = subprocess.Popen([STINT, *RUN[:-1], "100000000", "--checkpoint-every", "0.02", "--output", "out.h5"],
                                           cwd=self.folder, stderr=subprocess.PIPE, text=True)
                while process.poll() is None and not (self.folder / "out.h5.parts/state.h5").exists():
                    time.sleep(0.01)
                process.send_signal(number)
                said = process.communicate(timeout=30 * PATIENCE)[1]
                self.assertEqual(process.returncode, 75, said)
                self.assertEqual(self.files(), ["out.h5.parts"])
                shutil.rmtree(self.folder / "out.h5.parts")

    def test_a_run_that_is_done_says_so(self):
        run = [word for word in RUN if word != "--quiet"] + ["--output", "out.h5", "--json", "out.json", "--resume"]
        self.succeed(*run)
        whole, first = (self.folder / "out.h5").read_bytes(), json.loads((self.folder / "out.json").read_text())
        (self.folder / "out.json").unlink()
        self.assertIn("out.h5 is complete already", self.succeed(*run))
        self.assertEqual((self.folder / "out.h5").read_bytes(), whole)
        self.assertEqual(json.loads((self.folder / "out.json").read_text()), first)
        self.refuse(2, "--seed 1, not 2", *run, "--seed", "2")

    def test_resume_refuses_another_run(self):
        self.stop()
        run = [*RUN, "--output", "out.h5"]
        self.refuse(2, "--seed 1, not 2", *run, "--resume", "--seed", "2")
        self.refuse(2, "--field 0, not 0.1", *run, "--resume", "--field", "0.1")
        self.refuse(2, "--solver multistep, not euler", *run, "--resume", "--solver", "euler")
        self.refuse(1, "unfinished run", *run)
        (self.folder / "out.h5.parts/part-000001.h5").unlink()
        self.refuse(1, "part-000001.h5: is missing", *run, "--resume")
        self.succeed(*run, "--overwrite")
        self.assertEqual(self.files(), ["out.h5"])

    def test_options_that_make_no_sense(self):
        cases = {
            "--checkpoint-every is 0": ["--checkpoint-every", "0"],
            "--time-limit is -1": ["--time-limit", "-1"],
            "--relax-step-size is 0, expected more than 0": ["--relax", "1", "--relax-step-size", "0"],
            "--relax-steps is 0, expected a number from 1 to 1000000": ["--relax", "1", "--relax-steps", "0"],
            "--steps is 0, expected a number from 1 to 100000": ["--steps", "0"],
            "--steps is 1000000000, expected": ["--steps", "1e9"],
            "--shells is 0, expected at least 1": ["--task", "multiscale", "--shells", "0"],
            "--order blocks:3: groups of 3 sites": ["--task", "sequential", "--order", "blocks:3"],
            "--noise is -1, expected at least 0": ["--solver", "sde", "--noise", "-1"],
            "--tolerance is 0, expected more than 0": ["--solver", "dopri5", "--tolerance", "0"],
        }
        for words, arguments in cases.items():
            self.refuse(2, words, *RUN, "--output", "out.h5", *arguments)


class Answers(ProgramTest):
    """What was silently wrong, or had no end."""

    def sample(self, *arguments):
        result = self.run_stint("sample", "--model", "free-field", "--quiet", "--threads", "1", *arguments, "--output", "out.h5", "--json",
                                "out.json", "--overwrite")
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stderr, json.loads((self.folder / "out.json").read_text())

    @needs_h5py
    def test_relaxation_says_how_far_it_came(self):
        said, found = self.sample("--lattice", "8x8", "--samples", "20", "--relax", "3", "--relax-step-size", "10")
        self.assertIn("--relax accepted 0 of its trajectories and left 20 of 20 configurations", said)
        self.assertEqual((found["relax_acceptance"], found["relax_unmoved"]), (0, 20))
        stored = self.python("import h5py; a = h5py.File('out.h5').attrs; print(a['relax_acceptance'], a['relax_unmoved'])")
        self.assertEqual(stored, "0.0 20")
        said, found = self.sample("--lattice", "8x8", "--samples", "2", "--relax", "1", "--relax-step-size", "1e-6", "--relax-steps", "7")
        self.assertIn("--relax-step-size 1e-06 times 7 steps is 7e-06: fields hardly move", said)
        # By default the step goes with the volume.
        for lattice in ("8x8", "16x16x16", "12x12x12x12"):
            said, found = self.sample("--lattice", lattice, "--samples", "4", "--steps", "4", "--relax", "3")
            self.assertEqual((said, found["relax_unmoved"]), ("", 0), lattice)
            self.assertGreater(found["relax_acceptance"], 0.5, lattice)

    @needs_h5py
    def test_what_is_known_is_of_the_models_kind(self):
        self.hmc("phi4.h5", lattice="8x8")
        self.python("""
import h5py
with h5py.File('phi4.h5') as phi4, h5py.File('image.h5', 'w') as image:
    image.attrs.update(format='stint-ensemble', format_version=1, complete=1, kind='image', lattice=[8, 8])
    image['configurations'] = phi4['configurations'][:][:, None]
    image['chain'], image['trajectory'] = phi4['chain'][:], phi4['trajectory'][:]
""")
        self.refuse(2, "--known image.h5 is of kind 'image', the model of kind 'phi4'", *RUN, "--output", "out.h5", "--task", "inpaint",
                    "--mask", "random:0.5", "--known", "image.h5")

    @needs_h5py
    def test_the_estimate_is_the_mean_of_all_samples(self):
        task = ["--lattice", "6x6", "--mass2", "0.3", "--task", "inpaint", "--known", "known.h5", "--mask", "block:3x3@1,1"]
        self.sample("--lattice", "6x6", "--mass2", "0.3", "--samples", "3")
        (self.folder / "out.h5").rename(self.folder / "known.h5")
        for noise in ([], ["--known-noise", "0.5"]):
            _, found = self.sample(*task, *noise, "--samples", "3", "--estimate", "mean")
            self.assertEqual(found["evaluations"], 1)
            (self.folder / "out.h5").rename(self.folder / "mean.h5")
            self.sample(*task, *noise, "--samples", "4000", "--known-configuration", "1", "--steps", "48")
            off = self.python("""
import h5py, numpy as np
known, mean, draws = (h5py.File(name)['configurations'][()].astype(float) for name in ('known.h5', 'mean.h5', 'out.h5'))
missing = np.zeros((6, 6), bool); missing[1:4, 1:4] = True
print((mean[:, ~missing] == known[:, ~missing]).all(), np.abs(draws.mean(0) - mean[1])[missing].max() / (draws[:, missing].std() / 4000**0.5))
""").split()
            self.assertEqual(off[0], str(not noise))
            self.assertLess(float(off[1]), 5, noise)
        run = ["sample", "--model", "free-field", "--lattice", "6x6", "--estimate", "mean", "--output", "none.h5"]
        self.refuse(2, "--estimate mean goes with --task inpaint, denoise or superresolve, not generate", *run)
        for option, value in (("solver", "sde2"), ("relax", "3"), ("steps", "4")):
            self.refuse(2, f"--{option} does not go with --estimate mean", *run, *task[2:], f"--{option}", value)
        self.refuse(2, "--weights does not go with --estimate mean", *run, *task[2:], "--weights")

    def test_weights_choose_a_solver_that_has_them(self):
        said, found = self.sample("--lattice", "4x4", "--samples", "4", "--weights")
        self.assertEqual(said, "")
        self.assertGreater(found["effective_sample_size"], 0.999999)
        # Z = prod sqrt(2 pi Sigma(p)) by 64 vectors of signs, on 256 sites.
        said, found = self.sample("--lattice", "16x16", "--mass2", "0.5", "--samples", "4", "--weights")
        self.assertEqual(said, "")
        squares = [4 * math.sin(math.pi * n / 16) ** 2 for n in range(16)]
        log_z = sum(math.log(2 * math.pi / (2 * (0.5 + a + b))) / 2 for a in squares for b in squares)
        self.assertAlmostEqual(found["log_z"], log_z, 4)

    @needs_h5py
    def test_weights_of_paths(self):
        free = ["--lattice", "8x8", "--mass2", "0.5"]
        said, found = self.sample(*free, "--samples", "400", "--weights", "path", "--steps", "30")
        self.assertEqual(said, "")
        self.assertEqual(set(found), {"samples", "evaluations", "seconds_per_configuration", "effective_sample_size", "log_z", "log_z_error"})
        self.assertGreater(found["effective_sample_size"], 0.5)
        # Names in the file, Z = prod sqrt(2 pi Sigma(p)), and the mean of phi^2 through measure.
        stored, z = self.python("""
import h5py, numpy as np
with h5py.File('out.h5') as f:
    w = np.exp(f['log_weight'][:] - f['log_weight'][:].max())
    fraction = w.sum()**2 / (w**2).sum() / len(w)
    print(sorted(set(f) & {'log_weight', 'log_density'}) == ['log_weight'] and np.isfinite(f['log_weight'][:]).all()
          and abs(fraction / f.attrs['effective_sample_fraction'] - 1) < 1e-9)
    s = 4 * np.sin(np.pi * np.arange(8) / 8)**2
    log_z = (np.log(2 * np.pi / (2 * (0.5 + s[:, None] + s[None]))) / 2).sum()
    print((f.attrs['log_z'] - log_z) / f.attrs['log_z_error'])
""").split()
        self.assertEqual(stored, "True")
        self.assertLess(abs(float(z)), 4)
        self.succeed("measure", "out.h5", "--reweight", "--json", "m.json", "--quiet")
        phi2 = json.loads((self.folder / "m.json").read_text())["observables"]["phi2"]
        momenta = [4 * math.sin(math.pi * n / 8) ** 2 for n in range(8)]
        exact = sum(1 / (2 * (0.5 + a + b)) for a in momenta for b in momenta) / 64
        self.assertLess(abs(phi2["value"] - exact), 4 * phi2["error"])
        for options in (["--metropolis"], ["--field", "0.1", "--quadratic", "-0.2"],
                        ["--task", "multiscale", "--shells", "2"]):
            _, found = self.sample(*free, "--samples", "50", "--weights", "path", "--steps", "10", *options)
            self.assertGreater(found["effective_sample_size"], 0.3, options)
        run = ["sample", "--model", "free-field", "--lattice", "8x8", "--weights", "path", "--output", "none.h5"]
        for option, value in (("solver", "rk4"), ("noise", "1"), ("probes", "2"), ("colours", "2"), ("frames", "f.h5")):
            self.refuse(2, f"--{option} does not go with --weights path", *run, f"--{option}", value)
        self.refuse(2, "--weights is 'paths', expected density or path", *run, "--weights", "paths")
        self.refuse(2, "--weights are those of the flow", *run, "--relax", "2")

    def test_colours_are_an_estimate_of_the_divergence(self):
        free = ["--lattice", "8x8", "--samples", "16", "--solver", "heun", "--steps", "12", "--schedule", "uniform", "--weights"]
        _, exact = self.sample(*free)
        _, all_sites = self.sample(*free, "--colours", "8")
        self.assertAlmostEqual(all_sites["log_z"], exact["log_z"], 3)
        _, some = self.sample(*free, "--colours", "4")
        self.assertNotAlmostEqual(some["log_z"], exact["log_z"], 4)
        self.assertAlmostEqual(some["log_z"], exact["log_z"], 0)
        run = ["sample", "--model", "free-field", "--lattice", "8x8", "--output", "none.h5"]
        self.refuse(2, "--colours is 3, expected a divisor of all extents of 8x8", *run, "--weights", "--colours", "3")
        self.refuse(2, "--lattice 8x: '8x' is not a lattice", "sample", "--model", "free-field", "--lattice", "8x", "--output", "none.h5")
        self.refuse(2, "--colours goes with --weights", *run, "--colours", "4")
        self.refuse(2, "needs exact weights; it does not go with --colours", *run, "--weights", "--metropolis", "--colours", "4")
        self.refuse(2, "--probes 0 takes a vector for each site", *run, "--weights", "--probes", "0", "--colours", "4")
        self.refuse(2, "--weights density, the default, needs a --solver of the ODE", *run, "--weights", "--solver", "sde")

    @needs_h5py
    def test_an_ensemble_without_configurations_is_refused(self):
        self.hmc("some.h5")
        self.python("""
import h5py
with h5py.File('some.h5') as a, h5py.File('empty.h5', 'w') as b:
    b.attrs.update(a.attrs)
    for name in ('configurations', 'chain', 'trajectory'):
        b[name] = a[name][:0]
""")
        self.refuse(2, "empty.h5 has no configurations", "sample", "--model", "free-field", "--lattice", "4x4", "--task", "inpaint", "--known",
                    "empty.h5", "--mask", "random:0.5", "--output", "out.h5")
        self.refuse(2, "too few", "train", "--data", "empty.h5", "--output", "out.h5")

    def test_bf16_without_instructions_for_it_is_warned_of(self):
        run = ["sample", "--model", str(MODELS / "maze-umaze.h5"), "--samples", "1", "--steps", "3", "--device", "cpu"]
        has_instructions = "avx512_bf16" in Path("/proc/cpuinfo").read_text()
        for precision, warns in (("fp32", False), ("auto", False), ("bf16", not has_instructions)):
            result = self.run_stint(*run, "--precision", precision, "--output", f"{precision}.h5")
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual("has no instructions for it" in result.stderr, warns, precision)

    def test_a_tolerance_below_the_resolution_is_refused(self):
        self.refuse(2, "the tolerance of dopri5 is 1e-12, below the resolution of these numbers; expected at least", "sample", "--model",
                    "free-field", "--lattice", "4x4", "--samples", "2", "--solver", "dopri5", "--tolerance", "1e-12", "--output", "out.h5")

    def test_one_long_batch_can_be_stopped(self):
        # Site by site: hours for the first batch.
        process = subprocess.Popen([STINT, *"sample --model free-field --lattice 32x32 --task sequential --order raster --steps 64 --samples 256 "
                                    "--threads 1 --quiet --output out.h5".split()], cwd=self.folder, stderr=subprocess.PIPE, text=True)
        while process.poll() is None and not (self.folder / "out.h5.parts").exists():
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60 * PATIENCE)
        self.assertEqual(process.returncode, 75, said)
        self.assertIn("stopped after 0 of 256 configurations", said)

    def test_relaxation_can_be_stopped(self):
        result = self.run_stint(*"sample --model free-field --lattice 4x4 --samples 2 --relax 1000000000 --threads 1 --time-limit 1 --quiet "
                                "--output out.h5".split())
        self.assertEqual(result.returncode, 75, result.stderr)

    def test_a_trajectory_has_an_end(self):
        for command in (["hmc", "--steps"], ["sample", "--model", "free-field", "--relax", "1", "--relax-steps"]):
            self.refuse(2, f"{command[-1]} is 1000000000, expected a number from 1 to 1000000", *command, "1000000000", "--lattice", "4x4", "--output", "out.h5")

    @needs_h5py
    def test_constant_data_are_refused(self):
        self.hmc("some.h5")
        self.python("""
import h5py
with h5py.File('some.h5', 'a') as file:
    file['configurations'][...] = 0.5
""")
        self.refuse(2, "never change: there is no law to learn", "train", "--data", "some.h5", "--levels", "1", "--steps", "2", "--output", "out.h5")

    def test_a_model_that_sampling_would_refuse_is_none(self):
        self.hmc("some.h5", trajectories=200)
        train = "train --data some.h5 --levels 1 --channels 2 --steps 9 --batch 8 --threads 1 --quiet --output out.h5".split()
        result = self.run_stint(*train, "--weight-decay", "1e30")
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn("not finite", result.stderr)
        self.assertEqual(self.files(), ["some.h5"])
        result = self.run_stint(*train, "--weight-decay", "1e8")  # finite, but thrown far off
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("the model answers worse than what it began with", result.stderr)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
