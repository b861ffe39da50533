"""API descriptions of Emply for tests: the packaged one with other words in some places."""

from importlib.resources import files
from pathlib import Path

import yaml

V1 = files("entra_emply.connectors.emply").joinpath("api-v1.yaml").read_text(encoding="utf-8")
API2 = files("entra_emply.connectors.emply").joinpath("api2.yaml").read_text(encoding="utf-8")


def changed(folder: Path, text: str = V1, **sections: object) -> str:
    """The path of a description that is `text` but for these sections, of which only the given keys differ."""
    document = yaml.safe_load(text)
    for name, given in sections.items():
        both = isinstance(given, dict) and isinstance(document.get(name), dict)
        document[name] = document[name] | given if both else given
    path = folder / "api.yaml"
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return str(path)
