"""A training step here and in PyTorch: python3 training.py --bench build/release/bin/bench_training [--torch PYTHON]

Runs bench_training and the same step in PyTorch (peers/train_torch.py) in turn, takes the best of each, and prints samples a second and
their ratio. PYTHON is one that has the PyTorch of the LibTorch in the build, for instance that of
  python3 -m venv venv && venv/bin/pip install numpy torch==VERSION --index-url https://download.pytorch.org/whl/cpu"""
import argparse
import json
import os
import subprocess
import sys

PEER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers", "train_torch.py")


def here(program, precision, environment):
    """(samples a second, samples a second of CPU time)"""
    report = json.loads(subprocess.run(
        [program, f"--benchmark_filter=^step/{precision}/", "--benchmark_min_time=3", "--benchmark_format=json"],
        env=environment, check=True, capture_output=True).stdout)
    entry = report["benchmarks"][0]
    rate = entry["samples_per_second"]
    return rate, rate * entry["real_time"] / entry["cpu_time"]


def torch(python, precision, threads, environment):
    """The same, and PyTorch's version."""
    line = subprocess.run([python, "-W", "ignore", PEER, "--precision", precision, "--threads", str(threads)],
                          env=environment, check=True, capture_output=True, text=True).stdout.splitlines()[-1]
    found = json.loads(line)
    return found["samples_per_second"], found["samples_per_cpu_second"], found["torch"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bench", required=True, help="the program bench_training")
    parser.add_argument("--torch", default=sys.executable, help="a Python that has PyTorch")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    environment = os.environ | {"OMP_NUM_THREADS": str(arguments.threads)}
    print("| precision | | samples/s | of PyTorch | samples/CPU s | of PyTorch |\n|---|---|---|---|---|---|")
    for precision in ("bf16", "fp32"):
        ours, theirs, version = (0, 0), (0, 0), ""
        for _ in range(arguments.rounds):
            ours = tuple(map(max, ours, here(arguments.bench, precision, environment)))
            *rates, version = torch(arguments.torch, precision, arguments.threads, environment)
            theirs = tuple(map(max, theirs, rates))
        print(f"| {precision} | stint train | {ours[0]:.0f} | {ours[0] / theirs[0]:.2f} | {ours[1]:.0f} | {ours[1] / theirs[1]:.2f} |")
        print(f"| | PyTorch {version} | {theirs[0]:.0f} | 1 | {theirs[1]:.0f} | 1 |", flush=True)


if __name__ == "__main__":
    main()
