"""Observables of an ensemble in the JSON format of pyerrors."""
from . import exports
from .ensemble import open as open_ensemble
from .failure import Failure, one_line


def write(ensemble_path, output, reweight=False):
    """Writes all observables of `to_pyerrors` as the file `output` (.json.gz), a dictionary of Obs that
    `pyerrors.input.json.load_json_dict` reads."""
    json = exports.needs("pyerrors").input.json
    with open_ensemble(ensemble_path) as ensemble:
        observables = ensemble.to_pyerrors(reweight)
        origin = {name: ensemble.attributes[name] for name in ("program_version", "git_commit") if name in ensemble.attributes}
    try:
        json.dump_dict_to_json(observables, output, description={"ensemble": str(ensemble_path), **origin})
    except OSError as error:
        raise Failure(f"{output}: cannot be written ({one_line(error)})") from error
