"""stint maze generate and stint import --maze as a user runs them: python3 maze_data_test.py STINT MPIEXEC [GROUP...]"""

import json
import random
import sys
import unittest

from program_test import ProgramTest, needs_h5py

ALONG = "#########\\#OOOOOGO#\\#########"


class MazeTest(ProgramTest):
    def generate(self, *arguments, output="steps.hdf5"):
        return self.succeed("maze", "generate", *arguments, "--output", output, "--quiet", "--overwrite")

    def import_(self, *arguments, output="paths.h5"):
        return self.succeed("import", "--maze", *arguments, "--output", output, "--quiet", "--overwrite")


class Generate(MazeTest):
    def test_help_teaches(self):
        self.assertIn("generate", self.succeed("maze", "--help"))
        text = self.succeed("maze", "generate", "--help")
        for words in ("umaze, medium, large, ogbench-medium", "maze2d", "navigate", "stitch", "--noise", "stint import --maze"):
            self.assertIn(words, " ".join(text.split()))

    @needs_h5py
    def test_the_file_is_d4rls(self):
        self.generate("--layout", "umaze", "--steps", "2500", "--run-steps", "1000", "--seed", "3", "--json", "steps.json")
        self.assertEqual(self.python("""
import h5py, numpy
f = h5py.File('steps.hdf5')
names = []
f.visititems(lambda name, item: names.append(f'{name} {item.dtype} {item.shape} {item.compression}') if hasattr(item, 'dtype') else None)
print('\\n'.join(names))
o, p, v, t = (f[name][:] for name in ('observations', 'infos/qpos', 'infos/qvel', 'timeouts'))
goal, reward = f['infos/goal'][:], f['rewards'][:]
print((o == numpy.hstack([p, v])).all(), f['terminals'][:].any(), (reward == (numpy.hypot(*(p - [1, 1]).T) <= 0.5)).all(), 0 < reward.sum() < 2500)
changes = (goal[1:] != goal[:-1]).any(axis=1)
print((t[:-1] == changes).all(), t[[999, 1999, 2499]].tolist(), abs(f['actions'][:]).max() <= 1)
a = f.attrs
print(a['maze'], a['world'], a['recipe'], a['noise'], a['seed'], a['complete'], a['run_steps'], a['target_steps'], 'maze generate' in a['command_line'])
import json
j = json.load(open('steps.json'))
print(j['steps'], j['runs'], j['targets'] == t.sum(), numpy.allclose(j['mean'], o.mean(0), atol=1e-3), numpy.allclose(j['standard_deviation'], o.std(0), atol=1e-3))
"""), """actions float32 (2500, 2) gzip
infos/goal float32 (2500, 2) gzip
infos/qpos float32 (2500, 2) gzip
infos/qvel float32 (2500, 2) gzip
observations float32 (2500, 4) gzip
rewards float32 (2500,) gzip
terminals bool (2500,) gzip
timeouts bool (2500,) gzip
True False True True
True [True, True, True] True
#####\\#GOO#\\###O#\\#OOO#\\##### d4rl maze2d 0.5 3 1 1000 300 True
2500 3 True True True""")

    @needs_h5py
    def test_threads_change_nothing_and_seeds_do(self):
        for layout, recipe in (("umaze", "maze2d"), ("ogbench-giant", "navigate"), ("ogbench-medium", "stitch")):
            for threads, seed, output in ((1, 1, "a.hdf5"), (3, 1, "b.hdf5"), (3, 2, "c.hdf5")):
                self.generate("--layout", layout, "--recipe", recipe, "--steps", "5000", "--run-steps", "700", "--threads", str(threads),
                              "--seed", str(seed), output=output)
            self.assertEqual(self.python("""
import h5py
a, b, c = (h5py.File(name + '.hdf5') for name in 'abc')
names = []
a.visititems(lambda name, item: names.append(name) if hasattr(item, 'dtype') else None)
print(all(a[name][()].tobytes() == b[name][()].tobytes() for name in names), (a['observations'][:] == c['observations'][:]).all(), a['observations'].shape)
"""), f"True False (5000, {4 if recipe == 'maze2d' else 2})")

    @needs_h5py
    def test_layouts_of_users(self):
        self.write("mine.txt", ALONG.replace("\\", "\n") + "\n")
        self.generate("--layout", "mine.txt", "--steps", "3000", output="d4rl.hdf5")
        self.generate("--layout", "mine.txt", "--steps", "3000", "--world", "ogbench", output="ogbench.hdf5")
        self.assertEqual(self.python("""
import h5py
for world in ('d4rl', 'ogbench'):
    f = h5py.File(world + '.hdf5')
    x, y = f['observations'][:, :2].T
    print(f.attrs['maze'], f.attrs['world'], f.attrs['recipe'], x.min() > (0.39 if world == 'd4rl' else -1.31), (y if world == 'd4rl' else x).max() > 5)
"""), f"{ALONG} d4rl maze2d True True\n{ALONG} ogbench navigate True True")

    @needs_h5py
    def test_layouts_as_editors_leave_them(self):
        rows = ALONG.split("\\")
        for name, text in (("blank", "\n  \n" + "\n".join(rows) + "\n\n\t\n"), ("windows", "\ufeff" + "\r\n".join(rows) + "\r\n"),
                           ("tabs", "\t\n".join(rows) + "  \t")):
            with self.subTest(name):
                self.write(name + ".txt", text)
                self.generate("--layout", name + ".txt", "--steps", "100")
                self.assertEqual(self.python("import h5py; print(h5py.File('steps.hdf5').attrs['maze'])"), ALONG)

    def test_what_is_refused(self):
        for words, *arguments in (
                ("--layout is missing", ),
                ("--layout is 'none.txt', expected a file of text or one of umaze,", "--layout", "none.txt"),
                ("--layout ragged.txt: the layout of a maze has rows of different lengths", "--layout", "ragged.txt"),
                ("no free cell", "--layout", "full.txt"),
                ("is open at its border: row 1, column 2", "--layout", "open.txt"),
                ("has the letter 'x' at row 2, column 2", "--layout", "letter.txt"),
                ("has a tab at row 2, column 2", "--layout", "tab.txt"),
                ("has the byte 0xE2 at row 2, column 2", "--layout", "block.txt"),
                ("--layout empty.txt: the layout of a maze is empty", "--layout", "empty.txt"),
                ("there is no world 'mars'; there are d4rl and ogbench", "--layout", "good.txt", "--world", "mars"),
                ("--layout umaze is in the world d4rl, not ogbench", "--layout", "umaze", "--world", "ogbench"),
                ("there is no recipe 'wander'", "--layout", "umaze", "--recipe", "wander"),
                ("the recipe stitch belongs to the world ogbench", "--layout", "umaze", "--recipe", "stitch"),
                ("--steps is 0", "--layout", "umaze", "--steps", "0"),
                ("--run-steps is -1", "--layout", "umaze", "--run-steps", "-1"),
                ("--noise is -0.5", "--layout", "umaze", "--noise", "-0.5"),
                ("--target-steps goes with --recipe maze2d only", "--layout", "ogbench-giant", "--target-steps", "5")):
            for name, text in (("ragged", "###\n#O#\n##"), ("full", "###\n###"), ("open", "#O#\n#O#\n###"), ("letter", "###\n#x#\n###"),
                               ("tab", "###\n#\t#\n###"), ("block", "###\n#\u2588#\n###"),
                               ("empty", ""), ("good", "###\n#O#\n###")):
                self.write(name + ".txt", text)
            with self.subTest(words):
                self.refuse(2, words, "maze", "generate", *arguments, "--output", "new.hdf5")
        self.refuse(2, "stint maze generate: --steps is 0", "maze", "generate", "--layout", "umaze", "--steps", "0", "--output", "new.hdf5")
        self.refuse(2, "stint maze: no command 'maze generat'; did you mean 'generate'?", "maze", "generat")
        self.refuse(2, "no command given; 'stint maze --help' lists them", "maze")
        self.write("there.hdf5", "")
        self.refuse(1, "there.hdf5", "maze", "generate", "--layout", "umaze", "--output", "there.hdf5")


@needs_h5py
class Import(MazeTest):
    def numpy(self, script):
        """Files made by NumPy: `o` is an array of positions on a way to and fro in the corridor of ALONG."""
        self.write("along.txt", ALONG.replace("\\", "\n"))
        self.python("""
import h5py, numpy
t = numpy.arange(400)
o = numpy.stack([numpy.ones(400), 4 + 2 * numpy.sin(t / 50)], axis=1).astype('f4')
""" + script)

    def test_windows_are_those_of_the_runs(self):
        self.generate("--layout", "umaze", "--steps", "2500", "--run-steps", "1000")
        self.import_("steps.hdf5", "--window", "20", "--every", "7", "--shift", "50", "--json", "paths.json")
        self.import_("steps.hdf5", "--window", "20", "--every", "7", "--shift", "50", "--first", "3", "--limit", "16", output="some.h5")
        self.assertEqual(self.python("""
import h5py, numpy
s, e = h5py.File('steps.hdf5'), h5py.File('paths.h5')
expected, chain, first = [], [], []
for run in range(3):
    x = s['observations'][1000 * run:1000 * (run + 1), :2]
    for i in range(0, len(x) - 19 * 7, 50):
        expected.append(x[i:i + 20 * 7:7].T); chain.append(run); first.append(i)
print((e['configurations'][:] == numpy.array(expected)).all(), e['configurations'].dtype, (e['chain'][:] == chain).all(), (e['trajectory'][:] == first).all())
print((h5py.File('some.h5')['configurations'][:] == numpy.array(expected)[3:19]).all(), (h5py.File('some.h5')['chain'][:] == chain[3:19]).all())
a = e.attrs
print(a['kind'], a['lattice'], a['channels'], a['maze'] == s.attrs['maze'], a['world'], a['every'], a['source'], len(a['digest']), a['complete'])
"""), "True float32 True True\nTrue True\nmaze [20] 2 True d4rl 7 steps.hdf5 16 1")
        found = json.loads((self.folder / "paths.json").read_text())
        self.assertEqual({name: found[name] for name in ("channels", "lattice", "runs", "short_runs", "world")},
                         {"channels": 2, "lattice": [20], "runs": 3, "short_runs": 0, "world": "d4rl"})
        self.assertIn("kind             maze", self.succeed("info", "paths.h5"))

    def test_paths_of_one_maze_can_be_joined(self):
        for layout, seed, every in (("umaze", 1, 6), ("umaze", 2, 6), ("umaze", 3, 5), ("medium", 1, 6)):
            self.generate("--layout", layout, "--steps", "900", "--seed", str(seed))
            self.import_("steps.hdf5", "--every", str(every), output=f"{layout}{seed}.h5")
        self.succeed("join", "umaze1.h5", "umaze2.h5", "--output", "all.h5", "--quiet")
        self.assertEqual(self.python("""
import h5py, numpy
a, b, c = (h5py.File(name + '.h5') for name in ('umaze1', 'umaze2', 'all'))
print((c['configurations'][:] == numpy.concatenate([a['configurations'][:], b['configurations'][:]])).all(),
      [bool(c.attrs[name] == a.attrs[name]) for name in ('maze', 'world', 'every', 'kind')], sorted(set(c['chain'][:].tolist())))
"""), "True [True, True, True, True] [0, 1]")
        self.refuse(2, "one point every 5 steps, but umaze1.h5 of maze", "join", "umaze1.h5", "umaze3.h5", "--output", "new.h5")
        self.refuse(2, "but umaze1.h5 of maze '#####", "join", "umaze1.h5", "medium1.h5", "--output", "new.h5")

    def test_files_of_others(self):
        # D4RL's ball goes on at a new target, so that timeouts end no run; jumps do. OGBench's terminals end runs.
        self.numpy("""
flags = t % 100 == 99
jump = o.copy(); jump[250:, 1] = 5
with h5py.File('d4rl.hdf5', 'w') as f:
    f['observations'] = numpy.hstack([jump, 0 * jump]); f['timeouts'] = flags; f['terminals'] = numpy.zeros(400, bool)
numpy.savez('plain.npz', observations=4 * o[:, ::-1] - 4, terminals=flags)
numpy.savez_compressed('packed.npz', actions=o, observations=(4 * o[:, ::-1].astype('f8') - 4), terminals=flags)
""")
        self.import_("d4rl.hdf5", "--layout", "along.txt", "--window", "25", "--every", "4", "--shift", "20", output="d4rl.h5")
        for name in ("plain", "packed"):
            self.import_(f"{name}.npz", "--layout", "along.txt", "--world", "ogbench", "--window", "25", "--every", "4", "--shift", "3",
                         output=f"{name}.h5")
        self.assertEqual(self.python("""
import h5py, numpy
d, a, b = (h5py.File(name + '.h5') for name in ('d4rl', 'plain', 'packed'))
print(d['chain'][:].tolist(), d['trajectory'][:].tolist())
print(a['chain'][:].tolist(), a['trajectory'][:].tolist(), abs(a['configurations'][:] - b['configurations'][:]).max() < 1e-5, a.attrs['world'])
"""), "[0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1] [0, 20, 40, 60, 80, 100, 120, 140, 0, 20, 40]\n"
            "[0, 0, 1, 1, 2, 2, 3, 3] [0, 3, 0, 3, 0, 3, 0, 3] True ogbench")

    def test_what_is_refused(self):
        self.numpy("""
numpy.savez('good.npz', observations=o)
numpy.savez('none.npz', positions=o)
numpy.savez('flat.npz', observations=o[:, 0])
numpy.savez('wide.npz', observations=numpy.ones((9, 29)))
numpy.savez('flags.npz', observations=o, terminals=numpy.zeros(3, bool))
numpy.savez('empty.npz', observations=o[:0])
bad = o.copy(); bad[77, 1] = numpy.nan
numpy.savez('nan.npz', observations=bad)
numpy.savez_compressed('packed.npz', observations=o)
numpy.savez('text.npz', observations=numpy.array(['a']))
packed = open('packed.npz', 'rb').read()
open('cut.npz', 'wb').write(packed[:len(packed) // 2])
damaged = bytearray(packed); damaged[len(packed) // 2] ^= 16
open('damaged.npz', 'wb').write(damaged)
method = bytearray(packed); method[method.rfind(b'PK\\1\\2') + 10] = 14
open('method.npz', 'wb').write(method)
with h5py.File('foreign.hdf5', 'w') as f: f['x'] = o
with h5py.File('texts.hdf5', 'w') as f: f['observations'] = [['a', 'b']]
with h5py.File('maze.hdf5', 'w') as f: f['observations'] = o; f.attrs['maze'] = '###'
with h5py.File('group.hdf5', 'w') as f: f.create_group('observations')
""")
        self.write("words.npz", "no archive at all")
        layout = ("--layout", "along.txt")
        for status, words, *arguments in (
                (2, "good.npz does not say which maze it is of; give --layout NAME|FILE", "good.npz"),
                (1, "none.npz: has no 'observations'; expected steps through a maze", "none.npz", *layout),
                (1, "flat.npz: 'observations' has the shape (400), expected (N, 2) or (N, 4)", "flat.npz", *layout),
                (1, "wide.npz: 'observations' has the shape (9, 29)", "wide.npz", *layout),
                (1, "flags.npz: 'terminals' has the shape (3), expected (400,)", "flags.npz", *layout),
                (1, "nan.npz: row 77 of 'observations' (counted from 0) has a NaN or infinite position", "nan.npz", *layout),
                (1, "text.npz: observations.npy: is an NPY file of type", "text.npz", *layout),
                (1, "cut.npz: is no NPZ file, or a truncated one", "cut.npz", *layout),
                (1, "damaged.npz: the array 'observations' is damaged", "damaged.npz", *layout),
                (1, "is compressed by method 14 of ZIP", "method.npz", *layout),
                (1, "words.npz: ", "words.npz", *layout),
                (1, "gone.npz: no such file", "gone.npz", *layout),
                (1, ".: not a regular file", ".", *layout),
                (1, "foreign.hdf5: has no 'observations'", "foreign.hdf5", *layout),
                (1, "texts.hdf5: dataset '/observations' has values of type text", "texts.hdf5", *layout),
                (1, "group.hdf5: ", "group.hdf5", *layout),
                (1, "maze.hdf5: attributes maze and world: the layout of a maze", "maze.hdf5"),
                (1, "no run has the 491 steps of a window of 50 points, one every 10 steps; the longest has 400", "good.npz", *layout, "--every", "10"),
                (1, "the longest has 0", "empty.npz", *layout),
                (1, "of the positions lie in walls of the maze", "good.npz", "--layout", "umaze"),
                (1, "good.npz: has 4 windows, of which --first 4 leaves out all", "good.npz", *layout, "--first", "4"),
                (2, "--limit is 0", "good.npz", *layout, "--limit", "0"),
                (2, "--window is 1", "good.npz", *layout, "--window", "1"),
                (2, "--every is 0", "good.npz", *layout, "--every", "0"),
                (2, "--shift is -3", "good.npz", *layout, "--shift", "-3"),
                (2, "--size does not go with --maze", "good.npz", *layout, "--size", "8"),
                (2, "--world goes with --layout only", "maze.hdf5", "--world", "d4rl"),
                (2, "--layout is 'nowhere', expected a file of text or one of umaze", "good.npz", "--layout", "nowhere")):
            with self.subTest(words):
                self.refuse(status, words, "import", "--maze", *arguments, "--output", "new.h5")
        self.refuse(2, "--window goes with --maze only", "import", "--npy", "a.npy", "--window", "3", "--output", "new.h5")
        self.refuse(2, "--layout is 'umaze', expected auto, hwc or chw with --npy", "import", "--npy", "a.npy", "--layout", "umaze", "--output", "new.h5")

    def test_damaged_archives_never_end_the_program_badly(self):
        self.numpy("numpy.savez_compressed('packed.npz', observations=o, terminals=t % 100 == 99)")
        good = (self.folder / "packed.npz").read_bytes()
        layout = ("--layout", "along.txt", "--window", "5")
        self.import_("packed.npz", *layout)
        places = random.Random(1)
        tail = len(good) - 300  # where the list of arrays is
        for trial in range(60):
            damaged = bytearray(good)
            for _ in range(1 + trial % 3):
                damaged[places.randrange(0 if trial % 2 else tail, len(good))] = places.randrange(256)
            (self.folder / "bad.npz").write_bytes(damaged[:places.randrange(1, len(good))] if trial % 10 == 9 else damaged)
            result = self.run_stint("import", "--maze", "bad.npz", *layout, "--output", "bad.h5", "--overwrite", "--quiet")
            self.assertIn(result.returncode, (0, 1), f"trial {trial}: {result.stderr}")
            self.assertEqual(result.stderr.count("\n"), result.returncode, result.stderr)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
