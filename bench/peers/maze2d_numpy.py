"""D4RL's recipe of paths through a maze as a loop over the steps of one agent in NumPy, the peer of `stint maze generate`:
python3 maze2d_numpy.py [--stint build/release/bin/stint] [--layout umaze] [--steps 100000] [--threads 2]

Both make the same recipe: the same simulator, controller, way points, targets and noise (mazes/recipe.hpp), with other random numbers.
Prints steps a second of processor time, which other programs on the machine change less than that of the clock; their ratio for one core
and, times the threads, for the whole program on a quiet machine; and the moments of both. One JSON line at the end."""
import argparse
import collections
import json
import pathlib
import subprocess
import tempfile
import time

import numpy as np

LAYOUTS = {
    "umaze": (r"#####\#GOO#\###O#\#OOO#\#####", 300),
    "medium": (r"########\#OO##OO#\#OO#OOO#\##OOO###\#OO#OOO#\#O#OO#O#\#OOO#OG#\########", 600),
    "large": (r"############\#OOOO#OOOOO#\#O##O#O#O#O#\#OOOOOO#OOO#\#O####O###O#\#OO#O#OOOOO#\##O#O#O#O###\#OO#OOO#OGO#\############", 800),
}
MASS, DT = 4000 / 3 * np.pi * 0.1**3, 0.01
MOVES = ((0, -1), (0, 1), (-1, 0), (1, 0))
BELOW, ABOVE = 0.8, 0.4  # a wall keeps the ball out of [cell - BELOW, cell + ABOVE]


class Maze:
    def __init__(self, text):
        self.free = np.array([[letter != "#" for letter in row] for row in text.split("\\")])
        self.cells = [tuple(cell) for cell in np.argwhere(self.free)]
        self.steps = {cell: self.steps_to(cell) for cell in self.cells}

    def steps_to(self, target):
        steps, queue = {target: 0}, collections.deque([target])
        while queue:
            cell = queue.popleft()
            for down, right in MOVES:
                other = (cell[0] + down, cell[1] + right)
                if self.free[other] and other not in steps:
                    steps[other] = steps[cell] + 1
                    queue.append(other)
        return steps

    def way(self, cell, target, random):
        """The way points: centres of cells, all but the last one moved."""
        steps, points = self.steps[target], []
        while True:
            around = [cell] + [(cell[0] + down, cell[1] + right) for down, right in MOVES]
            cell = min(around, key=lambda c: steps.get(c, 10**9))
            if cell == target:
                return points + [np.array(target, float)]
            points.append(np.array(cell) - random.uniform(0, 0.2, 2))

    def wall_about(self, position):
        """The wall whose region has the position inside."""
        low = np.floor(position - ABOVE).astype(int) + 1
        high = np.ceil(position + BELOW).astype(int) - 1
        for row in range(low[0], high[0] + 1):
            for column in range(low[1], high[1] + 1):
                if not self.free[row, column]:
                    return row, column
        return None


def step(maze, position, velocity, action):
    velocity = np.clip(velocity, -5, 5)
    velocity = velocity + DT * (100 * action - velocity) / (MASS + DT)
    for axis in (0, 1):
        moved = position.copy()
        moved[axis] += DT * velocity[axis]
        wall = maze.wall_about(moved)
        if wall is not None:
            moved[axis] = wall[axis] - BELOW if velocity[axis] > 0 else wall[axis] + ABOVE
            velocity[axis] = 0
        position = moved
    return position, velocity


def generate(maze, count, target_steps, random, noise=0.5):
    position = np.array(maze.cells[random.integers(len(maze.cells))]) + random.uniform(-0.1, 0.1, 2)
    velocity = np.zeros(2)
    observations, actions, goals, timeouts = [], [], [], []
    target, arrived = None, True
    for _ in range(count):
        if arrived:
            chosen = maze.cells[random.integers(len(maze.cells))]
            goal, spent = np.array(chosen) + random.uniform(-0.1, 0.1, 2), 0
            if chosen != target:
                cell = tuple(int(c) for c in np.round(position))
                target, at, before = chosen, 0, np.array(cell, float)
                points = maze.way(cell, target, random)
        slow = np.linalg.norm(before - position) < 0.1
        solved = slow and np.linalg.norm(position - points[-1]) < 0.1
        towards = points[-1] if solved else points[at]
        if not solved and slow and np.linalg.norm(position - towards) < 0.1 and at + 1 < len(points):
            at += 1
        action = np.clip(10 * (towards - position) - velocity, -1, 1)
        action = np.clip(action + noise * random.standard_normal(2), -1, 1)
        arrived = solved or spent >= target_steps
        spent += 1
        observations.append(np.concatenate([position, velocity]))
        actions.append(action)
        goals.append(goal)
        timeouts.append(arrived)
        before = position
        position, velocity = step(maze, position, velocity, action)
    return np.array(observations, np.float32), np.array(actions, np.float32), np.array(goals, np.float32), np.array(timeouts)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stint", default="build/release/bin/stint")
    parser.add_argument("--layout", default="umaze", choices=list(LAYOUTS))
    parser.add_argument("--steps", type=int, default=100_000, help="of the loop in NumPy")
    parser.add_argument("--threads", type=int, default=2, help="of stint")
    options = parser.parse_args()
    text, target_steps = LAYOUTS[options.layout]
    maze = Maze(text)
    start = time.process_time()
    observations = generate(maze, options.steps, target_steps, np.random.default_rng(1))[0]
    loop = options.steps / (time.process_time() - start)
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder) / "report.json"
        subprocess.run([options.stint, "maze", "generate", "--layout", options.layout, "--output", f"{folder}/data.hdf5", "--json", report,
                        "--quiet", "--threads", str(options.threads)], check=True)
        ours = json.loads(report.read_text())
    core = ours["steps_per_processor_second"]
    clock, with_file = ours["simulation_steps_per_second"], ours["steps"] / ours["seconds"]
    result = {"layout": options.layout, "numpy_steps_per_processor_second": loop, "stint_steps_per_processor_second": core,
              "ratio_one_core": core / loop, "threads": options.threads, "ratio": options.threads * core / loop}
    print(f"NumPy, one agent  {loop:12.0f} steps a second of processor time\nstint, one core   {core:12.0f}   {core / loop:.0f} times\n"
          f"stint, {options.threads} threads  {options.threads * core:12.0f}   {result['ratio']:.0f} times\n"
          f"by the clock, as this machine was: {clock:.0f} steps a second, {with_file:.0f} with writing the file")
    for name, moments in (("NumPy", np.stack([observations.mean(0), observations.std(0)])), ("stint", [ours["mean"], ours["standard_deviation"]])):
        print(f"{name}: mean of x, y, vx, vy", *(f"{v:.3f}" for v in moments[0]), " standard deviation", *(f"{v:.3f}" for v in moments[1]))
    print(json.dumps(result))


if __name__ == "__main__":
    main()
