"""Server binaries out of Debian's packages, unpacked into the cache; no root needed.

`apt-get download` fetches a package without installing it and `dpkg -x` unpacks it. Where the
machine's package lists are missing, lists of our own are fetched into the cache once. On systems
without apt the binaries found on PATH are used.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from servers.availability import unavailable
from servers.cache import cache_folder, exclusive

PACKAGES = {
    "prometheus": "prometheus",
    "promtool": "prometheus",
    "prometheus-alertmanager": "prometheus-alertmanager",
    "amtool": "prometheus-alertmanager",
    "prometheus-node-exporter": "prometheus-node-exporter",
    "containerd": "containerd",
    "ctr": "containerd",
    "runc": "runc",
    "bridge": "containernetworking-plugins",
    "busybox": "busybox-static",
    "rsyslogd": "rsyslog",
    "lnav": "lnav",
}
"""Program to the Debian package that holds it. Never Debian's kubernetes-client: it may stand in a kubectl's way."""

PLACES = ("usr/bin", "usr/sbin", "bin", "sbin", "usr/lib/cni")
"""Where in a package programs are."""

APT_TIMEOUT = 300


class FetchError(Exception):
    """A package could not be fetched; the message says why."""


def binary(program: str) -> Path:
    """Path of `program`, one of PACKAGES. Ends the test as `unavailable` when it can't be had."""
    try:
        return fetch(program)
    except FetchError as error:
        unavailable(str(error))


def fetch(program: str) -> Path:
    """Path of `program`, one of PACKAGES, fetched first when it isn't cached. Raises FetchError."""
    package = PACKAGES[program]
    if not (cache_folder() / "debian" / package).exists() and not _has_apt():
        return _on_path(program)
    folder = unpacked(package)
    for place in PLACES:
        if (found := folder / place / program).is_file():
            return found
    raise FetchError(f"{program}: not in Debian's {package}")


def unpacked(package: str) -> Path:
    """The folder that holds the files of Debian's `package`, fetched first when it isn't cached. Raises FetchError."""
    folder = cache_folder() / "debian" / package
    with exclusive("debian"):
        if not folder.exists():
            if not _has_apt():
                raise FetchError(f"{package}: no apt-get and dpkg to fetch it with")
            _unpack(package, folder)
    return folder


def _has_apt() -> bool:
    return shutil.which("apt-get") is not None and shutil.which("dpkg") is not None


def _on_path(program: str) -> Path:
    # Upstream's own builds carry no "prometheus-" in front.
    for name in (program, program.removeprefix("prometheus-"), program.removeprefix("prometheus-").replace("-", "_")):
        if found := shutil.which(name):
            return Path(found)
    raise FetchError(f"{program}: no apt-get to fetch it with, and none on PATH")


def _unpack(package: str, folder: Path) -> None:
    folder.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as work:
        archive = _download(package, Path(work))
        tree = Path(work) / "tree"
        unpacked = subprocess.run(["dpkg", "-x", archive, tree], capture_output=True, text=True, check=False)
        if unpacked.returncode:
            raise FetchError(f"{package}: dpkg -x failed: {unpacked.stderr.strip()}")
        tree.rename(folder)


def _download(package: str, folder: Path) -> Path:
    plain = _apt_get("download", package, folder=folder)
    if plain.returncode:
        lists = _own_lists()
        _apt_get(*lists, "update", folder=folder)  # one dead third-party list fails it; the download decides
        own = _apt_get(*lists, "download", package, folder=folder)
        if own.returncode:
            raise FetchError(f"{package}: apt-get download failed: {own.stderr.strip()}")
    return next(folder.glob("*.deb"))


def _own_lists() -> tuple[str, ...]:
    state = cache_folder() / "apt"
    (state / "lists" / "partial").mkdir(parents=True, exist_ok=True)
    (state / "cache" / "archives" / "partial").mkdir(parents=True, exist_ok=True)
    return ("-o", f"Dir::State::lists={state / 'lists'}", "-o", f"Dir::Cache={state / 'cache'}")


def _apt_get(*arguments: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    # apt's own sandbox user may not write below a home folder.
    command = ["apt-get", "-qq", "-o", "APT::Sandbox::User=root", *arguments]
    try:
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=APT_TIMEOUT, check=False)
    except subprocess.TimeoutExpired as error:
        raise FetchError(f"apt-get {arguments[0]} did not end within {APT_TIMEOUT} s") from error
