"""stint adapt and sample --path: python3 adapt_test.py STINT MPIEXEC [GROUP...]"""

import json
import math
import pathlib
import sys
import unittest

from program_test import ProgramTest, needs_h5py

MODEL = str(pathlib.Path(__file__).parents[2] / "models" / "phi4-l32.h5")
FREE = "--model free-field --lattice 16x16 --mass2 0.5".split()
SMALL = "--samples 6 --fine 14 --evaluations 6".split()  # enough to see that it works
EQUAL = """
import h5py, sys
a, b = (h5py.File(name)[sys.argv[1]][()] for name in sys.argv[2:])
print(a.dtype == b.dtype and (a == b).all())
"""


def deviations(lattice=16, mass2=0.5):
    phat2 = [4 * math.sin(math.pi * n / lattice) ** 2 for n in range(lattice)]
    return [math.sqrt(1 / (2 * (a + b + mass2))) for a in phat2 for b in phat2]


class AdaptTest(ProgramTest):
    def adapt(self, *arguments, output="path.h5"):
        return json.loads(self.succeed("adapt", *arguments, "--output", output, "--json", "-"))

    def sample(self, *arguments, output="new.h5"):
        return json.loads(self.succeed("sample", *arguments, "--output", output, "--json", "-"))

    def equal(self, dataset, a, b):
        return self.python(EQUAL, dataset, a, b) == "True"


class Paths(AdaptTest):
    def test_the_least_action_is_the_squared_wasserstein_distance(self):
        found = self.adapt(*FREE, "--objective", "action", "--over", "shells:1000", "--curve", "trigonometric", "--evaluations", "0",
                           "--samples", "2048", "--steps", "24")
        s = deviations()
        distance2 = sum((x - 1) ** 2 for x in s)
        # The statistical error of the mean over 2048 draws of sum_k (s_k - 1)^2 |x_k|^2.
        error = math.sqrt(2 * sum((x - 1) ** 4 for x in s) / 2048)
        self.assertLess(abs(found["action"] - distance2), 0.005 * distance2 + 4 * error)
        self.assertAlmostEqual(found["action"] / found["length"] ** 2, 1, delta=1e-3)
        self.assertGreater(found["action_default"], 1.2 * distance2)
        self.assertAlmostEqual(found["action_error"] / error, 1, delta=0.2)
        # Any schedule is exact for Gaussian data, this path too.
        self.sample(*FREE, "--path", "path.h5", "--samples", "4")

    def test_few_steps_go_where_they_are_needed(self):
        found = self.adapt("--model", MODEL, "--samples", "16", "--fine", "24", "--evaluations", "12", "--steps", "7")
        self.assertLess(found["error_learned"], 0.9 * found["error_even"])
        self.assertEqual(found["error"], min(found["error_learned"], found["error_dynamic"]))
        self.assertEqual((found["steps"], len(found["levels"])), (7, 8))
        self.assertEqual((found["levels"][0], found["levels"][-1]), (1, 0))
        self.assertLess(min(found["objective_history"]), found["objective_history"][0])
        few = self.sample("--model", MODEL, "--path", "path.h5", "--samples", "4")  # of one thread
        self.assertEqual(few["evaluations"], 6 + 1 / 4)  # that at pure noise is of one configuration

    def test_without_learning_the_start_stays(self):
        found = self.adapt("--model", MODEL, *SMALL, "--steps", "6", "--evaluations", "0")
        self.assertGreater(found["error_dynamic"], found["error_even"])  # with these few samples
        self.assertEqual(found["error"], found["error_dynamic"])
        self.assertNotIn("error_learned", found)

    def test_the_same_search_finds_the_same_path(self):
        for output in ("one.h5", "other.h5"):
            self.adapt("--model", MODEL, *SMALL, "--steps", "6", "--threads", "1", output=output)
        self.assertTrue(self.equal("levels", "one.h5", "other.h5"))

    def test_a_path_serves_other_tasks_and_stops_on_the_way(self):
        self.adapt("--model", MODEL, *SMALL, "--steps", "5", "--evaluations", "0")
        self.sample("--model", MODEL, "--samples", "3", "--steps", "5", output="known.h5")
        given = ["--model", MODEL, "--path", "path.h5", "--task", "inpaint", "--known", "known.h5", "--mask", "block:8x8@0,0",
                 "--samples", "3"]
        self.sample(*given, output="whole.h5")
        self.succeed("sample", *given, "--until", "0.5", "--output", "states.h5")
        self.succeed("sample", "--continue", "states.h5", "--output", "end.h5")
        self.assertTrue(self.equal("configurations", "whole.h5", "end.h5"))

    def test_modes_have_levels_of_their_own(self):
        self.adapt("--model", MODEL, "--objective", "lipschitz", "--over", "shells:6", "--steps", "10", output="shells.h5")
        shape = self.python("import h5py; f = h5py.File('shells.h5'); print(f['levels'].shape, f.attrs['basis'])")
        self.assertEqual(shape, "(11, 32, 32) fourier")
        found = self.adapt("--model", MODEL, "--along", "shells.h5", *SMALL, "--steps", "6")
        self.assertLessEqual(found["error"], found["error_even"])
        self.sample("--model", MODEL, "--path", "path.h5", "--samples", "2")
        text = self.succeed("info", "path.h5")
        self.assertIn("path", text)


    def test_as_many_steps_as_the_truth_has(self):
        found = self.adapt(*FREE, "--samples", "2", "--fine", "5", "--steps", "5", "--evaluations", "3")
        self.assertEqual(found["error"], 0)
        self.assertLessEqual(len(found["objective_history"]), 3)
        self.assertEqual(self.adapt(*FREE, "--samples", "2", "--steps", "60", "--evaluations", "0", "--start", "even", output="many.h5")["steps"], 60)


class StepsByTheirError(AdaptTest):
    def test_the_tolerance_decides(self):
        found = [self.sample("--model", MODEL, "--samples", "4", "--tolerance", tolerance, "--overwrite") for tolerance in ("0.02", "0.002")]
        self.assertLess(found[0]["steps"], found[1]["steps"])
        self.assertEqual(found[0]["evaluations"], found[0]["steps"] - 1 + 1 / 4)

    @needs_h5py
    def test_batches_and_ranks_do_not(self):
        run = ["sample", *FREE, "--field", "0.3", "--samples", "6", "--tolerance", "1e-5", "--threads", "1", "--quiet"]
        self.succeed(*run, "--batch", "2", "--output", "two.h5")
        self.succeed(*run, "--batch", "2", "--output", "ranks.h5", ranks=2)
        self.succeed(*run, "--batch", "6", "--output", "six.h5", "--json", "six.json")
        self.assertTrue(self.equal("configurations", "two.h5", "ranks.h5"))
        self.assertLess(float(self.python("""
import h5py
a, b = (h5py.File(name)['configurations'][()] for name in ('two.h5', 'six.h5'))
print(abs(a - b).max())
""")), 1e-5)

    def test_what_it_does_not_go_with(self):
        base = ["sample", *FREE, "--samples", "2", "--output", "x.h5", "--tolerance"]
        self.refuse(2, "--tolerance goes with --solver dopri5 or multistep", *base, "0.1", "--solver", "heun")
        self.refuse(2, "--steps does not go with --tolerance", *base, "0.1", "--steps", "8")
        self.refuse(2, "--tolerance is 0, expected more than 0", *base, "0")
        self.refuse(2, "paths of one stage", *base, "0.1", "--task", "multiscale")


class ChosenOrders(AdaptTest):
    @needs_h5py
    def test_every_block_is_made(self):
        run = [*FREE, "--samples", "5", "--batch", "3", "--steps", "6", "--task", "sequential"]
        self.assertEqual(self.sample(*run, "--order", "variance:8")["evaluations"], 4 * 6)
        self.sample(*run, "--order", "least-variance:8", "--seed", "2", output="least.h5")
        self.sample(*run, "--order", "blocks:8", output="blocks.h5")
        # Known sites keep their bits, and the blocks that they fill take no time.
        found = self.sample(*run, "--order", "variance:8", "--known", "new.h5", "--mask", "block:8x16@0,0", "--seed", "3", output="given.h5")
        self.assertEqual(found["evaluations"], 2 * 6)
        self.assertEqual(self.python("""
import h5py
a, b = (h5py.File(name)['configurations'][()] for name in ('new.h5', 'given.h5'))
print((a[:, 8:] == b[:, 8:]).all(), (a[:, :8] == b[:, :8]).any())
"""), "True False")

    def test_what_they_do_not_go_with(self):
        base = ["sample", *FREE, "--samples", "2", "--output", "x.h5", "--task", "sequential", "--order"]
        self.refuse(2, "--until needs a path that is fixed; --order variance:8", *base, "variance:8", "--until", "1.5")
        self.refuse(2, "--overlap does not go with --order variance:8", *base, "variance:8", "--overlap", "0.5")
        self.refuse(2, "'x' in 'blocks:x' is not a whole number", *base, "variance:x")
        self.refuse(2, "groups of 5 sites", *base, "least-variance:5")
        self.refuse(2, "a path needs an order that is fixed", "adapt", *FREE, "--task", "sequential", "--order", "variance:8", "--output", "x.h5")


class Laws(AdaptTest):
    def test_operators_outside_of_the_law_are_said_to_be(self):
        self.succeed(*"hmc --lattice 8x8 --mass2 0.5 --lambda 1 --chains 64 --trajectories 40 --thermalize 20 --output data.h5 --quiet".split())
        for family, outside in (("known", False), ("independent", True)):
            self.succeed(*f"train --data data.h5 --levels 1 --channels 8 --steps 2 --batch 8 --operators {family}:1 --output {family}.h5 --quiet".split())
            run = ["sample", "--model", f"{family}.h5", *"--samples 2 --steps 4 --quiet --task inpaint --known data.h5 --mask block:4x4@1,1".split()]
            said = self.run_stint(*run, "--output", f"{family}-samples.h5", "--json", f"{family}.json").stderr
            self.assertEqual(f"the path leaves the operators that {family}.h5 was trained on" in said, outside, said)
            self.assertLessEqual(said.count("\n"), 1)
            found = json.loads((self.folder / f"{family}.json").read_text())
            self.assertEqual(found["law_distance"] > 1.5, outside)


class Refusals(AdaptTest):
    def test_of_adapt(self):
        base = ["adapt", *FREE, "--output", "x.h5"]
        self.refuse(2, "--over goes with --objective action or lipschitz", *base, "--over", "shells:4")
        self.refuse(2, "--start goes with --objective error", *base, "--objective", "action", "--start", "even")
        self.refuse(2, "--over is 'shells:0', expected schedule", *base, "--objective", "action", "--over", "shells:0")
        self.refuse(2, "5", *base, "--objective", "action", "--over", "blocks:5")
        self.refuse(2, "--steps is 0, expected at least 1", *base, "--steps", "0")
        self.refuse(2, "--fine is 8, expected 9 (the steps) to 1000", *base, "--steps", "9", "--fine", "8")
        self.refuse(2, "--fine is 1000000000, expected 7 (the steps) to 1000", *base, "--fine", "1000000000")
        self.refuse(2, "--along is '', expected the name of a file", *base, "--along", "")
        self.refuse(2, "dynamic programming is for the multistep solver", *base, "--solver", "rk4")
        self.refuse(1, "none.h5", *base, "--along", "none.h5")
        self.refuse(2, "one stage", *base, "--task", "sequential", "--order", "blocks:8", "--objective", "action")

    def test_of_paths(self):
        self.adapt(*FREE, "--objective", "lipschitz", "--over", "shells:4", "--steps", "6")
        base = ["sample", *FREE, "--samples", "2", "--output", "x.h5", "--path"]
        self.refuse(2, "--steps does not go with --path", *base, "path.h5", "--steps", "4")
        self.refuse(1, "none.h5", *base, "none.h5")
        self.refuse(1, "path.h5: a path for the kind 'phi4' on lattice 16x16", "sample", "--model", MODEL, "--output", "x.h5", "--path", "path.h5")
        self.sample(*FREE, "--samples", "2", output="known.h5")
        self.refuse(1, "known.h5: not a path that 'stint adapt' wrote", *base, "known.h5")
        self.refuse(2, "this path moves the coordinates of the basis 'site', its schedule is one for those of 'fourier'", *base, "path.h5", "--task", "inpaint", "--known", "known.h5", "--mask", "random:0.5")
        whole = (self.folder / "path.h5").read_bytes()
        (self.folder / "half.h5").write_bytes(whole[: len(whole) // 2])
        self.refuse(1, "half.h5", *base, "half.h5")
        self.refuse(1, "path.h5", "measure", "path.h5")

    @needs_h5py
    def test_of_levels_that_are_none(self):
        self.adapt(*FREE, "--objective", "lipschitz", "--steps", "6")
        self.python("import h5py; f = h5py.File('path.h5', 'r+'); f['levels'][3] = 0.999")
        self.refuse(1, "path.h5: the levels of a path go down from 1", "sample", *FREE, "--path", "path.h5", "--output", "x.h5")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
