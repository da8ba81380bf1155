#!/usr/bin/env python3
"""The table of the study multitask-cost: python3 scripts/multitask_cost.py runs/multitask-cost

Held-out losses by family of operators, of the model for all and of that for the family's group alone, as a share of the loss before
training (what the Gaussian estimate leaves), and effective sample sizes of generation.
"""
import json
import pathlib
import sys

SIZES = (4, 8, 16)


def main(folder):
    read = lambda name: json.loads((folder / f"{name}.json").read_text())
    print("| family | " + " | ".join(f"{size} channels: all, alone" for size in SIZES) + " |")
    print("|---" * (1 + len(SIZES)) + "|")
    for group in ("scalar", "site", "fourier"):
        for family in read(f"{group}-{SIZES[0]}")["families"]:
            cells = []
            for size in SIZES:
                of_all, alone = (read(f"{name}-{size}")["families"][family] for name in ("mixed", group))
                cells.append(f"{of_all['loss'] / of_all['gaussian_loss']:.4f}, {alone['loss'] / alone['gaussian_loss']:.4f}")
            print(f"| {family} | " + " | ".join(cells) + " |")
    sizes = [", ".join(f"{100 * read(f'{name}-weights-{size}')['effective_sample_size']:.1f} %" for name in ("mixed", "scalar")) for size in SIZES]
    print("| effective sample size | " + " | ".join(sizes) + " |")


if len(sys.argv) != 2:
    sys.exit(__doc__)
main(pathlib.Path(sys.argv[1]))
