"""Runs the commands of one page of the documentation on small problems: python3 commands_test.py STINT SOURCE PAGE.md

The blocks of a page run one after another in one shell, in a folder that looks like the checkout. command.py stands in for the programs:
it makes runs small, and only checks the options of those that would still be long.
"""
import os
import pathlib
import subprocess
import sys
import tempfile

import pages

REAL_STINT, SOURCE, PAGE = sys.argv[1], pathlib.Path(sys.argv[2]).resolve(), sys.argv[3]
PROGRAMS = ("stint", "bash", "python", "python3", "pip", "cmake", "ctest")


def checkout(folder):
    """A folder with what the checkout has, and command.py in place of the programs; the folder for PATH."""
    for entry in SOURCE.iterdir():
        if entry.name not in ("build", ".git", "runs") and not entry.name.startswith("demo"):
            (folder / entry.name).symlink_to(entry)
    binaries, path = folder / "build/release/bin", folder / ".path"
    for place, names in ((binaries, ("stint", "bench_hmc", "bench_sampling", "bench_training")), (path, PROGRAMS)):
        place.mkdir(parents=True)
        for name in names:
            (place / name).write_text(f'#!/bin/sh\nexec {sys.executable} {SOURCE}/tests/docs/command.py {name} "$@"\n')
            (place / name).chmod(0o755)
    return path


def script_of(page):
    """One shell script of all blocks, which says where it failed."""
    blocks = pages.commands(page)
    if not blocks:
        sys.exit(f"{PAGE} has no commands")
    parts = ["set -euo pipefail", f"trap 'echo \"docs: {PAGE}, the block at line $block failed\" >&2' ERR"]
    for block in blocks:
        parts += [f"block={block.line}", block.text]
    return "\n".join(parts) + "\n"


def main():
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        path = checkout(folder)
        settings = {"PATH": f"{path}:{os.environ['PATH']}", "REAL_PATH": os.environ["PATH"], "SOURCE": str(SOURCE),
                    "REAL_STINT": os.path.abspath(REAL_STINT), "STINT_PYTHON": sys.executable, "PYTHONPATH": str(SOURCE / "analysis/python"),
                    "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OMPI_MCA_rmaps_base_oversubscribe": "1",
                    "HOME": temporary, "MPLCONFIGDIR": os.path.expanduser("~/.cache/matplotlib"), "USER": "reader", "OMP_WAIT_POLICY": "passive"}
        script = script_of((SOURCE / PAGE).read_text(encoding="utf-8"))
        return subprocess.run(["/bin/bash", "-c", script], cwd=folder, env=os.environ | settings, check=False).returncode


sys.exit(main())
