"""Every page: links lead somewhere, options exist, commands stand in blocks that the tests run: python3 pages_test.py STINT SOURCE"""
import pathlib
import subprocess
import sys
import unittest

import pages

SOURCE = pathlib.Path(sys.argv.pop()).resolve()
STINT = sys.argv.pop()
PAGES = sorted([*SOURCE.glob("*.md"), *SOURCE.glob("docs/**/*.md")])
COMMANDS = ("hmc", "train", "sample", "adapt", "measure", "compare", "join", "import", "export", "restore", "info", "maze generate", "maze plan", "maze evaluate")
OTHERS = {"--version", "--target", "--no-deps", "--upgrade", "--prefix", "--build", "--install", "--component",  # of pip and CMake
          "--preset", "--test-dir", "--output-on-failure", "--gtest_filter", "--gtest_output", "--gpus-per-task",
          "--me", "--account", "--partition", "--signal", "--mpi", "--ntasks", "--cpus-per-task", "--time", "--mem", "--bind-to"}


def known_options():
    """Options of the program, of our scripts, and of the tools that the pages name."""
    found = set(OTHERS)
    for command in COMMANDS:
        found |= pages.options(subprocess.run([STINT, *command.split(), "--help"], capture_output=True, text=True, check=True).stdout)
    for pattern in ("scripts/*", "jobs/*.sh", "bench/**/*.py", "analysis/python/stint/**/*.py"):
        for file in SOURCE.glob(pattern):
            found |= pages.options(file.read_text(encoding="utf-8"))
    return found


class Pages(unittest.TestCase):
    def nothing_wrong(self, wrong):
        """wrong(path, page) lists what is wrong with a page."""
        for path in PAGES:
            with self.subTest(page=str(path.relative_to(SOURCE))):
                self.assertEqual(wrong(path, path.read_text(encoding="utf-8")), [])

    def test_links(self):
        self.nothing_wrong(lambda path, page: [target for target in pages.links(page) if not (path.parent / target).exists()])

    def test_options(self):
        known = known_options()
        self.nothing_wrong(lambda path, page: sorted(pages.options(page) - known))

    def test_commands_stand_in_blocks(self):
        self.nothing_wrong(lambda path, page: pages.loose_commands(page))

    def test_listings_are_the_files_that_the_tests_compile(self):
        def wrong(path, page):
            return [f"{file}: not the text of the file" if file else f"no file: {text[:60]}" for file, text in pages.listings(page)
                    if not file or (path.parent / file).read_text(encoding="utf-8") != text]
        self.nothing_wrong(wrong)
        self.assertEqual([file for file, text in pages.listings((SOURCE / "docs/cpp.md").read_text(encoding="utf-8"))],
                         [f"../tests/consumer/{library}.cpp" for library in ("lattice", "mcmc", "mazes", "analysis", "generative")])

    def test_every_page_is_on_the_map(self):
        index = SOURCE / "docs/index.md"
        linked = {(index.parent / target).resolve() for target in pages.links(index.read_text(encoding="utf-8"))}
        self.assertEqual([path.name for path in SOURCE.glob("docs/**/*.md") if path != index and path.resolve() not in linked], [])


class Reading(unittest.TestCase):
    """The reader of pages itself."""

    def test_blocks(self):
        page = "a\n```bash\nstint hmc\n```\n```python\nx\n```\n<!-- for the test\nstint info x\n-->\n"
        self.assertEqual(pages.commands(page), [(3, "stint hmc"), (9, "stint info x")])

    def test_what_is_wrong_is_found(self):
        self.assertEqual(pages.listings("[`a`](../a.cpp):\n\n```cpp\nint a;\n```\nb\n\n```cpp\nint b;\n```\n"),
                         [("../a.cpp", "int a;\n"), (None, "int b;\n")])
        self.assertEqual(pages.loose_commands("x\n    stint hmc --lattice 8\n```text\n    stint x\n```\n"), [2])
        self.assertEqual(pages.links("[a](b.md#c) ![](d.png) [e](https://f.g)"), ["b.md", "d.png"])
        self.assertEqual(pages.options("`--mass2 -4`, --save-every=3, a--b"), {"--mass2", "--save-every"})


if __name__ == "__main__":
    unittest.main()
