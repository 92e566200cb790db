"""Kubernetes' programs, etcd, kwok and the pause program, built from their Go modules into the cache.

The module in `go/components` requires `k8s.io/kubernetes` and replaces its staging modules by their
published versions, as Kubernetes itself names them `./staging/src/k8s.io/...`.
"""

from __future__ import annotations

from pathlib import Path

from servers.availability import unavailable
from servers.cache import cache_folder, exclusive
from servers.golang import BuildError, run_go, source_state

VERSION = "1.37.2"
ETCD_VERSION = "3.7.0"
KWOK_VERSION = "0.8.0"
COMPONENTS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet")

GO = Path(__file__).resolve().parent / "go"
STRIPPED = "-s -w"


def component(name: str) -> Path:
    """Path of the Kubernetes program `name`, one of COMPONENTS. Ends the test as `unavailable` when it can't be had."""
    try:
        return build_component(name)
    except BuildError as error:
        unavailable(str(error))


def build_component(name: str) -> Path:
    """Path of the Kubernetes program `name`, built when it isn't cached (minutes). Raises BuildError."""
    source = GO / "components"
    major, minor, _ = VERSION.split(".")
    versions = {"gitVersion": f"v{VERSION}", "gitMajor": major, "gitMinor": minor}
    flags = " ".join(
        [STRIPPED, *(f"-X k8s.io/component-base/version.{key}={value}" for key, value in versions.items())]
    )
    program = cache_folder() / f"kubernetes-{VERSION}" / source_state(source) / name
    return _built(program, source, f"k8s.io/kubernetes/cmd/{name}", flags)


def etcd() -> Path:
    """Path of etcd. Ends the test as `unavailable` when it can't be had."""
    try:
        return build_etcd()
    except BuildError as error:
        unavailable(str(error))


def build_etcd() -> Path:
    """Path of etcd, built when it isn't cached. Raises BuildError.

    Debian's 3.4 lacks the progress of watches, without which the API server asks it for every list anew and
    streams none.
    """
    source = GO / "etcd"
    program = cache_folder() / f"etcd-{ETCD_VERSION}" / source_state(source) / "etcd"
    return _built(program, source, "go.etcd.io/etcd/server/v3", STRIPPED)


def build_pause() -> Path:
    """Path of the static program that pods' sandboxes run. Raises BuildError."""
    source = GO / "pause"
    return _built(cache_folder() / "pause" / source_state(source) / "pause", source, ".", STRIPPED)


def build_kwok() -> Path:
    """Path of kwok, which plays nodes and pods. Raises BuildError."""
    folder = cache_folder() / f"kwok-{KWOK_VERSION}"
    program = folder / "kwok"
    with exclusive("kwok"):
        if not program.exists():
            folder.mkdir(parents=True, exist_ok=True)
            module = f"sigs.k8s.io/kwok/cmd/kwok@v{KWOK_VERSION}"
            part = folder / "part"
            run_go(folder, "install", "-trimpath", "-ldflags", STRIPPED, module, environment={"GOBIN": str(part)})
            (part / "kwok").rename(program)
    return program


def _built(program: Path, source: Path, package: str, flags: str) -> Path:
    with exclusive(program.name):
        if not program.exists():
            part = program.with_suffix(".part")
            run_go(source, "build", "-trimpath", "-buildvcs=false", "-ldflags", flags, "-o", part, package)
            part.rename(program)
    return program
