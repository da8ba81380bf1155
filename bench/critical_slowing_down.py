"""How algorithms slow down towards the critical line: python3 critical_slowing_down.py --stint build/release/bin/stint

phi^4 in d = 2 at m2 = -4: integrated autocorrelation times (in updates) of M, M^2 and the action, and the CPU seconds of an
independent configuration, 2 max(tau_int(M^2), tau_int(S)) updates of one chain. M alone is slower where the chain has to change
its sign, which no even observable sees; it is listed beside them.

Cluster runs start hot; the others start from the last configurations of a cluster run of the same theory, in equilibrium. CPU
seconds are user and system time of one thread, of runs of their own (--stage time), best of three: take them on a quiet machine.

Stages: run, time, table; each keeps what is there already in --folder."""
import argparse
import concurrent.futures
import json
import math
import os
import subprocess

LAMBDAS = ("4.572", "4.398", "4.25")
SIZES = (32, 64, 128)
CHAINS = 16
ENOUGH = 10  # tau_int in a chain for an exponent to mean something; errors are well determined from 50 on
# The error of a second-order integrator grows as step_size^2 sqrt(V): steps of a length of 0.7 for equal acceptance.
LEAPFROG_STEPS = {32: 10, 64: 14, 128: 20}
TRAJECTORIES = {  # by lambda and size; cluster first, because the others start from it
    "cluster": {"4.572": (20000, 10000, 4000), "4.398": (20000, 10000, 4000), "4.25": (20000, 10000, 6000)},
    "plain": {"4.572": (20000, 15000, 10000), "4.398": (30000, 30000, 20000), "4.25": (60000, 60000, 50000)},
    "tuned": {"4.572": (6000, 6000, 3000), "4.398": (6000, 8000, 5000), "4.25": (10000, 12000, 12000)},
    "Fourier": {"4.572": (3000, 2000, 500), "4.398": (3000, 2000, 600), "4.25": (4000, 3000, 1000)},
}


def leapfrog(size):
    return 0.7 / LEAPFROG_STEPS[size], LEAPFROG_STEPS[size]


def algorithm_options(algorithm):
    return {"plain": [], "cluster": ["--algorithm", "cluster"], "tuned": ["--integrator", "omelyan"],
            "Fourier": ["--algorithm", "fourier", "--fourier-mass2", "0.1", "--integrator", "omelyan", "--jitter", "0.2"]
            }[algorithm]


def first_step(algorithm, size):
    """Step size and steps; where the step size is tuned, from there at the same length."""
    return {"tuned": (0.1, 20), "Fourier": (0.05, 10)}.get(algorithm) or leapfrog(size)


def step_options(step_size, steps):
    return ["--step-size", repr(step_size), "--steps", steps]


class Study:
    def __init__(self, stint, folder):
        self.stint, self.folder = stint, folder

    def path(self, algorithm, coupling, size, suffix):
        return os.path.join(self.folder, f"{algorithm}-{coupling}-{size}.{suffix}")

    def hmc(self, coupling, size, options):
        """Runs stint hmc on one thread; its user and system time in seconds."""
        command = [self.stint, "hmc", "--lattice", f"{size}x{size}", "--mass2", "-4", "--lambda", coupling, "--chains",
                   str(CHAINS), "--seed", "1", "--threads", "1", "--quiet", "--overwrite", *map(str, options)]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, env=os.environ | {"OMP_WAIT_POLICY": "passive"})
        messages = process.stderr.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
        if status != 0:
            raise RuntimeError(" ".join(command) + "\n" + messages)
        return usage.ru_utime + usage.ru_stime

    def run(self, algorithm, coupling, size):
        report = self.path(algorithm, coupling, size, "json")
        if os.path.exists(report):
            return
        trajectories = TRAJECTORIES[algorithm][coupling][SIZES.index(size)]
        options = algorithm_options(algorithm) + step_options(*first_step(algorithm, size))
        if algorithm == "cluster":
            options += ["--thermalize", 500]
        else:
            options += ["--start", self.path("cluster", coupling, size, "h5")]
            options += ["--thermalize", 0] if algorithm == "plain" else ["--tune", "--thermalize", 200]
        self.hmc(coupling, size, options + ["--trajectories", trajectories, "--save-every", trajectories, "--output",
                                            self.path(algorithm, coupling, size, "h5"), "--json", report])

    def time(self, algorithm, coupling, size):
        """CPU seconds of an update of one chain with the settings that run() found."""
        timing = self.path(algorithm, coupling, size, "time")
        if os.path.exists(timing):
            return
        report = json.load(open(self.path(algorithm, coupling, size, "json")))
        options = algorithm_options(algorithm) + step_options(report["step_size"], report["steps"])
        options += ["--start", self.path("cluster", coupling, size, "h5"), "--thermalize", 0, "--output", timing + ".h5"]

        def seconds(updates):
            return self.hmc(coupling, size, options + ["--trajectories", updates, "--save-every", updates,
                                                       "--history-every", updates])
        site_updates = 1e8 if algorithm == "Fourier" else 1.5e9  # about half a second
        evaluations = report["steps"] * (1 if report["integrator"] == "leapfrog" else 2)
        updates = round(site_updates / (size**2 * CHAINS * evaluations)) + 1
        least = min(seconds(updates) for _ in range(3)) - seconds(1)
        with open(timing, "w") as file:
            json.dump({"seconds_per_update": least / (updates - 1) / CHAINS}, file)
        os.remove(timing + ".h5")

    def table(self):
        print("| lambda | L | algorithm | steps | acceptance | tau M | tau M^2 | tau S | CPU s an update | CPU s an independent "
              "configuration | against plain | chain / slowest tau |\n|---|---|---|---|---|---|---|---|---|---|---|---|")
        critical, short = {}, set()
        for coupling in LAMBDAS:
            for size in SIZES:
                plain = None
                for algorithm in ("plain", "tuned", "Fourier", "cluster"):
                    report = json.load(open(self.path(algorithm, coupling, size, "json")))
                    tau = {name: report["tau_int"][name] for name in ("magnetisation", "magnetisation_squared", "action")}
                    slowest = max(tau["magnetisation_squared"], tau["action"])
                    seconds = json.load(open(self.path(algorithm, coupling, size, "time")))["seconds_per_update"]
                    cost = [2 * x * seconds for x in slowest]
                    plain = plain or cost[0]
                    length = TRAJECTORIES[algorithm][coupling][SIZES.index(size)]
                    print(f"| {coupling} | {size} | {algorithm} | {report['steps']} x {report['step_size']:.3f} | "
                          f"{report['acceptance']:.2f} | {' | '.join(with_error(*x) for x in tau.values())} | "
                          f"{seconds:.2g} | {cost[0]:.2g} | {plain / cost[0]:.3g} | {length / slowest[0]:.0f} |")
                    if coupling == LAMBDAS[-1]:
                        for name, value in (*tau.items(), ("cost", cost)):
                            critical.setdefault((algorithm, name), []).append((size, *value))
                            if length < ENOUGH * max(slowest[0], value[0] if name == "magnetisation" else 0):
                                short.add((algorithm, name))
        print("\nDynamical exponents at lambda = " + LAMBDAS[-1] + ", tau_int ~ L^z, and of the CPU seconds\n\n"
              "| algorithm | M | M^2 | S | CPU s an independent configuration |\n|---|---|---|---|---|")
        for algorithm in ("plain", "tuned", "Fourier", "cluster"):
            row = []
            for name in ("magnetisation", "magnetisation_squared", "action", "cost"):
                z, error, chi2 = power_law(critical[algorithm, name])
                row.append(f"{with_error(z, error)}, chi^2 {chi2:.1f}{' *' * ((algorithm, name) in short)}")
            print(f"| {algorithm} | {' | '.join(row)} |")
        print(f"\n\\* from chains that are not all {ENOUGH} tau_int long: little more than a guess. "
              "chi^2 is for one degree of freedom.")


def with_error(value, error):
    """1.234(56)"""
    if not error > 0:
        return f"{value:.3g}"
    digits = max(0, 1 - math.floor(math.log10(error)))
    return f"{value:.{digits}f}({round(error * 10**digits)})" if error < 1 else f"{value:.0f}({error:.0f})"


def power_law(points):
    """Exponent, its error and chi^2 of the weighted fit value = c L^z to (L, value, error), a line in logarithms."""
    rows = [(math.log(size), math.log(value), (value / error)**2) for size, value, error in points]
    total = sum(w for *_, w in rows)
    x0, y0 = (sum(row[i] * row[2] for row in rows) / total for i in (0, 1))
    sxx = sum(w * (x - x0)**2 for x, _, w in rows)
    z = sum(w * (x - x0) * (y - y0) for x, y, w in rows) / sxx
    return z, 1 / math.sqrt(sxx), sum(w * (y - y0 - z * (x - x0))**2 for x, y, w in rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stint", default="build/release/bin/stint")
    parser.add_argument("--folder", default="critical-slowing-down")
    parser.add_argument("--stage", choices=("run", "time", "table", "all"), default="all")
    parser.add_argument("--jobs", type=int, default=1, help="runs at the same time, one thread each")
    arguments = parser.parse_args()
    os.makedirs(arguments.folder, exist_ok=True)
    study = Study(arguments.stint, arguments.folder)
    if arguments.stage in ("run", "all"):
        with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
            for stage in (("cluster",), ("Fourier", "plain", "tuned")):
                # the longest first
                runs = [(a, c, s) for s in reversed(SIZES) for c in reversed(LAMBDAS) for a in stage]
                list(pool.map(lambda run: study.run(*run), runs))
    if arguments.stage in ("time", "all"):
        for algorithm in TRAJECTORIES:
            for coupling in LAMBDAS:
                for size in SIZES:
                    study.time(algorithm, coupling, size)
    if arguments.stage in ("table", "all"):
        study.table()


if __name__ == "__main__":
    main()
