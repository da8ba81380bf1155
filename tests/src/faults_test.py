"""What users and clusters do to runs: python3 faults_test.py STINT MPIEXEC [GROUP...]

Disks that are full, file-size limits, folders that vanish, ranks that die or fail. The full disk is a small tmpfs, which only root can
mount; elsewhere these tests are skipped.
"""

import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import time
import unittest

from program_test import MPIEXEC, PATIENCE, PYTHON, STINT, ProgramTest, needs_matplotlib, tiny

FREE = "sample --model free-field --lattice 16x16 --quiet --threads 1".split()
TRAIN = "train --data data.h5 --levels 1 --batch 8 --precision fp32 --quiet --threads 1".split()


class Faults(ProgramTest):
    def make_data(self):
        self.hmc("data.h5", lattice="8x8", chains=8, trajectories=20)

    def assert_failed(self, result, words=""):
        """One line of ours, about a file, and status 1. mpirun adds lines of its own."""
        said = [line for line in result.stderr.splitlines() if line.startswith("stint ")]
        self.assertEqual((result.returncode, len(said)), (1, 1), result.stderr)
        self.assertIn(words, said[0])
        for word in ("Segmentation", "*** Process received signal"):
            self.assertNotIn(word, result.stderr)

    def parts(self):
        return [str(path) for path in self.folder.rglob("*.part.*")]


class FullDisk(Faults):
    """The output that was there stays as it is; nothing is left of the one that failed."""

    def commands(self, output):
        return {
            "hmc": tiny("--output", output, lattice="16x16", chains=64, trajectories=40),
            "sample": [*FREE, "--samples", "1000", "--output", output],
            "train": [*TRAIN, "--channels", "32", "--steps", "2", "--output", output],
            "train, checkpoint": [*TRAIN, "--channels", "32", "--steps", "2", "--checkpoint-every", "1", "--output", output],
        }

    def check(self, name, arguments, output, previous, **settings):
        with self.subTest(name):
            result = self.run_stint(*arguments, "--overwrite", **settings)
            self.assert_failed(result, str(output.name))
            self.assertEqual(output.read_bytes(), previous)
            self.assertEqual(sorted(path.name for path in output.parent.iterdir()), [output.name])

    def test_file_size_limit(self):
        self.make_data()
        shutil.copy(self.folder / "data.h5", self.folder / "copy.h5")
        folder = self.folder / "outputs"
        folder.mkdir()
        output = folder / "out.h5"
        output.write_bytes(b"previous")

        def limit(size):
            return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

        for name, arguments in self.commands(str(output)).items():
            self.check(name, arguments, output, b"previous", preexec_fn=limit(20_000))
        for name, arguments in {"measure": ["measure", "data.h5"], "compare": ["compare", "data.h5", "copy.h5"]}.items():
            self.check(name, [*arguments, "--quiet", "--json", str(output)], output, b"previous", preexec_fn=limit(100))
        self.check("table", ["measure", "data.h5", "--output", str(output)], output, b"previous", preexec_fn=limit(100))

    @needs_matplotlib
    def test_figures(self):
        self.make_data()
        shutil.copy(self.folder / "data.h5", self.folder / "copy.h5")
        folder = self.folder / "outputs"
        folder.mkdir()
        output = folder / "figure.png"
        output.write_bytes(b"previous")
        self.check("plot", ["compare", "data.h5", "copy.h5", "--quiet", "--plot", str(output)], output, b"previous",
                   preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000)), env=os.environ | {"STINT_PYTHON": PYTHON})

    def test_small_disk(self):
        self.make_data()
        disk = self.folder / "disk"
        disk.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160k", "none", str(disk)], capture_output=True).returncode != 0:
            self.skipTest("only root can mount a small disk")
        self.addCleanup(lambda: subprocess.run(["umount", "-l", str(disk)], check=True))
        output = disk / "out.h5"
        output.write_bytes(b"previous")
        for ranks in (None, 2):
            for name, arguments in self.commands(str(output)).items():
                self.check(f"{name} on {ranks or 1}", arguments, output, b"previous", ranks=ranks)


class Folders(Faults):
    def test_the_folder_vanishes(self):
        self.make_data()
        runs = {
            "hmc": [*tiny("--checkpoint-every", "0.05", trajectories=6_000_000)],
            "sample": [*FREE, "--checkpoint-every", "0.05", "--batch", "8", "--samples", "100000000"],
            "train": [*TRAIN, "--channels", "4", "--checkpoint-every", "5", "--steps", "1000000"],
        }
        for name, arguments in runs.items():
            for ranks in (1, 2):
                with self.subTest(name, ranks=ranks):
                    folder = self.folder / "results"
                    folder.mkdir()
                    launcher = [MPIEXEC, "-n", str(ranks), "--oversubscribe"] if ranks > 1 else []
                    process = subprocess.Popen([*launcher, STINT, *arguments, "--output", "results/out.h5"], cwd=self.folder,
                                               stderr=subprocess.PIPE, text=True)
                    while process.poll() is None and not list(folder.rglob("*.h5")) + list(folder.glob("*.checkpoint")):
                        time.sleep(0.01)
                    shutil.rmtree(folder, ignore_errors=True)
                    shutil.rmtree(folder, ignore_errors=True)  # what was written meanwhile
                    try:
                        said = process.communicate(timeout=60 * PATIENCE)[1]
                    finally:
                        process.kill()
                    self.assert_failed(subprocess.CompletedProcess([], process.returncode, "", said), "results/out.h5")
                    shutil.rmtree(folder, ignore_errors=True)


class Ranks(Faults):
    """A rank that is no more ends the run."""

    def start(self, arguments, *options):
        process = subprocess.Popen([MPIEXEC, "-n", "2", "--oversubscribe", *options, STINT, *arguments], cwd=self.folder,
                                   stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, start_new_session=True)
        self.addCleanup(process.stderr.close)
        self.addCleanup(self.end, process)
        return process

    def end(self, process):
        """After a failed test: nothing goes on."""
        for pid in [*self.ranks_of(process), process.pid] if process.poll() is None else []:
            os.kill(pid, signal.SIGKILL)
        process.wait()

    def ranks_of(self, process):
        said = subprocess.run(["ps", "-o", "pid=,comm=", "--ppid", str(process.pid)], capture_output=True, text=True).stdout
        return [int(line.split()[0]) for line in said.splitlines() if line.split()[1] == pathlib.Path(STINT).name]

    def test_killed(self):
        self.make_data()
        runs = {
            "hmc": [*tiny("--output", "out.h5", "--checkpoint-every", "0.05", trajectories=900_000_000)],
            "sample": [*FREE, "--output", "out.h5", "--checkpoint-every", "0.05", "--batch", "8", "--samples", "100000000"],
            "train": [*TRAIN, "--channels", "4", "--output", "out.h5", "--checkpoint-every", "5", "--steps", "1000000"],
        }
        for name, arguments in runs.items():
            for victim in (0, 1):
                with self.subTest(name, victim=victim):
                    process = self.start([*arguments, "--overwrite"])
                    checkpoint = self.folder / ("out.h5.checkpoint" if name == "train" else "out.h5.parts/state.h5")
                    while process.poll() is None and not checkpoint.exists():
                        time.sleep(0.01)
                    ranks = self.ranks_of(process)
                    self.assertEqual(len(ranks), 2)
                    begin = time.monotonic()
                    os.kill(ranks[victim], signal.SIGKILL)
                    said = process.communicate(timeout=30 * PATIENCE)[1]
                    self.assertLess(time.monotonic() - begin, 15 * PATIENCE)
                    self.assertNotEqual(process.returncode, 0)
                    self.assertIn("signal 9", said)  # the launcher's words
                    self.assertFalse((self.folder / "out.h5").exists())
                    for path in self.folder.glob("out*"):
                        shutil.rmtree(path) if path.is_dir() else path.unlink()

    def test_killed_under_a_launcher_that_does_not_care(self):
        process = self.start(tiny("--output", "out.h5", "--checkpoint-every", "0.05", trajectories=900_000_000), "--continuous")
        while process.poll() is None and not (self.folder / "out.h5.parts/state.h5").exists():
            time.sleep(0.01)
        ranks = self.ranks_of(process)
        self.assertEqual(len(ranks), 2)
        os.kill(ranks[1], signal.SIGKILL)
        begin = time.monotonic()
        while self.ranks_of(process) and time.monotonic() < begin + 20 * PATIENCE:
            time.sleep(0.1)
        left = self.ranks_of(process)
        os.killpg(process.pid, signal.SIGKILL)
        for rank in left:
            os.kill(rank, signal.SIGKILL)
        self.assertEqual(left, [])
        self.assertIn("rank 1 has died", process.communicate()[1])

    def test_one_rank_fails(self):
        self.make_data()
        good, bad = [STINT, *TRAIN, "--steps", "1000000", "--output", "out.h5"], [STINT, *TRAIN, "--output", "out.h5"]
        bad[bad.index("data.h5")] = "none.h5"
        for first, second in ((good, bad), (bad, good)):
            result = subprocess.run([MPIEXEC, "--oversubscribe", "-n", "1", *first, ":", "-n", "1", *second], cwd=self.folder,
                                    capture_output=True, text=True, timeout=30 * PATIENCE)
            self.assert_failed(result, "none.h5: No such file")

    def test_a_second_interrupt_ends_at_once(self):
        process = subprocess.Popen([STINT, *FREE, "--output", "out.h5", "--samples", "1000000", "--batch", "1000000"], cwd=self.folder)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        while process.poll() is None and not (self.folder / "out.h5.parts").exists():
            time.sleep(0.05)
        for _ in range(2):
            time.sleep(0.3)
            self.assertIsNone(process.poll())
            process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(10 * PATIENCE), -signal.SIGINT)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
