"""What the tutorial says that HMC prints, it prints: python3 tutorial_test.py STINT SOURCE

The same seed gives the same configurations everywhere. So the first two sections are run as they stand, and each row of their tables is
looked for in the output."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import pages

SOURCE = pathlib.Path(sys.argv.pop()).resolve()
STINT = pathlib.Path(sys.argv.pop()).resolve()


def sections(page):
    """The sections with a number, by it."""
    parts = re.split(r"^## (\d+)\..*$", page, flags=re.M)
    return dict(zip(map(int, parts[1::2]), parts[2::2]))


def rows(section):
    """First and second column of the tables."""
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line.startswith("| ")]
    return [(name, value) for name, value, *_ in cells if name not in ("line", "observable")]


class Tutorial(unittest.TestCase):
    def test_hmc_and_measure_print_what_the_page_says(self):
        numbered = sections((SOURCE / "docs/tutorial.md").read_text(encoding="utf-8"))
        with tempfile.TemporaryDirectory() as folder:
            for number, least in ((1, 5), (2, 7)):
                script = "\n".join(["set -e", *(block.text for block in pages.commands(numbered[number]))])
                printed = subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, text=True, check=True,
                                         env=os.environ | {"PATH": f"{STINT.parent}:{os.environ['PATH']}"}).stdout
                found = rows(numbered[number])
                self.assertGreaterEqual(len(found), least)
                for name, value in found:
                    with self.subTest(name):
                        self.assertRegex(printed, rf"(?m)^{re.escape(name)} +{re.escape(value)}(?![0-9(])")


if __name__ == "__main__":
    unittest.main()
