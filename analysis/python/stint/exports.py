"""Ensembles for the tools of others: xarray, pyerrors and ArviZ. Each is imported only where it is asked for."""
import importlib

import numpy as np

from .failure import Failure
from .observables import derived

SHORTEST = 5  # configurations of a chain that pyerrors accepts


def needs(package):
    """The imported package; a Failure that says how to install it if there is none."""
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise Failure(f"{package} is not installed: pip install {package}") from error


def to_xarray(ensemble):
    """An xarray.Dataset of the whole file, in memory.

    configurations (configuration, [channel,] x1, ..., xd) with the coordinates chain and trajectory; log_weight and log_density
    (configuration) where the file has them; history_NAME (history_trajectory, history_chain). Attributes: those of the file.
    """
    xarray = needs("xarray")
    extents = ensemble.layout.extents
    names = ["configuration", *[f"x{mu + 1}" for mu in range(len(extents))]]
    if ensemble.configurations.ndim > len(names):
        names.insert(1, "channel")
    variables = {"configurations": (names, ensemble.configurations[:])}
    for name in ("log_weight", "log_density"):
        if getattr(ensemble, name) is not None:
            variables[name] = ("configuration", getattr(ensemble, name))
    coordinates = {"chain": ("configuration", ensemble.chain), "trajectory": ("configuration", ensemble.trajectory)}
    for name, values in ensemble.history.items():
        if name == "trajectory":
            coordinates["history_trajectory"] = values
        else:
            variables[f"history_{name}"] = (("history_trajectory", "history_chain"), values)
    return xarray.Dataset(variables, coordinates, ensemble.attributes)


def to_pyerrors(ensemble, reweight=False):
    """{name: pyerrors.Obs} of the primary and derived observables of `stint measure`, without gamma_method.

    A chain is a replica "stint|rN" and its trajectory numbers are configuration numbers. Samples of a model, each a chain of its
    own, are one replica. With `reweight` the weights of the file are counted in, as by `stint measure --reweight`.
    """
    pyerrors = needs("pyerrors")
    replicas = _replicas(ensemble)
    short = min(len(rows) for rows, _ in replicas.values())
    if short < SHORTEST:
        raise Failure(f"{ensemble.path}: pyerrors needs at least {SHORTEST} configurations in each chain, one has {short}")
    names = [f"stint|r{chain}" for chain in replicas]
    numbers = [idl for _, idl in replicas.values()]

    def observable(series):
        return pyerrors.Obs([series[rows] for rows, _ in replicas.values()], names, idl=numbers)

    means = {name: observable(series) for name, series in ensemble.observables().items()}
    if reweight:
        if ensemble.log_weight is None:
            raise Failure(f"{ensemble.path}: has no /log_weight; stint sample --weights writes it")
        means = dict(zip(means, pyerrors.reweight(observable(ensemble.weights), list(means.values()))))
    return {**means, **derived(means, ensemble.layout.extents)}


def to_arviz(ensemble):
    """An arviz.InferenceData: the primary observables in `posterior` (chain, draw), the couplings as its attributes.

    A draw is a configuration, in the order of the trajectories. The samples of a model are one chain. All chains must have the
    same number of configurations.
    """
    arviz = needs("arviz")
    rows = [rows for rows, _ in _replicas(ensemble).values()]
    if len({len(one) for one in rows}) > 1:
        raise Failure(f"{ensemble.path}: ArviZ needs chains of one length, these have {min(map(len, rows))} to "
                      f"{max(map(len, rows))} configurations")
    rows = np.array(rows)
    posterior = {name: series[rows] for name, series in ensemble.observables().items()}
    if int(arviz.__version__.split(".")[0]) > 0:
        found = arviz.from_dict({"posterior": posterior})
        found["posterior"].attrs.update(ensemble.couplings)
    else:
        found = arviz.from_dict(posterior=posterior)
        found.posterior.attrs.update(ensemble.couplings)
    return found


def _replicas(ensemble):
    """{chain: (rows, configuration numbers)}; one replica 0 for samples that are each a chain of their own."""
    chains = ensemble.chains
    if len(chains) == len(ensemble):
        rows = np.concatenate(list(chains.values()))
        return {0: (rows, list(range(1, len(rows) + 1)))}
    trajectory = ensemble.trajectory
    return {chain: (rows, trajectory[rows].tolist()) for chain, rows in chains.items()}
