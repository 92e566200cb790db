"""Where a value came from, and which of two values is in force."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Mapping

import msgspec

KeyPath = tuple[str, ...]
"""A key with all tables around it: `("clusters", "prod", "prometheus", "url")`."""

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+(\[\d+\])?")

SOURCES = ("prometheus", "alertmanager", "elasticsearch", "jaeger", "kubernetes")
"""Keys of a cluster that hold a source."""

_OWN_SERVER = ("incidents", "server")
"""Where the team's incidents are, when it is not the cluster's own Elasticsearch."""

_DESTINATION = frozenset({"url", "proxy", "kubeconfig"})
_CREDENTIALS = frozenset({"auth", "headers", "client_certificate", "client_key", "kubeconfig", "context"})


class Layer(enum.IntEnum):
    """The five layers; a higher one outranks a lower one."""

    DEFAULT = 0
    FILE = 1
    DOTENV = 2
    ENVIRONMENT = 3
    FLAG = 4

    @property
    def title(self) -> str:
        """The layer's name in `opsconsole config show`."""
        return {0: "default", 1: "file", 2: ".env", 3: "environment", 4: "flag"}[self.value]


class Origin(msgspec.Struct, frozen=True):
    """A layer and the exact place in it: `config.toml: since`, `OPSCONSOLE_SINCE`, `--since`."""

    layer: Layer
    place: str = ""


class Entry(msgspec.Struct, frozen=True):
    """One checked value and its origin. `value` has the type that its field in `tables` declares."""

    value: object
    origin: Origin


Entries = Mapping[KeyPath, Entry]


def dotted(path: KeyPath) -> str:
    """`path` as TOML writes it: bare keys joined by dots, others quoted."""
    return ".".join(key if _BARE_KEY.fullmatch(key) else f'"{key}"' for key in path)


def merged(layers: Iterable[Entries]) -> dict[KeyPath, Entry]:
    """What is in force when each of `layers` outranks those before it, key by key.

    One rule on top: a layer that sends a source elsewhere (its URL, proxy or kubeconfig)
    leaves the credentials of lower layers behind, so no `.env` file and no stray variable can carry a
    secret to another server than the one it was written for. Nor can the team's incidents go there, where they are
    shared through that source.
    """
    result: dict[KeyPath, Entry] = {}
    for entries in layers:
        for source in {path[:-1] for path in entries if _redirects(path)}:
            depth = len(source)
            for path in [path for path in result if path[:depth] == source and path[depth] in _CREDENTIALS]:
                del result[path]
            if source[2] == "elasticsearch" and (*source[:2], *_OWN_SERVER, "url") not in result:
                result.pop((*source[:2], "incidents", "index"), None)
            if (*source, "url") in entries or (*source, "kubeconfig") in entries:
                result.pop((*source, "base_path"), None)
                result.pop((*source, "url"), None)
        result.update(entries)
    return result


def _redirects(path: KeyPath) -> bool:
    is_source = path[2:-1] == _OWN_SERVER or path[2:-1] in {(source,) for source in SOURCES}
    return path[:1] == ("clusters",) and is_source and path[-1] in _DESTINATION
