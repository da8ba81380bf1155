"""Models of a range of couplings as a user runs them: python3 region_test.py STINT MPIEXEC [GROUP...]"""

import json
import sys
import unittest

from learning_test import SMALL, Learning, Measuring, free_phi2
from program_test import needs_h5py

MASSES = ("0.4", "0.6", "0.8", "1.0", "1.2")


class Region(Learning, Measuring):
    """Free fields on 8x8 sites, drawn exactly."""

    def setUp(self):
        super(Learning, self).setUp()
        for mass2 in MASSES:
            self.draw(f"{mass2}.h5", mass2)

    def draw(self, name, mass2, *arguments):
        self.succeed("sample", "--model", "free-field", "--lattice", "8x8", "--mass2", mass2, "--samples", "4096", "--seed",
                     mass2.replace(".", ""), "--quiet", "--output", name, *arguments)

    def train(self, name, *arguments, steps=50, **settings):
        first, *others = (f"{mass2}.h5" for mass2 in MASSES)
        return self.succeed("train", "--data", first, *others, *SMALL, "--steps", str(steps), "--output", name, *arguments, **settings)

    def test_between_the_masses_of_the_data_is_the_law_in_closed_form(self):
        self.train("model.h5", "--operators", "mixed", "--field-range", "0.05", steps=100)
        self.assertIn("mass2 from 0.4 to 1.2, from 0.4.h5 and 4 more", self.succeed("info", "model.h5"))
        asked = ["sample", "--model", "model.h5", "--samples", "4096", "--quiet"]
        for mass2 in ("0.5", "0.7", "1.1"):
            with self.subTest(mass2):
                self.succeed(*asked, "--mass2", mass2, "--output", f"new-{mass2}.h5")
                value, error = self.phi2(f"new-{mass2}.h5")
                self.assertLess(abs(value - free_phi2(float(mass2))), 4 * 2**0.5 * error)  # the data scatter as the samples
                content = json.loads((self.folder / f"new-{mass2}.h5.json").read_text())
                self.assertEqual((content["couplings"]["mass2"], content["sampled"]), (float(mass2), True))
        # A field on top: <M> = h / (2 m2).
        self.succeed(*asked, "--mass2", "0.7", "--field", "0.05", "--output", "tilted.h5")
        value, error = self.observable("tilted.h5", "magnetisation")
        self.assertLess(abs(value - 0.05 / 1.4), 4 * error)

    @needs_h5py
    def test_resumed_equals_uninterrupted(self):
        self.train("whole.h5")
        stopped = self.run_stint("train", "--data", "0.4.h5", *(f"{mass2}.h5" for mass2 in MASSES[1:]), *SMALL, "--steps", "50", "--output",
                                 "parts.h5", "--time-limit", "0")
        self.assertEqual(stopped.returncode, 75, stopped.stderr)
        self.train("parts.h5", "--resume")
        self.assertEqual(self.difference("whole.h5", "parts.h5"), 0)

    @needs_h5py
    def test_ranks_share_the_batch(self):
        self.train("one.h5")
        self.train("two.h5", ranks=2)
        self.assertLess(self.distance("one.h5", "two.h5"), 1e-5)

    def test_bad_input(self):
        self.train("model.h5", steps=2)
        self.succeed("train", "--data", "0.4.h5", *SMALL, "--steps", "2", "--output", "one.h5")
        sample = ["sample", "--samples", "2", "--output", "out.h5", "--model"]
        for words, arguments in {
            "model.h5 knows mass2 from 0.4 to 1.2; choose one with --mass2": ["model.h5"],
            "--mass2 1.3: model.h5 knows mass2 from 0.4 to 1.2": ["model.h5", "--mass2", "1.3"],
            "--lambda 1: model.h5 knows mass2 from 0.4 to 1.2 only": ["model.h5", "--mass2", "1", "--lambda", "1"],
            "--lambda 1: one.h5 knows lambda = 0, that of its data": ["one.h5", "--lambda", "1"],
            "a free field has none": ["free-field", "--lambda", "1"],
        }.items():
            with self.subTest(words):
                self.refuse(2, words, *sample, *arguments)
        self.succeed(*sample, "one.h5", "--lambda", "0", "--mass2", "0.4", "--quiet")  # those of the data
        (self.folder / "out.h5").unlink()
        self.hmc("lambda.h5", lattice="8x8", mass2=1, **{"lambda": 1})
        self.hmc("field.h5", lattice="8x8", mass2=1, field=0.1, **{"lambda": 0})
        self.hmc("small.h5", mass2=1, **{"lambda": 0})
        train = ["train", *SMALL, "--steps", "2", "--output", "out.h5", "--data", "0.4.h5"]
        for words, arguments in {
            "differ in mass2 or in lambda": ["lambda.h5"],
            "have no magnetic field": ["field.h5"],
            "small.h5 is of kind 'phi4' on the lattice 4x4, 0.4.h5 of kind 'phi4' on 8x8": ["small.h5"],
            "two ensembles have the same mass2 = 0.6": ["0.6.h5", "copy.h5"],
            "--memory 0.001: several ensembles": ["0.6.h5", "--memory", "0.001"],
        }.items():
            with self.subTest(words):
                (self.folder / "copy.h5").write_bytes((self.folder / "0.6.h5").read_bytes())
                self.refuse(2, words, *train, *arguments)
        self.refuse(1, "none.h5", *train, "none.h5")
        self.refuse(2, "differ in mass2 or in lambda", *train, "0.4.h5")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
