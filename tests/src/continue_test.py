"""stint sample --until and --continue: python3 continue_test.py STINT MPIEXEC [GROUP...]"""

import json
import sys
import unittest

from program_test import ProgramTest, needs_h5py

FREE = "sample --model free-field --lattice 8x8 --mass2 0.5 --threads 1 --quiet".split()
EQUAL = """
import h5py, sys
a, b = (h5py.File(name)['configurations'][()] for name in sys.argv[1:])
print((a == b).all())
"""
# A stroke through all configurations of states.h5, then alpha = 0 along it.
STROKE = """
import h5py, numpy as np
with h5py.File('states.h5', 'r+') as f:
    f['configurations'][:, 2, 1:6] = np.linspace(-1, 1, 5, dtype=np.float32)
    f['alpha'][2, 1:6] = 0
"""
# Of the free field, all configurations from one state that was changed at two sites: z of means, variances and a covariance
# of the configurations in end.h5 against the Gaussian posterior given that state.
LAW = """
import h5py, numpy as np
f = h5py.File('states.h5')
x, alpha = f['configurations'][0].astype(float).ravel(), f['alpha'][()].ravel()
beta = 1 - alpha
L, V = 8, 64
n = np.arange(L)
phat2 = (4 * np.sin(np.pi * n / L)**2)[:, None] + 4 * np.sin(np.pi * n / L)**2
line = np.fft.ifft2(1 / (2 * (phat2 + 0.5))).real
sites = [(i, j) for i in range(L) for j in range(L)]
sigma = np.array([[line[(a - c) % L, (b - d) % L] for c, d in sites] for a, b in sites])
gain = sigma * beta @ np.linalg.inv(beta[:, None] * sigma * beta + np.diag(alpha**2))
mean, covariance = gain @ (x), sigma - gain @ (beta[:, None] * sigma)
y = h5py.File('end.h5')['configurations'][()].astype(float).reshape(-1, V)
assert (y[:, 27] == np.float32(1.5)).all()
free = np.arange(V) != 27
N = len(y)
z_mean = ((y.mean(0) - mean)[free] / np.sqrt(np.diag(covariance)[free] / N))
z_variance = (y.var(0) / np.where(free, np.diag(covariance), 1) - 1)[free] / np.sqrt(2 / N)
print(abs(z_mean).max(), abs(z_variance).max(), (z_mean**2).mean(), abs(mean[28]), np.diag(covariance)[28])
"""


class Continuing(ProgramTest):
    def compare(self, a, b):
        return self.python(EQUAL, a, b) == "True"


class Changed(Continuing):
    def setUp(self):
        super().setUp()
        self.succeed(*FREE, "--samples", "4", "--until", "0.5", "--output", "states.h5")

    @needs_h5py
    def test_resume_notices_states_that_were_changed(self):
        self.succeed("sample", "--continue", "states.h5", "--output", "end.h5", "--resume")
        self.assertIn("complete already", self.succeed("sample", "--continue", "states.h5", "--output", "end.h5", "--resume"))
        self.python(STROKE)
        self.refuse(2, "--resume: end.h5 was made from states that were changed since", "sample", "--continue", "states.h5", "--output",
                    "end.h5", "--resume")
        self.succeed("sample", "--continue", "states.h5", "--output", "end.h5", "--resume", "--overwrite")
        self.assertEqual(self.python("import h5py; print(h5py.File('end.h5')['configurations'][0, 2, 1])"), "-1.0")

    def test_another_tilt_is_said_to_need_relaxation(self):
        said = self.run_stint("sample", "--continue", "states.h5", "--field", "0.3", "--output", "end.h5").stderr
        self.assertIn("--relax N brings it to the tilt of now", said)
        said = self.run_stint("sample", "--continue", "states.h5", "--field", "0.3", "--relax", "1", "--output", "relaxed.h5").stderr
        self.assertNotIn("brings it to", said)

    def test_a_path_may_move_but_not_change(self):
        for steps, name in (("8", "path.h5"), ("9", "other.h5")):
            self.succeed("adapt", *FREE[1:], "--objective", "lipschitz", "--steps", steps, "--output", name)
        self.succeed(*FREE, "--samples", "2", "--path", "path.h5", "--output", "whole.h5")
        self.succeed(*FREE, "--samples", "2", "--path", "path.h5", "--until", "0.5", "--output", "path-states.h5")
        (self.folder / "path.h5").rename(self.folder / "moved.h5")
        self.refuse(2, "its path is another one", "sample", "--continue", "path-states.h5", "--path", "other.h5", "--output", "end.h5")
        self.succeed("sample", "--continue", "path-states.h5", "--path", "moved.h5", "--output", "end.h5")
        self.assertTrue(self.compare("whole.h5", "end.h5"))


class Bits(Continuing):
    @needs_h5py
    def test_a_stopped_run_equals_an_uninterrupted_one(self):
        self.succeed(*FREE, "--samples", "20", "--output", "known.h5", "--seed", "9")
        tasks = {
            "generate": (["0.4"], []),
            "inpaint": (["0.7"], ["--task", "inpaint", "--known", "known.h5", "--mask", "random:0.3"]),
            "noisy": (["0.3"], ["--task", "inpaint", "--known", "known.h5", "--mask", "random:0.3", "--known-noise", "0.5"]),
            "sequential": (["2.3"], ["--task", "sequential", "--order", "blocks:4", "--overlap", "0.25"]),
            "multiscale": (["1.5"], ["--task", "multiscale", "--shells", "3", "--curve", "trigonometric"]),
            "averages": (["0.9"], ["--task", "superresolve", "--known", "known.h5", "--keep", "averages"]),
        }
        runs = [("generate", solver) for solver in ("euler", "heun", "rk4", "dopri5", "multistep", "sde", "sde2")]
        runs += [(task, solver) for task in tasks for solver in ("multistep", "sde2")
                 if task != "generate" and (task, solver) != ("noisy", "multistep")]
        for name, solver in runs:
            with self.subTest(f"{name}, {solver}"):
                until, task = tasks[name]
                run = [*FREE, "--samples", "20", "--batch", "7", "--steps", "6", "--solver", solver, *task, "--overwrite"]
                self.succeed(*run, "--output", "whole.h5")
                self.succeed(*run, "--until", *until, "--output", "states.h5")
                self.succeed("sample", "--quiet", "--threads", "1", "--continue", "states.h5", "--output", "end.h5", "--overwrite")
                self.assertFalse(self.compare("states.h5", "whole.h5"))
                self.assertTrue(self.compare("end.h5", "whole.h5"))

    @needs_h5py
    def test_two_stops_equal_none(self):
        for solver in ("multistep", "sde2", "rk4"):
            with self.subTest(solver):
                run = [*FREE, "--samples", "7", "--batch", "3", "--steps", "9", "--solver", solver, "--overwrite"]
                self.succeed(*run, "--output", "whole.h5")
                self.succeed(*run, "--until", "0.3", "--output", "states.h5")
                for source, until, output in (("states.h5", ["--until", "0.6"], "later.h5"), ("later.h5", ["--until", "0.8"], "last.h5"),
                                              ("last.h5", [], "end.h5")):
                    self.succeed("sample", "--quiet", "--threads", "1", "--continue", source, *until, "--output", output, "--overwrite")
                self.assertTrue(self.compare("end.h5", "whole.h5"))

    @needs_h5py
    def test_ranks_and_interruptions_do_not_matter(self):
        run = [*FREE, "--samples", "20", "--batch", "4"]
        go_on = ["sample", "--quiet", "--threads", "1", "--continue", "states.h5", "--output", "end.h5"]
        self.succeed(*run, "--output", "whole.h5")
        self.succeed(*run, "--until", "0.5", "--output", "alone.h5")
        self.assertEqual(self.run_stint(*run, "--until", "0.5", "--output", "states.h5", "--time-limit", "0", ranks=2).returncode, 75)
        self.succeed(*run, "--until", "0.5", "--output", "states.h5", "--resume", ranks=2)
        self.assertTrue(self.compare("states.h5", "alone.h5"))
        same = "a, b = (h5py.File(n)['solver/memory'][()] for n in ('states.h5', 'alone.h5')); print((a == b).all(), a.shape)"
        self.assertEqual(self.python("import h5py; " + same), "True (20, 5, 80)")
        self.assertEqual(self.run_stint(*go_on, "--time-limit", "0").returncode, 75)
        self.succeed(*go_on, "--resume", ranks=2)
        self.assertTrue(self.compare("end.h5", "whole.h5"))
        self.assertEqual(self.files(), ["alone.h5", "end.h5", "states.h5", "whole.h5"])
        # Batches as such do not matter where the drift rounds alike in all of them.
        self.succeed(*run, "--batch", "9", "--output", "nines.h5")
        self.succeed(*go_on, "--batch", "9", "--overwrite")
        self.assertEqual(self.compare("end.h5", "whole.h5"), self.compare("nines.h5", "whole.h5"))

    @needs_h5py
    def test_a_model_goes_on_and_another_is_refused(self):
        self.hmc("data.h5", lattice="8x8")
        train = "train --data data.h5 --steps 3 --batch 8 --levels 1 --channels 8 --operators mixed --quiet --threads 1".split()
        self.succeed(*train, "--output", "model.h5")
        self.succeed(*train, "--seed", "2", "--output", "other.h5")
        run = "sample --model model.h5 --samples 5 --batch 3 --quiet --threads 1 --steps 6".split()
        self.succeed(*run, "--output", "whole.h5")
        self.succeed(*run, "--until", "0.5", "--output", "states.h5")
        go_on = "sample --continue states.h5 --quiet --threads 1 --output end.h5".split()
        self.refuse(2, "--continue states.h5: its model is another one", *go_on, "--model", "other.h5")
        (self.folder / "model.h5").rename(self.folder / "moved.h5")
        self.succeed(*go_on, "--model", "moved.h5")
        self.assertTrue(self.compare("end.h5", "whole.h5"))
        # Sites: this model knows their operators; one for scalars alone does not.
        self.python(STROKE)
        self.succeed(*go_on, "--model", "moved.h5", "--overwrite")
        row = "import h5py; print(h5py.File('end.h5')['configurations'][:, 2, 1:6].tolist())"
        self.assertEqual(self.python(row), str([[-1.0, -0.5, 0.0, 0.5, 1.0]] * 5))
        self.succeed(*[word if word != "mixed" else "scalar" for word in train], "--output", "scalar.h5")
        self.succeed(*[word if word != "model.h5" else "scalar.h5" for word in run], "--until", "0.5", "--output", "states.h5", "--overwrite")
        self.python(STROKE)
        self.refuse(2, "trained for the operators scalar:1, none of the family 'site'", *go_on, "--overwrite")


class Edits(Continuing):
    def states(self, *arguments):
        self.succeed(*FREE, *arguments, "--output", "states.h5", "--overwrite")

    def go_on(self, *arguments):
        self.succeed("sample", "--continue", "states.h5", "--quiet", "--threads", "1", "--output", "end.h5", "--overwrite", *arguments)

    @needs_h5py
    def test_edited_sites_keep_their_bits(self):
        for task in ([], ["--task", "sequential", "--order", "columns:4", "--overlap", "0.5"], ["--curve", "trigonometric"]):
            for solver in ("multistep", "sde2", "rk4"):
                with self.subTest(solver, task=task):
                    self.states("--samples", "6", "--batch", "4", "--solver", solver, "--steps", "6", "--until", "0.5", *task)
                    self.python(STROKE)
                    self.go_on("--json", "end.json")
                    found = self.python("import h5py; x = h5py.File('end.h5')['configurations']; print(x[:, 2, 1:6].tolist(), abs(x[()]).max() < 5)")
                    self.assertEqual(found, f"{[[-1.0, -0.5, 0.0, 0.5, 1.0]] * 6} True")
                    self.assertEqual(json.loads((self.folder / "end.json").read_text())["edited"], 6)

    @needs_h5py
    def test_configurations_are_edited_one_by_one(self):
        run = ["--samples", "6", "--batch", "6", "--steps", "8"]
        self.succeed(*FREE, *run, "--output", "whole.h5")
        self.states(*run, "--until", "0.5")
        self.python("""
import h5py, numpy as np
with h5py.File('states.h5', 'r+') as f:
    alpha = np.broadcast_to(f['alpha'][()], (6, 8, 8)).astype(np.float32)
    alpha[1, 0, 0] = 0
    f['configurations'][1, 0, 0] = 0.75
    f['configurations'][4] *= -1                       # another state, the same alpha
    del f['alpha']
    f['alpha'] = alpha
""")
        self.go_on("--json", "end.json")
        self.python("""
import h5py
a, b = (h5py.File(name)['configurations'][()] for name in ('whole.h5', 'end.h5'))
assert b[1, 0, 0] == 0.75
others = [0, 2, 3, 5]
assert abs(a - b)[others].max() < 1e-5, abs(a - b)[others].max()   # the batch is a smaller one
assert abs(a + b)[4].max() < 0.2, abs(a + b)[4].max()              # the law is even; the solver began anew
assert abs(a - b)[1].max() > 0.1
""")
        self.assertEqual(json.loads((self.folder / "end.json").read_text())["edited"], 2)

    @needs_h5py
    def test_channels_share_their_sites(self):
        self.python("import numpy as np; np.save('x.npy', np.random.default_rng(1).uniform(-1, 1, (64, 3, 8, 8)).astype(np.float32))")
        self.succeed("import", "--npy", "x.npy", "--layout", "chw", "--range=-1,1", "--output", "x.h5", "--quiet")
        self.succeed(*"train --data x.h5 --steps 2 --batch 8 --levels 1 --channels 8 --operators mixed --quiet --output model.h5".split())
        self.succeed(*"sample --model model.h5 --samples 4 --until 0.5 --quiet --output states.h5".split())
        edit = """
import h5py, numpy as np
with h5py.File('states.h5', 'r+') as f:
    alpha = np.array(np.broadcast_to(f['alpha'][()], (4, 3, 8, 8)))
    alpha[2, CHANNELS, 4, 4:] = 0
    f['configurations'][2, :, 4, 4:] = 0.25
    del f['alpha']
    f['alpha'] = alpha
"""
        self.python(edit.replace("CHANNELS", ":"))
        self.go_on()
        found = "import h5py; x = h5py.File('end.h5')['configurations'][:, :, 4, 4:]; print((x[2] == 0.25).all(), (x[1] == 0.25).any())"
        self.assertEqual(self.python(found), "True False")
        self.succeed(*"sample --model model.h5 --samples 4 --until 0.5 --quiet --output states.h5 --overwrite".split())
        self.python(edit.replace("CHANNELS", "1"))
        self.refuse(2, "/alpha differs between the channels of a site", "sample", "--continue", "states.h5", "--output", "other.h5")

    @needs_h5py
    def test_the_law_after_an_edit(self):
        self.states("--samples", "1500", "--batch", "500", "--solver", "sde2", "--steps", "48", "--schedule", "uniform", "--until", "0.25")
        self.python("""
import h5py
with h5py.File('states.h5', 'r+') as f:
    f['configurations'][()] = f['configurations'][0]
    f['configurations'][:, 3, 3] = 1.5
    f['configurations'][:, 3, 5] *= 0.5
    f['alpha'][3, 3], f['alpha'][3, 5] = 0, f['alpha'][3, 5] / 2
    f['configurations'][...] = f['configurations'][0]
""")
        self.go_on("--seed", "1")
        mean, variance, chi2, moved, _ = map(float, self.python(LAW).split())
        self.assertLess(mean, 4)
        self.assertLess(variance, 4)
        self.assertLess(abs(chi2 - 1), 0.8)
        self.assertGreater(moved, 0.1)

    @needs_h5py
    def test_an_edit_lasts_over_another_stop(self):
        self.states("--samples", "6", "--steps", "8", "--until", "0.25")
        self.python(STROKE)
        self.go_on()  # to the end at once
        (self.folder / "end.h5").rename(self.folder / "at-once.h5")
        self.succeed("sample", "--continue", "states.h5", "--until", "0.6", "--quiet", "--output", "later.h5")
        (self.folder / "later.h5").rename(self.folder / "states.h5")
        found = self.python("import h5py; f = h5py.File('states.h5'); print(f['configurations'][3, 2, 1:6].tolist(), f['alpha'][2, 1:6].max(), "
                            "f['beta'][2, 1], f['alpha'][0, 0] > 0, 'solver/memory' in f)")
        self.assertEqual(found, "[-1.0, -0.5, 0.0, 0.5, 1.0] 0.0 1.0 True False")
        self.go_on()
        self.python("""
import h5py
a, b = (h5py.File(name)['configurations'][()] for name in ('at-once.h5', 'end.h5'))
assert (b[:, 2, 1:6] == a[:, 2, 1:6]).all()
assert abs(a - b).max() < 0.05, abs(a - b).max()     # the memory begins anew at the second stop
""")

    @needs_h5py
    def test_relaxation_holds_the_edited_sites(self):
        self.states("--samples", "6", "--until", "0.5")
        self.python(STROKE)
        self.go_on("--relax", "2")
        found = self.python("import h5py; f = h5py.File('end.h5'); print(f['configurations'][:, 2, 1:6].tolist(), f.attrs['relax_unmoved'])")
        self.assertEqual(found, f"{[[-1.0, -0.5, 0.0, 0.5, 1.0]] * 6} 0")

    @needs_h5py
    def test_the_tilt_may_change(self):
        self.states("--samples", "400", "--until", "0.2")
        self.go_on("--field", "0.3")
        mean = float(self.python("import h5py; print(h5py.File('end.h5')['configurations'][()].mean())"))
        self.assertAlmostEqual(mean, 0.3 / (2 * 0.5), delta=0.15)  # most of <phi> = h / (2 m2) forms after t = 0.2
        # The schedule follows k2. States stay on the path where they are, and are not taken for edited ones.
        self.states("--samples", "400", "--until", "0.1")
        self.go_on("--quadratic", "-1.5", "--json", "end.json")
        phi2 = float(self.python("import h5py; print((h5py.File('end.h5')['configurations'][()]**2).mean())"))
        exact = float(self.python("""
import numpy as np
p = 4 * np.sin(np.pi * np.arange(8) / 8)**2
print((1 / (2 * (p[:, None] + p + 2.0))).mean())"""))
        self.assertAlmostEqual(phi2 / exact, 1, delta=0.05)
        self.assertEqual(json.loads((self.folder / "end.json").read_text())["edited"], 0)

    @needs_h5py
    def test_a_run_repeats_from_its_options(self):
        self.states("--samples", "6", "--until", "0.5")
        self.go_on()
        self.write("again.ini", self.python("import h5py; print(h5py.File('end.h5').attrs['options'])").replace("output=end.h5", "output=again.h5"))
        self.succeed("sample", "--config", "again.ini")
        self.assertTrue(self.compare("again.h5", "end.h5"))

    def test_states_can_be_looked_at(self):
        self.states("--samples", "6", "--until", "0.5")
        self.assertIn("states on their way from noise to data", self.succeed("info", "states.h5", "--verify"))
        self.succeed("export", "states.h5", "--npy", "states.npy")
        said = self.succeed(*[word for word in FREE if word != "--quiet"], "--samples", "6", "--until", "0.52", "--output", "states.h5", "--overwrite")
        self.assertIn("at knot 6 of 12, t = 0.5, the nearest to --until 0.52; go on with stint sample --continue states.h5", said)
        self.assertIn("from knot 6 of 12, t = 0.5; 0 of 6 states were changed",
                      self.succeed("sample", "--continue", "states.h5", "--output", "end.h5"))


class Refusals(Continuing):
    def setUp(self):
        super().setUp()
        self.succeed(*FREE, "--samples", "6", "--until", "0.5", "--output", "states.h5")

    def test_options(self):
        run = [*FREE, "--samples", "6", "--output", "out.h5"]
        for until in ("0", "1", "-0.5", "7"):
            self.refuse(2, f"--until is {until}, expected more than 0 and less than 1, the stages of the path", *run, "--until", until)
        self.refuse(2, "take more --steps", *run, "--until", "0.5", "--steps", "1", "--schedule", "uniform")
        for option in (["--weights"], ["--relax", "2"], ["--frames", "f.h5"], ["--estimate", "mean"]):
            self.refuse(2, f"{option[0]} does not go with --until", *run, "--until", "0.5", *option)
        go_on = ["sample", "--continue", "states.h5", "--output", "out.h5"]
        self.refuse(2, "--until 0.2 is not after the states of states.h5, which are at knot 6 of 12", *go_on, "--until", "0.2")
        self.refuse(2, "--steps is 6, but states.h5 was made with 12: leave it out", *go_on, "--steps", "6")
        self.refuse(2, "--seed is 2, but states.h5 was made with 1: leave it out", *go_on, "--seed", "2")
        self.refuse(2, "--samples is 5, but states.h5 was made with 6", *go_on, "--samples", "5")
        self.refuse(2, "--weights is density, but states.h5 was made with false", *go_on, "--weights")
        self.refuse(2, "--frames is given, but states.h5 was made without it", *go_on, "--frames", "f.h5")
        self.refuse(2, "--output states.h5 is the same file as --continue states.h5", "sample", "--continue", "states.h5", "--output", "states.h5", "--overwrite")
        self.refuse(1, "lost.h5", "sample", "--continue", "lost.h5", "--output", "out.h5")

    def test_states_are_no_data(self):
        self.hmc("data.h5", lattice="8x8")
        words = "has states on their way from noise to data, no configurations"
        for arguments in (["measure", "states.h5"], ["train", "--data", "states.h5", "--output", "out.h5"],
                          ["compare", "data.h5", "states.h5"], ["join", "data.h5", "states.h5", "--output", "out.h5"],
                          ["hmc", "--quiet", "--lattice", "8x8", "--chains", "4", "--start", "states.h5", "--output", "out.h5"],
                          [*FREE, "--task", "inpaint", "--mask", "random:0.5", "--known", "states.h5", "--output", "out.h5"]):
            with self.subTest(arguments[0]):
                self.refuse(1, words, *arguments)
        self.refuse(1, "data.h5: has format 'stint-ensemble', expected states of sample --until", "sample", "--continue", "data.h5",
                    "--output", "out.h5")

    @needs_h5py
    def test_edits_that_make_no_sense(self):
        cases = {
            "/alpha is 0.9 in configuration 0, site (1, 2), expected 0 to": "f['alpha'][1, 2] = 0.9",
            "/alpha is -0.1 in configuration 0, site (1, 2)": "f['alpha'][1, 2] = -0.1",
            "/alpha is nan": "f['alpha'][1, 2] = float('nan')",
            "/beta was changed in configuration 0, site (1, 2); it follows from /alpha": "f['beta'][1, 2] = 0.9",
            "/alpha has the shape (4, 4)": "del f['alpha']; f['alpha'] = np.zeros((4, 4))",
            "configuration 3 (counted from 0) has a NaN": "f['configurations'][3, 0, 0] = float('nan')",
            "/chain does not have one number for each of the 5 configurations": "x = f['configurations'][:5]; del f['configurations']; f['configurations'] = x",
            "its knot is 40": "f.attrs['knot'] = 40",
            "its path has 99 steps": "f.attrs['knots'] = 99",
        }
        whole = (self.folder / "states.h5").read_bytes()
        for words, edit in cases.items():
            with self.subTest(words):
                (self.folder / "edit.h5").write_bytes(whole)
                self.python(f"import h5py, numpy as np\nwith h5py.File('edit.h5', 'r+') as f:\n    {edit}\n")
                result = self.run_stint("sample", "--continue", "edit.h5", "--output", "out.h5")
                self.assertIn(result.returncode, (1, 2))
                self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
                self.assertIn(words, result.stderr)
                self.assertNotIn("out.h5", self.files())
        self.succeed(*FREE, "--samples", "6", "--task", "multiscale", "--until", "0.5", "--output", "modes.h5")
        self.python("import h5py; f = h5py.File('modes.h5', 'r+'); f['alpha'][0, 0] = 0")
        self.refuse(2, "/alpha was changed, but the operators of its task are diagonal in the basis 'fourier'", "sample", "--continue",
                    "modes.h5", "--output", "out.h5")

    def test_damaged_files(self):
        whole = (self.folder / "states.h5").read_bytes()
        for size in (0, 100, len(whole) // 2, len(whole) - 1):
            (self.folder / "cut.h5").write_bytes(whole[:size])
            self.refuse(1, "cut.h5", "sample", "--continue", "cut.h5", "--output", "out.h5")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
