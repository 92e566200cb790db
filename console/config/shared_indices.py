"""Each cluster's incidents in an index of its own: what lies in one index is of one cluster."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from opsconsole.config.reading import MisreadError
from opsconsole.config.settings import ClusterSettings

_PORTS = {"http": 80, "https": 443}


def check_apart(clusters: Mapping[str, ClusterSettings]) -> None:
    """Whether no two of `clusters` share one index of one server, as far as the addresses tell.

    Raises `MisreadError` with the path of the second one's index.
    """
    taken: dict[tuple[object, ...], str] = {}
    for name, cluster in clusters.items():
        place = _place(cluster)
        if place is None:
            continue
        if place in taken:
            first = taken[place]
            words = f'is where cluster "{first}" keeps its incidents; each cluster needs an index of its own'
            raise MisreadError(("clusters", name, "incidents", "index"), words)
        taken[place] = name


def _place(cluster: ClusterSettings) -> tuple[object, ...] | None:
    """Server and index; None where nothing is shared."""
    server = None if cluster.incidents is None else cluster.incidents.server or cluster.elasticsearch
    if cluster.incidents is None or server is None:
        return None
    url = urlsplit(server.url)
    return url.scheme, url.hostname, url.port or _PORTS.get(url.scheme), url.path, cluster.incidents.index
