"""The file of scripts/bundle.sh: python3 bundle_test.py SOURCE

It is unpacked elsewhere and its program is started with an empty environment. scripts/bundle_trial.sh does the same in an empty Debian."""
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile
import unittest

SOURCE = pathlib.Path(sys.argv[1]).resolve()


class Bundle(unittest.TestCase):
    def test_the_program_runs_from_the_unpacked_file(self):
        with tempfile.TemporaryDirectory(prefix="stint test ") as temporary:  # a name with blanks
            folder = pathlib.Path(temporary)
            packed = folder / "stint.tar"
            made = subprocess.run(["bash", SOURCE / "scripts/bundle.sh", "--output", packed], capture_output=True, text=True, check=False)
            self.assertEqual((made.returncode, made.stderr), (0, ""))
            self.assertEqual([path.name for path in folder.iterdir()], ["stint.tar"])
            with tarfile.open(packed) as file:
                names = [name.partition("/")[2] for name in file.getnames()]
                file.extractall(folder, filter="data")
            for name in ("bin/stint", "libexec/stint", "lib/libtorch_cpu.so", "lib/libhdf5_openmpi.so.103", "lib/libstdc++.so.6", "LICENSE",
                         "share/stint/models/phi4-l32.h5", "share/stint/python/stint/__main__.py", "docs/index.md"):
                self.assertIn(name, names)
            self.assertEqual([name for name in names if re.match(r"lib/(libc|libm|ld-linux.*|libpthread)\.so", name)], [])
            self.assertEqual([name for name in names if "__pycache__" in name], [])
            (root,) = (path for path in folder.iterdir() if path.is_dir())

            def run(*command):
                return subprocess.run(command, cwd=folder, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=True).stdout

            self.assertTrue(run(root / "bin/stint", "--version").startswith("stint "))
            run(root / "bin/stint", "sample", "--model", root / "share/stint/models/phi4-l32.h5", "--samples", "2", "--steps", "4", "--output", "x.h5")
            self.assertIn("configurations", run(root / "bin/stint", "info", "x.h5"))
            again = subprocess.run(["bash", SOURCE / "scripts/bundle.sh", "--output", packed], capture_output=True, text=True, check=False)
            self.assertEqual((again.returncode, again.stderr.count("\n")), (1, 1))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
