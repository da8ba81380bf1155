"""Studies for the tests of jobs/: a folder with a file 'stages' and --config files, and jobs/submit.sh to run them."""

import os
import pathlib
import subprocess
import tempfile
import unittest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SITE = """stint={stint}
python={python}
runs=runs
all=() cpu=() gpu=()
launcher=(mpirun --bind-to none --oversubscribe)
prepare() {{ export PREPARED=1; }}
"""
PATIENCE = float(os.environ.get("STINT_TIME_FACTOR", 4))  # multiplies the seconds that a test waits
CACHE = pathlib.Path(os.environ.get("STINT_DEPS") or pathlib.Path.home() / ".cache/stint")
PYTHON = os.environ.get("STINT_PYTHON") or str(CACHE / "python/bin/python3")


def python_lacks(module):
    try:
        return subprocess.run([PYTHON, "-c", f"import {module}"], capture_output=True).returncode != 0
    except OSError:
        return True


def ask_file(path, expression):
    """What a Python expression gives of an HDF5 file."""
    script = f"import h5py, hashlib, sys; file = h5py.File(sys.argv[1]); print({expression})"
    return subprocess.run([PYTHON, "-c", script, path], capture_output=True, text=True, check=True).stdout.strip()


def configurations(path):
    """The bytes of /configurations, as a checksum."""
    return ask_file(path, "hashlib.sha256(file['configurations'][()].tobytes()).hexdigest()")


class StudyTest(unittest.TestCase):
    """Each test works in an empty folder of its own, with a blank in its name. `stint` is the program."""

    stint = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="stint jobs-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        site = self.folder / "site.sh"
        site.write_text(SITE.format(stint=self.stint, python=PYTHON))
        os.environ.update(
            STINT_SITE=str(site), OMP_WAIT_POLICY="passive",
            OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",  # tests also run in containers
        )

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    def submit(self, *arguments):
        return subprocess.run(["bash", REPOSITORY / "jobs/submit.sh", *arguments], cwd=self.folder, capture_output=True, text=True)

    def succeed(self, *arguments):
        result = self.submit(*arguments)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def refuse(self, words, *arguments):
        result = self.submit(*arguments)
        self.assertNotEqual(result.returncode, 0, result.stdout)
        self.assertIn(words, result.stderr)
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
