"""Training and sampling as a user runs them: python3 learning_test.py STINT MPIEXEC [GROUP...]"""

import json
import math
import os
import signal
import subprocess
import sys
import time
import unittest

from program_test import MPIEXEC, PATIENCE, STINT, ProgramTest, needs_h5py, tiny

SMALL = ["--channels", "4", "--levels", "2", "--batch", "16", "--precision", "fp32", "--quiet", "--threads", "1"]


def free_phi2(mass2):
    """<phi^2> of the free field on 8x8 sites."""
    return sum(1 / (2 * (mass2 + 4 - 2 * math.cos(math.pi * i / 4) - 2 * math.cos(math.pi * j / 4)))
               for i in range(8) for j in range(8)) / 64


class Measuring(ProgramTest):
    def observable(self, file, name):
        """Its value and error."""
        self.succeed("measure", file, "--json", f"{file}.json", "--quiet", "--overwrite")
        found = json.loads((self.folder / f"{file}.json").read_text())["observables"][name]
        return found["value"], found["error"]

    def phi2(self, file):
        return self.observable(file, "phi2")


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

    def distance(self, first, second):
        """Norm of the difference of all parameters and averages in units of their norm."""
        return float(self.python("""
import h5py, numpy, sys
a, b = (h5py.File(name) for name in sys.argv[1:])
a, b = (numpy.concatenate([file[group][name][:].ravel() for group in ('parameters', 'ema') for name in file[group]]) for file in (a, b))
print(numpy.linalg.norm(a.astype(float) - b) / numpy.linalg.norm(a))
""", first, second))


    def check_first_validation_is_the_same(self, *models):
        """To rounding, before the first step, when all runs have the same parameters: each rank adds up its samples."""
        self.assertLess(float(self.python("""
import h5py, sys
losses = [h5py.File(name)['history/validation_loss'][0] for name in sys.argv[1:]]
print(max(losses) / min(losses) - 1)
""", *models)), 1e-6)

    def check_resumed_equals_uninterrupted(self, *more):
        options = ["--report-every", "7", "--validate-every", "9", "--checkpoint-every", "5", *more]
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
            self.assertEqual(process.wait(30 * PATIENCE), status)
        self.train("parts.h5", *options, "--resume")
        self.assertEqual(self.difference("whole.h5", "parts.h5"), 0)
        self.assertEqual(self.python("""
import h5py
a, b = h5py.File('whole.h5'), h5py.File('parts.h5')
names = set(a['history']) - {'samples_per_second', 'validation'} | {'validation/scalar'}  # without how quick the machine was
print(sorted(a['history']) == sorted(b['history']) and all((a['history'][n][:] == b['history'][n][:]).all() for n in names)
      and len(a['history/samples_per_second']) == len(b['history/samples_per_second']) and (b['history/samples_per_second'][:] > 0).all())
"""), "True")
        self.assertNotIn("parts.h5.checkpoint", self.files())


class Training(Learning):
    @needs_h5py
    def test_ranks_and_parts_share_the_batch(self):
        options = ["--field-range", "0.02"]
        self.train("one.h5", *options, "--json", "one.json", steps=200)
        self.train("two.h5", *options, "--json", "two.json", steps=200, ranks=2)
        self.train("four.h5", *options, steps=200, ranks=4)
        self.train("parts.h5", *options, "--accumulate", "4", steps=200, ranks=2)
        for other in ("two.h5", "four.h5", "parts.h5"):
            with self.subTest(other):
                self.assertLess(self.distance("one.h5", other), 1e-5)  # float32 sums in another order, amplified by 200 steps
        self.check_first_validation_is_the_same("one.h5", "two.h5", "four.h5")
        one, two = (json.loads((self.folder / name).read_text()) for name in ("one.json", "two.json"))
        self.assertEqual((one["ranks"], two["ranks"]), (1, 2))
        self.assertAlmostEqual(one["validation_loss"], two["validation_loss"], 4)
        self.assertEqual(set(one), {"steps", "seconds", "samples_per_second", "loss", "validation_loss", "families", "parameters", "ranks"})

    @needs_h5py
    def test_resumed_equals_uninterrupted(self):
        self.check_resumed_equals_uninterrupted()

    @needs_h5py
    def test_goes_on_from_another_model(self):
        self.train("first.h5", "--operators", "scalar")
        go_on = ["--operators", "site", "--start-from", "first.h5"]
        self.train("second.h5", *go_on, steps=20)
        self.train("still.h5", "--operators", "scalar", "--start-from", "first.h5", "--learning-rate", "1e-12", "--average-decay", "0", steps=2)
        self.assertEqual(self.python("""
import h5py, numpy as np
first, still = h5py.File('first.h5'), h5py.File('still.h5')
print(max(abs(first['ema'][n][()] - still['ema'][n][()]).max() for n in first['ema']) < 1e-9,
      abs(first['history/validation_loss'][-1] / still['history/validation_loss'][0] - 1) < 1e-6)
"""), "True True")
        self.refuse(2, "--start-from first.h5: its network has", "train", "--data", "data.h5", *SMALL, "--channels", "6", "--steps", "2", "--start-from",
                    "first.h5", "--output", "x.h5")
        self.refuse(1, "data.h5", "train", "--data", "data.h5", *SMALL, "--steps", "2", "--start-from", "data.h5", "--output", "x.h5")
        # Interrupted and resumed, where the model to start from is not needed any more.
        stopped = self.run_stint("train", "--data", "data.h5", *SMALL, *go_on, "--steps", "20", "--output", "parts.h5", "--time-limit", "0")
        self.assertEqual(stopped.returncode, 75, stopped.stderr)
        self.train("parts.h5", *go_on, "--resume", steps=20)
        self.assertEqual(self.difference("second.h5", "parts.h5"), 0)

    def test_a_run_that_diverges_stops(self):
        for ranks in (1, 2):
            with self.subTest(ranks):
                result = self.run_stint("train", "--data", "data.h5", *SMALL, "--steps", "50", "--output", "model.h5",
                                        "--learning-rate", "1e30", ranks=ranks)
                self.assertEqual(result.returncode, 1, result.stderr)
                self.assertEqual(result.stderr.count("not finite in 10 steps in a row"), 1, result.stderr)
                self.assertEqual(self.files(), ["data.h5"])

    def test_resume_refuses_another_run(self):
        self.run_stint("train", "--data", "data.h5", *SMALL, "--steps", "50", "--output", "model.h5", "--time-limit", "0")
        self.refuse(2, "--steps 50, not 60", "train", "--data", "data.h5", *SMALL, "--steps", "60", "--output", "model.h5", "--resume")

    def test_bad_input(self):
        train = ["train", "--data", "data.h5", "--output", "model.h5"]
        cases = {
            "--steps is 0": ["--steps", "0"],
            "--batch is 0": ["--batch", "0"],
            "--learning-rate is 0, expected more than 0": ["--learning-rate", "0"],
            "--gradient-clip is 0, expected more than 0": ["--gradient-clip", "0"],
            "--average-decay is 1, expected at least 0 and below 1": ["--average-decay", "1"],
            "--warmup is -1, expected at least 0": ["--warmup", "-1"],
            "cannot be divided into 5 parts": ["--accumulate", "5"],
            "use fewer levels": ["--levels", "4"],
            "--levels is 100, expected a number from 1 to 16": ["--levels", "100"],
            "use smaller ranges": ["--field-range", "5"],
            "no GPU": ["--device", "cuda"],
            "fp32 or bf16": ["--precision", "fp64"],
        }
        for words, arguments in cases.items():
            with self.subTest(words):
                self.refuse(2, words, *train, *arguments)
        self.refuse(1, "none.h5", "train", "--data", "none.h5", "--output", "model.h5")
        (self.folder / "cut.h5").write_bytes((self.folder / "data.h5").read_bytes()[:-1000])
        self.refuse(1, "cut.h5", "train", "--data", "cut.h5", "--output", "model.h5")
        self.refuse(2, "is the same file as", "train", "--data", "data.h5", "--output", "data.h5")
        self.hmc("few.h5", lattice="8x8", chains=2)
        result = self.run_stint("train", "--data", "few.h5", *SMALL, "--output", "of-few.h5", "--steps", "2")
        self.assertRegex(result.stderr, "few.h5 has [0-9]+ configurations, so few")
        result = self.run_stint(*train, "--batch", "15", ranks=2)
        self.assertEqual(result.returncode, 2)
        self.assertIn("15 samples cannot be divided among 2 ranks", result.stderr)


class Streaming(Learning):
    """Training on an ensemble larger than the memory it may take: 45 kB of 160 kB."""

    MEMORY = ["--memory", "4.2e-5"]

    @needs_h5py
    def test_ranks_and_parts_share_the_batch(self):
        self.train("one.h5", *self.MEMORY, steps=200)
        self.train("two.h5", *self.MEMORY, steps=200, ranks=2)
        self.train("four.h5", *self.MEMORY, "--accumulate", "2", steps=200, ranks=4)
        self.train("all.h5", steps=200)
        for other in ("two.h5", "four.h5"):
            self.assertLess(self.distance("one.h5", other), 1e-5)
        self.assertGreater(self.distance("one.h5", "all.h5"), 1e-3)
        self.assertEqual(self.python("""
import h5py
a, b = h5py.File('one.h5')['prior'], h5py.File('all.h5')['prior']
print(abs(a['spectrum'][:] / b['spectrum'][:] - 1).max() < 1e-6, abs(a['magnetisation/weights'][:] - b['magnetisation/weights'][:]).max() < 1e-9)
"""), "True True")

    @needs_h5py
    def test_moments_at_a_lower_mass(self):
        self.hmc("long.h5", lattice="8x8", chains=64, thermalize=100, trajectories=800, save_every=1)
        train = ["train", "--data", "long.h5", *SMALL, "--steps", "1", "--output"]
        self.succeed(*train, "streamed.h5", "--memory", "0.008", "--quadratic-top", "0.1", ranks=2)
        self.succeed(*train, "whole.h5", "--quadratic-top", "0.1")
        self.succeed(*train, "untilted.h5")
        self.assertEqual(self.python("""
import h5py
a, b, c = (h5py.File(name) for name in ('streamed.h5', 'whole.h5', 'untilted.h5'))
def apart(x, y):
    return max(abs(x['prior'][name][:] / y['prior'][name][:] - 1).max() for name in ('spectrum', 'force_spectrum', 'magnetisation/square_mean'))
print(apart(a, b) < 1e-5, apart(a, c) > 0.02, a.attrs['memory_window'] > 0, b.attrs['memory_window'])
"""), "True True True 0.0")

    @needs_h5py
    def test_resumed_equals_uninterrupted(self):
        self.check_resumed_equals_uninterrupted(*self.MEMORY)

    def test_resume_refuses_another_run(self):
        train = ["train", "--data", "data.h5", *SMALL, "--output", "model.h5"]
        self.run_stint(*train, *self.MEMORY, "--time-limit", "0")
        self.refuse(2, "with --memory 4.2e-05, not with --memory 5e-05", *train, "--memory", "5e-5", "--resume")
        self.refuse(2, "with --memory 4.2e-05, not with all data in memory", *train, "--resume")

    def test_bad_input(self):
        train = ["train", "--data", "data.h5", *SMALL, "--output", "model.h5"]
        self.refuse(2, "--memory is 0", *train, "--memory", "0")
        self.refuse(2, "has no room for 32 configurations", *train, "--memory", "1e-6")
        self.refuse(2, "in a larger memory", *train, *self.MEMORY, "--field-range", "0.1")

    def test_memory_is_bounded(self):
        def largest(data):
            """Bytes in memory at the most, of training with windows of 16 MiB."""
            process = subprocess.Popen([STINT, "train", "--data", data, *SMALL, "--steps", "20", "--memory", "0.015625", "--target", "data",
                                        "--output", f"model-{data}"], cwd=self.folder)
            _, status, usage = os.wait4(process.pid, 0)
            self.assertEqual(status, 0)
            return usage.ru_maxrss << 10

        # 64 and 512 MiB: the memory may not grow with a quarter of that. Allocators vary by some 30 MiB.
        for name, trajectories in ("small.h5", 64), ("large.h5", 512):
            self.hmc(name, lattice="64x64", chains=64, thermalize=1, trajectories=trajectories, save_every=1, steps=1)
        self.assertLess(largest("large.h5") - largest("small.h5"), (512 - 64 << 20) // 4)


class Dimensions(Measuring):
    """Every family of operators on lattices of one and three dimensions: a free field, which short training must leave exact."""

    def test_mixed(self):
        for lattice in ("32", "8x8x8"):
            with self.subTest(lattice):
                self.succeed("sample", "--model", "free-field", "--lattice", lattice, "--mass2", "0.5", "--samples", "4000", "--seed", "9",
                             "--output", "data.h5", "--quiet", "--overwrite")
                self.succeed("train", "--data", "data.h5", *SMALL, "--operators", "mixed", "--field-range", "0.05", "--quadratic-range", "0.05",
                             "--steps", "20", "--output", "model.h5", "--json", "train.json", "--overwrite")
                losses = json.loads((self.folder / "train.json").read_text())["families"]
                self.assertEqual(set(losses), {"scalar", "known", "sequential", "independent", "fourier"})
                for name, of_family in losses.items():
                    self.assertLess(of_family["loss"], 1.5 * of_family["gaussian_loss"], name)
                value, error = self.phi2("data.h5")
                tasks = [["--task", "generate"], ["--task", "inpaint", "--mask", "random:0.5", "--known", "data.h5"],
                         ["--task", "sequential", "--order", "columns:4"], ["--task", "multiscale", "--shells", "2"]]
                for task in tasks:
                    self.succeed("sample", "--model", "model.h5", "--precision", "fp32", "--threads", "1", "--quiet", "--output", "out.h5",
                                 "--samples", "1000", "--overwrite", *task)
                    found, its_error = self.phi2("out.h5")
                    self.assertLess(abs(found - value), 4 * math.hypot(error, its_error), task)


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

    @needs_h5py
    def test_a_model_for_another_estimate_is_refused(self):
        self.train("model.h5", steps=2)
        self.python("import h5py; h5py.File('model.h5', 'r+').attrs['format_version'] = 4")
        self.refuse(1, "train it again", "sample", "--model", "model.h5", "--output", "out.h5")

    def test_bad_input(self):
        self.train("model.h5", "--field-range", "0.02", steps=2)
        sample = ["sample", "--model", "model.h5", "--output", "out.h5"]
        cases = {
            "|h| <= 0.02": ["--field", "0.03"],
            "an extent of 12 is not a multiple of 8": ["--lattice", "12x8"],
            "that of its data; 'stint train' learns a range": ["--mass2", "1"],
            "at least 3 steps": ["--steps", "2", "--schedule", "log-ratio"],
            "--samples is 0": ["--samples", "0"],
            "auto or multistep or euler": ["--solver", "rk5"],
            "trained for: 0 to 0": ["--quadratic", "-0.1"],
            "was trained for the operators scalar:1; --task multiscale": ["--task", "multiscale"],
        }
        for words, arguments in cases.items():
            with self.subTest(words):
                self.refuse(2, words, *sample, *arguments)
        self.refuse(1, "a model", "sample", "--model", "data.h5", "--output", "out.h5")
        self.refuse(1, "none.h5", "sample", "--model", "none.h5", "--output", "out.h5")
        (self.folder / "cut.h5").write_bytes((self.folder / "model.h5").read_bytes()[:-100])
        self.refuse(1, "cut.h5", "sample", "--model", "cut.h5", "--output", "out.h5")
        self.refuse(1, "an ensemble", "measure", "model.h5")


class Tasks(Measuring):
    """The tasks of `stint sample` on the free field of squared mass 0.5 on 8x8 sites."""

    FREE = ["sample", "--model", "free-field", "--lattice", "8x8", "--mass2", "0.5", "--quiet"]

    def setUp(self):
        super().setUp()
        self.free("known.h5", "--samples", "64", "--seed", "3")

    def free(self, name, *arguments):
        return self.succeed(*self.FREE, "--output", name, *arguments)

    def test_every_task_given_its_own_law_returns_it(self):
        # Each sample knows something of another configuration of the law: what it becomes is a configuration of the law.
        # So is <phi^2>, exactly that of the free field.
        exact = free_phi2(0.5)
        self.free("known.h5", "--samples", "1000", "--seed", "4", "--overwrite")
        given = ["--samples", "1000", "--known", "known.h5"]
        tasks = {
            "generate": ["--samples", "1000"],
            "inpaint": ["--task", "inpaint", "--mask", "block:4x4@6,1", *given],
            "random": ["--task", "inpaint", "--mask", "random:0.5", *given],
            "blocks": ["--task", "sequential", "--order", "blocks:4", "--overlap", "0.5", "--samples", "1000"],
            "morton": ["--task", "sequential", "--order", "morton:2", "--mask", "random:0.3", "--steps", "16", *given],
            "multiscale": ["--task", "multiscale", "--shells", "3", "--samples", "1000", "--solver", "sde2", "--noise", "0.5", "--steps", "64"],
            "superresolve": ["--task", "superresolve", *given],
            "averages": ["--task", "superresolve", "--keep", "averages", *given],
        }
        for name, arguments in tasks.items():
            with self.subTest(name):
                self.free(f"{name}.h5", *arguments)
                value, error = self.phi2(f"{name}.h5")
                self.assertLess(abs(value - exact), 4 * error)

    @needs_h5py
    def test_known_sites_keep_their_bits(self):
        for number, expression in (("each", "a"), ("5", "a[5]")):
            self.free("out.h5", "--task", "inpaint", "--known", "known.h5", "--mask", "block:3x4@2,6", "--samples", "64",
                      "--known-configuration", number, "--overwrite", "--relax", "3", "--steps", "8")
            self.assertEqual(self.python(f"""
import h5py, numpy
a, b = (h5py.File(name)['configurations'][:] for name in ('known.h5', 'out.h5'))
known = numpy.ones((8, 8), bool)
known[numpy.ix_([2, 3, 4], [6, 7, 0, 1])] = False
print((({expression} == b) == known).all())
"""), "True")

    @needs_h5py
    def test_a_mask_and_maps_from_files(self):
        self.python("""
import h5py, numpy
for name, row in (('mask', 1), ('field', 0.5)):
    with h5py.File('known.h5') as source, h5py.File(name + '.h5', 'w') as file:
        for key, value in source.attrs.items():
            file.attrs[key] = value
        values = numpy.zeros((1, 8, 8), numpy.float32)
        values[0, 2] = row
        file['configurations'] = values
        file['chain'] = file['trajectory'] = numpy.zeros(1, numpy.int64)
""")
        self.free("out.h5", "--task", "inpaint", "--known", "known.h5", "--mask", "mask.h5", "--samples", "64")
        self.free("field.out.h5", "--field-map", "field.h5", "--samples", "2000")
        self.assertEqual(self.python("""
import h5py, numpy
a, b, c = (h5py.File(name)['configurations'][:] for name in ('known.h5', 'out.h5', 'field.out.h5'))
equal = (a == b).all(axis=(0, 2)).tolist()
row = c.mean(axis=2)  # the response to a source of 0.5 on one row: that of a chain of 8 sites, 0.5 Sigma
p = 2 * numpy.pi * numpy.arange(8) / 8
exact = [0.5 * sum(numpy.cos(p * (x - 2)) / (2 * (0.5 + 4 * numpy.sin(p / 2) ** 2))) / 8 for x in range(8)]
z = (row.mean(axis=0) - exact) / (row.std(axis=0) / len(row) ** 0.5)
print(equal == [False, False, True, False, False, False, False, False], abs(z).max() < 4)
"""), "True True")

    def test_weights_of_an_exact_drift_are_all_the_same(self):
        self.free("out.h5", "--weights", "--solver", "rk4", "--schedule", "uniform", "--steps", "24", "--samples", "32", "--json",
                  "out.json", "--metropolis")
        self.assertGreater(json.loads((self.folder / "out.json").read_text())["effective_sample_size"], 0.99999)

    def test_samples_do_not_depend_on_ranks_and_batches(self):
        run = ["--task", "inpaint", "--known", "known.h5", "--mask", "random:0.5", "--samples", "50", "--steps", "8", "--relax", "2",
               "--solver", "sde2"]
        self.free("one.h5", *run)
        self.succeed(*self.FREE, *run, "--output", "two.h5", "--batch", "7", ranks=2)
        self.assertLess(abs(self.phi2("one.h5")[0] - self.phi2("two.h5")[0]), 1e-5)

    def test_bad_input(self):
        self.hmc("small.h5")
        cases = {
            "needs --known": ["--task", "inpaint", "--mask", "random:0.5"],
            "needs --mask": ["--task", "inpaint", "--known", "known.h5"],
            "does not go with --task generate": ["--mask", "random:0.5"],
            "a mask is": ["--task", "inpaint", "--known", "known.h5", "--mask", "random:2"],
            "'block:9x4': a block of 9 sites": ["--task", "inpaint", "--known", "known.h5", "--mask", "block:9x4"],
            "known.h5 has 64 configurations of 1 channel on lattice 8x8, expected 1 of 1": ["--field-map", "known.h5"],
            "small.h5 is on lattice 4x4": ["--task", "superresolve", "--known", "small.h5"],
            "from 0 to 63": ["--task", "superresolve", "--known", "known.h5", "--known-configuration", "64"],
            "do not fit an extent of 8": ["--task", "sequential", "--order", "blocks:3"],
            "an order is": ["--task", "sequential", "--order", "spiral"],
            "at most 0 can be": ["--quadratic", "0.1"],
            "give one --known-configuration": ["--task", "superresolve", "--known", "known.h5", "--weights", "--solver", "rk4"],
            "goes with --weights": ["--metropolis"],
            "needs exact weights": ["--weights", "--solver", "rk4", "--metropolis", "--probes", "1"],
            "goes with --solver sde": ["--noise", "2"],
            "not modes or averages": ["--task", "superresolve", "--known", "known.h5", "--relax", "1"],
            "no maps, no --known-noise": ["--task", "denoise", "--known", "known.h5", "--known-noise", "1", "--relax", "1"],
            "with --noise 1 only": ["--task", "denoise", "--known", "known.h5", "--known-noise", "1", "--solver", "heun"],
        }
        for words, arguments in cases.items():
            with self.subTest(words):
                self.refuse(2, words, *self.FREE, "--output", "out.h5", *arguments)
        self.refuse(1, "none.h5", *self.FREE, "--output", "out.h5", "--task", "superresolve", "--known", "none.h5")


class Multitask(Measuring):
    """Every task of a learned model. The data are a free field of squared mass 0.5 on 8x8 sites, for which the estimate under the
    network is the drift itself, up to the statistics of the data and of conjugate gradients: short training must leave it so."""

    def setUp(self):
        super().setUp()
        self.succeed("sample", "--model", "free-field", "--lattice", "8x8", "--mass2", "0.5", "--samples", "20000", "--seed", "9",
                     "--output", "data.h5", "--quiet")
        self.succeed("train", "--data", "data.h5", *SMALL, "--operators", "mixed", "--field-range", "0.1", "--quadratic-range", "0.2",
                     "--quadratic-top", "0.1", "--steps", "20", "--output", "model.h5", "--json", "train.json")

    def sample(self, name, *arguments):
        return self.succeed("sample", "--model", "model.h5", "--precision", "fp32", "--threads", "1", "--quiet", "--output", name,
                            *arguments)

    def test_every_task_given_its_own_law_returns_it(self):
        given = ["--known", "data.h5"]
        tasks = {
            "inpaint": ["--task", "inpaint", "--mask", "block:4x4@6,1", *given],
            "random": ["--task", "inpaint", "--mask", "random:0.5", *given],
            "blocks": ["--task", "sequential", "--order", "blocks:4", "--overlap", "0.5"],
            "columns": ["--task", "sequential", "--order", "columns:2"],
            "multiscale": ["--task", "multiscale", "--shells", "3"],
            "superresolve": ["--task", "superresolve", *given],
        }
        for name, arguments in tasks.items():
            with self.subTest(name):
                self.sample(f"{name}.h5", "--samples", "1000", *arguments)
                value, error = self.phi2(f"{name}.h5")
                self.assertLess(abs(value - free_phi2(0.5)), 4 * error)

    def test_tilts_are_those_of_the_other_couplings(self):
        self.sample("tilted.h5", "--samples", "2000", "--field", "0.1", "--quadratic", "-0.2")
        value, error = self.observable("tilted.h5", "magnetisation")
        self.assertLess(abs(value - 0.1 / (2 * 0.7)), 4 * error)  # h / (2 (m2 - k2))
        value, error = self.phi2("tilted.h5")
        self.assertLess(abs(value - free_phi2(0.7) - (0.1 / (2 * 0.7)) ** 2), 4 * error)
        self.sample("lighter.h5", "--samples", "2000", "--quadratic", "0.1")
        value, error = self.phi2("lighter.h5")
        self.assertLess(abs(value - free_phi2(0.4)), 4 * error)

    @needs_h5py
    def test_known_sites_keep_their_bits_and_frames_end_at_the_samples(self):
        self.sample("out.h5", "--samples", "64", "--task", "inpaint", "--known", "data.h5", "--mask", "block:3x4@2,6", "--steps", "6",
                    "--frames", "frames.h5")
        self.assertEqual(self.python("""
import h5py, numpy
a, b = (h5py.File(name)['configurations'][:64] for name in ('data.h5', 'out.h5'))
known = numpy.ones((8, 8), bool)
known[numpy.ix_([2, 3, 4], [6, 7, 0, 1])] = False
with h5py.File('frames.h5') as file:
    frames, times = file['frames'][:], file['frame_time'][:]
print(((a == b) == known).all(), frames.shape, times[0], times[-1], abs(frames[-1] - b[:4]).max() < 1e-4, abs(frames[0] - b[:4]).max() > 0.1)
"""), "True (7, 4, 8, 8) 0.0 1.0 True True")

    def test_losses_by_family_and_what_is_refused(self):
        by_family = json.loads((self.folder / "train.json").read_text())["families"]
        self.assertEqual(set(by_family), {"scalar", "known", "sequential", "independent", "fourier"})
        cases = {
            "trained for: |h| <= 0.1": ["--field", "0.2"],
            "trained for: -0.2 to 0.1": ["--quadratic", "-0.3"],
            "--quadratic and --quadratic-map are from 0.15 to 0.15": ["--quadratic", "0.15"],
            "of the family 'blocks of 2'": ["--task", "superresolve", "--keep", "averages", "--known", "data.h5"],
        }
        for words, arguments in cases.items():
            with self.subTest(words):
                self.refuse(2, words, "sample", "--model", "model.h5", "--output", "no.h5", *arguments)
        self.refuse(2, "are not scalar, site, fourier, mixed", "train", "--data", "data.h5", "--operators", "all", "--output", "no.h5")
        self.refuse(2, "mass2 - quadratic > 0", "train", "--data", "data.h5", "--quadratic-top", "0.5", "--output", "no.h5")


class Shipped(Measuring):
    """The models that come with stint."""

    def check(self, name, hmc, *tilt):
        """Against HMC after a few trajectories."""
        model = os.path.join(os.path.dirname(__file__), "../../models", name)
        self.succeed("info", model, "--verify")
        self.succeed("sample", "--model", model, "--samples", "512", "--relax", "50", "--output", "out.h5", "--quiet", *tilt)
        for observable, (reference, reference_error) in hmc.items():
            value, error = self.observable("out.h5", observable)
            self.assertLess(abs(value - reference), 4 * math.hypot(error, reference_error), observable)

    def test_is_the_reference_theory(self):  # cluster algorithm, 49152 and 10240 configurations
        self.check("phi4-l32.h5", {"phi2": (0.25666, 6e-5), "phi4": (0.11934, 4e-5), "nearest_neighbour": (0.14776, 7e-5),
                                   "magnetisation_squared": (0.025232, 2.9e-4)})

    def test_reaches_a_lower_mass(self):  # cluster algorithm, 40960 configurations
        self.check("phi4-l32-lower.h5", {"phi2": (0.262538, 6.5e-5), "phi4": (0.123591, 4.8e-5), "nearest_neighbour": (0.154848, 8.7e-5),
                                         "magnetisation_squared": (0.032402, 1.8e-4)}, "--quadratic", "0.04")


class Demo(ProgramTest):
    """The quick demo, from the prior to the figure."""

    @needs_h5py
    def test_quick(self):
        script = os.path.join(os.path.dirname(__file__), "../../scripts/demo.sh")
        # It trains for some time alone on the machine: its threads may spin while they wait.
        environment = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"} | {"STINT": STINT}
        result = subprocess.run(["bash", script, "--quick", "--output", str(self.folder / "demo")], capture_output=True, text=True,
                                env=environment, timeout=1000 * PATIENCE)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertTrue((self.folder / "demo/figure.png").read_bytes().startswith(b"\x89PNG"))
        for law in ("prior", "posterior"):
            found = json.loads((self.folder / f"demo/compare-{law}.json").read_text())["others"][0]["observables"]
            for name, row in found.items():
                self.assertLess(abs(row["z"]), 4, f"{law}: {name}: {row}\n{result.stdout}")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
