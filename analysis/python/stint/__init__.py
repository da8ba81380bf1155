"""Ensembles of stint in Python.

    import stint
    with stint.open("hmc.h5") as ensemble:
        phi = ensemble.configurations[:100]        # NumPy, (100, L1, ..., Ld)
        m = ensemble.observables()["magnetisation"]  # one number for each configuration

`Ensemble` documents what an open file offers. `stint.plots` has the figures. `python -m stint --help` is the command line.
"""
from .ensemble import Ensemble, Failure, Layout, open

__all__ = ["Ensemble", "Failure", "Layout", "open"]
