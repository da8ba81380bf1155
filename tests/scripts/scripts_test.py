"""The scripts for set-up and build, without installing or building: python3 scripts_test.py"""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

SCRIPTS = pathlib.Path(__file__).parents[2] / "scripts"


class Setup(unittest.TestCase):
    """scripts/setup.sh on a machine where nothing is installed and apt-get is a stand-in."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="stint-test-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.program("dpkg-query", "exit 1")  # knows no package
        self.program("sudo", 'exec "$@"')

    def program(self, name, text):
        (self.folder / name).write_text(f"#!/bin/bash\n{text}\n")
        (self.folder / name).chmod(0o755)

    def run_setup(self, install):
        self.program("apt-get", f'echo "pages of apt-get $*"\n[[ " $* " == *" install "* ]] || exit 0\n{install}')
        settings = {"PATH": f"{self.folder}:{os.environ['PATH']}", "STINT_DEPS": str(self.folder / "deps")}
        return subprocess.run(["bash", SCRIPTS / "setup.sh"], env=os.environ | settings, capture_output=True, text=True, check=False)

    def test_apt_that_fails_says_why_and_where_to_read_more(self):
        result = self.run_setup('for i in {1..100}; do echo "line $i"; done\necho "E: no network"\nexit 100')
        log = self.folder / "deps/setup.log"
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stdout.count("\n"), 1, result.stdout)  # the lists of packages
        *last, message = result.stderr.splitlines()
        self.assertEqual(len(last), 5)
        self.assertEqual(last[-1], "E: no network")
        self.assertTrue(message.endswith(f"failed with status 100; all that it said is in {log}"), message)
        self.assertIn("line 1\n", log.read_text())

    def test_pages_of_apt_go_to_the_log(self):
        self.program("python3", "exit 7")  # stops the set-up after apt
        result = self.run_setup("exit 0")
        self.assertNotIn("pages", result.stdout)
        self.assertEqual(len([line for line in result.stdout.splitlines() if re.match(r"setup.sh: \d+ s  ", line)]), 2, result.stdout)
        self.assertEqual((self.folder / "deps/setup.log").read_text().count("pages of apt-get"), 2)


class Build(unittest.TestCase):
    def test_demo_and_tests_share_one_build(self):
        """Another option for CMake in one of the two would build everything a second time."""
        calls = [re.findall(r"scripts/build\.sh(.*)", (SCRIPTS / name).read_text()) for name in ("demo.sh", "test.sh")]
        self.assertEqual(calls, [[" --target stint"], [""]])


class GpuCheck(unittest.TestCase):
    def refuse(self, words, *arguments):
        result = subprocess.run(["bash", SCRIPTS / "gpu_check.sh", *arguments], capture_output=True, text=True, check=False)
        self.assertNotEqual(result.returncode, 0)
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        self.assertIn(words, result.stderr)

    def test_what_is_missing_is_named(self):
        self.refuse("unknown command 'test'", "test")
        self.refuse("usage: ", "run")
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "usr").mkdir()
            self.refuse("has no */libfftw3.so; collect it first", "run", folder, folder)

    def test_the_benchmarks_that_it_runs_exist(self):
        script = (SCRIPTS / "gpu_check.sh").read_text()
        for program, function in (("training", "step"), ("sampling", "sampling")):
            (names,) = re.findall(rf"bench_{program} --benchmark_filter='\^{function}/(\S*)\((bf16\|fp32)\)", script)
            source = (SCRIPTS.parent / f"bench/{program}.cpp").read_text()
            for precision in names[1].split("|"):
                self.assertIn(f"BENCHMARK_CAPTURE({function}, {names[0]}{precision},", source)


if __name__ == "__main__":
    unittest.main()
