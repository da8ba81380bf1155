"""What other load costs the program: python3 load.py --stint build/release/bin/stint [--other OLD]

Each command runs alone and three at once, in turn with those of another build (--other), and the least of some rounds counts. Three at
once have three times the work to do: `share` is their time over that of one, over three. It is 1 if one run keeps all cores busy and the
others cost no more than their work, and less if one run leaves cores idle. `cpu` is the processor time of a run, which other programs on
the machine change less. The times include the start of the program."""
import argparse
import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import time

HMC = "hmc --mass2 -4 --lambda 3 --save-every 500"
LONG = "--thermalize 2000 --trajectories 5000"
DATA = "hmc --lattice 16x16 --mass2 -4 --lambda 3 --chains 32 --thermalize 200 --trajectories 4000 --save-every 20"
TRAIN = "train --data data.h5 --channels 8 --batch 16"
COMMANDS = {
    "hmc 4x4, 4 chains": f"{HMC} {LONG} --lattice 4x4 --chains 4",
    "hmc 16x16, 32 chains": f"{HMC} {LONG} --lattice 16x16 --chains 32",
    "hmc 32x32, 64 chains": f"{HMC} --lattice 32x32 --chains 64 --thermalize 200 --trajectories 500",
    "train": f"{TRAIN} --steps 60",
    "sample": "sample --model model.h5 --samples 512",
    "measure": "measure data.h5",
}


def free_environment():
    """Without what would decide how threads wait and how many they are."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "GOMP_"))}


def run(stint, command, copies, folder):
    """Wall seconds until the last ends, and processor seconds of one."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    processes = [subprocess.Popen([stint, *command.split(), "--quiet", "--overwrite", "--output", f"out-{copy}.h5"], cwd=folder,
                                  env=free_environment(), stderr=subprocess.PIPE, text=True) for copy in range(copies)]
    for process in processes:
        said = process.communicate()[1]
        if process.returncode != 0:
            sys.exit(f"stint {command}: {said}")
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / copies


def measure(programs, command, folder, rounds):
    least = {}
    for _ in range(rounds):
        for name, stint in programs.items():
            for copies in (1, 3):
                found = run(stint, command, copies, folder)
                least[name, copies] = tuple(map(min, found, least.get((name, copies), found)))
    return least


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stint", required=True, help="the program")
    parser.add_argument("--other", help="another build of it")
    parser.add_argument("--only", help="commands whose name begins so")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", help="write the numbers to this file")
    arguments = parser.parse_args()
    programs = {"stint": os.path.abspath(arguments.stint)}
    if arguments.other:
        programs["other"] = os.path.abspath(arguments.other)
    chosen = {name: command for name, command in COMMANDS.items() if name.startswith(arguments.only or "")}

    folder = pathlib.Path(tempfile.mkdtemp(prefix="stint-load-"))
    try:
        run(programs["stint"], DATA, 1, folder)
        (folder / "out-0.h5").rename(folder / "data.h5")
        if "sample" in chosen:
            run(programs["stint"], f"{TRAIN} --steps 2", 1, folder)
            (folder / "out-0.h5").rename(folder / "model.h5")
        print(f"{os.cpu_count()} cores, load before the start {os.getloadavg()[0]:.1f}; seconds\n")
        print("| command | program | alone | cpu | three at once | cpu | share |\n|---|---|---|---|---|---|---|")
        rows = []
        for name, command in chosen.items():
            least = measure(programs, command, folder, arguments.rounds)
            for program in programs:
                (alone, cpu), (three, cpu_of_three) = least[program, 1], least[program, 3]
                share = three / alone / 3
                rows.append({"command": name, "program": program, "alone": alone, "cpu": cpu, "three": three,
                             "cpu_of_three": cpu_of_three, "share": share})
                print(f"| {name} | {program} | {alone:.2f} | {cpu:.2f} | {three:.2f} | {cpu_of_three:.2f} | {share:.2f} |", flush=True)
    finally:
        shutil.rmtree(folder)
    if arguments.json:
        pathlib.Path(arguments.json).write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
