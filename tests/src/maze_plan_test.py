"""stint maze plan as a user runs it: python3 maze_plan_test.py STINT MPIEXEC [GROUP...]"""

import json
import pathlib
import sys
import unittest

from program_test import ProgramTest, needs_h5py

MODELS = pathlib.Path(__file__).parents[2] / "models"
UMAZE = str(MODELS / "maze-umaze.h5")
QUICK = ("--dreams", "512", "--solver", "multistep", "--steps", "8")  # a coarser roadmap, and fewer evaluations, than the defaults

# The U with its passage on the other side: what the model knows does not lead from one arm to the other.
MIRRORED = "#####\n#OOO#\n#O###\n#OOO#\n#####\n"

# Prints plans, without what fills them up.
READ = """
import h5py, json, sys
with h5py.File(sys.argv[1]) as file:
    plans = [file["plans"][i][:n].tolist() for i, n in enumerate(file["points"][:])]
    print(json.dumps({"plans": plans, "stops": file["stops"][:].tolist(), "start": file["start"][:].tolist(), "goal": file["goal"][:].tolist()}))
"""


class PlanTest(ProgramTest):
    def plan(self, *arguments, output="plans.h5"):
        return json.loads(self.succeed("maze", "plan", "--model", UMAZE, *QUICK, "--output", output, "--json", "-", *arguments))

    def read(self, path="plans.h5"):
        return json.loads(self.python(READ, path))


@needs_h5py
class Plans(PlanTest):
    def test_random_pairs_are_joined_around_the_walls(self):
        found = self.plan("--pairs", "60")
        self.assertEqual((found["plans"], found["found"]), (60, 60))
        self.assertGreaterEqual(found["wall_free"], 0.9)
        self.assertGreaterEqual(found["wall_free_with_retry"], found["wall_free"])
        worth = json.loads(self.succeed("maze", "evaluate", "plans.h5", "--json", "-"))
        self.assertEqual(worth["wall_free"], found["wall_free"])
        self.assertEqual(worth["wall_free_with_retry"], found["wall_free_with_retry"])
        self.assertEqual(worth["first_draw"]["ends_met"]["value"], 1)
        self.assertGreater(worth["score"][0], 100)  # D4RL's reference controller has 100

    def test_given_places_are_met_bit_for_bit_and_in_order(self):
        self.plan("--start", "1.05,0.9", "--waypoint", "1.1,3/2,2.95", "--goal", "3,1.03", "--plans", "3")
        read = self.read()
        to_float32 = "import numpy, json, sys; print(json.dumps([float(numpy.float32(x)) for x in json.loads(sys.argv[1])]))"
        expected = json.loads(self.python(to_float32, json.dumps([1.05, 0.9, 1.1, 3, 2, 2.95, 3, 1.03])))
        for plan, stops in zip(read["plans"], read["stops"]):
            self.assertEqual(sorted(stops), stops)
            self.assertEqual([x for stop in stops for x in plan[stop]], expected)
            self.assertEqual(stops[-1], len(plan) - 1)
        self.assertNotEqual(read["plans"][0], read["plans"][1])

    def test_a_path_goes_on_from_the_motion_before(self):
        def mean_of_next(*before):
            self.plan("--start", "1,2", "--goal", "3,1", "--plans", "16", "--before", *before, output="moving.h5")
            following = [plan[1][1] for plan in self.read("moving.h5")["plans"]]
            (self.folder / "moving.h5").unlink()
            return sum(following) / len(following)

        self.assertGreater(mean_of_next("1,1.4/1,1.6/1,1.8"), 2.1)
        self.assertLess(mean_of_next("1,2.6/1,2.4/1,2.2"), 1.9)  # on its way back: it has to turn

    def test_a_plan_does_not_depend_on_the_others(self):
        self.plan("--pairs", "9")
        self.plan("--pairs", "5", "--batch", "3", "--threads", "1", output="few.h5")
        many, few = self.read(), self.read("few.h5")
        for one, other in zip(many["plans"][:5], few["plans"]):
            self.assertEqual(len(one), len(other))
            for a, b in zip(one, other):
                self.assertAlmostEqual(a[0], b[0], delta=0.02)  # rounding in bf16, along the steps
                self.assertAlmostEqual(a[1], b[1], delta=0.02)

    def test_new_walls_are_told_and_kept_out_of(self):
        self.write("short.txt", "#####\n#OOO#\n###O#\n###O#\n#####\n")
        result = self.run_stint("maze", "plan", "--model", UMAZE, *QUICK, "--layout", "short.txt", "--start", "1,1", "--goal", "3,3",
                                "--output", "plans.h5")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("other walls than the maze of the model's data", result.stderr)

    def test_pairs_without_a_path_are_counted(self):
        self.write("mirrored.txt", MIRRORED)
        result = self.run_stint("maze", "plan", "--model", UMAZE, *QUICK, "--layout", "mirrored.txt", "--pairs", "12", "--plans", "2", "--retries", "0",
                                "--output", "plans.h5", "--json", "plans.json")
        self.assertEqual(result.returncode, 0, result.stderr)
        numbers = json.loads((self.folder / "plans.json").read_text())
        without = sum(not plan for plan in self.read()["plans"]) // 2
        self.assertTrue(0 < without < 12)
        self.assertEqual((numbers["pairs"], numbers["pairs_without_plan"], numbers["found"]), (12, without, 24 - 2 * without))
        self.assertIn(f"{without} of 12 pairs without a path", result.stdout)
        self.assertIn(f"{without} of 12 pairs of places have no path", result.stderr)

    def test_a_run_that_finds_no_path_has_failed(self):
        self.write("mirrored.txt", MIRRORED)
        result = self.run_stint("maze", "plan", "--model", UMAZE, *QUICK, "--layout", "mirrored.txt", "--start", "1,1", "--goal", "3,1",
                                "--output", "plans.h5", "--json", "plans.json", "--quiet")
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn("stint maze plan: no path was found for any of 1 pairs of places", result.stderr)
        self.assertEqual(self.files(), ["mirrored.txt"])

    def test_a_warning_where_the_solver_needs_more_steps(self):
        self.assertIn("32 or more of sde2", " ".join(self.succeed("maze", "plan", "--help").split()))
        for solver, steps, warns in (("sde2", "31", True), ("sde2", "32", False), ("multistep", "8", False), ("sde", "8", False)):
            result = self.run_stint("maze", "plan", "--model", UMAZE, "--solver", solver, "--steps", steps, "--dreams", "64", "--width", "0.5",
                                    "--candidates", "1", "--retries", "0", "--output", f"{solver}{steps}.h5")
            self.assertEqual("makes noisy paths with --steps" in result.stderr, warns, result.stderr)

    def test_few_steps_of_the_ode_make_no_noise(self):
        self.plan("--pairs", "20", "--retries", "0")
        worth = json.loads(self.succeed("maze", "evaluate", "plans.h5", "--no-execution", "--json", "-"))
        self.assertLess(worth["roughness"][0], 0.01)  # windows of the data have 0.0047

    def test_every_plan_to_the_goal_ends_in_its_cell(self):
        self.plan("--pairs", "5", "--ends", "goal")
        self.assertEqual(self.read()["goal"], [[1, 1]] * 5)


@needs_h5py
class Refusals(PlanTest):
    def refuse_plan(self, status, words, *arguments, model=UMAZE):
        self.refuse(status, words, "maze", "plan", "--model", model, "--output", "plans.h5", *arguments)

    def refuse_after_warning(self, words, *arguments):
        result = self.run_stint("maze", "plan", "--model", UMAZE, "--output", "plans.h5", *arguments)
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertIn(words, result.stderr)

    def test_places(self):
        self.refuse_plan(2, "--goal is 2,1, inside a wall", "--start", "1,1", "--goal", "2,1")
        self.refuse_plan(2, "--start is 9,9, inside a wall", "--start", "9,9", "--goal", "1,1")
        self.refuse_plan(2, "--waypoint is 2,2, inside a wall", "--start", "1,1", "--waypoint", "1,3/2,2", "--goal", "3,1")
        self.refuse_plan(2, "--start is '1;1', expected two numbers X,Y", "--start", "1;1", "--goal", "3,1")
        self.refuse_plan(2, "--start is 'nan,1', expected two numbers X,Y", "--start", "nan,1", "--goal", "3,1")
        self.refuse_plan(2, "--start and --goal go together", "--start", "1,1")
        self.refuse_plan(2, "--pairs is of random places", "--start", "1,1", "--goal", "3,1", "--pairs", "4")
        self.refuse_plan(2, "--waypoint is '1,3/'", "--start", "1,1", "--waypoint", "1,3/", "--goal", "3,1")
        self.refuse_plan(2, "more than a million", "--pairs", "100000", "--plans", "100000")
        self.refuse_plan(2, "--waypoint goes with --start", "--waypoint", "1,3")
        self.refuse_plan(2, "--before goes with --start", "--before", "1,3")
        self.refuse_plan(2, "wall", "--start", "1,1", "--before", "0,0", "--goal", "3,1")
        self.refuse_plan(2, "is a wall in between", "--start", "1,1", "--before", "3,1/1,1.1", "--goal", "3,1")
        self.refuse_plan(2, "--before is '1,3/'", "--start", "1,1", "--before", "1,3/", "--goal", "3,1")
        self.refuse_plan(2, "--look-ahead is 46, expected 0 to 45", "--look-ahead", "46")
        self.refuse_plan(2, "OGBench's mazes only", "--ends", "tasks")

    def test_layouts(self):
        self.write("split.txt", "#####\n#OO##\n#####\n##OO#\n#####\n")
        self.refuse_after_warning("walls part 1,1 from 3,3", "--layout", "split.txt", "--start", "1,1", "--goal", "3,3")
        self.write("full.txt", "###\n###\n###\n")
        self.refuse_plan(2, "full.txt", "--layout", "full.txt")
        self.refuse_plan(2, "--layout", "--layout", "nomaze")

    def test_models_of_other_kinds_and_numbers_out_of_range(self):
        self.refuse_plan(2, "is of the kind 'image'", model=str(MODELS / "fashion-mnist.h5"))
        for option, value in (("pairs", 0), ("plans", 0), ("retries", -1), ("batch", 0), ("candidates", 0), ("candidates", 99), ("pairs", 10**12), ("plans", 4 * 10**9), ("dreams", 10**12),
                              ("waypoints", 10**6),
                              ("slack", 0), ("width", 0), ("stop-cost", -1), ("longest", 0), ("dreams", 0), ("waypoints", -1)):
            self.refuse_plan(2, f"--{option} is {value}", f"--{option}", str(value))
        for option, value, expected in (("steps", 2, "3 to 256"), ("steps", 1000, "3 to 256"), ("overlap", 40, "1 to 25"), ("overlap", 0, "1 to"),
                                        ("longest", 47, "1 to 46"), ("width", "1e-300", "0.001 to 1"), ("width", 7, "0.001 to 1"),
                                        ("slack", "1e-12", "0.1 to 100"), ("stop-cost", "1e+300", "0 to 1e6")):
            self.refuse_plan(2, f"stint maze plan: --{option} is {value}", f"--{option}", str(value))
            self.refuse_plan(2, f"expected {expected}", f"--{option}", str(value))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
