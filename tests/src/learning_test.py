"""Training and sampling as a user runs them: python3 learning_test.py STINT MPIEXEC [GROUP...]"""

import json
import os
import signal
import subprocess
import sys
import time
import unittest

from program_test import MPIEXEC, STINT, ProgramTest, needs_h5py, tiny

SMALL = ["--channels", "4", "--levels", "2", "--batch", "16", "--precision", "fp32", "--quiet", "--threads", "1"]


class Learning(ProgramTest):
    def setUp(self):
        super().setUp()
        self.hmc("data.h5", lattice="8x8", chains=64, thermalize=300, trajectories=200, save_every=20)

    def hmc(self, name, *arguments, **changes):
        return super().hmc(name, *arguments, **{option.replace("_", "-"): value for option, value in changes.items()})

    def train(self, name, *arguments, steps=50, **settings):
        return self.succeed("train", "--data", "data.h5", *SMALL, "--steps", str(steps), "--output", name, *arguments, **settings)

    def difference(self, first, second):
        """Largest difference of parameters and averages in units of the largest value of their tensor."""
        return float(self.python("""
import h5py, sys
a, b = (h5py.File(name) for name in sys.argv[1:])
names = [f'{group}/{name}' for group in ('parameters', 'ema') for name in a[group]]
assert names and names == [f'{group}/{name}' for group in ('parameters', 'ema') for name in b[group]]
print(max(abs(a[name][:] - b[name][:]).max() / abs(a[name][:]).max() for name in names))
""", first, second))


class Training(Learning):
    @needs_h5py
    def test_ranks_share_the_batch(self):
        self.train("one.h5", "--field-range", "0.02", "--json", "one.json")
        self.train("two.h5", "--field-range", "0.02", "--json", "two.json", ranks=2)
        self.assertLess(self.difference("one.h5", "two.h5"), 1e-4)  # float32 sums in another order, amplified by 50 steps
        one, two = (json.loads((self.folder / name).read_text()) for name in ("one.json", "two.json"))
        self.assertEqual((one["ranks"], two["ranks"]), (1, 2))
        self.assertAlmostEqual(one["validation_loss"], two["validation_loss"], 4)
        self.assertEqual(set(one), {"steps", "seconds", "samples_per_second", "loss", "validation_loss", "parameters", "ranks"})

    @needs_h5py
    def test_resumed_equals_uninterrupted(self):
        options = ["--report-every", "7", "--validate-every", "9", "--checkpoint-every", "5"]
        self.train("whole.h5", *options)
        # Once by the time limit, at its first step; once by SIGKILL; once by SIGTERM.
        stopped = self.run_stint("train", "--data", "data.h5", *SMALL, *options, "--steps", "50", "--output", "parts.h5",
                                 "--time-limit", "0")
        self.assertEqual((stopped.returncode, stopped.stderr.count("\n")), (75, 1), stopped.stderr)
        self.assertEqual(self.files(), ["data.h5", "parts.h5.checkpoint", "whole.h5"])
        for number, status in ((signal.SIGKILL, -signal.SIGKILL), (signal.SIGTERM, 75)):
            process = subprocess.Popen([STINT, "train", "--data", "data.h5", *SMALL, *options, "--steps", "50", "--output", "parts.h5",
                                        "--resume"], cwd=self.folder, stderr=subprocess.DEVNULL)
            before = (self.folder / "parts.h5.checkpoint").stat().st_mtime_ns
            while process.poll() is None and (self.folder / "parts.h5.checkpoint").stat().st_mtime_ns == before:
                time.sleep(0.002)
            process.send_signal(number)
            self.assertEqual(process.wait(30), status)
        self.train("parts.h5", *options, "--resume")
        self.assertEqual(self.difference("whole.h5", "parts.h5"), 0)
        self.assertEqual(self.python("""
import h5py
a, b = h5py.File('whole.h5'), h5py.File('parts.h5')
print(sorted(a['history']) == sorted(b['history']) and all((a['history'][n][:] == b['history'][n][:]).all() for n in a['history']))
"""), "True")
        self.assertNotIn("parts.h5.checkpoint", self.files())

    def test_resume_refuses_another_run(self):
        self.run_stint("train", "--data", "data.h5", *SMALL, "--steps", "50", "--output", "model.h5", "--time-limit", "0")
        self.refuse(2, "--steps 50, not 60", "train", "--data", "data.h5", *SMALL, "--steps", "60", "--output", "model.h5", "--resume")

    def test_bad_input(self):
        train = ["train", "--data", "data.h5", "--output", "model.h5"]
        cases = {
            "--steps is 0": ["--steps", "0"],
            "--batch is 0": ["--batch", "0"],
            "learning rate": ["--learning-rate", "0"],
            "use fewer levels": ["--levels", "4"],
            "use a smaller field range": ["--field-range", "5"],
            "no GPU": ["--device", "cuda"],
            "fp32 or bf16": ["--precision", "fp64"],
        }
        for words, arguments in cases.items():
            with self.subTest(words):
                self.refuse(2, words, *train, *arguments)
        self.refuse(1, "none.h5", "train", "--data", "none.h5", "--output", "model.h5")
        (self.folder / "cut.h5").write_bytes((self.folder / "data.h5").read_bytes()[:-1000])
        self.refuse(1, "cut.h5", "train", "--data", "cut.h5", "--output", "model.h5")
        self.refuse(1, "--overwrite", "train", "--data", "data.h5", "--output", "data.h5")
        result = self.run_stint(*train, "--batch", "15", ranks=2)
        self.assertEqual(result.returncode, 2)
        self.assertIn("15 samples cannot be divided among 2 ranks", result.stderr)


class Sampling(Learning):
    def test_the_free_field_is_exact(self):
        self.succeed("sample", "--model", "free-field", "--lattice", "8x8", "--mass2", "0.5", "--field", "0.3", "--samples", "2000",
                     "--output", "free.h5", "--json", "sample.json", "--quiet")
        self.succeed("measure", "free.h5", "--json", "free.json", "--quiet")
        found = json.loads((self.folder / "free.json").read_text())["observables"]
        mean = found["magnetisation"]
        self.assertLess(abs(mean["value"] - 0.3 / (2 * 0.5)), 4 * mean["error"])
        self.assertEqual(mean["tau_int"], 0.5)
        chi = found["susceptibility"]
        self.assertLess(abs(chi["value"] - 1 / (2 * 0.5)), 4 * chi["error"])
        self.assertEqual(set(json.loads((self.folder / "sample.json").read_text())), {"samples", "evaluations", "seconds_per_configuration"})

    @needs_h5py
    def test_samples_do_not_depend_on_ranks_and_batches(self):
        self.train("model.h5", "--field-range", "0.02")
        sample = ["sample", "--model", "model.h5", "--samples", "50", "--steps", "8", "--precision", "fp32", "--field", "0.01", "--quiet"]
        self.succeed(*sample, "--output", "one.h5")
        self.succeed(*sample, "--output", "two.h5", "--batch", "7", ranks=2)
        self.assertEqual(self.python("""
import h5py
a, b = h5py.File('one.h5'), h5py.File('two.h5')
print(a.attrs['field'], a['chain'][:].tolist() == list(range(50)), abs(a['configurations'][:] - b['configurations'][:]).max() < 1e-4)
"""), "0.01 True True")

    def test_bad_input(self):
        self.train("model.h5", "--field-range", "0.02", steps=2)
        sample = ["sample", "--model", "model.h5", "--output", "out.h5"]
        cases = {
            "|h| <= 0.02": ["--field", "0.03"],
            "goes with --model free-field": ["--lattice", "8x8"],
            "at least 3 steps": ["--steps", "2"],
            "--samples is 0": ["--samples", "0"],
            "euler or heun or multistep": ["--solver", "rk5"],
        }
        for words, arguments in cases.items():
            with self.subTest(words):
                self.refuse(2, words, *sample, *arguments)
        self.refuse(1, "a model", "sample", "--model", "data.h5", "--output", "out.h5")
        self.refuse(1, "none.h5", "sample", "--model", "none.h5", "--output", "out.h5")
        (self.folder / "cut.h5").write_bytes((self.folder / "model.h5").read_bytes()[:-100])
        self.refuse(1, "cut.h5", "sample", "--model", "cut.h5", "--output", "out.h5")
        self.refuse(1, "an ensemble", "measure", "model.h5")


class Demo(ProgramTest):
    """The quick demo, from the prior to the figure."""

    @needs_h5py
    def test_quick(self):
        script = os.path.join(os.path.dirname(__file__), "../../scripts/demo.sh")
        # It trains for some time alone on the machine: its threads may spin while they wait.
        environment = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"} | {"STINT": STINT}
        result = subprocess.run(["bash", script, "--quick", "--output", str(self.folder / "demo")], capture_output=True, text=True,
                                env=environment, timeout=1000)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertTrue((self.folder / "demo/figure.png").read_bytes().startswith(b"\x89PNG"))
        for law in ("prior", "posterior"):
            found = json.loads((self.folder / f"demo/compare-{law}.json").read_text())["others"][0]["observables"]
            for name, row in found.items():
                self.assertLess(abs(row["z"]), 4, f"{law}: {name}: {row}\n{result.stdout}")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
