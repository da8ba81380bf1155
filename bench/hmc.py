"""The tables of HMC's rates in docs/hmc.md: python3 hmc.py --bench build/release/bin/bench_hmc

Runs bench_hmc and the same trajectories in PyTorch (peers/hmc_torch.py, if `import torch` works in this Python), in turn, and
takes the best of each, on a machine that has nothing else to do. --quick: only what is compared with PyTorch."""
import argparse
import datetime
import json
import os
import platform
import subprocess
import sys

HEADLINE = "^(update|kernel)/32x32/single/leapfrog/"
TORCH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers", "hmc_torch.py")
UPDATES, CPU_UPDATES = "site_updates_per_second", "site_updates_per_cpu_second"


def processor():
    try:
        with open("/proc/cpuinfo") as file:
            fields = dict(line.split(":", 1) for line in file if ":" in line)
        fields = {name.strip(): value.strip() for name, value in fields.items()}
        return f"{fields['model name']} (family {fields['cpu family']}, model {fields['model']})"
    except (OSError, KeyError):
        return platform.processor() or platform.machine()


def best_of(entries, results):
    """Keeps the larger of every counter."""
    for name, counters in entries.items():
        known = results.setdefault(name, counters)
        results[name] = {key: max(value, known[key]) for key, value in counters.items()}


def rates_of(entry):
    rates = {key: value for key, value in entry.items() if key.endswith("per_second")}
    if UPDATES in rates:
        rates[CPU_UPDATES] = rates[UPDATES] * entry["real_time"] / entry["cpu_time"]
    return rates


class Bench:
    def __init__(self, program, threads):
        self.program = program
        self.environment = os.environ | {"OMP_NUM_THREADS": str(threads), "OMP_WAIT_POLICY": "passive"}
        self.results = {}

    def run(self, pattern, min_time):
        report = json.loads(subprocess.run(
            [self.program, f"--benchmark_filter={pattern}", f"--benchmark_min_time={min_time}", "--benchmark_format=json"],
            env=self.environment, check=True, capture_output=True).stdout)
        best_of({entry["name"].removesuffix("/process_time/real_time"): rates_of(entry) for entry in report["benchmarks"]},
                self.results)

    def rate(self, name, counter=UPDATES):
        return self.results[name][counter]

    def matching(self, part):
        return [name.split("/")[1:] for name in self.results if name.startswith(part + "/")]


def torch_rates(threads):
    """PyTorch's version, and its rates by batch; None without PyTorch."""
    if subprocess.run([sys.executable, "-W", "ignore", "-c", "import torch"], stderr=subprocess.DEVNULL).returncode != 0:
        return None
    lines = subprocess.run([sys.executable, "-W", "ignore", TORCH, "--threads", str(threads)], check=True,
                           capture_output=True, text=True).stdout.splitlines()
    return json.loads(lines[-1])


def table(header, rows):
    print("| " + " | ".join(header) + " |\n|" + "---|" * len(header))
    for row in rows:
        print("| " + " | ".join(f"{cell:.3g}" if isinstance(cell, float) else str(cell) for cell in row) + " |")
    print()


def print_headline(bench, torch, version, threads):
    print(f"32x32, single precision, leapfrog of 10 steps, 4096 chains, {threads} threads; the CPU seconds are those of all threads\n")
    full = bench.results["update/32x32/single/leapfrog"]
    rows = [("whole HMC", full), ("kernel alone: leapfrog without momenta and acceptance",
                                  bench.results["kernel/32x32/single/leapfrog"])]
    rows += [(f"PyTorch {version}, batch {batch}", rates) for batch, rates in torch.items()]
    table(("", "site updates/s", "whole HMC / this", "site updates/CPU s", "whole HMC / this"),
          [(name, rates[UPDATES], full[UPDATES] / rates[UPDATES], rates[CPU_UPDATES], full[CPU_UPDATES] / rates[CPU_UPDATES])
           for name, rates in rows])
    if not torch:
        print("PyTorch is not installed here: no row for it.\n")


def print_tables(bench, threads):
    print(f"Whole HMC, leapfrog of 10 steps, {threads} threads, site updates/s\n")
    lattices = [lattice for lattice, precision, what in bench.matching("update")
                if precision == "single" and what == "leapfrog"]
    table(("lattice", "single", "double"),
          [(lattice, *(bench.rate(f"update/{lattice}/{precision}/leapfrog") for precision in ("single", "double")))
           for lattice in lattices])

    print(f"Algorithms, single precision, {threads} threads: site updates/s, and sites/s of whole updates (length 0.7)\n")
    rows = []
    for lattice in dict.fromkeys(lattice for lattice, _, what in bench.matching("update") if what == "cluster"):
        for algorithm in ("leapfrog", "omelyan", "omelyan4", "Fourier", "cluster"):
            name = f"update/{lattice}/single/{algorithm}"
            rows.append((lattice, algorithm, bench.rate(name), bench.rate(name, "sites_per_second")))
    table(("lattice", "algorithm", "site updates/s", "sites/s"), rows)

    print("Lattices that fit no cache: whole HMC, 16 chains, one thread, site updates/s\n")
    rows = []
    for lattice in dict.fromkeys(lattice for lattice, *_ in bench.matching("large")):
        row = [lattice]
        for precision in ("single", "double"):
            rate, small = (bench.rate(f"large/{x}/{precision}/leapfrog") for x in (lattice, "32x32"))
            row += [rate, f"{rate / small:.2f}"]
        rows.append(row)
    table(("lattice", "single", "of 32x32", "double", "of 32x32"), rows)

    print("Parts, one thread\n")
    rows = []
    sets = list(dict.fromkeys(where[2] for where in bench.matching("leapfrog")))
    for part, counter in (("leapfrog", UPDATES), ("sweep", UPDATES), ("clusters", "sites_per_second"),
                          ("normals", "normals_per_second")):
        for lattice, precision in dict.fromkeys((where[0], where[1]) for where in bench.matching(part)):
            rows.append((part, lattice, precision, *(bench.rate(f"{part}/{lattice}/{precision}/{name}", counter)
                                                     for name in sets)))
    table(("part", "lattice", "precision", *sets), rows)

    print("Bounds of the machine, and of a site update in d = 2, single precision (bench/hmc.cpp counts them)\n")
    rows = [(f"arithmetic, {where[2]}, one thread", bench.rate("/".join(["bound", *where]), "multiply_adds_per_second"),
             "multiply-adds/s", bench.rate("/".join(["bound", *where])))
            for where in bench.matching("bound") if where[0] == "arithmetic"]
    rows += [(f"memory, {where[2]}", bench.rate("/".join(["bound", *where]), "bytes_per_second"), "bytes/s",
              bench.rate("/".join(["bound", *where]))) for where in bench.matching("bound") if where[0] == "memory"]
    table(("bound", "measured", "", "site updates/s"), rows)
    fastest = next(where[2] for where in bench.matching("bound") if where[0] == "arithmetic")
    bound = bench.rate(f"bound/arithmetic/single/{fastest}")
    print(f"The bare pass reaches {bench.rate('pass/32x32/single/' + fastest) / bound:.0%} of the bound of arithmetic, "
          f"the leapfrog {bench.rate('leapfrog/32x32/single/' + fastest) / bound:.0%}.")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", default="build/release/bin/bench_hmc")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    bench, torch, version = Bench(arguments.bench, arguments.threads), {}, None
    load = os.getloadavg()[0]
    for _ in range(arguments.rounds):
        bench.run(HEADLINE, 1)
        if again := torch_rates(arguments.threads):
            version = again["torch"]
            best_of({batch: {name: again[name][batch] for name in (UPDATES, CPU_UPDATES)} for batch in again[UPDATES]}, torch)
    if not arguments.quick:
        for _ in range(arguments.rounds):
            bench.run(".", 0.1)
    print(f"{processor()}, {arguments.threads} threads, {datetime.date.today()}, load {load:.1f} before\n")
    print_headline(bench, torch, version, arguments.threads)
    if not arguments.quick:
        print_tables(bench, arguments.threads)


if __name__ == "__main__":
    main()
