#!/usr/bin/env python3
"""Every task of one model against HMC: runs them all and prints the tables of docs/notes/multitask.md.

    python3 scripts/multitask.py STINT MODEL FOLDER [--samples 10240] [--relax 50] [--tasks NAME ...]

FOLDER gets the HMC references (cluster updates, 40960 configurations each, conditional ones 10240), the samples of every task, once as
the flow gives them and once after --relax HMC trajectories with the known sites held, and the JSON files of the comparisons. What
is there already is not made again."""

import argparse
import json
import pathlib
import subprocess

THEORY = ["--lattice", "32x32", "--mass2", "-4", "--lambda", "4.572"]
CLUSTER = ["--algorithm", "cluster", "--chains", "512", "--thermalize", "300", "--trajectories", "800", "--save-every", "10"]
REFERENCES = {  # name: tilt
    "prior": [],
    "h=0.01": ["--field", "0.01"],
    "h=0.02": ["--field", "0.02"],
    "k2=-0.05": ["--quadratic", "-0.05"],
    "h=0.02, k2=-0.05": ["--field", "0.02", "--quadratic", "-0.05"],
    "k2=0.04": ["--quadratic", "0.04"],
    "h=0.02, k2=0.04": ["--field", "0.02", "--quadratic", "0.04"],
}
RANDOM = ["--task", "inpaint", "--mask", "random:0.5", "--known"]
BLOCK = ["--task", "inpaint", "--mask", "block:16x16@8,8", "--known"]
TASKS = {  # name: (reference, share of --samples, arguments)
    "generate": ("prior", 1, []),
    "generate, SDE": ("prior", 0.4, ["--solver", "sde2", "--steps", "48"]),
    "field 0.01": ("h=0.01", 1, ["--field", "0.01"]),
    "field 0.02": ("h=0.02", 1, ["--field", "0.02"]),
    "k2 -0.05": ("k2=-0.05", 1, ["--quadratic", "-0.05"]),
    "field 0.02, k2 -0.05": ("h=0.02, k2=-0.05", 1, ["--field", "0.02", "--quadratic", "-0.05"]),
    "inpaint, random half known": ("prior", 1, [*RANDOM, "hmc-prior.h5"]),
    "inpaint, 16x16 unknown": ("prior", 1, [*BLOCK, "hmc-prior.h5"]),
    "super-resolution x4": ("prior", 1, ["--task", "superresolve", "--factor", "4", "--known", "hmc-prior.h5"]),
    "coarse to fine, 4 shells": ("prior", 0.4, ["--task", "multiscale"]),
    "columns of 8": ("prior", 0.4, ["--task", "sequential", "--order", "columns:8"]),
    "raster of 8x8 blocks": ("prior", 0.2, ["--task", "sequential", "--order", "blocks:8"]),
    "Morton, 8x8 blocks": ("prior", 0.2, ["--task", "sequential", "--order", "morton:8"]),
    "one configuration, random half": ("conditional random", 0.4, [*RANDOM, "hmc-prior.h5", "--known-configuration", "0"]),
    "one configuration, 16x16 unknown": ("conditional block", 0.4, [*BLOCK, "hmc-prior.h5", "--known-configuration", "0"]),
}
LOWER_MASSES = {  # for models of train --quadratic-top; made if asked for
    "k2 0.04": ("k2=0.04", 1, ["--quadratic", "0.04"]),
    "field 0.02, k2 0.04": ("h=0.02, k2=0.04", 1, ["--field", "0.02", "--quadratic", "0.04"]),
}
# Conditional HMC: 2000 trajectories with the known sites of configuration 0 held.
CONDITIONAL = {"conditional random": RANDOM, "conditional block": BLOCK}
KNOWN_SEED = 7
OBSERVABLES = {
    "magnetisation": "<M>",
    "abs_magnetisation": "<abs M>",
    "susceptibility_disconnected": "V<M^2>",
    "binder_cumulant": "U4",
    "phi2": "phi^2",
    "phi4": "phi^4",
    "nearest_neighbour": "phi phi'",
    "action_density": "S/V",
    "correlation_length": "xi",
}


def slug(name):
    return "".join(c if c.isalnum() else "-" for c in name)


class Study:
    def __init__(self, settings):
        self.stint, self.folder = str(settings.stint.resolve()), settings.folder
        self.model, self.samples, self.relax = str(settings.model.resolve()), settings.samples, settings.relax
        self.folder.mkdir(parents=True, exist_ok=True)

    def run(self, output, *command):
        if not (self.folder / output).exists():
            subprocess.run([self.stint, *map(str, command), "--quiet", "--output", output, "--json", output[:-3] + ".json",
                            "--overwrite"], cwd=self.folder, check=True)
        return output

    def sample(self, output, arguments, samples, *more):
        return self.run(output, "sample", "--model", self.model, "--samples", samples, *arguments, *more)

    def references(self, tasks):
        needed = {"prior", *((TASKS | LOWER_MASSES)[task][0] for task in tasks)}
        files = {}
        for seed, (name, tilt) in enumerate(REFERENCES.items()):
            if name not in needed:
                continue
            files[name] = self.run(f"hmc-{slug(name)}.h5", "hmc", *THEORY, *CLUSTER, *tilt, "--seed", 100 + seed)
        for name, task in CONDITIONAL.items():
            if name not in needed:
                continue
            known = [*task, "hmc-prior.h5", "--known-configuration", "0", "--seed", KNOWN_SEED]
            files[name] = self.sample(f"hmc-{slug(name)}.h5", known, 10240, "--relax", 2000)
        return files

    def compare(self, reference, output):
        result = self.folder / (output[:-3] + "-compare.json")
        if not result.exists():
            subprocess.run([self.stint, "compare", reference, output, "--json", result.name, "--overwrite"], cwd=self.folder, check=True,
                           stdout=subprocess.DEVNULL)
        return json.loads(result.read_text())["others"][0]["observables"]


def number(value, error):
    """value(error in units of the last digit), as is usual."""
    digits = 0
    while error > 0 and error * 10**digits < 9.5 and digits < 8:
        digits += 1
    return f"{value:.{digits}f}({error * 10**digits:.0f})"


def table(study, tasks, relax, references):
    print(f"\n| task | configurations | evaluations | s/configuration | {' | '.join(OBSERVABLES.values())} |")
    print("|---" * (4 + len(OBSERVABLES)) + "|")
    worst = {}
    for index, (name, (reference, share, arguments)) in enumerate((TASKS | LOWER_MASSES).items()):
        if name not in tasks:
            continue
        if relax and "superresolve" in arguments:  # HMC holds sites, not modes
            continue
        samples = int(study.samples * share)
        output = f"{slug(name)}{'-relaxed' if relax else ''}.h5"
        seed = KNOWN_SEED if "--known-configuration" in arguments else 200 + index  # random masks are the seed's
        more = ["--relax", relax] if relax else []
        study.sample(output, [*arguments, "--seed", seed], samples, *more)
        made = json.loads((study.folder / (output[:-3] + ".json")).read_text())
        found = study.compare(references[reference], output)
        here = {key: found[key] for key in OBSERVABLES if key in found}  # no correlation length of conditionals
        cells = [f"{number(*here[key]['value'])}, z {here[key]['z']:.1f}" if key in here else "" for key in OBSERVABLES]
        worst[name] = max(abs(o["z"]) for o in here.values())
        print(f"| {name} | {samples} | {made['evaluations']:.0f} | {made['seconds_per_configuration']:.4f} | {' | '.join(cells)} |", flush=True)
    inside = sum(z < 3 for z in worst.values())
    print(f"\n{inside} of {len(worst)} tasks have all abs(z) < 3; the largest: {max(worst.values()):.1f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stint", type=pathlib.Path)
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--samples", type=int, default=10240, help="of tasks of one stage; others make a share of them (10240)")
    parser.add_argument("--relax", type=int, default=50, help="HMC trajectories of the second table (50)")
    parser.add_argument("--tasks", nargs="*", choices=[*TASKS, *LOWER_MASSES], default=list(TASKS), metavar="NAME",
                        help=f"some of: {'; '.join(TASKS)} (all these), {'; '.join(LOWER_MASSES)}")
    settings = parser.parse_args()
    study = Study(settings)
    references = study.references(settings.tasks)
    print("References, HMC:\n\n| law | " + " | ".join(OBSERVABLES.values()) + " |\n" + "|---" * (1 + len(OBSERVABLES)) + "|")
    for name, file in references.items():
        found = study.compare(file, file) if name == "prior" else study.compare("hmc-prior.h5", file)
        print(f"| {name} | " + " | ".join(number(*found[key]["value"]) if key in found else "" for key in OBSERVABLES) + " |", flush=True)
    print("\nAs the flow gives it:")
    table(study, settings.tasks, 0, references)
    print(f"\nAfter {study.relax} HMC trajectories:")
    table(study, settings.tasks, study.relax, references)


if __name__ == "__main__":
    main()
