"""Container images without a registry: one tar in Docker's save format, imported into containerd.

Every go-web-app image runs the same binary as user 65532 and differs in its environment and programs:

| tag | what it is |
|---|---|
| `v1`, `v2` | healthy releases, `VERSION` 1.0.0 and 2.0.0, with a shell and `kill` (busybox) |
| `v3` | a bad release, `VERSION` 3.0.0: never ready |
| `distroless` | 1.0.0 with neither shell nor `kill` |
| `stubborn` | 1.0.0 that ignores SIGTERM and SIGINT |
| `script-probes` | 1.0.0 with stand-ins for `curl` and `pg_isready`, scripts over busybox |
"""

from __future__ import annotations

import hashlib
import io
import json
import platform
import tarfile
from collections.abc import Mapping
from pathlib import Path

import msgspec

from servers import debian, go_web_app
from servers.cache import cache_folder, exclusive
from servers.golang import source_state
from servers.kubernetes import build

PAUSE = "opsconsole-tests/pause:1"
USER = "65532:65532"
APPLETS = ("sh", "kill", "ls", "cat", "sleep", "ps", "env", "wget", "nc", "echo", "true", "false", "id")
# Like curl -f: the body is printed, and a status of 400 or more, or no answer, is a failure.
CURL = '#!/bin/sh\nfor url; do :; done\nexec wget -q -O - "$url"\n'
# Exit status as PostgreSQL's: 0 accepts connections, 2 no response.
PG_ISREADY = """#!/bin/sh
host=localhost port=5432
while getopts h:p: option; do
    case $option in h) host=$OPTARG;; p) port=$OPTARG;; esac
done
if nc -w 3 "$host" "$port" </dev/null >/dev/null 2>&1; then
    echo "$host:$port - accepting connections"; exit 0
fi
echo "$host:$port - no response"; exit 2
"""


class Image(msgspec.Struct, frozen=True):
    """What an image holds: files and links below `/`, what it runs and in which environment."""

    name: str
    entrypoint: str
    files: Mapping[str, bytes]
    links: Mapping[str, str] = {}
    environment: Mapping[str, str] = {}
    user: str = USER


def archive() -> Path:
    """Path of a tar of all images. Raises BuildError or FetchError."""
    app, pause, busybox = go_web_app.build(), build.build_pause(), debian.fetch("busybox")
    state = hashlib.sha256()
    for part in (Path(__file__), app, pause, busybox):
        state.update(hashlib.sha256(part.read_bytes()).digest())
    path = cache_folder() / "images" / f"{source_state(go_web_app.SOURCE)}-{state.hexdigest()[:16]}.tar"
    with exclusive("images"):
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            part = path.with_suffix(".part")
            _save(part, [_pause(pause), *_apps(app, busybox)])
            part.rename(path)
    return path


def _pause(program: Path) -> Image:
    return Image(PAUSE, "/pause", {"pause": program.read_bytes()})


def _apps(app: Path, busybox: Path) -> list[Image]:
    program = "usr/local/bin/go-web-app"
    bare = {program: app.read_bytes()}
    shell = {**bare, "bin/busybox": busybox.read_bytes()}
    links = {f"bin/{applet}": "busybox" for applet in APPLETS}
    scripts = {"bin/curl": CURL.encode(), "bin/pg_isready": PG_ISREADY.encode()}

    def tagged(tag: str, files: Mapping[str, bytes], version: str, **environment: str) -> Image:
        settings = {"PATH": "/usr/local/bin:/bin", "VERSION": version, **environment}
        return Image(f"go-web-app:{tag}", f"/{program}", files, links if files is not bare else {}, settings)

    return [
        tagged("v1", shell, "1.0.0"),
        tagged("v2", shell, "2.0.0"),
        tagged("v3", shell, "3.0.0", BREAK="not-ready"),
        tagged("distroless", bare, "1.0.0"),
        tagged("stubborn", shell, "1.0.0", IGNORE_SIGTERM="1"),
        tagged("script-probes", {**shell, **scripts}, "1.0.0"),
    ]


def _save(path: Path, images: list[Image]) -> None:
    """Write `images` as `docker save` would (moby, image/spec v1.2): a manifest, and a config and a layer each."""
    manifest = []
    with tarfile.open(path, "w") as tar:
        written: set[str] = set()
        for image in images:
            layer = _layer(image)
            diff = hashlib.sha256(layer).hexdigest()
            config = _config(image, diff)
            config_name = f"{hashlib.sha256(config).hexdigest()}.json"
            for name, content in ((f"{diff}/layer.tar", layer), (config_name, config)):
                if name not in written:
                    _add(tar, name, content)
                    written.add(name)
            manifest.append({"Config": config_name, "RepoTags": [_reference(image)], "Layers": [f"{diff}/layer.tar"]})
        _add(tar, "manifest.json", json.dumps(manifest).encode())


def _reference(image: Image) -> str:
    # As the kubelet expands a short name.
    host = "docker.io/" if "/" in image.name else "docker.io/library/"
    return host + image.name


def _config(image: Image, diff: str) -> bytes:
    settings = {
        "Entrypoint": [image.entrypoint],
        "Env": [f"{name}={value}" for name, value in image.environment.items()],
        "User": image.user,
        "WorkingDir": "/",
    }
    rootfs = {"type": "layers", "diff_ids": [f"sha256:{diff}"]}
    return json.dumps({"architecture": _architecture(), "os": "linux", "config": settings, "rootfs": rootfs}).encode()


def _architecture() -> str:
    machine = platform.machine()
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)


def _layer(image: Image) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in image.files.items():
            _add(tar, name, content, mode=0o755)
        for name, target in image.links.items():
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, target
            tar.addfile(link)
        temporary = tarfile.TarInfo("tmp")
        temporary.type, temporary.mode = tarfile.DIRTYPE, 0o1777
        tar.addfile(temporary)
    return buffer.getvalue()


def _add(tar: tarfile.TarFile, name: str, content: bytes, mode: int = 0o644) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    tar.addfile(entry, io.BytesIO(content))
