"""Stands in for a program of the documentation's commands: makes a run small, or only checks its options: command.py PROGRAM ARGUMENTS...

commands_test.py puts scripts named stint, bash, python3, ... that call it in front of PATH. The environment has REAL_STINT, REAL_PATH
and SOURCE, the checkout.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys

SOURCE = pathlib.Path(os.environ["SOURCE"])
LARGEST = {  # options that decide how long a run takes, with their largest value here; set where a command leaves them out
    "hmc": {"--chains": 16, "--thermalize": 20, "--trajectories": 40, "--save-every": 2},
    "train": {"--steps": 3, "--batch": 8, "--levels": 2},
    "sample": {"--samples": 4},
    "adapt": {"--samples": 4, "--fine": 10, "--evaluations": 2, "--steps": 6},
    "import": {"--limit": 64},
    "restore": {"--images": 2},
    "maze generate": {"--steps": 20000},
    "maze plan": {"--pairs": 4, "--plans": 2, "--dreams": 512, "--candidates": 1, "--retries": 1},
}
DATA = {"import": ("--idx", "--folder", "--partition", "--maze"), "export": ()}  # commands on data that a reader has and the tests may not have
LONG = ("jobs/", "scripts/", "bench/")  # scripts that are not run


def fail(message):
    sys.exit(f"docs: {message}")


def value_of(arguments, option):
    return arguments[arguments.index(option) + 1] if option in arguments else None


def inputs_of(arguments):
    """The files and folders of data that import and export read."""
    named = [value_of(arguments, option) for option in DATA[arguments[0]] if option in arguments]
    return named + ([arguments[1]] if arguments[0] == "export" else [])


def smaller(arguments):
    """The arguments of stint with sizes that take seconds."""
    command = " ".join(arguments[:2]) if arguments[0] == "maze" else arguments[0]
    arguments = list(arguments)
    for option, largest in LARGEST.get(command, {}).items():
        if option in arguments:
            at = arguments.index(option) + 1
            arguments[at] = str(min(int(arguments[at]), largest))
        elif not (command == "train" and option == "--levels" and "--config" in arguments or option == "--pairs" and "--start" in arguments):
            arguments += [option, str(largest)]
    if command == "hmc":
        lattice = value_of(arguments, "--lattice")
        largest = 32 if "blocks" in arguments else 8  # the window of the shipped model
        small = "x".join(str(min(int(extent), largest)) for extent in (lattice or "8x8").split("x"))
        if lattice:
            arguments[arguments.index("--lattice") + 1] = small
        else:
            arguments += ["--lattice", small]
    return arguments


def stint(arguments):
    """Runs the program on a small problem, and checks that the files which it was asked for are there."""
    if "--help" in arguments or not arguments:
        os.execv(os.environ["REAL_STINT"], ["stint", *arguments])
    if arguments[0] == "sample" and "--weights" in arguments and "models/" in (value_of(arguments, "--model") or ""):
        return check_options(arguments, subprocess.run([os.environ["REAL_STINT"], "sample", "--help"], capture_output=True, text=True,
                                                       check=True).stdout)
    left_out = pathlib.Path(f"{value_of(arguments, '--output' if arguments[0] in DATA else '--data')}.left-out")
    if arguments[0] in DATA and not all(map(os.path.exists, inputs_of(arguments))):
        left_out.touch()  # what is trained on it is left out too
    if left_out.exists():
        return check_options(arguments, subprocess.run([os.environ["REAL_STINT"], arguments[0], "--help"], capture_output=True, text=True,
                                                       check=True).stdout)
    status = subprocess.run([os.environ["REAL_STINT"], *smaller(arguments), "--overwrite"], check=False).returncode
    for option in ("--output", "--json", "--plot", "--report", "--frames", "--npy", "--png"):
        file = value_of(arguments, option)
        if status == 0 and file and not os.path.exists(file):
            fail(f"stint {' '.join(arguments)}: {file} was not written")
    return status


def check_options(arguments, text):
    """The options among the arguments stand in the text."""
    for argument in arguments:
        option = argument.split("=")[0]
        if re.fullmatch(r"--[a-z][a-z0-9-]*", option) and not re.search(re.escape(option) + r"(?![a-z0-9-])", text):
            fail(f"{' '.join(arguments)}: no option {option}")
    return 0


def script(name, arguments):
    """A script of the checkout: long ones are not run, and their text must know the options."""
    runs = name == "jobs/submit.sh" and ("--local" in arguments or "--dry-run" in arguments)  # with this stand-in for stint
    if not runs and "--help" not in arguments and name.startswith(LONG):
        if not (SOURCE / name).is_file():
            fail(f"{name} does not exist")
        return check_options(arguments, (SOURCE / name).read_text())
    return None


def presets(arguments):
    """CMake and CTest: the preset exists."""
    preset = value_of(arguments, "--preset")
    if preset and f'"name": "{preset}"' not in (SOURCE / "CMakePresets.json").read_text():
        fail(f"no preset {preset}")
    return 0


def benchmark(name):
    if name not in (SOURCE / "bench/CMakeLists.txt").read_text():
        fail(f"{name} is no target of bench/")
    return 0


def virtual_environment(folder):
    """What `python3 -m venv` makes, with these stand-ins as its programs."""
    programs = pathlib.Path(folder) / "bin"
    programs.mkdir(parents=True)
    for name in ("python3", "pip"):
        (programs / name).symlink_to(shutil.which(name))
    (programs / "activate").write_text(f'PATH="{programs.resolve()}:$PATH"\n')
    return 0


def main():
    name, arguments = sys.argv[1], sys.argv[2:]
    if name == "stint":
        return stint(arguments)
    if name in ("cmake", "ctest"):
        return presets(arguments)
    if name.startswith("bench_"):
        return benchmark(name)
    if name == "pip":  # pip install FOLDER: python_test.py installs
        return 0 if all(os.path.exists(argument) for argument in arguments if argument.startswith(".")) else fail(f"pip {arguments}")
    if name == "python3" and arguments[:2] == ["-m", "venv"]:
        return virtual_environment(arguments[2])
    status = script(arguments[0], arguments[1:]) if arguments else None
    if status is not None:
        return status
    real = {"python3": sys.executable, "python": sys.executable, "bash": "/bin/bash"}[name]
    os.environ["PATH"] = os.environ["REAL_PATH"] if name == "bash" else os.environ["PATH"]
    os.execv(real, [real, *arguments])


sys.exit(main())
