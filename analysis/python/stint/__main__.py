"""The command line: python -m stint COMMAND ..., or python analysis/python/stint COMMAND ... without an installation.

Exit status: 0 done, 1 failed, 2 wrong usage; one line on standard error says why.
"""
import importlib
import os
import sys

if not __package__:  # started by the name of its folder
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    __package__ = "stint"  # pylint: disable=redefined-builtin

PLOTS = ("compare", "configurations", "correlator", "couplings", "levels", "magnetisation", "path", "propagator", "traces", "training")
USAGE = f"""usage: python -m stint plot NAME FILES... --output FIGURE
       python -m stint pyerrors ENSEMBLE.h5 OUTPUT.json.gz [--reweight]

Plots: {", ".join(PLOTS)}. `python -m stint plot NAME --help` explains one.
`pyerrors` writes the observables of an ensemble in the file format of pyerrors."""


def plot(arguments):
    """Draws the figure arguments[0] with the options that follow."""
    if not arguments or arguments[0] not in PLOTS:
        return wrong(f"'{arguments[0]}' is no plot" if arguments else "plot needs a name")
    from stint.plots import style

    style.plt.switch_backend("Agg")
    style.plt.rcParams.update(style.STYLE)
    importlib.import_module(f"stint.plots.{arguments[0]}").main(arguments[1:])
    return 0


def pyerrors(arguments):
    """Writes the observables of an ensemble as OUTPUT.json.gz."""
    from stint.pyerrors_file import write

    files = [argument for argument in arguments if argument != "--reweight"]
    if len(files) != 2 or files[0].startswith("-") or not files[1].endswith(".json.gz"):
        return wrong("pyerrors needs an ensemble and a name that ends in .json.gz")
    write(*files, reweight="--reweight" in arguments)
    return 0


def wrong(message):
    """Says what is wrong with the usage; the exit status."""
    print(f"stint: {message}; --help shows what is known", file=sys.stderr)
    return 2


def main(arguments=None):
    """The command line; returns the exit status."""
    from stint.failure import Failure

    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments and arguments[0] in ("-h", "--help"):
        print(USAGE)
        return 0
    commands = {"plot": plot, "pyerrors": pyerrors}
    if not arguments or arguments[0] not in commands:
        return wrong(f"unknown command '{arguments[0]}'" if arguments else "no command")
    try:
        return commands[arguments[0]](arguments[1:])
    except Failure as failure:
        print(f"stint {' '.join(arguments[:2]) if arguments[0] == 'plot' else arguments[0]}: {failure}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
