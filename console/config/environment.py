"""Values from variables: of the environment, and of a `.env` file in the working folder.

`OPSCONSOLE_` and the key in capitals, tables joined by two underscores:
`OPSCONSOLE_THEME`, `OPSCONSOLE_CLUSTERS__PROD__PROMETHEUS__TIMEOUT`. An empty variable is not set.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from opsconsole.config import values
from opsconsole.config.layers import Entry, KeyPath, Layer, Origin
from opsconsole.config.reading import header
from opsconsole.config.shapes import Inner, Leaf, Listed, Named, Shape, shapes_of
from opsconsole.config.tables import FileTable
from opsconsole.domain.errors import ConfigError
from opsconsole.safe_text import safe_text

PREFIX = "OPSCONSOLE_"

CONFIG_VARIABLE = "OPSCONSOLE_CONFIG"
"""Names another file than the usual one."""

_ALIASES = {"CLUSTER": "default_cluster"}
_NOT_IN_DOTENV = frozenset(
    {
        "auth",
        "headers",
        "client_certificate",
        "client_key",
        "ca",
        "kubeconfig",
        "exec_plugins",
        "log_levels",
        "kibana",
        "incidents",
        "runbooks",
    }
)


def entries_of_variables(
    variables: Mapping[str, str], layer: Layer, clusters: Iterable[str], base: Path, place: str = ""
) -> dict[KeyPath, Entry]:
    """The values in those of `variables` that start with `OPSCONSOLE_`.

    `clusters` are the names of the layers below, to tell `EU_WEST` from `eu-west`; `place` is the file
    that the variables stand in. Raises `ConfigError` naming the first variable that is wrong.
    """
    known = tuple(clusters)
    where = f"{place}: " if place else ""
    entries: dict[KeyPath, Entry] = {}
    for variable in sorted(variables):
        text = variables[variable].strip()
        if not variable.startswith(PREFIX) or not text:
            continue
        try:
            if layer is Layer.DOTENV:
                _check_harmless(variable)
            elif variable == CONFIG_VARIABLE:
                continue
            path, shape = _resolve(variable, known)
            value = _read(shape, path, text, base)
        except ValueError as error:
            raise ConfigError(safe_text(f"{where}{variable}: {error}")) from None
        entries[path] = Entry(value, Origin(layer, f"{where}{variable}"))
    return entries


def _check_harmless(variable: str) -> None:
    """Refuse what would let the `.env` file of a foreign folder send secrets away or start programs."""
    words = variable.removeprefix(PREFIX).lower().split("__")
    if variable == CONFIG_VARIABLE or not _NOT_IN_DOTENV.isdisjoint(words):
        raise ValueError(
            "is not read from a .env file, which may be somebody else's; "
            "set it in the configuration file or in the environment"
        )


def _resolve(variable: str, clusters: tuple[str, ...]) -> tuple[KeyPath, Shape]:
    """The key that `variable` names, and what it holds."""
    words = variable.removeprefix(PREFIX).split("__")
    shape: Shape = Inner(FileTable)
    path: KeyPath = ()
    if len(words) == 1 and words[0] in _ALIASES:
        words = [_ALIASES[words[0]]]
    elif words[0] == "DEFAULT_CLUSTER":
        raise ValueError("unknown variable, did you mean OPSCONSOLE_CLUSTER?")
    for word in words:
        match shape:
            case Inner(table):
                known = shapes_of(table)
                if word.lower() not in known:
                    raise _unknown(path, word, known)
                path, shape = (*path, word.lower()), known[word.lower()]
            case Named(item):
                path, shape = (*path, _name(path, word, clusters)), item
            case _:
                raise ValueError("names a key below a value; see docs/configuration.md")
    if isinstance(shape, Inner) and shape.is_source:
        return (*path, "url"), shapes_of(shape.table)["url"]
    return path, shape


def _unknown(path: KeyPath, word: str, known: Iterable[str]) -> ValueError:
    names = {one: one for one in known if path or one != "default_cluster"}
    if not path:
        names["cluster"] = "cluster"
    near = values.nearest(word, names)
    if near is None:
        return ValueError("unknown variable; docs/configuration.md lists those that the console reads")
    return ValueError(f"unknown variable, did you mean {PREFIX}{'__'.join(_folded(one) for one in (*path, near))}?")


def _folded(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "_", name.upper())


def _name(path: KeyPath, word: str, clusters: tuple[str, ...]) -> str:
    if not word:
        raise ValueError("has no name between its underscores; write OPSCONSOLE_CLUSTERS__NAME__KEY")
    if path == ("clusters",):
        return next((one for one in clusters if _folded(one) == _folded(word)), word.lower())
    return word.replace("_", "-") if path[-1] == "headers" else word.lower()


def _read(shape: Shape, path: KeyPath, text: str, base: Path) -> object:
    match shape:
        case Leaf() if path[-2:-1] == ("headers",):
            return header(path[-1], text, base)
        case Leaf():
            return shape.read(text, base, from_text=True)
        case Listed():
            raise ValueError(f"{path[-1]} can't be written in a variable; write them in the configuration file")
        case _:
            raise ValueError("is a table; add two underscores and the key, such as __URL")
