"""An Elasticsearch that holds the million lines, and the same lines in a file: made once, kept in the cache."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO

import httpx
import msgspec

from bench import log_corpus
from bench.log_corpus import MAPPING, bulk, corpus
from servers.cache import cache_folder, exclusive
from servers.elasticsearch import HEAP, VERSION, Elasticsearch, run_elasticsearch

INDEX = "logs-shop"
TAILED = "tailed-shop"
OLDEST_USE = 20 * 24 * 3600.0
"""Seconds after which lines are written anew: the console looks no further back than 30 days."""

_AT_ONCE = 5_000
_encode = msgspec.json.encode


class Store(msgspec.Struct):
    """Lines in `file`, and in the state of a server in `folder`; the newest is of `end` (unix seconds)."""

    folder: Path
    file: Path
    end: float


def stored(lines: int) -> Store:
    """The lines in the cache, loaded first where they are not there or too old."""
    source = Path(log_corpus.__file__).read_bytes()
    key = hashlib.sha256(source + f"{VERSION} {lines}".encode()).hexdigest()[:16]
    folder = cache_folder() / f"logs-{key}"
    with exclusive("logs"):
        made = folder / "end"
        if not made.exists() or time.time() - float(made.read_text()) > OLDEST_USE:
            shutil.rmtree(folder, ignore_errors=True)
            _make(folder, lines)
    return Store(folder, folder / "lines.json", float(made.read_text()))


def _make(folder: Path, lines: int) -> None:
    end, began = time.time(), time.monotonic()
    work = Path(tempfile.mkdtemp(dir=folder.parent))
    try:
        with run_elasticsearch(work / "server", options=HEAP) as server, (work / "lines.json").open("wb") as file:
            _load(server, corpus(end, lines), file)
        # Only what was stored is kept; a server's settings are of the run.
        (work / "server" / "state").rename(work / "state")
        shutil.rmtree(work / "server")
        (work / "end").write_text(str(end))
        work.rename(folder)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    sys.stderr.write(f"{lines:,} lines loaded in {time.monotonic() - began:.0f} s\n")


def _load(server: Elasticsearch, lines: Iterator[dict[str, object]], file: IO[bytes]) -> None:
    with httpx.Client(base_url=server.url, trust_env=False, timeout=120.0) as client:
        create_index(client, INDEX, refresh="-1")
        while chunk := list(islice(lines, _AT_ONCE)):
            body = bulk(chunk, _encode)
            file.write(b"".join(_encode(line) + b"\n" for line in chunk))
            send(client, INDEX, body)
        client.put(f"/{INDEX}/_settings", json={"index": {"refresh_interval": "1s"}}).raise_for_status()
        client.post(f"/{INDEX}/_flush").raise_for_status()


def create_index(client: httpx.Client, name: str, refresh: str = "1s") -> None:
    """An empty index for the lines, refreshed every `refresh`."""
    settings = {"number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": refresh}
    client.put(f"/{name}", json={"settings": settings, "mappings": MAPPING}).raise_for_status()


def send(client: httpx.Client, index: str, body: bytes) -> None:
    """Store a bulk body. Raises `RuntimeError` when a line of it was refused."""
    answer = client.post(f"/{index}/_bulk", content=body, headers={"content-type": "application/x-ndjson"})
    answer.raise_for_status()
    if answer.json()["errors"]:
        raise RuntimeError(f"{index}: a line was refused")


@contextlib.contextmanager
def serving(store: Store, folder: Path) -> Iterator[Elasticsearch]:
    """A server on a copy of the stored lines in `folder`, and with the empty index `TAILED`."""
    folder.mkdir()
    shutil.copytree(store.folder / "state", folder / "state")
    with run_elasticsearch(folder, options=HEAP) as server:
        with httpx.Client(base_url=server.url, trust_env=False, timeout=60.0) as client:
            create_index(client, TAILED)
        yield server
