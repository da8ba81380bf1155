"""Runs of stint hmc as on a cluster: python3 hmc_run_test.py STINT MPIEXEC [GROUP...]"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import unittest

from program_test import PATIENCE, STINT, ProgramTest, needs_h5py, tiny

MODEL = str(pathlib.Path(__file__).parents[2] / "models" / "phi4-l32.h5")
ALGORITHMS = {
    "hmc": ["--integrator", "omelyan", "--jitter", "0.3", "--tune"],
    "fourier": ["--algorithm", "fourier", "--fourier-mass2", "0.5", "--integrator", "omelyan4", "--tune", "--target-acceptance", "0.9"],
    "cluster": ["--algorithm", "cluster", "--cluster-sweeps", "2", "--tune"],
}
DATASETS = """
import h5py, sys
def datasets(name):
    found = {}
    h5py.File(name).visititems(lambda path, item: found.update({path: item[()].tobytes()}) if hasattr(item, 'dtype') else None)
    return found
"""


class HmcRun(ProgramTest):
    def assert_same(self, *names):
        """All datasets of these files are equal; there are nine, and four names of axes."""
        self.assertEqual(self.python(DATASETS + "print(all(datasets(name) == datasets(sys.argv[1]) for name in sys.argv[2:]), "
                                                "len(datasets(sys.argv[1])))", *names), "True 13")

    def attributes(self, name):
        self.succeed("info", name, "--json", f"{name}.json", "--overwrite", "--quiet")
        return json.loads((self.folder / f"{name}.json").read_text())

    def stop(self, *arguments, ranks=None, **changes):
        """A run that stops after its first trajectory."""
        result = self.run_stint(*tiny("--output", "out.h5", "--time-limit", "0", *arguments, **changes), ranks=ranks)
        self.assertEqual(result.returncode, 75, result.stderr)
        self.assertEqual(result.stderr.count("stint hmc: "), 1, result.stderr)
        self.assertIn("continue with --resume", result.stderr)
        return result


class Layouts(HmcRun):
    """Ranks and threads do not matter."""

    @needs_h5py
    def test_same_bytes_for_any_ranks_and_threads(self):
        for precision in ("single", "double"):
            for name, options in ALGORITHMS.items():
                with self.subTest(precision=precision, algorithm=name):
                    files = []
                    # 40 chains are three groups; 20 are two, so that of three ranks one has none.
                    chains, layouts = (40, ((1, 2), (1, 3), (2, 1), (3, 2))) if precision == "single" else (20, ((2, 2), (3, 1)))
                    for ranks, threads in ((1, 1), *layouts):
                        files.append(f"{precision}-{name}-{ranks}-{threads}.h5")
                        self.succeed(*tiny("--output", files[-1], "--precision", precision, *options, threads=threads, chains=chains,
                                           thermalize=20), ranks=None if ranks == 1 else ranks)
                    self.assert_same(*files)
                    steps = {self.attributes(file)["step_size"] for file in files}
                    self.assertEqual(len(steps), 1)
                    self.assertNotEqual(steps, {0.07})


class Stops(HmcRun):
    @needs_h5py
    def test_stopped_and_resumed_equals_uninterrupted(self):
        for name, options in ALGORITHMS.items():
            with self.subTest(name):
                self.hmc(f"{name}.h5", *options, thermalize=20)
                for _ in range(3):  # in thermalisation, on one rank or two
                    self.stop("--resume", *options, thermalize=20)
                    self.stop("--resume", *options, ranks=2, thermalize=20)
                self.assertEqual([path.name for path in (self.folder / "out.h5.parts").iterdir() if path.suffix != ".h5"], [])
                self.stop("--resume", *options, ranks=3, thermalize=20)
                self.succeed(*tiny("--output", "out.h5", "--resume", *options, threads=2, thermalize=20))
                self.assert_same(f"{name}.h5", "out.h5")
                self.assertNotIn("out.h5.parts", self.files())
                ours, whole = self.attributes("out.h5"), self.attributes(f"{name}.h5")
                for number in ("acceptance", "exp_minus_delta_h", "virial", "r_hat_action", "tau_int_action", "step_size", "steps",
                               "force_evaluations"):
                    self.assertEqual(ours[number], whole[number], number)
                (self.folder / "out.h5").unlink()

    def test_signals(self):
        for ranks, number in ((None, signal.SIGTERM), (None, signal.SIGINT), (None, signal.SIGUSR1), (2, signal.SIGUSR1)):
            with self.subTest(number, ranks=ranks):
                launcher = [] if ranks is None else [sys.argv[2], "-n", str(ranks), "--oversubscribe"]
                run = tiny("--output", "out.h5", "--resume", "--checkpoint-every", "0.02", trajectories=6_000_000)
                process = subprocess.Popen([*launcher, STINT, *run], cwd=self.folder, stderr=subprocess.PIPE, text=True)
                while process.poll() is None and not (self.folder / "out.h5.parts/state.h5").exists():
                    time.sleep(0.01)
                process.send_signal(number)
                said = process.communicate(timeout=30 * PATIENCE)[1]
                self.assertEqual(process.returncode, 75, said)
                self.assertIn("continue with --resume", said)
                self.assertEqual(self.files(), ["out.h5.parts"])
                shutil.rmtree(self.folder / "out.h5.parts")

    def test_one_run_at_a_time(self):
        run = tiny("--output", "out.h5", trajectories=6_000_000)
        process = subprocess.Popen([STINT, *run], cwd=self.folder, stderr=subprocess.DEVNULL)
        try:
            while process.poll() is None and not list(self.folder.glob("out.h5.parts/part-*")):
                time.sleep(0.01)
            for options in ([], ["--resume"], ["--overwrite"]):
                with self.subTest(options):
                    result = self.run_stint(*run, *options)
                    self.assertEqual((result.returncode, result.stderr.count("\n")), (1, 1), result.stderr)
                    self.assertIn("another run is writing", result.stderr)
            self.assertIsNone(process.poll())
            self.assertTrue(list(self.folder.glob("out.h5.parts/part-*")))
        finally:
            process.kill()
            process.wait()

    def test_resume_with_nothing_to_resume(self):
        self.hmc("out.h5", "--resume", "--json", "out.json")
        whole = (self.folder / "out.h5").read_bytes()
        # A run that is done says so and does nothing, and writes the JSON file that a kill may have left unwritten.
        first = json.loads((self.folder / "out.json").read_text())
        (self.folder / "out.json").unlink()
        (self.folder / "out.h5.parts").mkdir()
        arguments = [word for word in tiny("--output", "out.h5", "--resume", "--json", "out.json") if word != "--quiet"]
        for _ in range(2):
            self.assertIn("out.h5 is complete already", self.succeed(*arguments))
            self.assertEqual((self.folder / "out.h5").read_bytes(), whole)
            self.assertEqual(json.loads((self.folder / "out.json").read_text()), first)
            self.assertEqual(self.files(), ["out.h5", "out.json"])
        self.refuse(2, "--mass2 -4, not -3", *arguments, "--mass2", "-3")

    def test_resume_refuses_another_run(self):
        self.stop(thermalize=20)
        cases = {
            "--seed 1, not 2": ["--seed", "2"],
            "--mass2 -4, not -3": ["--mass2", "-3"],
            "--hopping-lambda absent, not 0.1": ["--kappa", "0.2", "--hopping-lambda", "0.1"],
            "--step-size 0.07, not 0.05": ["--step-size", "0.05"],
            "--precision single, not double": ["--precision", "double"],
            "--algorithm hmc, not cluster": ["--algorithm", "cluster"],
            "--integrator leapfrog, not omelyan": ["--integrator", "omelyan"],
            "--tune false, not true": ["--tune"],
            "--start hot, not cold": ["--start", "cold"],
            "--jitter 0, not 0.1": ["--jitter", "0.1"],
        }
        for words, arguments in cases.items():
            with self.subTest(words):
                self.refuse(2, words, *tiny("--output", "out.h5", "--resume", *arguments, thermalize=20))
        self.refuse(2, "--chains 20, not 21", *tiny("--output", "out.h5", "--resume", chains=21, thermalize=20))
        self.refuse(2, "--lattice 4x4, not 4x6", *tiny("--output", "out.h5", "--resume", lattice="4x6", thermalize=20))
        self.refuse(1, "unfinished run", *tiny("--output", "out.h5"))
        self.hmc("out.h5", "--overwrite", "--seed", "3")
        self.assertEqual(self.files(), ["out.h5"])

    @needs_h5py
    def test_damaged_parts(self):
        def state_is(text):
            self.python(f"import h5py; file = h5py.File('out.h5.parts/state.h5', 'r+'); {text}")

        resume = tiny("--output", "out.h5", "--resume")
        self.stop()
        state_is("file.attrs['parts'] = 1")
        self.refuse(1, "part-000001.h5: is missing", *resume)
        state_is("file.attrs['parts'] = 0; del file['sums']; file['sums'] = [[1.0]]")
        self.refuse(1, "other shapes", *resume)
        state_is("file.attrs['format_version'] = 99")
        self.refuse(1, "version 99", *resume)
        (self.folder / "out.h5.parts/state.h5").write_text("nothing")
        self.refuse(1, "state.h5: not an HDF5 file", *resume)

    def test_info_knows_parts(self):
        self.run_stint(*tiny("--output", "out.h5", "--checkpoint-every", "1e-9", trajectories=6_000_000), "--time-limit", "0.3")
        for name, words in (("state.h5", "checkpoint of an unfinished run"), ("part-000001.h5", "part of an unfinished run")):
            self.assertIn(words, self.succeed("info", f"out.h5.parts/{name}"))
            self.refuse(1, "expected an ensemble", "measure", f"out.h5.parts/{name}")


class Start(HmcRun):
    @needs_h5py
    def test_chains_go_on_as_if_never_stopped(self):
        self.hmc("whole.h5", trajectories=12)
        self.hmc("first.h5", trajectories=8)
        self.hmc("second.h5", "--start", "first.h5", thermalize=0, trajectories=4)
        self.assertEqual(self.python("""
import h5py
whole, second = h5py.File('whole.h5'), h5py.File('second.h5')
print(all((whole[name][40:] == second[name][:]).all() for name in ('configurations', 'chain', 'trajectory')),
      all((whole['history'][name][8:] == second['history'][name][:]).all() for name in whole['history']))
"""), "True True")

    @needs_h5py
    def test_from_another_mass_precision_and_number_of_chains(self):
        self.hmc("first.h5", "--mass2", "-3", "--precision", "double")
        for name, ranks in (("one.h5", None), ("two.h5", 2)):
            self.succeed(*tiny("--start", "first.h5", "--output", name, chains=50), ranks=ranks)
        self.assert_same("one.h5", "two.h5")
        self.assertEqual(self.python("import h5py; print(h5py.File('one.h5')['trajectory'][0])"), str(17 + 5 + 4))

    @needs_h5py
    def test_the_order_of_the_ensemble_does_not_matter(self):
        self.hmc("first.h5", trajectories=8)
        self.python("""
import h5py, numpy
with h5py.File('first.h5') as first, h5py.File('by_chain.h5', 'w') as other:
    order = numpy.lexsort((first['trajectory'][:], first['chain'][:]))
    for name in ('configurations', 'chain', 'trajectory'):
        other[name] = first[name][:][order]
    other.attrs.update(first.attrs)
""")
        for name in ("first", "by_chain"):
            self.hmc(f"{name}_on.h5", "--start", f"{name}.h5", thermalize=0, trajectories=4)
        self.assert_same("first_on.h5", "by_chain_on.h5")

    def test_refusals(self):
        self.hmc("first.h5")
        out = ["--output", "out.h5", "--start"]
        self.refuse(2, "60 configurations, too few for --chains 61", *tiny(*out, "first.h5", chains=61))
        self.refuse(2, "its lattice is 4x4, but --lattice is 4x6", *tiny(*out, "first.h5", lattice="4x6"))
        self.refuse(1, "none.h5: No such file", *tiny(*out, "none.h5"))
        self.write("text.h5", "nothing")
        self.refuse(1, "text.h5: not an HDF5 file", *tiny(*out, "text.h5"))


class Checks(HmcRun):
    def test_the_example_in_three_dimensions_ends_well(self):
        # That of README on a smaller lattice: chains of both signs agree.
        result = self.run_stint(*"hmc --lattice 8x8x8 --kappa 0.18 --hopping-lambda 0.02 --algorithm auto --step-size 0.04 --steps 18 "
                                "--chains 64 --output 3d.h5 --json 3d.json".split())
        self.assertEqual((result.returncode, "warning" in result.stderr), (0, False), result.stderr)
        self.assertLess(json.loads((self.folder / "3d.json").read_text())["r_hat"]["magnetisation"], 1.1)

    @needs_h5py
    def test_reported_numbers_are_those_of_the_history(self):
        self.hmc("out.h5", lattice="6x6", trajectories=101, thermalize=20)
        found = json.loads(self.python("""
import h5py, json, numpy
file = h5py.File('out.h5')
history = {name: item[:].astype(float) for name, item in file['history'].items()}
def mean(values):
    return [values.mean(), values.mean(axis=0).std(ddof=1) / values.shape[1]**0.5]
def r_hat(values):  # Vehtari et al., arXiv:1903.08008, eqs. 1 to 4; the middle one of 101 is left out
    halves = numpy.concatenate([values[:50], values[51:]], axis=1)
    between, within = 50 * halves.mean(axis=0).var(ddof=1), halves.var(axis=0, ddof=1).mean()
    return ((49 / 50 * within + between / 50) / within)**0.5
expected = {
  'acceptance': history['accepted'].mean(), 'exp_minus_delta_h': mean(numpy.exp(-history['delta_h'])), 'virial': mean(history['virial']),
  'r_hat_magnetisation': r_hat(history['magnetisation']), 'r_hat_magnetisation_squared': r_hat(history['magnetisation']**2),
  'r_hat_action': r_hat(history['action'])}
phi = file['configurations'][-20:].astype(float)
m2, lam = file.attrs['mass2'], file.attrs['lambda']
neighbours = sum(numpy.roll(phi, s, axis) for s in (1, -1) for axis in (1, 2))
virial = (phi * (2 * (4 + m2) * phi + 4 * lam * phi**3 - 2 * neighbours)).mean(axis=(1, 2))
print(json.dumps({'differences': {name: abs(numpy.array(value) - file.attrs[name]).max() for name, value in expected.items()},
                  'virial': abs(virial - history['virial'][99]).max()}))
"""))
        for name, difference in found["differences"].items():
            self.assertLess(difference, 1e-9, name)
        self.assertLess(found["virial"], 1e-5)

    def test_the_identities_hold_and_tau_int_is_that_of_measure(self):
        for name, options in ALGORITHMS.items():
            with self.subTest(name):
                self.hmc("out.h5", "--json", "hmc.json", "--overwrite", "--mass2", "-1", *options, chains=64, thermalize=300,
                         trajectories=2000, **{"save-every": 1})
                hmc = json.loads((self.folder / "hmc.json").read_text())
                for identity in ("exp_minus_delta_h", "virial"):
                    value, error = hmc[identity]
                    self.assertLess(abs(value - 1), 4 * error, identity)
                    self.assertLess(error, 0.02, identity)
                self.assertLess(max(hmc["r_hat"].values()), 1.02)
                self.succeed("measure", "out.h5", "--json", "measure.json", "--overwrite", "--quiet")
                measured = json.loads((self.folder / "measure.json").read_text())["observables"]
                for ours, theirs in (("magnetisation", "magnetisation"), ("magnetisation_squared", "magnetisation_squared"),
                                     ("action", "action_density")):
                    self.assertAlmostEqual(hmc["tau_int"][ours][0], measured[theirs]["tau_int"], 3)

    def test_tuning_reaches_the_target(self):
        for target in (0.65, 0.9):
            self.hmc("out.h5", "--overwrite", "--tune", "--target-acceptance", str(target), "--step-size", "0.02", "--steps", "100",
                     lattice="16x16", thermalize=200, trajectories=100, **{"save-every": 100})
            found = self.attributes("out.h5")
            self.assertLess(abs(found["acceptance"] - target), 0.05)
            self.assertAlmostEqual(found["step_size"] * found["steps"], 2, 12)

    def test_tuning_ends_where_no_step_size_is_accepted(self):
        """The energies of these theories are too large for single precision; a step size of 0 would not help."""
        for couplings in (["--lambda", "1e-8"], ["--lambda", "1e-12", "--field", "1e5"]):
            with self.subTest(couplings):
                self.refuse(1, "--tune: of all step sizes", *tiny("--output", "out.h5", *couplings, "--tune", lattice="8x8", chains=16,
                                                                  thermalize=100))
        # A strong field alone is no reason.
        self.hmc("out.h5", "--field", "1e5", "--tune", "--precision", "double", lattice="8x8", chains=16, thermalize=200)
        found = self.attributes("out.h5")
        self.assertLess(abs(found["acceptance"] - 0.65), 0.3)
        self.assertLess(found["steps"], 2000)

    def test_tuning_forgets_a_start_that_makes_no_sense(self):
        for step_size in ("1000", "1e-6"):
            with self.subTest(step_size):
                result = self.run_stint(*tiny("--output", "out.h5", "--overwrite", "--tune", "--step-size", step_size, lattice="8x8", thermalize=200,
                                              trajectories=100))
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertIn(f"--step-size {float(step_size):.3g} is far from", result.stderr)
                found = self.attributes("out.h5")
                self.assertLess(abs(found["acceptance"] - 0.65), 0.15)
                self.assertLess(found["steps"], 100)
                self.assertGreater(found["step_size"] * found["steps"], 0.3)

    @needs_h5py
    def test_what_follows_from_other_options_is_recorded(self):
        arguments = ["hmc", "--lattice", "4x4", "--chains", "16", "--thermalize", "10", "--trajectories", "60", "--algorithm", "auto", "--threads", "1"]
        said = self.run_stint(*arguments, "--output", "out.h5").stderr
        self.assertIn("16 chains on 4x4 by cluster: 10 + 60 trajectories each, saved every 3: 320 configurations", said)
        found = self.attributes("out.h5")
        self.assertEqual((found["save_every"], found["algorithm"]), (3, "cluster"))
        lines = found["options"].splitlines()
        self.assertIn("save-every=3", lines)
        self.assertIn("algorithm=cluster", lines)
        self.assertIn("a twentieth of --trajectories", " ".join(self.succeed("hmc", "--help").split()))
        # The options as a config file repeat the run.
        self.write("again.ini", "".join(line + "\n" for line in lines if not line.startswith("output=")))
        self.succeed("hmc", "--config", "again.ini", "--output", "again.h5")
        self.assert_same("out.h5", "again.h5")

    def test_says_what_it_will_do_and_for_how_long(self):
        run = ["hmc", "--lattice", "16x16", "--chains", "16", "--thermalize", "10", "--threads", "1", "--output", "out.h5", "--overwrite"]
        said = self.run_stint(*run, "--trajectories", "200000").stderr  # above half a second on any machine
        self.assertRegex(said, "info: about [0-9].* for all trajectories")
        self.assertIn("--algorithm cluster (or auto)", said)
        self.assertNotIn("--algorithm cluster (or auto)", self.run_stint(*run, "--trajectories", "20", "--algorithm", "hmc").stderr)
        self.assertNotIn("--algorithm cluster (or auto)", self.run_stint(*run, "--trajectories", "20", "--mass2", "1").stderr)
        self.assertNotIn("info", self.run_stint(*run, "--trajectories", "20", "--quiet").stderr)

    def test_warnings_say_what_to_do(self):
        result = self.run_stint(*tiny("--output", "out.h5", trajectories=60))
        self.assertIn("chains of 60 trajectories are too short: ", result.stderr)
        self.assertIn("give --trajectories", result.stderr)
        self.assertEqual(result.stderr.count("warning"), 1, result.stderr)
        result = self.run_stint(*tiny("--output", "far.h5", "--start", "cold", "--step-size", "0.01", "--steps", "1", lattice="16x16",
                                      thermalize=0))
        self.assertIn("<phi dS/dphi> = ", result.stderr)

    def test_one_warning_for_one_cause(self):
        """What a run cannot be believed for, in one line each, --quiet or not, and nothing for a run that is short but good."""
        run = tiny("--overwrite", lattice="8x8", chains=16, thermalize=100, trajectories=20)
        cases = {
            "acceptance is 0.000: a smaller --step-size": ["--field", "1e5"],
            "acceptance is 0.000: --target-acceptance is 0.0001, and what is good is 0.65": ["--tune", "--target-acceptance", "0.0001"],
            "<phi dS/dphi> = ": ["--tune", "--lambda", "1e12", "--step-size", "1e-6"],
            "<phi dS/dphi> = [0-9.()]*e7, and not 1": ["--tune", "--lambda", "1e12", "--step-size", "1e-6", "--chains", "4"],
        }
        for words, arguments in cases.items():
            with self.subTest(words):
                said = self.run_stint(*run, *arguments, "--output", "out.h5").stderr
                self.assertRegex(said, f"warning: {words}")
                self.assertEqual(said.count("warning"), 1, said)
        said = self.run_stint(*run, "--step-size", "1e-6", "--output", "out.h5").stderr
        self.assertIn("--step-size times --steps is 1e-05: fields hardly move", said)
        good = self.run_stint(*run, "--algorithm", "cluster", "--thermalize", "200", "--trajectories", "200", "--output", "out.h5")
        self.assertEqual(good.stderr, "")

    def test_options_that_do_not_fit(self):
        cases = {
            "goes with --algorithm fourier": ["--fourier-mass2", "1"],
            "needs --fourier-mass2": ["--algorithm", "fourier"],
            "goes with --algorithm cluster": ["--cluster-sweeps", "1"],
            "--model goes with --algorithm blocks": ["--model", "m.h5"],
            "--algorithm blocks needs --model": ["--algorithm", "blocks"],
            "--step-size is of HMC": ["--algorithm", "blocks", "--model", "m.h5", "--step-size", "0.1"],
            "--algorithm blocks needs --precision single": ["--algorithm", "blocks", "--model", "m.h5", "--precision", "double"],
            "--cluster-sweeps is 0": ["--algorithm", "cluster", "--cluster-sweeps", "0"],
            "goes with --tune": ["--target-acceptance", "0.8"],
                        "auto or hmc or fourier or cluster or blocks": ["--algorithm", "wolff"],
            "leapfrog or omelyan or omelyan4": ["--integrator", "euler"],
            "--jitter is 1, expected at least 0 and below 1": ["--jitter", "1"],
            "--checkpoint-every is 0": ["--checkpoint-every", "0"],
            "--time-limit is -1": ["--time-limit", "-1"],
            "--fourier-mass2 is -1, expected more than 0": ["--algorithm", "fourier", "--fourier-mass2", "-1"],
        }
        for words, arguments in cases.items():
            with self.subTest(words):
                self.refuse(2, words, *tiny("--output", "out.h5", *arguments))
        self.refuse(2, "between 0 and 1", *tiny("--output", "out.h5", "--tune", "--target-acceptance", "1", thermalize=20))
        for thermalize in (0, 1, 19):
            self.refuse(2, "--tune works during thermalisation", *tiny("--output", "out.h5", "--tune", thermalize=thermalize))


class Blocks(HmcRun):
    """Blocks drawn by the shipped model of 32x32."""
    OPTIONS = ["--algorithm", "blocks", "--model", MODEL, "--mass2", "-4", "--lambda", "4.572", "--path-steps", "4"]

    def blocks(self, name, *arguments, threads=2, ranks=None, **changes):
        settings = {"lattice": "32x64", "chains": 8, "threads": threads, "thermalize": 0, "trajectories": 3, "save-every": 1} | changes
        words = [str(word) for option, value in settings.items() for word in (f"--{option}", value)]
        return self.run_stint("hmc", *words, *self.OPTIONS, "--output", name, "--quiet", *arguments, ranks=ranks)

    @needs_h5py
    def test_stopped_and_resumed_equals_uninterrupted(self):
        self.assertEqual(self.blocks("whole.h5").returncode, 0)
        self.assertEqual(self.blocks("parts.h5", "--time-limit", "0").returncode, 75)
        self.assertEqual(self.blocks("parts.h5", "--resume").returncode, 0)
        self.assert_same("whole.h5", "parts.h5")
        found = self.attributes("whole.h5")
        self.assertEqual(found["algorithm"], "blocks")
        self.assertGreater(found["acceptance"], 0)
        # Other blocks in every trajectory; a block in each of two windows.
        self.assertEqual(self.python("import h5py, numpy, sys\n"
                                     "phi = h5py.File(sys.argv[1])['configurations'][:].reshape(3, 8, -1)\n"
                                     "print(set(numpy.unique((phi[1:] != phi[:-1]).sum(2))) <= {0, 64, 128})", "whole.h5"), "True")

    def test_what_does_not_fit_is_refused(self):
        for words, changes, arguments in (("has lambda 4.572, expected that of the lattice, 4", {}, ["--lambda", "4"]),
                                          ("--field and --field-map are up to 1", {}, ["--field", "1"]),
                                          ("the lattice 16x64 is smaller than the model's 32x32", {"lattice": "16x64"}, []),
                                          ("blocks have extents from 1 to 28", {}, ["--block", "29x8"]),
                                          ("blocks need 2 extents", {}, ["--block", "8"]),
                                          ("nothing.h5", {}, ["--model", "nothing.h5"])):
            with self.subTest(words):
                result = self.blocks("out.h5", *arguments, **changes)
                self.assertIn(result.returncode, (1, 2))
                self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
                self.assertIn(words, result.stderr)
                self.assertEqual(self.files(), [])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
