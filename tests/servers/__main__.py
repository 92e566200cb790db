"""`python -m servers`: fetch and build every server into the cache, and say where each is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from servers import debian, elasticsearch, go_web_app, jaeger, rsyslog
from servers.golang import BuildError
from servers.kubernetes import build, images


def every_server() -> Iterator[Callable[[], Path]]:
    """One function a program; each returns its path, or raises FetchError or BuildError."""
    for program in debian.PACKAGES:
        yield partial(debian.fetch, program)
    yield rsyslog.fetch
    yield elasticsearch.fetch
    yield go_web_app.build
    yield jaeger.build
    for name in build.COMPONENTS:
        yield partial(build.build_component, name)
    yield build.build_etcd
    yield build.build_kwok
    yield images.archive


def main() -> int:
    """0 when all are there, 1 when one can't be had."""
    missing = False
    for fetch in every_server():
        try:
            sys.stdout.write(f"{fetch()}\n")
        except (debian.FetchError, BuildError) as error:
            missing = True
            sys.stderr.write(f"{error}\n")
    return int(missing)


if __name__ == "__main__":
    sys.exit(main())
