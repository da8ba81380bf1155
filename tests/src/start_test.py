"""How the program starts: by launchers and alone, its threads, its signals: python3 start_test.py STINT MPIEXEC [GROUP...]"""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import unittest

from program_test import PATIENCE, STINT, ProgramTest, tiny

LONG = tiny("--output", "out.h5", "--resume", "--checkpoint-every", "0.02", trajectories=6_000_000)


def environment(**changes):
    """This process's variables without those of launchers and of OpenMP."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "GOMP_", "PMI", "SLURM_", "OMPI_COMM"))}
    return kept | changes


class Start(ProgramTest):
    def start(self, *command, run=LONG, **settings):
        """A long run, once it has written its first checkpoint."""
        process = subprocess.Popen([*command, STINT, *run], cwd=self.folder, stderr=subprocess.PIPE, text=True, **settings)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        while process.poll() is None and not (self.folder / "out.h5.parts/state.h5").exists():
            time.sleep(0.01)
        return process

    def ends(self, process, status):
        said = process.communicate(timeout=30 * PATIENCE)[1]
        self.assertEqual(process.returncode, status, said)


class Launchers(Start):
    # Where Open MPI may make no folder for its session, MPI_Init fails.
    NO_SESSION = {"OMPI_MCA_orte_tmpdir_base": "/dev/null/none"}

    def test_without_a_launcher_mpi_is_not_initialised(self):
        self.succeed(*tiny("--output", "out.h5"), env=environment(**self.NO_SESSION))
        self.assertNotEqual(self.run_stint("measure", "out.h5", env=environment(STINT_MPI="1", **self.NO_SESSION)).returncode, 0)

    def test_under_a_launcher_it_is(self):
        self.succeed(*tiny("--output", "out.h5"), ranks=2)
        self.assertRegex(self.succeed("info", "out.h5"), r"ranks +2\n")

    def test_the_user_can_say_it(self):
        result = self.run_stint("--version", env=environment(STINT_MPI="no"))
        self.assertEqual((result.returncode, result.stderr), (2, "stint: STINT_MPI is 'no', expected 0 or 1\n"))
        self.succeed(*tiny("--output", "out.h5"), ranks=2, env=environment(STINT_MPI="1"))


class Environment(Start):
    def test_waiting_threads_sleep(self):
        for given, expected in (({}, "GOMP_SPINCOUNT=1000"), ({"OMP_WAIT_POLICY": "active"}, None), ({"GOMP_SPINCOUNT": "7"}, "GOMP_SPINCOUNT=7"),
                                ({"OMP_PROC_BIND": "true"}, "GOMP_SPINCOUNT=1000")):
            with self.subTest(given):
                process = self.start(env=environment(**given))
                found = pathlib.Path(f"/proc/{process.pid}/environ").read_text().split("\0")
                name = pathlib.Path(f"/proc/{process.pid}/comm").read_text().strip()
                process.terminate()
                self.ends(process, 75)
                shutil.rmtree(self.folder / "out.h5.parts")
                self.assertEqual(next((entry for entry in found if entry.startswith("GOMP_SPINCOUNT")), None), expected)
                self.assertEqual(name, pathlib.Path(STINT).name[:15])

    def test_little_work_is_done_by_one_thread(self):
        def threads(count):
            process = self.start(run=[word if word != "1" else str(count) for word in LONG])
            found = len(os.listdir(f"/proc/{process.pid}/task"))
            process.terminate()
            self.ends(process, 75)
            shutil.rmtree(self.folder / "out.h5.parts")
            return found

        self.assertEqual(threads(2), threads(1))

    def test_threads_are_limited_as_those_of_the_option_are(self):
        run = tiny("--output", "out.h5")
        del run[run.index("--threads"):run.index("--threads") + 2]
        result = self.run_stint(*run, env=environment(OMP_NUM_THREADS="100000"))
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertEqual(result.stderr, "stint hmc: OMP_NUM_THREADS is 100000, expected a number from 1 to 4096\n")

    def test_a_hangup_stops_as_termination_does(self):
        process = self.start()
        process.send_signal(signal.SIGHUP)
        self.ends(process, 75)
        self.assertEqual(self.files(), ["out.h5.parts"])

    def test_ignored_signals_stay_ignored(self):
        process = self.start("nohup")
        process.send_signal(signal.SIGHUP)
        time.sleep(0.5)
        self.assertIsNone(process.poll())
        process.terminate()
        self.ends(process, 75)
        shutil.rmtree(self.folder / "out.h5.parts")
        # What a script's shell does for a command in the background.
        process = self.start(preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
        for _ in range(3):
            process.send_signal(signal.SIGINT)
            time.sleep(0.2)
        self.assertIsNone(process.poll())
        process.terminate()
        self.ends(process, 75)


class Memory(ProgramTest):
    def test_what_libtorch_cannot_have_is_one_line(self):
        self.succeed(*tiny("--output", "data.h5", lattice="8x8", chains=40))
        self.refuse(1, "out of memory: 512 GB were asked for at once", "train", "--data", "data.h5", "--batch", "2000000000",
                    "--threads", "1", "--quiet", "--output", "model.h5")


class WithoutLibtorch(ProgramTest):
    def test_what_needs_it_says_so(self):
        for command in ("train", "sample"):
            self.refuse(2, "needs LibTorch", command, "--output", "out.h5")
        self.refuse(2, "--algorithm blocks needs LibTorch", *tiny("--algorithm", "blocks", "--model", "m.h5", "--output", "out.h5"))

    def test_all_else_works(self):
        for name, seed in (("a.h5", 1), ("b.h5", 2)):
            self.succeed(*tiny("--output", name, "--seed", str(seed), lattice="8x8", trajectories=400))
        self.assertIn("susceptibility", self.succeed("measure", "a.h5"))
        self.assertIn("magnetisation", self.succeed("compare", "a.h5", "b.h5"))
        self.assertIn("ensemble", self.succeed("info", "a.h5", "--verify"))

    def test_plots_are_found_where_they_are_installed(self):
        for folder in ("bin", "share/stint/python/stint"):
            (self.folder / folder).mkdir(parents=True)
        program = shutil.copy(STINT, self.folder / "bin/stint")
        self.write("share/stint/python/stint/__main__.py", "import sys\nopen(sys.argv[sys.argv.index('--output') + 1], 'w').write('drawn')\n")
        self.succeed(*tiny("--output", "a.h5"))
        self.succeed(*tiny("--output", "b.h5"))
        run = subprocess.run([program, "compare", "a.h5", "b.h5", "--plot", "a.png"], cwd=self.folder, capture_output=True, text=True,
                             env=environment(STINT_PYTHON=sys.executable))
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual((self.folder / "a.png").read_text(), "drawn")

    def test_libtorch_is_not_loaded(self):
        self.assertNotIn("torch", subprocess.run(["ldd", STINT], capture_output=True, text=True, check=True).stdout)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
