"""The program as a user runs it: python3 program_test.py STINT MPIEXEC [GROUP...]

Checks that need h5py run in the Python of scripts/setup.sh (or $STINT_PYTHON) and are skipped, with a word, where that is absent.
"""

import json
import os
import pathlib
import resource
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from patience import PATIENCE

STINT, MPIEXEC = sys.argv[1:3]
os.environ.update(
    OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",  # tests also run in containers
    OMP_WAIT_POLICY="passive",  # and on machines with other work, where threads that spin would wait for each other
)
TINY = {"--lattice": "4x4", "--chains": 20, "--thermalize": 5, "--trajectories": 12, "--save-every": 4, "--threads": 1}
CACHE = pathlib.Path(os.environ.get("STINT_DEPS") or pathlib.Path.home() / ".cache/stint")
PYTHON = os.environ.get("STINT_PYTHON") or str(CACHE / "python/bin/python3")


def python_lacks(module):
    try:
        return subprocess.run([PYTHON, "-c", f"import {module}"], capture_output=True).returncode != 0
    except OSError:
        return True


needs_h5py = unittest.skipIf(python_lacks("h5py"), f"{PYTHON} has no h5py; run scripts/setup.sh")
needs_matplotlib = unittest.skipIf(python_lacks("h5py, matplotlib"), f"{PYTHON} has no matplotlib; run scripts/setup.sh")


def tiny(*arguments, **changes):
    """A run of `stint hmc` that takes no time; tiny(lattice="8x8") changes one of its options."""
    options = TINY | {f"--{name}": value for name, value in changes.items()}
    return ["hmc", "--quiet", *(str(word) for pair in options.items() for word in pair), *arguments]


class ProgramTest(unittest.TestCase):
    """Each test works in an empty folder of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="stint-test-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_stint(self, *arguments, ranks=None, **settings):
        launcher = [] if ranks is None else [MPIEXEC, "-n", str(ranks), "--oversubscribe"]
        return subprocess.run([*launcher, STINT, *arguments], cwd=self.folder, capture_output=True, text=True,
                              timeout=60 * PATIENCE, **settings)

    def succeed(self, *arguments, **settings):
        result = self.run_stint(*arguments, **settings)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def refuse(self, status, words, *arguments):
        """One line on standard error with `words` in it, the exit status, and no file that was not there before."""
        before = self.files()
        result = self.run_stint(*arguments)
        said = f"stint {' '.join(arguments)}: {result.stderr!r}"
        self.assertEqual(result.returncode, status, said)
        self.assertEqual(result.stderr.count("\n"), 1, said)
        self.assertTrue(result.stderr.startswith("stint"), said)
        self.assertIn(words, result.stderr, said)
        self.assertEqual(result.stdout, "", said)
        self.assertEqual(self.files(), before, said)

    def files(self):
        return sorted(path.name for path in self.folder.iterdir())

    def write(self, name, text):
        (self.folder / name).write_text(text)

    def hmc(self, name, *arguments, **changes):
        return self.succeed(*tiny("--output", name, *arguments, **changes))

    def python(self, script, *arguments):
        """The standard output of a script run by the Python with h5py."""
        result = subprocess.run([PYTHON, "-c", script, *arguments], cwd=self.folder, capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout.strip()


class BadInput(ProgramTest):
    def test_options(self):
        cases = {
            "unknown option": ["--mas2", "1"],
            "--mass2 is 'x'": ["--mass2", "x"],
            "--mass2 is 'nan'": ["--mass2", "nan"],
            "--step-size is 0, expected more than 0": ["--step-size", "0"],
            "--steps is 0, expected a number from 1 to 1000000": ["--steps", "0"],
            "--jitter is -1, expected": ["--jitter", "-1"],
            "--kappa is -0.5, expected": ["--kappa", "-0.5", "--hopping-lambda", "0"],
            "lambda = -1 is negative": ["--lambda", "-1"],
            "at least 2 sites": ["--lattice", "1x4"],
            "not a lattice": ["--lattice", "4y4"],
            "1 to 4 directions": ["--lattice", "4x4x4x4x4"],
            "--chains is 0": ["--chains", "0"],
            "--trajectories is 0": ["--trajectories", "0"],
            "--save-every is 7000": ["--save-every", "7000"],
            "--seed is -1": ["--seed", "-1"],
            "--threads is 0": ["--threads", "0"],
            "single or double": ["--precision", "half"],
            "belongs to no option": ["extra"],
            "belong together": ["--kappa", "0.2"],
            "in one form": ["--mu2", "1", "--g", "1", "--mass2", "1"],
            "mass2 - quadratic > 0, not -4": ["--lambda", "0"],
            "No such file": ["--config", "none.ini"],
        }
        for words, arguments in cases.items():
            with self.subTest(words):
                self.refuse(2, words, "hmc", "--output", "out.h5", *arguments)
        self.refuse(2, "--output is missing", "hmc")
        self.refuse(2, "no command", "frobnicate")
        self.refuse(2, "no command")

    def test_config(self):
        for text in ["mass3=1\n", "mass2=x\n", "mass2\n", "[hmc]\nmass3=1\n"]:
            with self.subTest(text):
                self.write("bad.ini", text)
                self.refuse(2, "bad.ini", "hmc", "--output", "out.h5", "--config", "bad.ini")

    def test_outputs(self):
        self.hmc("out.h5")
        whole = (self.folder / "out.h5").read_bytes()
        self.refuse(1, "--overwrite", *tiny("--output", "out.h5"))
        self.refuse(1, "--overwrite", *tiny("--output", "new.h5", "--json", "out.h5"))
        self.refuse(1, "does not exist", *tiny("--output", "none/out.h5"))
        self.refuse(1, "does not exist", "measure", "out.h5", "--json", "none/out.json")
        self.refuse(1, "not a regular file", *tiny("--output", "/dev/null", "--overwrite"))
        self.assertEqual((self.folder / "out.h5").read_bytes(), whole)
        self.hmc("out.h5", "--overwrite", "--seed", "2")
        self.assertNotEqual((self.folder / "out.h5").read_bytes(), whole)

    def test_files(self):
        self.hmc("good.h5")
        self.hmc("other.h5", lattice="4x6")
        good = (self.folder / "good.h5").read_bytes()
        (self.folder / "truncated.h5").write_bytes(good[:-100])
        (self.folder / "half.h5").write_bytes(good[: len(good) // 2])
        self.write("text.h5", "not a file of ours\n")
        self.write("empty.h5", "")
        cases = {"none.h5": "No such file", "truncated.h5": "truncated", "half.h5": "truncated", "text.h5": "not an HDF5 file",
                 "empty.h5": "empty", ".": "not a regular file"}
        for name, words in cases.items():
            for arguments in (["measure", name], ["info", name], ["compare", "good.h5", name], ["compare", name, "good.h5"]):
                with self.subTest(" ".join(arguments)):
                    self.refuse(1, words, *arguments)
        self.refuse(2, "other.h5 is on lattice 4x6, but good.h5 on 4x4", "compare", "good.h5", "other.h5")
        self.refuse(2, "missing", "compare", "good.h5")
        self.refuse(2, "missing", "measure")
        for arguments in (["measure", "good.h5", "./good.h5"], ["compare", "good.h5", "./good.h5"], ["compare", "good.h5", "same.h5", "same.h5"]):
            (self.folder / "same.h5").write_bytes(good)
            self.refuse(2, "given twice", *arguments)

    @needs_h5py
    def test_ensembles_that_are_none(self):
        self.hmc("good.h5")
        damage = {
            "not an ensemble": "del file.attrs['format']",
            "stint-other": "file.attrs['format'] = 'stint-other'",
            "version 99": "file.attrs['format_version'] = 99",
            "incomplete": "file.attrs['complete'] = 0",
            "does not fit the lattice": "file.attrs['lattice'] = [4, 5]",
            "at least 2 sites": "file.attrs['lattice'] = [16, 1]",
            "no dataset '/chain'": "del file['chain']",
            "no dataset '/configurations'": "del file['configurations']",
            "NaN": "file['configurations'][3, 1, 2] = float('nan')",
            "infinite": "file['configurations'][3, 1, 2] = float('inf')",
            "type text, expected numbers": "del file['configurations']; file['configurations'] = [[['a'] * 4] * 4] * 60",
            "'elsewhere.h5' is missing": "layout = h5py.VirtualLayout((60, 4, 4), 'f4'); "
                                         "layout[:] = h5py.VirtualSource('elsewhere.h5', 'x', (60, 4, 4)); "
                                         "del file['configurations']; file.create_virtual_dataset('configurations', layout)",
        }
        script = "import h5py, shutil, sys; shutil.copy('good.h5', 'bad.h5'); file = h5py.File('bad.h5', 'r+'); exec(sys.argv[1])"
        for words, change in damage.items():
            with self.subTest(words):
                self.python(script, change)
                self.refuse(1, words, "measure", "bad.h5")


    @needs_h5py
    def test_kinds_without_an_action(self):
        self.hmc("good.h5")
        self.python("""
import h5py
with h5py.File('good.h5') as good, h5py.File('image.h5', 'w') as image:
    image.attrs.update(format='stint-ensemble', format_version=1, complete=1, kind='image', lattice=[4, 4])
    image['configurations'] = good['configurations'][:].reshape(20, 3, 4, 4)
    image['chain'], image['trajectory'] = range(20), [0] * 20
""")
        self.assertIn("image", self.succeed("info", "image.h5", "--verify"))
        for arguments in (["measure", "image.h5"], ["compare", "good.h5", "image.h5"], ["compare", "image.h5", "good.h5"],
                          tiny("--output", "new.h5", "--start", "image.h5")):
            with self.subTest(" ".join(arguments)):
                self.refuse(1, "image.h5: is of kind 'image', which has no lattice action", *arguments)


class Foreign(ProgramTest):
    """Good ensembles that other programs have written or added to."""

    @needs_h5py
    def test_attributes_and_objects_of_any_type(self):
        self.hmc("out.h5")
        self.python("""
import h5py, numpy
with h5py.File('out.h5', 'r+') as file:
    file.attrs.update(texts=['a', 'b'], empty_text='', truth=True, truths=[True, False], complex=1 + 2j, large=numpy.uint64(2**64 - 1),
                      none=h5py.Empty('f'), short=numpy.float16(0.5), bytes=numpy.bytes_('old'))
    file.attrs['compound'] = numpy.array([(1, 2.0)], dtype=[('n', int), ('x', float)])
    file.attrs['reference'] = file['chain'].ref
    file['mine/texts'] = ['x', 'y']
    file['mine/compound'] = file.attrs['compound']
    file['mine/halves'] = numpy.zeros(3, 'float16')
    file['mine/round'] = file['mine']
    file['mine/top'] = file['/']
    file['elsewhere'] = h5py.ExternalLink('none.h5', '/x')
    file['soft'] = h5py.SoftLink('/chain')
""")
        table = self.succeed("info", "out.h5", "--verbose", "--verify", "--json", "out.json")
        found = json.loads((self.folder / "out.json").read_text())
        self.assertEqual({name: found[name] for name in ("texts", "empty_text", "truth", "truths", "large", "none", "short", "bytes")},
                         {"texts": ["a", "b"], "empty_text": "", "truth": True, "truths": [True, False], "large": 2**64 - 1, "none": None,
                          "short": 0.5, "bytes": "old"})
        self.assertEqual((found["complex"], found["reference"]), ("(compound)", "(reference)"))
        self.assertEqual(found["datasets"]["/mine/halves"], {"type": "float16", "shape": [3]})
        self.assertEqual(found["datasets"]["/elsewhere"], {"link": "none.h5:/x"})
        self.assertEqual(found["datasets"]["/soft"], {"link": "/chain"})
        self.assertNotIn("/mine/round/texts", found["datasets"])
        self.assertIn("link to none.h5:/x", table)
        self.succeed("measure", "out.h5", "--quiet")

    @needs_h5py
    def test_ensembles_of_numpy(self):
        """The same numbers, 0 to 5, in every type, with everything as h5py and others write it."""
        script = """
import h5py, numpy, sys
field = numpy.random.default_rng(1).integers(0, 6, (40, 4, 4))
with h5py.File(sys.argv[1], 'w', libver=(sys.argv[3], sys.argv[3] if sys.argv[3] == 'v110' else 'v110')) as file:
    file.attrs.update(format='stint-ensemble', format_version=numpy.uint8(1), complete=True, lattice=numpy.array([4, 4], 'uint16'),
                      mass2=-4, field=False, quadratic=numpy.float16(0))
    file.attrs['lambda'] = numpy.float32(2)
    text = h5py.h5t.C_S1.copy(); text.set_size(8); text.set_strpad(h5py.h5t.STR_SPACEPAD)
    attribute = h5py.h5a.create(file.id, b'kind', text, h5py.h5s.create(h5py.h5s.SCALAR))
    attribute.write(numpy.array(b'phi4    ', 'S8'), mtype=text)
    if sys.argv[2] == 'virtual':
        with h5py.File('source.h5', 'w') as source:
            source['x'] = field.astype('float32')
        layout = h5py.VirtualLayout((40, 4, 4), 'float32')
        layout[:] = h5py.VirtualSource('source.h5', 'x', (40, 4, 4))
        file.create_virtual_dataset('configurations', layout)
    else:
        file['configurations'] = field.astype(sys.argv[2])
    file['chain'], file['trajectory'] = numpy.zeros(40, 'uint8'), numpy.arange(40, dtype='int16')
"""
        tables = set()
        for libver in ("v110", "earliest"):
            for kind in ("float64", "uint8", "int16", "uint32", "int64", "float16", ">f4", "virtual"):
                if (libver, kind) == ("earliest", "virtual"):
                    continue  # which HDF5 cannot write
                with self.subTest(kind, libver=libver):
                    self.python(script, "x.h5", kind, libver)
                    self.succeed("info", "x.h5", "--verify")
                    tables.add(self.succeed("measure", "x.h5"))
        self.assertEqual(len(tables), 1)


class Results(ProgramTest):
    @needs_h5py
    def test_attributes_are_texts_for_h5py(self):
        self.hmc("out.h5")
        self.assertEqual(self.python("import h5py; a = h5py.File('out.h5').attrs; print(a['kind'] == 'phi4', a['format'] == 'stint-ensemble')"),
                         "True True")

    @needs_h5py
    def test_h5py_reads_what_the_design_promises(self):
        self.hmc("out.h5", "--mass2", "-3", "--history-every", "2")
        text = self.python("""
import h5py, json
file = h5py.File('out.h5')
print(json.dumps({
  'shape': file['configurations'].shape, 'type': str(file['configurations'].dtype), 'checksum': file['configurations'].fletcher32,
  'chain': file['chain'][:].tolist(), 'trajectory': file['trajectory'][::20].tolist(),
  'history': {name: [str(item.dtype), *item.shape] for name, item in file['history'].items()},
  'rows': file['history/trajectory'][:].tolist(),
  'attributes': sorted(file.attrs), 'lattice': file.attrs['lattice'].tolist(), 'mass2': file.attrs['mass2'],
  'magnetisation': abs(file['configurations'][40:].mean(axis=(1, 2)) - file['history/magnetisation'][5]).max().item()}))
""")
        found = json.loads(text)
        self.assertEqual(found["shape"], [60, 4, 4])
        self.assertEqual(found["type"], "float32")
        self.assertTrue(found["checksum"])
        self.assertEqual(found["chain"], list(range(20)) * 3)
        self.assertEqual(found["trajectory"], [9, 13, 17])
        self.assertEqual(found["history"], {"accepted": ["uint8", 6, 20], "action": ["float32", 6, 20],
                                            "delta_h": ["float32", 6, 20], "magnetisation": ["float32", 6, 20],
                                            "trajectory": ["int64", 6], "virial": ["float32", 6, 20]})
        self.assertEqual(found["rows"], [7, 9, 11, 13, 15, 17])
        self.assertEqual(found["lattice"], [4, 4])
        self.assertEqual(found["mass2"], -3)
        self.assertLess(found["magnetisation"], 1e-6)
        for name in ("format format_version complete kind lambda field quadratic command_line seed program_version git_commit "
                     "libraries host ranks start_time end_time").split():
            self.assertIn(name, found["attributes"])

    def test_parametrisations_are_one_theory(self):
        kappa, l = 0.25, 0.0625
        self.hmc("lattice.h5", "--mass2", str((1 - 2 * l) / kappa - 4), "--lambda", str(l / kappa**2))
        self.hmc("hopping.h5", "--kappa", str(kappa), "--hopping-lambda", str(l))
        self.hmc("continuum.h5", "--mu2", str((1 - 2 * l) / kappa - 4), "--g", str(l / kappa**2))
        for name in ("hopping.h5", "continuum.h5"):
            self.succeed("compare", "lattice.h5", name, "--json", f"{name}.json")
            found = json.loads((self.folder / f"{name}.json").read_text())
            self.assertTrue(all(row["z"] == 0 for row in found["others"][0]["observables"].values()))

    def test_a_run_repeats_from_its_options(self):
        self.hmc("first.h5", "--field", "-0.25", "--seed", "11")
        self.succeed("info", "first.h5", "--verify", "--json", "first.json")
        about = json.loads((self.folder / "first.json").read_text())
        self.assertEqual((about["seed"], about["field"], about["complete"], about["ranks"]), (11, -0.25, 1, 1))
        self.write("again.ini", about["options"])
        self.succeed("hmc", "--config", "again.ini", "--output", "second.h5")
        self.succeed("compare", "first.h5", "second.h5", "--json", "compare.json")
        found = json.loads((self.folder / "compare.json").read_text())
        self.assertEqual(found["others"][0]["magnetisation"]["ks_statistic"], 0)

    @needs_h5py
    def test_verify_reads_the_history_too(self):
        self.hmc("out.h5")
        self.python("""
import h5py
with h5py.File('out.h5') as file:
    place = file['history/delta_h'].id.get_chunk_info(0).byte_offset
with open('out.h5', 'r+b') as file:
    file.seek(place)
    file.write(b'damaged!')
""")
        self.succeed("info", "out.h5")
        self.refuse(1, "/history/delta_h", "info", "out.h5", "--verify")

    def test_json(self):
        self.hmc("out.h5", "--json", "hmc.json")
        found = json.loads((self.folder / "hmc.json").read_text())
        self.assertEqual(list(found), ["acceptance", "exp_minus_delta_h", "virial", "r_hat", "tau_int", "algorithm", "integrator", "step_size",
                                       "steps", "force_evaluations", "site_updates_per_second", "seconds"])
        slow = {"magnetisation", "magnetisation_squared", "action"}
        self.assertEqual((set(found["r_hat"]), set(found["tau_int"])), (slow, slow))
        self.assertGreater(found["acceptance"], 0.8)
        table = self.succeed("measure", "out.h5", "--json", "measure.json")
        found = json.loads((self.folder / "measure.json").read_text())
        self.assertEqual(found["configurations"], 60)
        for name in ("magnetisation", "abs_magnetisation", "magnetisation_squared", "susceptibility", "susceptibility_abs",
                     "susceptibility_disconnected", "binder_cumulant", "phi2", "phi4", "nearest_neighbour", "action_density"):
            self.assertLessEqual({"value", "error", "tau_int", "tau_int_error"}, set(found["observables"][name]))
            self.assertIn(name, table)

    @needs_matplotlib
    def test_figure(self):
        self.hmc("a.h5")
        self.hmc("b.h5", "--seed", "2")
        self.succeed("compare", "a.h5", "b.h5", "--plot", "figure.png", "--quiet", env=os.environ | {"STINT_PYTHON": PYTHON})
        self.assertTrue((self.folder / "figure.png").read_bytes().startswith(b"\x89PNG"))
        self.assertEqual(self.files(), ["a.h5", "b.h5", "figure.png"])

    def test_a_figure_that_cannot_be_drawn_is_one_line(self):
        self.hmc("a.h5")
        self.hmc("b.h5", "--seed", "2")
        for name, value, words in (("STINT_PYTHON", "/nowhere/python3", "cannot start"), ("STINT_PLOTS", "/nowhere", "STINT_PLOTS")):
            result = self.run_stint("compare", "a.h5", "b.h5", "--plot", "figure.png", "--quiet", env=os.environ | {name: value})
            self.assertEqual((result.returncode, result.stderr.count("\n")), (1, 1), result.stderr)
            self.assertIn(words, result.stderr)
            self.assertEqual(self.files(), ["a.h5", "b.h5"])

    def test_warning_of_a_poor_step_size(self):
        result = self.run_stint(*tiny("--step-size", "0.6", "--output", "out.h5"))
        self.assertEqual(result.returncode, 0)
        self.assertIn("acceptance", result.stderr)

    def test_what_a_model_is_good_for(self):
        model = str(pathlib.Path(__file__).resolve().parents[2] / "models/phi4-l32.h5")
        lines = self.succeed("info", model).splitlines()
        for line, words in zip(lines, (["phi4 on 32x32", "mass2 -4, lambda 4.572"], ["generate", "inpaint", "multiscale"],
                                       ["--field up to 0.025", "--quadratic -0.06 to 0,", "32x32"], ["held-out loss", "before training"],
                                       [f"stint sample --model {model}"])):
            for word in words:
                self.assertIn(word, line)
        self.assertEqual(lines[5:], ["", "More with --verbose."])
        whole = self.succeed("info", model, "--verbose")
        self.assertEqual(whole.splitlines()[:5], lines[:5])
        self.assertIn("/history/validation_loss", whole)

    @needs_h5py
    def test_a_model_says_no_command_that_is_refused(self):
        models = pathlib.Path(__file__).resolve().parents[2] / "models"
        for change, words in (({"kind": "sequences"}, "it samples the kinds phi4, image, maze, and this model is of kind 'sequences'"),
                              ({"operators": "known:1"}, "stint sample --model odd.h5 --task inpaint --known FILE --mask MASK --output new.h5")):
            self.python("import h5py, json, shutil, sys; shutil.copy(sys.argv[1], 'odd.h5'); "
                        "h5py.File('odd.h5', 'r+').attrs.update(json.loads(sys.argv[2]))", str(models / "phi4-l32.h5"), json.dumps(change))
            self.assertIn(words, self.succeed("info", "odd.h5").splitlines()[4])

    @needs_h5py
    def test_the_virial_shows_wrong_couplings(self):
        """In measure and in train, for what claims to follow the action; <phi dS/dphi> grows with lambda."""
        self.hmc("right.h5", "--algorithm", "cluster", thermalize=50, trajectories=200)
        self.python("import h5py, shutil; shutil.copy('right.h5', 'wrong.h5'); h5py.File('wrong.h5', 'r+').attrs['lambda'] = 6.")
        train = ["train", "--steps", "1", "--batch", "4", "--levels", "1", "--channels", "4", "--quiet", "--output", "m.h5", "--overwrite", "--data"]
        for command in (["measure", "--quiet"], train):
            self.assertNotIn("phi dS/dphi", self.run_stint(*command, "right.h5").stderr)
            self.assertIn("warning: wrong.h5: <phi dS/dphi> is 1.", self.run_stint(*command, "wrong.h5").stderr)
        # A model's samples are for `compare`; theirs hold what is known.
        self.python("import h5py; h5py.File('wrong.h5', 'r+').attrs['evaluations'] = 12.")
        self.assertNotIn("phi dS/dphi", self.run_stint("measure", "--quiet", "wrong.h5").stderr)

    def test_help(self):
        for command in ("hmc", "measure", "compare", "info"):
            text = self.succeed(command, "--help")
            for option in ("--seed", "--threads", "--output", "--json", "--quiet", "--overwrite", "--config"):
                self.assertIn(option, text)
        self.assertIn("hmc", self.succeed("--help"))
        self.assertTrue(self.succeed("--version").startswith("stint "))

    def test_tables_go_to_output(self):
        self.hmc("out.h5")
        printed = self.succeed("measure", "out.h5", "--quiet", "--output", "table.txt")
        self.assertEqual(printed, "")
        self.assertIn("binder_cumulant", (self.folder / "table.txt").read_text())


class Faults(ProgramTest):
    LONG = "hmc --lattice 4x4 --chains 64 --trajectories 900000000 --save-every 100000000 --history-every 1000 --threads 1 --quiet"

    def start_long_run(self, *launcher):
        process = subprocess.Popen([*launcher, STINT, *self.LONG.split(), "--output", "out.h5"], cwd=self.folder,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stderr.close)
        for _ in range(int(200 * PATIENCE)):
            if self.files():
                return process
            time.sleep(0.05)
        process.kill()
        self.fail("the run did not begin: " + process.communicate()[1])

    def test_a_rank_that_dies_ends_the_run(self):
        process = self.start_long_run(MPIEXEC, "-n", "2", "--oversubscribe")
        time.sleep(0.5)
        ranks = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True).stdout.split()
        self.assertEqual(len(ranks), 2)
        os.kill(int(ranks[1]), signal.SIGKILL)
        self.assertNotEqual(process.wait(20 * PATIENCE), 0)
        self.assertEqual(self.files(), ["out.h5.parts"])

    def test_a_full_disk_is_one_line(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

        result = self.run_stint(*tiny("--output", "out.h5", lattice="16x16", chains=64), preexec_fn=limit)
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        self.assertRegex(result.stderr, "out.h5.parts/part-000001.h5: .*cannot (be written|grow)")
        self.assertEqual(self.files(), [])

    def test_errors_under_mpi_are_said_once(self):
        self.write("out.h5", "in the way")
        for status, arguments in ((1, []), (2, ["--step-size", "0"])):
            result = self.run_stint(*tiny("--output", "out.h5", *arguments), ranks=2)
            self.assertEqual(result.returncode, status, result.stderr)
            self.assertEqual(result.stderr.count("stint hmc: "), 1, result.stderr)
        self.assertEqual(self.files(), ["out.h5"])

    def test_commands_for_one_rank_run_once(self):
        self.hmc("a.h5")
        self.hmc("b.h5", "--seed", "2")
        self.assertEqual(self.succeed("info", "a.h5", ranks=2), self.succeed("info", "a.h5"))
        self.assertEqual(self.succeed("join", "a.h5", "b.h5", "--output", "ab.h5", ranks=2).count("120 configurations"), 1)
        result = self.run_stint("info", "none.h5", ranks=2)
        self.assertEqual((result.returncode, result.stderr.count("stint info: none.h5: ")), (1, 1), result.stderr)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
