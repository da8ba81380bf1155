#!/usr/bin/env python3
"""The table of the study multitask-cost: python3 scripts/multitask_cost.py runs/multitask-cost

Effective sample sizes, in percent, of the model for all operators and of the one for a task's operators alone.
"""
import json
import pathlib
import sys

SIZES = (4, 8, 16)
TASKS = {"generate": ("scalar", "generate"), "block": ("site", "inpaint, 4x4 unknown"), "scales": ("fourier", "coarse to fine, 2 shells")}


def main(folder):
    def percent(name):
        return f"{100 * json.loads((folder / f'{name}.json').read_text())['effective_sample_size']:.1f}"

    print("| task | " + " | ".join(f"{size} channels: all, alone" for size in SIZES) + " |")
    print("|---" * (1 + len(SIZES)) + "|")
    for task, (alone, name) in TASKS.items():
        cells = [f"{percent(f'mixed-{task}-{size}')}, {percent(f'{alone}-{task}-{size}')}" for size in SIZES]
        print(f"| {name} | " + " | ".join(cells) + " |")


if len(sys.argv) != 2:
    sys.exit(__doc__)
main(pathlib.Path(sys.argv[1]))
