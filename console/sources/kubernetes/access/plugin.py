"""A credential plugin: the program that a kubeconfig's user names below `exec`, and whether we run it.

A kubeconfig may be somebody else's, and `exec` starts any program in it. So only programs of the allow-list run, found
where PATH leads to or at a path that the list spells out. A program that does more than fetch credentials is
allowed for that one command alone. Rules of the format: client-go's `plugin/pkg/client/auth/exec`.
"""

from __future__ import annotations

import base64
import enum
import os
import shlex
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from opsconsole.domain.cluster_object import JsonObject
from opsconsole.sources.kubernetes.access.refusals import unusable

API_VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")

WELL_KNOWN = (
    "aws eks get-token",
    "aws-iam-authenticator token",
    "doctl kubernetes cluster kubeconfig exec-credential",
    "gke-gcloud-auth-plugin",
    "kubectl oidc-login get-token",
    "kubectl-oidc_login get-token",
    "kubelogin get-token",
    "oci ce cluster generate-token",
    "pinniped login",
    "tsh kube credentials",
)
"""Plugins of cloud providers and identity proxies. `aws`, `kubectl` or `tsh` can do anything, hence the words."""

_OWN_VARIABLES = {
    "aws": ("AWS_",),
    "aws-iam-authenticator": ("AWS_",),
    "doctl": ("DIGITALOCEAN_",),
    "gke-gcloud-auth-plugin": ("CLOUDSDK_", "GOOGLE_"),
    "kubelogin": ("AAD_", "AZURE_"),
    "oci": ("OCI_CLI_",),
    "tsh": ("TELEPORT_",),
}
"""Beginnings of the variables that a well-known plugin reads its profile and settings from."""

_USUAL_VARIABLES = (
    "HOME", "PATH", "USER", "LOGNAME", "LANG", "LC_", "TZ", "TMPDIR", "XDG_", "DBUS_SESSION_BUS_ADDRESS",
    "SSL_CERT_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
)  # fmt: skip
_TERMINAL_VARIABLES = ("TERM", "COLORTERM", "DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
"""Given only to a program that a person watches: none opens a browser by itself."""


class InteractiveMode(enum.Enum):
    """Whether the plugin wants a terminal (`interactiveMode`)."""

    NEVER = "Never"
    IF_AVAILABLE = "IfAvailable"
    ALWAYS = "Always"


@dataclass(frozen=True)
class Plugin:
    """A plugin that may be run. `command` is its absolute path; arguments and variables may hold secrets."""

    name: str
    command: str
    arguments: tuple[str, ...] = field(repr=False)
    variables: Mapping[str, str] = field(repr=False)
    """`env` of the kubeconfig."""
    api_version: str
    mode: InteractiveMode
    cluster: JsonObject | None = field(default=None, repr=False)
    """What the plugin is told of the cluster, when it asks for that (`provideClusterInfo`)."""

    def environment(self, environ: Mapping[str, str], *, interactive: bool) -> dict[str, str]:
        """The plugin's environment: little of ours, its own variables, and KUBERNETES_EXEC_INFO."""
        kept = _USUAL_VARIABLES + _OWN_VARIABLES.get(self.name, ()) + (_TERMINAL_VARIABLES if interactive else ())
        passed = {name: value for name, value in environ.items() if _is_one_of(name, kept)}
        asked: dict[str, object] = {"interactive": interactive}
        if self.cluster is not None:
            asked["cluster"] = self.cluster
        body = {"apiVersion": self.api_version, "kind": "ExecCredential", "spec": asked}
        return {**passed, **self.variables, "KUBERNETES_EXEC_INFO": msgspec.json.encode(body).decode()}


def passed_on(environ: Mapping[str, str]) -> dict[str, str]:
    """What of `environ` any credential program may need: for a process of ours that signs in without a terminal."""
    kept = (*_USUAL_VARIABLES, *(one for ones in _OWN_VARIABLES.values() for one in ones))
    return {name: value for name, value in environ.items() if _is_one_of(name, kept)}


def _is_one_of(name: str, kept: Iterable[str]) -> bool:
    return any(name == one or (one.endswith("_") and name.startswith(one)) for one in kept)


def plugin_of(
    written: object, cluster: Mapping[str, Any], allowed: Iterable[str], environ: Mapping[str, str]
) -> Plugin:
    """The plugin that `exec` of a user describes, when `allowed` has it. Nothing is run.

    Raises `SourceError` CONFIGURATION: what is written is none, the program is not there, or it is not allowed.
    """
    table: Mapping[str, Any] = written if isinstance(written, dict) else {}
    command, version = table.get("command"), table.get("apiVersion")
    if not isinstance(command, str) or not command:
        raise unusable("the user's `exec` names no command", "correct the kubeconfig")
    if version not in API_VERSIONS:
        raise unusable(
            f"{command} speaks {version}, which the console does not", f"set {API_VERSIONS[0]} in the kubeconfig"
        )
    arguments = tuple(str(one) for one in table.get("args") or ())
    path = _found(command, environ, str(table.get("installHint") or ""))
    check_allowed(command, path, arguments, allowed, environ)
    return Plugin(
        name=Path(command).name,
        command=path,
        arguments=arguments,
        variables={str(one["name"]): str(one["value"]) for one in table.get("env") or ()},
        api_version=str(version),
        mode=_mode(table, command, str(version)),
        cluster=_cluster_info(cluster) if table.get("provideClusterInfo") else None,
    )


def check_allowed(
    command: str, path: str, arguments: tuple[str, ...], allowed: Iterable[str], environ: Mapping[str, str]
) -> None:
    """Raise `SourceError` unless an entry of `allowed` covers the program at `path` with these arguments.

    An entry is an absolute path, or a name that PATH leads to, each with the words that must come first.
    """
    for entry in allowed:
        program, *words = shlex.split(entry)
        place = program if os.sep in program else shutil.which(program, path=environ.get("PATH"))
        if place and os.path.normpath(Path(place).expanduser()) == path and _begin_with(arguments, words):
            return
    raise unusable(
        f"the user signs in by {command}, which is not among the programs that the console may run",
        f'if you trust it, set `exec_plugins` of this cluster\'s kubernetes to a list with "{path}" in it',
    )


def _begin_with(arguments: tuple[str, ...], words: list[str]) -> bool:
    """Whether the first arguments that are no options, or values of options, are `words`."""
    rest = list(arguments)
    while words and rest and rest[0].startswith("--"):
        rest = rest[1 if "=" in rest[0] else 2 :]
    return rest[: len(words)] == words


def _found(command: str, environ: Mapping[str, str], install_hint: str) -> str:
    """The absolute path of the program, not through a relative folder of PATH, as Go refuses it too."""
    place = command if os.sep in command else shutil.which(command, path=environ.get("PATH"))
    if place is None or not os.access(place, os.X_OK):
        words = f": {install_hint}" if install_hint else ""
        raise unusable(f"the user signs in by {command}, which is not installed here{words}", f"install {command}")
    if not Path(place).is_absolute():
        raise unusable(f"PATH leads to {command} by a relative folder", "take relative folders out of PATH")
    return os.path.normpath(place)


def _mode(table: Mapping[str, Any], command: str, version: str) -> InteractiveMode:
    """As client-go: v1beta1 may leave the mode out, v1 may not."""
    written = table.get("interactiveMode")
    if written is None and version != API_VERSIONS[0]:
        return InteractiveMode.IF_AVAILABLE
    try:
        return InteractiveMode(written)
    except ValueError:
        detail = f"{command} has no interactiveMode, or one that is none"
        raise unusable(detail, "write Never, IfAvailable or Always in the kubeconfig") from None


def _cluster_info(cluster: Mapping[str, Any]) -> JsonObject:
    """`spec.cluster` of an ExecCredential, with the cluster's extension of that name as `config`."""
    passed = ("server", "tls-server-name", "certificate-authority-data", "proxy-url", "disable-compression")
    info: JsonObject = {key: cluster[key] for key in passed if cluster.get(key)}
    if cluster.get("certificate-authority") and "certificate-authority-data" not in info:
        authority = Path(cluster["certificate-authority"]).read_bytes()
        info["certificate-authority-data"] = base64.b64encode(authority).decode("ascii")
    for extension in cluster.get("extensions") or ():
        if extension.get("name") == "client.authentication.k8s.io/exec":
            info["config"] = extension.get("extension")
    return info
