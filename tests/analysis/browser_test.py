"""The HTML report as a browser shows it: python3 browser_test.py BROWSER STINT

The browser runs without a network and with a profile of its own; its picture of the page must have text and the figure."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import matplotlib.image

BROWSER, STINT = sys.argv[1:]
RUN = "hmc --lattice 8x8 --mass2 0.5 --lambda 0 --chains 64 --thermalize 100 --trajectories 100 --save-every 10 --quiet".split()


class Browser(unittest.TestCase):
    def picture(self, folder, page):
        """The window of a browser that shows the page, (height, width, 3) in [0, 1]."""
        subprocess.run([BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={folder}/profile",
                        "--window-size=1000,1400", f"--screenshot={folder}/{page}.png", f"file://{folder}/{page}"],
                       check=True, capture_output=True, timeout=120)
        return matplotlib.image.imread(folder / f"{page}.png")[:, :, :3]

    def test_the_report_shows_text_and_figure(self):
        with tempfile.TemporaryDirectory() as temporary:
            folder = pathlib.Path(temporary)
            settings = {"cwd": folder, "check": True, "env": os.environ | {"STINT_PYTHON": sys.executable}}
            for seed in "12":
                subprocess.run([STINT, *RUN, "--seed", seed, "--output", f"{seed}.h5"], **settings)
            subprocess.run([STINT, "compare", "1.h5", "2.h5", "--report", "report.html", "--quiet"], **settings)
            page = self.picture(folder, "report.html")
            without = (folder / "report.html").read_text().replace("data:image/png;base64,", "data:image/png;base64,0")
            (folder / "broken.html").write_text(without)
            broken = self.picture(folder, "broken.html")

        def colourful(picture):  # the configurations of the figure are red and blue; text and tables are grey
            return (picture.max(axis=2) - picture.min(axis=2) > 0.4).mean()

        self.assertEqual(page.shape, (1400, 1000, 3))
        self.assertGreater((page.max(axis=2) < 0.5).mean(), 0.01)  # letters
        self.assertGreater(colourful(page), 0.004)
        self.assertLess(colourful(broken), 0.001)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
