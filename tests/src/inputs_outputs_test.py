"""Names of files and options as users give them: python3 inputs_outputs_test.py STINT MPIEXEC [GROUP...]"""

import fcntl
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
import unittest

from program_test import PATIENCE, STINT, ProgramTest, needs_h5py, python_lacks, tiny

FREE = "sample --model free-field --lattice 4x4 --samples 8 --steps 2 --threads 1 --quiet".split()
TRAIN = "train --levels 1 --channels 4 --batch 8 --steps 2 --precision fp32 --threads 1 --quiet".split()
OPTIONS = "import h5py, sys; sys.stdout.write(h5py.File(sys.argv[1]).attrs['options'] + '\\n')"
SAME = """
import h5py, sys
a, b = (h5py.File(name) for name in sys.argv[1:])
names = []
a.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
print([name for name in names if name != 'history/samples_per_second' and a[name][()].tobytes() != b[name][()].tobytes()], len(names) > 0)
"""


class DistinctFiles(ProgramTest):
    """An output that is an input, or another output, is refused before anything is done, whatever the spelling."""

    def refuse_all(self, cases):
        for arguments in cases:
            with self.subTest(" ".join(arguments)):
                before = {path: path.read_bytes() for path in self.folder.iterdir() if path.is_file()}
                self.refuse(2, "is the same file as", *arguments, "--overwrite")
                self.assertEqual({path: path.read_bytes() for path in self.folder.iterdir() if path.is_file()}, before)

    def make_files(self):
        self.hmc("v.h5")
        self.write("run.ini", "lambda=1\n")
        (self.folder / "link.h5").symlink_to("v.h5")
        (self.folder / "hard.h5").hardlink_to(self.folder / "v.h5")
        (self.folder / "dangling").symlink_to("new")

    def test_without_models(self):
        self.make_files()
        self.refuse_all([
            ["measure", "v.h5", "--json", "v.h5"],
            ["measure", "v.h5", "--json", "./v.h5"],
            ["measure", "v.h5", "--output", str(self.folder / "v.h5")],
            ["measure", "link.h5", "--json", "v.h5"],
            ["measure", "v.h5", "--json", "link.h5"],
            ["measure", "v.h5", "--output", "hard.h5"],
            ["measure", "v.h5", "--output", "a", "--json", "a"],
            ["measure", "v.h5", "--output", "new", "--json", "dangling"],
            ["info", "v.h5", "--json", "v.h5"],
            ["compare", "v.h5", "hard.h5", "--report", "v.h5"],
            ["compare", "v.h5", "v.h5", "--plot", "a.png", "--json", "a.png"],
            ["compare", "v.h5", "v.h5", "--report", "a.md", "--json", "a.png"],  # the figure of the report
            tiny("--output", "a.h5", "--json", "a.h5"),
            tiny("--output", "a.h5", "--json", "./a.h5"),
            tiny("--output", "v.h5", "--start", "v.h5"),
            tiny("--output", "a.h5", "--config", "run.ini", "--json", "run.ini"),
            tiny("--output", "a.h5", "--json", "a.h5.parts"),
        ])
        self.succeed("measure", "v.h5", "--output", "a.txt", "--json", "a.json")  # others are not in the way

    def test_pictures(self):
        self.hmc("v.h5")
        self.succeed("export", "v.h5", "--limit", "3", "--png", "fold")
        self.refuse(2, "is the same file as --folder fold", "import", "--folder", "fold", "--output", "fold/000000.png", "--overwrite")
        self.refuse(2, "is in the folder of --png", "export", "v.h5", "--png", "fold", "--npy", "fold/000000.png", "--overwrite")
        self.assertEqual(sorted(path.name for path in (self.folder / "fold").iterdir()), ["000000.png", "000001.png", "000002.png"])
        self.succeed("import", "--folder", "fold", "--output", "fold/images.h5", "--quiet")  # no picture

    def test_standard_output_takes_tables_and_numbers_only(self):
        self.hmc("v.h5")
        self.hmc("w.h5", "--seed", "2")
        for arguments in (["compare", "v.h5", "w.h5", "--report", "-"], ["compare", "v.h5", "w.h5", "--plot", "-"], ["measure", "v.h5", "--pyerrors", "-"]):
            self.refuse(2, "'-' is standard output", *arguments)

    def test_an_output_without_a_name_is_refused(self):
        self.hmc("v.h5")
        for arguments in (["measure", "v.h5", "--json", ""], ["compare", "v.h5", "v.h5", "--report", ""], tiny("--output", "")):
            self.refuse(2, "is '', expected the name of a file", *arguments)

    def test_a_full_disk_is_told_for_numbers_on_standard_output(self):
        self.hmc("v.h5")
        self.hmc("w.h5", "--seed", "2")
        for arguments in (["measure", "v.h5", "--series", "--json", "-"], ["compare", "v.h5", "w.h5", "--json", "-"], ["measure", "v.h5", "--json", "-"]):
            with open("/dev/full", "w") as full:
                result = subprocess.run([STINT, *arguments], cwd=self.folder, stdout=full, stderr=subprocess.PIPE, text=True)
            self.assertEqual((result.returncode, "standard output cannot be written" in result.stderr), (1, True), result.stderr)

    def test_too_few_open_files_are_not_a_damaged_file(self):
        self.hmc("v.h5")
        result = subprocess.run(["bash", "-c", 'ulimit -n 6; exec "$0" measure v.h5', STINT], cwd=self.folder, capture_output=True, text=True)
        self.assertIn("set ulimit -n", result.stderr)
        self.assertNotIn("damaged", result.stderr)

    def test_a_command_line_can_be_pasted(self):
        self.hmc("with blank.h5")
        self.assertIn("--output 'with blank.h5'", json.loads(self.succeed("info", "with blank.h5", "--json", "-", "--quiet"))["command_line"])

    def test_a_pipe_is_no_file_of_numbers(self):
        os.mkfifo(self.folder / "pipe")
        for command in ("info", "measure"):
            self.refuse(1, "pipe: not a regular file", command, "pipe")

    @needs_h5py
    def test_texts_of_others_in_any_encoding(self):
        self.hmc("v.h5")
        self.python("import h5py, numpy; h5py.File('v.h5', 'a').attrs['note'] = numpy.bytes_(b'caf\\xff')")
        self.assertIn("caf\ufffd", json.loads(self.succeed("info", "v.h5", "--json", "-", "--quiet"))["note"])

    def test_with_models(self):
        self.make_files()
        self.write("m.h5", "a model")
        self.refuse_all([
            ["sample", "--model", "m.h5", "--output", "m.h5"],
            [*FREE, "--output", "a.h5", "--frames", "a.h5"],
            [*FREE, "--output", "v.h5", "--known", "link.h5"],
            [*FREE, "--output", "v.h5", "--mask", "hard.h5"],
            [*FREE, "--output", "v.h5", "--field-map", "v.h5"],
            [*FREE, "--output", "v.h5", "--field-map", "v.h5:/configurations"],
            ["maze", "plan", "--model", "m.h5", "--layout", "run.ini", "--output", "run.ini"],
            ["import", "--maze", "v.h5", "--layout", "run.ini", "--output", "run.ini"],
            ["adapt", "--model", "m.h5", "--output", "m.h5"],
            ["restore", "--model", "m.h5", "--data", "v.h5", "--output", "v.h5"],
            ["restore", "--model", "m.h5", "--data", "v.h5", "--output", "a.h5", "--json", "./a.h5"],
            ["import", "--npy", "v.h5", "--output", "link.h5"],
            ["export", "v.h5", "--npy", "v.h5"],
            ["train", "--data", "v.h5", "--output", "v.h5"],
            ["train", "--data", "v.h5", "--output", "a", "--json", "a.checkpoint"],
        ])


class Outputs(ProgramTest):
    def test_a_link_stays_and_its_target_is_written(self):
        (self.folder / "disk").mkdir()
        (self.folder / "out.h5").symlink_to("disk/real.h5")
        self.hmc("out.h5")
        self.hmc("out.h5", "--overwrite", "--seed", "2")
        self.assertTrue((self.folder / "out.h5").is_symlink())
        self.assertFalse((self.folder / "disk/real.h5").is_symlink())
        self.succeed("measure", "disk/real.h5")
        (self.folder / "round").symlink_to("round")
        self.refuse(1, "round in a circle", "measure", "out.h5", "--json", "round")

    def test_permissions_stay(self):
        for name, arguments in {"out.h5": tiny("--output", "out.h5"), "out.json": ["measure", "out.h5", "--quiet", "--json", "out.json"]}.items():
            self.succeed(*arguments)
            (self.folder / name).chmod(0o600)
            self.succeed(*arguments, "--overwrite")
            self.assertEqual(stat.S_IMODE((self.folder / name).stat().st_mode), 0o600)

    def test_dash_is_standard_output(self):
        self.hmc("out.h5")
        shutil.copy(self.folder / "out.h5", self.folder / "copy.h5")
        for arguments in (["measure", "out.h5"], ["compare", "out.h5", "copy.h5"], ["info", "out.h5"], tiny("--output", "new.h5")):
            with self.subTest(arguments[0]):
                self.assertIsInstance(json.loads(self.succeed(*arguments, "--json", "-")), dict)
        self.assertIn("binder", self.succeed("measure", "out.h5", "--output", "-"))
        self.assertEqual(self.files(), ["copy.h5", "new.h5", "out.h5"])
        self.refuse(1, "standard output, where this cannot go", *tiny("--output", "-"))

    def test_a_working_folder_that_is_gone(self):
        script = f"mkdir gone && cd gone && rmdir ../gone && exec {STINT} measure x.h5"
        result = subprocess.run(["bash", "-c", script], cwd=self.folder, capture_output=True, text=True)
        self.assertEqual((result.returncode, result.stderr.count("\n")), (1, 1), result.stderr)
        self.assertIn("does not exist any more", result.stderr)


class Configs(ProgramTest):
    def test_lines_that_could_be_misread_are_refused(self):
        for line, words in (('output = "a.h5" b', "expected nothing behind the closing quote"), ('output = "a', "closing quote"),
                            ('output = "a""b.h5"', "closing quote"), ("output=a.h5\rlambda=3\r", "control characters"),
                            ("lambda=3\x004", "control characters")):
            with self.subTest(line):
                (self.folder / "wrong.ini").write_bytes(line.encode())
                self.refuse(2, words, *tiny("--config", "wrong.ini"))
        self.write("right.ini", "[hmc] # a heading\noutput = 'out \"1\".h5' # quotes in quotes\n[sample] ; of another command\nsamples=7\n")
        self.succeed(*tiny("--config", "right.ini"))
        self.assertIn('out "1".h5', self.files())

    def test_headings_that_are_nearly_a_command(self):
        for heading, command in (("Train", "train"), ("trian", "train"), ("hcm", "hmc"), ("HMC", "hmc"), ("default", "defaults")):
            self.write("wrong.ini", f"# a study\n[{heading}]\nlambda=3\n")
            self.refuse(2, f"wrong.ini: line 2 is the heading [{heading}]; did you mean [{command}]?", *tiny("--output", "a.h5", "--config", "wrong.ini"))
        for heading in ("lattice", "run 7", "thermal"):
            self.write("right.ini", f"[{heading}]\nlambda=3\n")
            self.succeed(*tiny("--output", f"{heading}.h5", "--config", "right.ini"))
        self.write("outer.ini", "config=right.ini\n")
        self.refuse(2, "outer.ini: line 1: a config file cannot name another one", *tiny("--output", "a.h5", "--config", "outer.ini"))

    def test_a_pipe_reaches_all_ranks(self):
        for ranks in (None, 2):
            self.succeed(*tiny("--output", f"{ranks}.h5", "--config", "/dev/stdin", chains=40), ranks=ranks, input="lambda=3\n")
        self.assertEqual(self.succeed("measure", "None.h5").split("\n", 2)[2], self.succeed("measure", "2.h5").split("\n", 2)[2])
        self.hmc("other.h5", chains=40)
        self.assertNotEqual(self.succeed("measure", "other.h5").split("\n", 2)[2], self.succeed("measure", "2.h5").split("\n", 2)[2])

    def test_a_file_with_everything(self):
        self.write("run.ini", "\ufeff; theory\n[hmc]\nmass2 = -3 # as in the paper\r\ntune=False\noutput=run#1.h5\nseed=1\nseed=2\n"
                              "[measure]\nthreads=none\n")
        self.succeed(*tiny("--config", "run.ini", "--tune=false", "--lambda", "1", "--lambda", "2"))
        self.assertEqual(self.files(), ["run#1.h5", "run.ini"])
        self.assertIn("-3", self.succeed("info", "run#1.h5"))

    def test_help_says_what_paths_are_relative_to(self):
        self.assertIn("relative to the folder in which stint runs", self.succeed("hmc", "--help"))

    def test_suggestions(self):
        self.refuse(2, "did you mean '--chains'", "hmc", "--output", "a.h5", "--num-chains", "4")
        self.refuse(2, "did you mean '--output'", "hmc", "--outp", "a.h5")
        self.refuse(2, "--lattice needs a value, but --output follows", "hmc", "--lattice", "--output", "a.h5")
        self.assertIn("Usage: stint measure", self.succeed("help", "measure"))
        self.write("help.ini", "help=true\n")
        self.refuse(2, "help is an option of the command line only", *tiny("--output", "a.h5", "--config", "help.ini"))
        self.refuse(2, "one of the arguments is ''", "measure", "")
        self.refuse(2, "did you mean 'measure'", "mesure", "a.h5")
        self.refuse(2, "did you mean 'hmc'", "hcm", "a.h5")
        self.refuse(2, "--time-limit is -1", "hmc", "--output", "a.h5", "--time-limit", "-1")

    def test_train_refuses_a_negative_time_limit(self):
        self.refuse(2, "--time-limit is -1", "train", "--data", "a.h5", "--output", "b.h5", "--time-limit", "-1")


@needs_h5py
class Repeated(ProgramTest):
    """The attribute `options` is a config file that makes the same data again."""

    def repeat(self, *arguments, ranks=None):
        with self.subTest(" ".join(arguments)):
            self.succeed(*arguments, "--output", "first.h5")
            self.write("again.ini", self.python(OPTIONS, "first.h5"))
            self.succeed(arguments[0], "--config", "again.ini", "--output", "second.h5", "--quiet")
            self.assertEqual(self.python(SAME, "first.h5", "second.h5"), "[] True")
            for name in ("first.h5", "second.h5"):
                (self.folder / name).unlink()

    def test_hmc(self):
        self.hmc("start.h5")
        for more in ([], ["--kappa", "0.2", "--hopping-lambda", "0.02"], ["--mu2", "1", "--g", "2"], ["--algorithm", "cluster"],
                     ["--algorithm", "fourier", "--fourier-mass2", "0.1"], ["--tune", "--target-acceptance", "0.7"],
                     ["--start", "start.h5", "--history-every", "3", "--precision", "double"]):
            self.repeat(*tiny(*more, thermalize=20))

    def test_join(self):
        self.hmc("a.h5")
        self.hmc("b.h5", "--seed", "2")
        self.repeat("join", "a.h5", "b.h5", "--quiet")

    def test_sample(self):
        self.hmc("known.h5")
        for more in ([], ["--solver", "rk4", "--weights"], ["--solver", "heun", "--weights", "--metropolis"],
                     ["--solver", "rk4", "--weights", "--probes", "2"], ["--relax", "2"], ["--solver", "dopri5", "--tolerance", "1e-3"],
                     ["--solver", "sde", "--noise", "0.5"], ["--task", "sequential", "--order", "columns:2"],
                     ["--task", "inpaint", "--known", "known.h5", "--mask", "block:2x2@1,1"],
                     ["--task", "denoise", "--known", "known.h5", "--known-noise", "0.5", "--blur", "1"]):
            self.repeat(*FREE, *more)

    def test_train(self):
        self.hmc("data.h5", lattice="8x8", chains=40, trajectories=20)
        self.repeat(*TRAIN, "--data", "data.h5")
        self.repeat(*TRAIN, "--data", "data.h5", "--operators", "mixed", "--field-range", "0.01")


class Fields(ProgramTest):
    """Masks and maps of couplings as plain arrays."""

    @needs_h5py
    def test_the_same_field_in_every_form(self):
        self.hmc("known.h5")
        self.python("""
import h5py, numpy
mask = numpy.zeros((4, 4)); mask[1, :] = 1
numpy.save('bool.npy', mask.astype(bool)); numpy.save('int.npy', mask.astype('int32')); numpy.save('real.npy', mask[None])
h5py.File('one.h5', 'w')['group/mask'] = mask.astype('uint8')
with h5py.File('two.h5', 'w') as two:
    two['mask'], two['other'] = mask, mask
numpy.save('wrong.npy', mask[:2]); numpy.save('nan.npy', mask * numpy.nan); numpy.save('big.npy', mask.astype('>f8'))
""")
        task = [*FREE, "--task", "inpaint", "--known", "known.h5", "--mask"]
        self.succeed(*task, "bool.npy", "--output", "first.h5")
        for name in ("int.npy", "real.npy", "one.h5", "one.h5:/group/mask", "two.h5:/mask"):
            with self.subTest(name):
                self.succeed(*task, name, "--output", "second.h5", "--overwrite")
                self.assertEqual(self.python(SAME, "first.h5", "second.h5"), "[] True")
        for ranks in (None, 2):  # a pipe
            with open(self.folder / "bool.npy", "rb") as mask:
                result = subprocess.run([*([] if ranks is None else ["mpirun", "--oversubscribe", "-n", "2"]), STINT, *task, "/dev/stdin",
                                         "--output", "second.h5", "--overwrite"], cwd=self.folder, input=mask.read(), capture_output=True)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(self.python(SAME, "first.h5", "second.h5"), "[] True")
        self.refuse(2, "has the shape (2, 4)", *task, "wrong.npy", "--output", "third.h5")
        self.refuse(2, "has 2 datasets", *task, "two.h5", "--output", "third.h5")
        self.refuse(1, "NaN", *task, "nan.npy", "--output", "third.h5")
        self.refuse(1, "little endian", *task, "big.npy", "--output", "third.h5")
        self.succeed(*FREE, "--field-map", "real.npy", "--output", "fourth.h5")


@unittest.skipIf(python_lacks("xarray, h5netcdf"), "no Python with xarray and h5netcdf; run scripts/setup.sh --tests")
class Axes(ProgramTest):
    """xarray opens an ensemble as it is, with names for all axes."""

    def test_names(self):
        self.hmc("a.h5")
        self.hmc("b.h5", "--seed", "2")
        self.succeed("join", "a.h5", "b.h5", "--output", "both.h5", "--quiet")
        self.succeed(*FREE, "--solver", "rk4", "--weights", "--output", "free.h5")
        self.python("import numpy; numpy.save('images.npy', numpy.zeros((4, 5, 6, 3), dtype='uint8'))")
        self.succeed("import", "--npy", "images.npy", "--output", "images.h5", "--quiet")
        self.assertEqual(self.python("""
import h5py, numpy, xarray
for name in ('a', 'both', 'free', 'images'):
    with xarray.open_dataset(name + '.h5', engine='h5netcdf') as data, h5py.File(name + '.h5') as file:
        print(name, dict(data.sizes), sorted((variable, *values.dims) for variable, values in data.variables.items()),
              (data['configurations'].values == file['configurations'][:]).all())
for name in ('a', 'both'):
    with xarray.open_dataset(name + '.h5', engine='h5netcdf', group='history') as data:
        print(name, dict(data.sizes), set(values.dims for values in data.data_vars.values()), data['trajectory'].values.tolist())
"""), "\n".join([
            "a {'configuration': 60, 'x1': 4, 'x2': 4} [('chain', 'configuration'), ('configurations', 'configuration', 'x1', 'x2'), ('trajectory', 'configuration')] True",
            "both {'configuration': 120, 'x1': 4, 'x2': 4} [('chain', 'configuration'), ('configurations', 'configuration', 'x1', 'x2'), ('trajectory', 'configuration')] True",
            "free {'configuration': 8, 'x1': 4, 'x2': 4} [('chain', 'configuration'), ('configurations', 'configuration', 'x1', 'x2'), "
            "('log_density', 'configuration'), ('log_weight', 'configuration'), ('trajectory', 'configuration')] True",
            "images {'configuration': 4, 'channel': 3, 'x1': 5, 'x2': 6} [('chain', 'configuration'), ('configurations', 'configuration', 'channel', 'x1', 'x2'), "
            "('trajectory', 'configuration')] True",
            "a {'trajectory': 12, 'chains': 20} {('trajectory', 'chains')} [6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17]",
            "both {'trajectory': 12, 'chains': 40} {('trajectory', 'chains')} [6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17]"]))

    @needs_h5py
    def test_files_without_them_are_read(self):
        self.hmc("a.h5")
        self.python("""
import h5py
with h5py.File('a.h5') as a, h5py.File('old.h5', 'w') as old:
    for name in ('configurations', 'chain', 'trajectory'):
        old[name] = a[name][:]
    old.attrs.update(a.attrs)
""")
        self.assertEqual(*(json.loads(self.succeed("measure", name, "--json", "-"))["observables"]["phi2"]["value"] for name in ("a.h5", "old.h5")))


class Joined(ProgramTest):
    @needs_h5py
    def test_measure_counts_no_configuration_twice(self):
        self.hmc("one.h5")
        self.hmc("two.h5", "--seed", "2")
        (self.folder / "copy.h5").write_bytes((self.folder / "one.h5").read_bytes())
        self.succeed("measure", "one.h5", "two.h5", "--quiet")
        self.refuse(2, "configurations of copy.h5 are in one.h5 too", "measure", "one.h5", "copy.h5")

    def test_samples_of_a_model_stay_what_they_are(self):
        self.hmc("hmc.h5", **{"mass2": "0.5", "lambda": "0"})
        for seed in ("1", "2"):
            self.succeed(*FREE, "--mass2", "0.5", "--seed", seed, "--output", f"s{seed}.h5")
        self.refuse(2, "these are two laws", "join", "hmc.h5", "s1.h5", "--output", "j.h5")
        self.succeed("join", "s1.h5", "s2.h5", "--output", "j.h5")
        self.assertTrue(json.loads(self.succeed("measure", "j.h5", "--json", "-", "--quiet"))["sampled"])

    @needs_h5py
    def test_ensembles_of_one_theory(self):
        for seed in (1, 2, 3):
            self.hmc(f"{seed}.h5", "--seed", str(seed))
        self.succeed("join", "1.h5", "2.h5", "3.h5", "--output", "all.h5", "--quiet", "--json", "all.json")
        self.assertEqual(json.loads((self.folder / "all.json").read_text()), {"configurations": 180, "chains": 60, "files": 3})
        self.assertEqual(self.python("""
import h5py, numpy
files = [h5py.File(f'{seed}.h5') for seed in (1, 2, 3)]
a = h5py.File('all.h5')
print((a['configurations'][:] == numpy.concatenate([f['configurations'] for f in files])).all(),
      (a['chain'][:] == numpy.concatenate([f['chain'][:] + 20 * n for n, f in enumerate(files)])).all(),
      (a['trajectory'][:] == numpy.concatenate([f['trajectory'] for f in files])).all(),
      (a['history/action'][:] == numpy.concatenate([f['history/action'] for f in files], axis=1)).all(), a['configurations'].dtype)
"""), "True True True True float32")
        self.assertEqual(json.loads(self.succeed("measure", "all.h5", "--json", "-"))["configurations"], 180)

    def test_duplicates_and_other_theories_are_refused(self):
        self.hmc("a.h5")
        self.hmc("longer.h5", "--resume", trajectories=24)
        self.hmc("mass.h5", "--mass2", "-3")
        self.hmc("lattice.h5", lattice="4x6")
        (self.folder / "copy.h5").write_bytes((self.folder / "a.h5").read_bytes())
        self.refuse(2, "60 of the 60 configurations of copy.h5 are in a.h5 too", "join", "a.h5", "copy.h5", "--output", "b.h5")
        self.refuse(2, "60 of the 60 configurations of a.h5 are in a.h5 too", "join", "a.h5", "a.h5", "--output", "b.h5")
        self.refuse(2, "60 of the 120 configurations of longer.h5", "join", "a.h5", "longer.h5", "--output", "b.h5")
        self.refuse(2, "mass.h5 is of kind phi4, 1 channel, lattice 4x4, mass2 -3", "join", "a.h5", "mass.h5", "--output", "b.h5")
        self.refuse(2, "lattice 4x6", "join", "a.h5", "lattice.h5", "--output", "b.h5")
        self.refuse(2, "is missing", "join", "a.h5", "--output", "b.h5")
        self.refuse(2, "is the same file as", "join", "a.h5", "mass.h5", "--output", "a.h5", "--overwrite")


class Locks(ProgramTest):
    def start(self, *arguments):
        process = subprocess.Popen([STINT, *arguments], cwd=self.folder, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def wait_for(self, name, process):
        while process.poll() is None and not (self.folder / name).exists():
            time.sleep(0.01)
        self.assertIsNone(process.poll())

    def test_an_equal_run_that_starts_as_the_first_ends(self):
        """The first run is this test: it holds the lock, and leaves its output while the other one waits."""
        run = tiny("--output", "out.h5")
        self.hmc("out.h5")
        (self.folder / "out.h5").rename(self.folder / "kept.h5")
        for more, status, words in ((["--resume"], 0, ""), ([], 1, "out.h5: exists already"), (["--overwrite"], 0, "")):
            with self.subTest(" ".join(more)):
                parts = self.folder / "out.h5.parts"
                parts.mkdir()
                held = os.open(parts, os.O_RDONLY)
                fcntl.flock(held, fcntl.LOCK_EX)
                second = self.start(*run, *more)
                time.sleep(1)
                self.assertIsNone(second.poll())
                os.link(self.folder / "kept.h5", self.folder / "out.h5")
                parts.rmdir()
                os.close(held)
                said = second.communicate(timeout=60 * PATIENCE)[1]
                self.assertEqual(second.returncode, status, said)
                self.assertIn(words, said)
                self.assertEqual(self.files(), ["kept.h5", "out.h5"])
                (self.folder / "out.h5").unlink()

    def test_two_trainings(self):
        self.hmc("data.h5", lattice="8x8", chains=8, trajectories=20)
        run = [*TRAIN, "--data", "data.h5", "--steps", "100000000", "--output", "model.h5", "--checkpoint-every", "5"]
        first = self.start(*run)
        self.wait_for("model.h5.checkpoint", first)
        result = self.run_stint(*run, "--resume")
        self.assertEqual((result.returncode, result.stderr.count("\n")), (1, 1), result.stderr)
        self.assertIn("another run is writing", result.stderr)
        first.send_signal(signal.SIGTERM)
        self.assertEqual(first.wait(30 * PATIENCE), 75)
        self.assertEqual(self.files(), ["data.h5", "model.h5.checkpoint"])
        self.refuse(1, "unfinished run", *run)
        self.refuse(2, "--validation-fraction 0.05, not 0.2", *run, "--resume", "--validation-fraction", "0.2")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
