"""The context that one or several kubeconfig files lead to, as kubectl reads them.

Rules of client-go's `tools/clientcmd`: of several files the first that sets `current-context` decides, the first
definition of a name counts, and a relative path starts at the folder of the file it stands in. Files are read and
merged by the `kubernetes` package, which is imported inside the function: call it in a thread.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from opsconsole.config.settings import KubernetesSettings
from opsconsole.sources.kubernetes.access.refusals import unusable
from opsconsole.sources.late_import import late_import

DEFAULT_PLACE = "~/.kube/config"

_CLUSTER_FILES = ("certificate-authority",)
_USER_FILES = ("client-certificate", "client-key", "tokenFile")


@dataclass(frozen=True)
class Context:
    """One context with its cluster and user, as written, but with absolute paths."""

    name: str
    cluster: Mapping[str, Any]
    user: Mapping[str, Any] = field(repr=False)
    user_name: str


def kubeconfig_files(settings: KubernetesSettings, environ: Mapping[str, str]) -> tuple[Path, ...]:
    """The kubeconfig files that exist and are not empty, in order of precedence.

    None when nobody names a file and there is none at the usual place. Raises `SourceError` when one was named.
    """
    named = str(settings.kubeconfig) if settings.kubeconfig else environ.get("KUBECONFIG", "")
    places = tuple(Path(place).expanduser() for place in (named or DEFAULT_PLACE).split(os.pathsep) if place)
    files = tuple(place for place in places if place.is_file() and place.stat().st_size)
    if not files and settings.kubeconfig:
        raise unusable(f"no kubeconfig at {named}", "set `kubeconfig`, or `url` with `auth`")
    return files


def read_context(files: tuple[Path, ...], wanted: str | None) -> Context:
    """The context called `wanted`, or the current one.

    Raises `SourceError`, and what the `kubernetes` package raises for files that are none.
    """
    merger: Any = late_import("kubernetes.config.kube_config").KubeConfigMerger(os.pathsep.join(map(str, files)))
    context = wanted or next(
        (name for one in merger.config_files.values() if (name := _value(one).get("current-context"))), None
    )
    if not context:
        raise unusable("the kubeconfig has no current context", "set `context`")
    merged = _value(merger.config)
    entry = _value(_node(merged, "contexts", context)).get("context") or {}
    if not entry:
        raise unusable(f"no context {context} in the kubeconfig", "set `context` to one that is there")
    cluster, user = _node(merged, "clusters", entry.get("cluster")), _node(merged, "users", entry.get("user"))
    if cluster is None:
        detail = f"context {context} names the cluster {entry.get('cluster')}, which is not in the kubeconfig"
        raise unusable(detail, "correct the context's `cluster`")
    if user is None and entry.get("user"):
        detail = f"context {context} names the user {entry['user']}, who is not in the kubeconfig"
        raise unusable(detail, "correct the context's `user`")
    return Context(
        str(context),
        _resolved(_value(cluster).get("cluster"), _CLUSTER_FILES, _folder(cluster)),
        _resolved(_value(user).get("user"), _USER_FILES, _folder(user)),
        str(entry.get("user")),
    )


def _value(node: Any) -> dict[str, Any]:
    """The mapping inside the package's node, or nothing."""
    value = getattr(node, "value", node)
    return value if isinstance(value, dict) else {}


def _node(merged: dict[str, Any], section: str, name: object) -> Any:
    """The package's node for an entry, which knows the file that the entry stands in; None when there is none."""
    entries = getattr(merged.get(section), "value", merged.get(section)) or ()
    return next((entry for entry in entries if _value(entry).get("name") == name), None)


def _folder(node: Any) -> Path:
    return Path(getattr(node, "path", None) or ".").resolve().parent


def _resolved(section: object, keys: tuple[str, ...], folder: Path) -> dict[str, Any]:
    """`section` with its file names made absolute.

    A credential program is one too when it is written with a slash; a bare name is looked up on PATH.
    """
    written = dict(section) if isinstance(section, dict) else {}
    for key in keys:
        if isinstance(written.get(key), str) and written[key]:
            written[key] = str(folder / written[key])
    program = written.get("exec")
    if isinstance(program, dict) and isinstance(program.get("command"), str) and os.sep in program["command"]:
        written["exec"] = {**program, "command": os.path.normpath(folder / program["command"])}
    return written
