"""An ensemble file: configurations, chains, couplings, history and weights as NumPy, read when they are asked for."""
from typing import NamedTuple

import h5py
import numpy as np

from . import exports
from .observables import primaries
from .failure import Failure, one_line

COUPLINGS = ("mass2", "lambda", "field", "quadratic")
CHUNK_BYTES = 1 << 26  # of configurations that are in memory at a time


class Layout(NamedTuple):
    """The shape of one configuration: `channels` numbers at each point of a lattice of `extents`."""

    channels: int
    extents: tuple


class Ensemble:
    """An open ensemble file. `stint.open` makes one; a `with` statement or `close` closes it.

    path            the name of the file
    kind            what a configuration is: "phi4", or another kind of data
    attributes      all attributes of the file, by name
    layout          Layout(channels, extents)
    couplings       {"mass2", "lambda", "field", "quadratic"}: value; empty for kinds without an action
    configurations  h5py dataset (N, L1, ..., Ld), of other kinds than phi4 (N, C, L1, ..., Ld); a slice of it is a NumPy array
    chain           (N,) the chain of each configuration
    trajectory      (N,) the trajectory of each configuration; 0 for model samples
    history         {name: array (T, chains)} and "trajectory" (T,), of trajectories between the configurations; may be empty
    log_weight      (N,) log of the unnormalised weight of each configuration, or None
    log_density     (N,) log of the model's density at each configuration, or None
    weights         (N,) weights of mean 1; all 1 for files without /log_weight

    All numbers are in lattice units. Errors are `stint.Failure`, with one line for the user.
    """

    def __init__(self, path):
        self.path = str(path)
        try:
            self._file = h5py.File(self.path, "r")
        except OSError as error:
            raise Failure(f"{self.path}: cannot be read ({one_line(error)})") from error
        try:
            self.attributes = {name: _plain(value) for name, value in self._file.attrs.items()}
            self._check()
        except BaseException:
            self._file.close()
            raise
        self.kind = self.attributes.get("kind", "phi4")

    def _check(self):
        found = self.attributes.get("format", "no stint file: the attribute format is missing")
        if found != "stint-ensemble":
            raise Failure(f"{self.path}: not an ensemble ({found})")
        if not self.attributes.get("complete", 1):
            raise Failure(f"{self.path}: not complete; the command that writes it has not finished")
        data = self._file.get("configurations")
        if not isinstance(data, h5py.Dataset):
            raise Failure(f"{self.path}: has no dataset /configurations")
        least = 2 if self.attributes.get("kind", "phi4") == "phi4" else 3
        if data.ndim < least or data.size == 0:
            wanted = "(N, L1, ..., Ld)" if least == 2 else "(N, C, L1, ..., Ld)"
            raise Failure(f"{self.path}: /configurations has shape {data.shape}, expected {wanted}, none of them 0")
        for name in ("chain", "trajectory"):
            if self._file[name].shape != data.shape[:1] if name in self._file else True:
                raise Failure(f"{self.path}: /{name} does not have one number for each of the {len(data)} configurations")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._file.close()

    def __len__(self):
        return len(self.configurations)

    def __repr__(self):
        return f"<stint ensemble {self.path}: {len(self)} configurations, {self.kind}, {self.layout}>"

    @property
    def configurations(self):
        return self._file["configurations"]

    @property
    def layout(self):
        shape = self.configurations.shape
        return Layout(1, shape[1:]) if self.kind == "phi4" else Layout(shape[1], shape[2:])

    @property
    def couplings(self):
        return {name: float(self.attributes[name]) for name in COUPLINGS if name in self.attributes}

    @property
    def chain(self):
        return self._file["chain"][:]

    @property
    def trajectory(self):
        return self._file["trajectory"][:]

    @property
    def chains(self):
        """{chain: the rows of its configurations, in the order of its trajectories}."""
        chain, trajectory = self.chain, self.trajectory
        order = np.lexsort((trajectory, chain))
        names, first = np.unique(chain[order], return_index=True)
        return dict(zip(names.tolist(), np.split(order, first[1:])))

    @property
    def history(self):
        group = self._file.get("history", {})
        return {name: group[name][:] for name in group}

    @property
    def log_weight(self):
        return self._column("log_weight")

    @property
    def log_density(self):
        return self._column("log_density")

    def _column(self, name):
        if name not in self._file:
            return None
        values = self._file[name][:].astype(float)
        if values.shape != (len(self),) or np.isnan(values).any():
            raise Failure(f"{self.path}: /{name} does not have one number for each of the {len(self)} configurations")
        return values

    @property
    def weights(self):
        logarithm = self.log_weight
        if logarithm is None:
            return np.ones(len(self))
        weights = np.exp(logarithm - logarithm.max())
        return weights / weights.mean()

    def blocks(self):
        """The configurations, a bounded part of the file at a time, as float64; NaN and Inf are failures."""
        data = self.configurations
        step = max(1, CHUNK_BYTES // (8 * int(np.prod(data.shape[1:]))))
        for first in range(0, len(data), step):
            block = np.asarray(data[first : first + step], dtype=float)
            if not np.isfinite(block).all():
                raise Failure(f"{self.path}: /configurations holds NaN or Inf")
            yield block

    def magnetisation(self):
        """(N,) M = (1/V) sum_x phi_x of each configuration; of other kinds the mean over channels and sites."""
        return np.concatenate([block.reshape(len(block), -1).mean(axis=1) for block in self.blocks()])

    def observables(self):
        """{name: (N,)}: what `stint measure` averages, for each configuration. The kind must be phi4.

        `stint.observables` has the names and formulas.
        """
        if self.kind != "phi4":
            raise Failure(f"{self.path}: observables are those of phi4, and this is {self.kind}")
        missing = [name for name in COUPLINGS if name not in self.couplings]
        if missing:
            raise Failure(f"{self.path}: the attribute {missing[0]} is missing")
        parts = [primaries(block, self.couplings) for block in self.blocks()]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def to_xarray(self):
        """An xarray.Dataset with dimensions configuration, (channel,) x1 ... xd; see `exports.to_xarray`."""
        return exports.to_xarray(self)

    def to_pyerrors(self, reweight=False):
        """{name: pyerrors.Obs}, primary and derived observables; see `exports.to_pyerrors`."""
        return exports.to_pyerrors(self, reweight)

    def to_arviz(self):
        """An arviz.InferenceData of the observables, by chain and draw; see `exports.to_arviz`."""
        return exports.to_arviz(self)


def open(path):  # pylint: disable=redefined-builtin
    """Opens the ensemble file `path` for reading. Throws Failure if it is missing, foreign, incomplete or misshapen."""
    return Ensemble(path)


def _plain(value):
    """An attribute as str, number or array: HDF5 has several ways to store a text."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value.item() if isinstance(value, np.generic) else value
