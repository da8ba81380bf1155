"""stint maze evaluate as a user runs it: python3 maze_evaluate_test.py STINT MPIEXEC [GROUP...]"""

import json
import pathlib
import re
import sys
import unittest

from program_test import ProgramTest, needs_h5py

ROOT = pathlib.Path(__file__).parents[2]
UMAZE = r"#####\#GOO#\###O#\#OOO#\#####"

# Writes a file of plans as stint maze plan does, from a list of (first draw, plan, places, retries, pair).
WRITE = """
import json, sys
import h5py, numpy
settings = json.loads(sys.argv[1])
rows = settings["rows"]
longest = max(1, *(len(way) for row in rows for way in row[:2])) if rows else 1
most = max((len(row[2]) for row in rows), default=2)
fill = lambda way, goal, size: way + [goal] * (size - len(way))
with h5py.File("plans.h5", "w") as file:
    for name, value in dict(format="stint-plans", format_version=1, complete=1, kind="maze", maze=settings["maze"], world=settings["world"],
                            every=settings["every"], model="m.h5", ends="random", retry_test="physical", seconds=0.5).items():
        file.attrs[name] = value
    put = lambda name, shape, values, kind: file.create_dataset(name, data=numpy.array(values, kind).reshape(shape))
    n = len(rows)
    put("plans", (n, longest, 2), [fill(row[1], row[2][-1], longest) for row in rows], "f4")
    put("first", (n, longest, 2), [fill(row[0], row[2][-1], longest) for row in rows], "f4")
    put("points", n, [len(row[1]) for row in rows], "i8")
    put("first_points", n, [len(row[0]) for row in rows], "i8")
    put("start", (n, 2), [row[2][0] for row in rows], "f4")
    put("goal", (n, 2), [row[2][-1] for row in rows], "f4")
    put("places", (n, most, 2), [fill(row[2], row[2][-1], most) for row in rows], "f4")
    put("stops", (n, most), [[-1] * most for row in rows], "i8")
    put("retries", n, [row[3] for row in rows], "i8")
    put("pair", n, [row[4] for row in rows], "i8")
"""


def line(*corners, points=10):
    """Points from corner to corner, `points` steps each."""
    way = [list(corners[0])]
    for a, b in zip(corners, corners[1:]):
        way += [[a[k] + (b[k] - a[k]) * t / points for k in range(2)] for t in range(1, points + 1)]
    return way


ROUND = line((1, 1), (1, 3), (3, 3), (3, 1))  # round the wall of the U
JUMP = [[1, 1], [3, 1]]                       # over it: both points are free
THROUGH = line((1, 1), (3, 1), points=4)      # the same with points inside


class EvaluateTest(ProgramTest):
    def write_plans(self, *rows, maze=UMAZE, world="d4rl", every=6):
        self.python(WRITE, json.dumps({"maze": maze, "world": world, "every": every, "rows": rows}))

    def evaluate(self, *arguments):
        return json.loads(self.succeed("maze", "evaluate", "plans.h5", "--json", "-", *arguments))


@needs_h5py
class Metrics(EvaluateTest):
    def test_each_fraction_is_of_its_own_kind(self):
        ends = [[1, 1], [3, 1]]
        near = line((1, 1), (1.3, 1), (1, 1), (1, 3), (3, 3), (3, 1))  # the ball would be in the wall, its centre is not
        self.write_plans((ROUND, ROUND, ends, 0, 0), (JUMP, ROUND, ends, 1, 1), (THROUGH, ROUND, ends, 2, 2),
                         (near, near, ends, 3, 3), ([], [], ends, 0, 4))
        found = self.evaluate()
        self.assertEqual((found["plans"], found["pairs"], found["wall_free"], found["wall_free_with_retry"]), (5, 5, 0.2, 0.6))
        first = found["first_draw"]
        values = {(test, part): first["wall_free"][test][part]["value"] for test in ("centre", "physical") for part in ("points", "segments")}
        self.assertEqual(values, {("centre", "points"): 0.6, ("centre", "segments"): 0.4, ("physical", "points"): 0.4,
                                  ("physical", "segments"): 0.2})
        self.assertEqual(first["found"]["value"], 0.8)
        self.assertAlmostEqual(first["without_plan"], 0.2)
        self.assertEqual(found["retries"][0], 1.2)
        self.assertEqual(found["seconds_per_plan"], 0.1)
        # Wilson's interval of 3 of 5 at 95 %
        interval = found["after_retries"]["wall_free"]["physical"]["segments"]
        self.assertAlmostEqual(interval["low"], 0.2307, 4)
        self.assertAlmostEqual(interval["high"], 0.8824, 4)

    def test_places_are_met_bit_for_bit(self):
        places = [[1, 1], [3, 3], [3, 1]]
        off = [point[:] for point in ROUND]
        off[0][0] += 2e-7
        missed = [point[:] for point in ROUND]
        missed[20][1] += 3e-7
        other = [[1, 1], [3, 3], [1, 3], [3, 1]]  # in this order the way does not meet them
        self.write_plans((ROUND, ROUND, places, 0, 0), (off, ROUND, places, 1, 1), (missed, ROUND, places, 1, 2),
                         (ROUND, ROUND, other, 0, 3))
        found = self.evaluate()
        self.assertEqual([found[draw][what]["value"] for draw in ("first_draw", "after_retries") for what in ("ends_met", "waypoints_met")],
                         [0.75, 0.5, 1, 0.75])

    def test_length_and_roughness_against_the_shortest_way(self):
        self.write_plans((ROUND, ROUND, [[1, 1], [3, 1]], 0, 0))
        found = self.evaluate()
        # The ball turns at the wall's outer corners (1.2, 2.4) and (2.4, 2.4): two hypotenuses and a side.
        shortest = 2 * 0 + ((0.2) ** 2 + 1.4 ** 2) ** 0.5 + 1.2 + (0.6 ** 2 + 1.4 ** 2) ** 0.5
        self.assertAlmostEqual(found["length_over_shortest"][0], 6 / shortest, 5)
        # Two corners of 90 degrees, steps of 0.2, 29 second differences.
        self.assertAlmostEqual(found["roughness"][0], 2 * 2 * 0.2 ** 2 / 29, 7)
        self.assertGreater(found["roughness_over_shortest"], 1)

    def test_plans_of_one_pair_differ(self):
        ring = r"#####\#OOO#\#O#O#\#OOO#\#####"
        left, right, ends = line((1, 1), (1, 3), (3, 3)), line((1, 1), (3, 1), (3, 3)), [[1, 1], [3, 3]]
        self.write_plans((left, left, ends, 0, 0), (right, right, ends, 0, 0), (left, left, ends, 0, 0), (left, left, ends, 0, 1),
                         (left, left, ends, 0, 1), (left, left, ends, 0, 2), maze=ring)
        found = self.evaluate()["diversity"]
        self.assertEqual((found["pairs"], found["plans_per_pair"], found["classes"][0]), (2, 2.5, 1.5))
        # Of three pairs of plans two lie on opposite sides, at sqrt(2) times the way from a corner: 2^0.5 on average.
        self.assertAlmostEqual(found["distance"][0], 2 / 3 * 2 ** 0.5 / 2, 2)

    def test_table_names_what_it_counts(self):
        self.write_plans((JUMP, ROUND, [[1, 1], [3, 1]], 1, 0))
        table = self.succeed("maze", "evaluate", "plans.h5")
        for words in ("wall-free, centre test, points only", "wall-free, physical test, and segments", "ends met bit for bit"):
            self.assertIn(words, table)


def route(rows, start, goal):
    """The cells of a shortest way."""
    before, cells = {start: None}, [start]
    for cell in cells:
        for step in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            next_ = (cell[0] + step[0], cell[1] + step[1])
            if next_ not in before and rows[next_[0]][next_[1]] != "#":
                before[next_] = cell
                cells.append(next_)
    way = [goal]
    while before[way[-1]] is not None:
        way.append(before[way[-1]])
    return way[::-1]


@needs_h5py
class Execution(EvaluateTest):
    def test_score_of_d4rl(self):
        back, stay = ROUND[::-1], [[1, 1]]
        self.write_plans((back, back, [[3, 1], [1, 1]], 0, 0), (JUMP[::-1], JUMP[::-1], [[3, 1], [1, 1]], 0, 1), ([], [], [[3, 1], [1, 1]], 0, 2),
                         (stay, stay, [[1, 1], [1, 1]], 0, 3))
        found = self.evaluate()
        execution = found["execution"]
        self.assertEqual((execution["horizon"], execution["goals"], execution["arrived"]["value"]), (300, "single", 0.5))
        # Two plans do not arrive, one is at the goal in all 300 steps, one from step n on.
        n = 2 * execution["steps_to_goal"][0] - 1
        returns = [301 - n, 0, 0, 300]
        self.assertAlmostEqual(execution["steps_at_goal"][0], sum(returns) / 4)
        self.assertAlmostEqual(found["score"][0], 100 * (sum(returns) / 4 - 23.85) / (161.86 - 23.85), 6)
        ceiling = execution["ceiling"]
        self.assertEqual(ceiling["plans"], 4)
        self.assertAlmostEqual(ceiling["fraction"][0], found["score"][0] / ceiling["score"][0], 6)
        # 5.23 along the longer axis is the top speed: no way from (3, 1) round the U to within 0.5 of (1, 1) is quicker
        # than the 1.5 + 1 + 1.2 that it has in the maximum norm. 21 steps go by until the ball is that fast.
        self.assertGreater(2 * ceiling["steps_to_goal"][0] - 1, (1.4 + 1.2 + 0.9) / 0.0523)
        self.assertLess(2 * ceiling["steps_to_goal"][0] - 1, n)
        self.assertGreater(n, 60)
        self.assertLess(n, 150)

    def test_several_goals_and_fewer_plans_for_the_ceiling(self):
        self.write_plans(*((ROUND, ROUND, [[1, 1], [3, 1]], 0, k) for k in range(3)))
        execution = self.evaluate("--ceiling", "2")["execution"]
        self.assertEqual((execution["goals"], execution["ceiling"]["plans"]), ("several", 2))
        self.assertNotIn("ceiling", self.evaluate("--ceiling", "0")["execution"])

    def test_other_horizons_and_mazes_have_no_score(self):
        self.write_plans((ROUND, ROUND, [[1, 1], [3, 1]], 0, 0))
        short = self.evaluate("--horizon", "20")
        self.assertEqual((short["score"], short["execution"]["arrived"]["value"]), (None, 0))
        self.write_plans((ROUND, ROUND, [[1, 1], [3, 1]], 0, 0), maze=UMAZE[:-5] + r"#OOO#\#####")
        own = self.evaluate()
        self.assertEqual((own["score"], own["execution"]["horizon"], own["execution"]["arrived"]["value"]), (None, 800, 1))

    def test_times_of_a_plan(self):
        slow = line((1, 1), (1, 3), points=20)  # 20 points of 15 steps
        self.write_plans((slow, slow, [[1, 1], [1, 3]], 0, 0), every=15)
        path, time = (self.evaluate("--follow", follow)["execution"]["steps_to_goal"][0] for follow in ("path", "time"))
        self.assertLess(path, 60)
        self.assertAlmostEqual(time, 225, delta=10)  # 1.5 of 2

    def test_success_in_the_tasks_of_ogbench(self):
        maze = r"########\#OO##OO#\#OO#OOO#\##OOO###\#OO#OOO#\#O#OO#O#\#OOO#OO#\########"
        tasks = [((1, 1), (6, 6)), ((6, 1), (1, 6)), ((5, 3), (4, 2)), ((6, 5), (6, 1)), ((2, 6), (1, 1))]
        place = lambda cell: [4 * cell[1] - 4, 4 * cell[0] - 4]
        rows = []
        for pair, (start, goal) in enumerate(tasks):
            cells = [start, goal] if pair == 3 else route(maze.split("\\"), start, goal)
            way = line(*map(place, cells), points=4)
            rows += 2 * [(way, way, [place(start), place(goal)], 0, pair)]
        self.write_plans(*rows, maze=maze, world="ogbench")
        found = self.evaluate()
        self.assertEqual(found["score"], [80, 0])
        self.assertEqual([task["success"]["value"] for task in found["execution"]["tasks"]], [1, 1, 1, 0, 1])
        self.assertEqual(found["execution"]["tasks"][1]["start"], [6, 1])
        self.assertEqual(found["execution"]["horizon"], 1000)
        self.assertIn("task (6, 5) -> (6, 1)", self.succeed("maze", "evaluate", "plans.h5"))
        # docs/files.md names the keys.
        keys = re.search(r"^\| `maze evaluate` \|(.*)\|$", (ROOT / "docs/files.md").read_text(encoding="utf-8"), re.M)[1]
        text = json.dumps(found)
        self.write_plans(*2 * [(ROUND, ROUND, [[1, 1], [3, 1]], 0, 0)])
        text += json.dumps(self.evaluate())
        for key in re.findall(r"[a-z_0-9]{2,}", " ".join(re.findall("`(.*?)`", keys))):
            self.assertIn(f'"{key}"', text)
        # Without one of the tasks there is no mean of the five.
        self.write_plans(*rows[2:], maze=maze, world="ogbench")
        self.assertIsNone(self.evaluate()["score"])

    def test_picture(self):
        self.write_plans((JUMP, ROUND, [[1, 1], [3, 1]], 1, 0))
        for drawn in ("first", "after"):
            found = self.evaluate("--picture", f"{drawn}.png", "--draw", drawn, "--no-execution")
            self.assertNotIn("execution", found)
            self.assertEqual((self.folder / f"{drawn}.png").read_bytes()[:8], b"\x89PNG\r\n\x1a\n")
        self.assertNotEqual(*((self.folder / f"{drawn}.png").read_bytes() for drawn in ("first", "after")))


@needs_h5py
class Refusals(EvaluateTest):
    def change(self, script):
        self.write_plans((ROUND, ROUND, [[1, 1], [3, 1]], 0, 0))
        self.python("import h5py, numpy\nfile = h5py.File('plans.h5', 'r+')\n" + script)

    def test_files_that_are_wrong(self):
        cases = {
            "has no plans": "for name in ('plans', 'first', 'points', 'first_points', 'start', 'goal', 'places', 'stops', 'retries', 'pair'):\n"
                            "    d = file[name]; s = d.shape[1:]; t = d.dtype; del file[name]; file.create_dataset(name, (0, *s), t)",
            "'complete'": "del file.attrs['complete']",
            "format 'stint-ensemble'": "file.attrs['format'] = 'stint-ensemble'",
            "incomplete": "file.attrs['complete'] = 0",
            "not finite": "file['plans'][0, 3, 1] = numpy.nan",
            "/places has another shape": "del file['places']; file['places'] = numpy.zeros((1, 3, 2), 'f4')",
            "/points has numbers out of their range": "file['points'][0] = 1000",
            "'every' is 0": "file.attrs['every'] = 0",
            "rows of different lengths": "file.attrs['maze'] = '###\\\\####'",
            "there is no world": "file.attrs['world'] = 'flat'",
        }
        for words, script in cases.items():
            with self.subTest(words):
                self.change(script)
                if words == "'complete'":
                    words = "complete expected"
                self.refuse(1, words, "maze", "evaluate", "plans.h5", "--json", "new.json")

    def test_usage(self):
        self.write_plans((ROUND, ROUND, [[1, 1], [3, 1]], 0, 0))
        self.write("text.h5", "no HDF5")
        self.refuse(1, "text.h5", "maze", "evaluate", "text.h5")
        self.refuse(1, "none.h5", "maze", "evaluate", "none.h5")
        self.refuse(2, "PLANS", "maze", "evaluate")
        self.refuse(2, "stint maze evaluate: --horizon is 0", "maze", "evaluate", "plans.h5", "--horizon", "0")
        self.refuse(2, "--horizon is 1000000000000", "maze", "evaluate", "plans.h5", "--horizon", "1e12")
        self.refuse(2, "--ceiling is 1000000000000", "maze", "evaluate", "plans.h5", "--ceiling", "1e12")
        self.refuse(2, "--ceiling is -1", "maze", "evaluate", "plans.h5", "--ceiling", "-1")
        self.refuse(2, "--follow", "maze", "evaluate", "plans.h5", "--follow", "walls")
        self.refuse(2, "plans.h5", "maze", "evaluate", "plans.h5", "--picture", "plans.h5", "--overwrite")
        for name in ("plans.jpg", "plans", "folder.png/plans"):
            self.refuse(2, f"--picture is '{name}', expected a name that ends in .png", "maze", "evaluate", "plans.h5", "--picture", name)
        self.write("taken.png", "")
        self.refuse(1, "taken.png", "maze", "evaluate", "plans.h5", "--picture", "taken.png")

    def test_options_that_would_do_nothing(self):
        self.write_plans((ROUND, ROUND, [[1, 1], [3, 1]], 0, 0))
        self.refuse(2, "--draw goes with --picture only", "maze", "evaluate", "plans.h5", "--draw", "first")
        for option, value in (("follow", "time"), ("horizon", "20"), ("ceiling", "1")):
            self.refuse(2, f"--{option} is of the execution", "maze", "evaluate", "plans.h5", "--no-execution", f"--{option}", value)
        self.refuse(2, "own --horizon 300 only", "maze", "evaluate", "plans.h5", "--ceiling", "1", "--horizon", "20")
        self.write_plans((ROUND, ROUND, [[1, 1], [3, 1]], 0, 0), maze=UMAZE[:-5] + r"#OOO#\#####")
        self.refuse(2, "--ceiling goes with umaze, medium and large only; plans.h5", "maze", "evaluate", "plans.h5", "--ceiling", "1")
        self.evaluate("--ceiling", "0")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
