"""How to reach the cluster that a kubeconfig names, read by the `kubernetes` package.

The package is imported inside the function, which belongs in a thread. Two of its habits are kept away: with
several files it takes the last one's context where kubectl takes the first's, and it runs credential plugins on
the console's own terminal and goes on without credentials when they fail.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from opsconsole.config.settings import KubernetesSettings, SourceSettings
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.safe_text import safe_text
from opsconsole.sources.late_import import late_import

SOURCE = "kubernetes"
DEFAULT_PLACE = "~/.kube/config"


def reached_by(settings: KubernetesSettings) -> SourceSettings:
    """URL, TLS files and credentials of the settings' context. Reads files; call it in a thread.

    Raises `SourceError`: CONFIGURATION when there is no file or context, or when the user signs in by a program;
    TLS when the file says not to check the server's certificate.
    """
    client, config, yaml = (_untyped(name) for name in ("kubernetes.client", "kubernetes.config", "yaml"))
    files = _files(settings)
    loaded = client.Configuration()
    try:
        context = _checked_context(files, settings.context)
        config.load_kube_config(
            config_file=os.pathsep.join(str(file) for file in files),
            context=context,
            client_configuration=loaded,
            persist_config=False,
        )
    except (config.ConfigException, yaml.YAMLError, OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise _unusable(f"the kubeconfig can't be used: {error}", "check `kubeconfig` and `context`") from error
    if not loaded.host:
        raise _unusable(f"context {context} names no server", "check the context's cluster in the kubeconfig")
    headers = {"Authorization": token} if (token := (loaded.api_key or {}).get("BearerToken")) else {}
    return SourceSettings(
        url=loaded.host,
        ca=_path(loaded.ssl_ca_cert),
        client_certificate=_path(loaded.cert_file),
        client_key=_path(loaded.key_file),
        headers={**headers, **settings.headers},
        timeout=settings.timeout,
        proxy=settings.proxy or loaded.proxy or None,
    )


def _untyped(module: str) -> Any:
    """A module without types, imported only now: the package takes a sixth of a second."""
    return late_import(module)


def _files(settings: KubernetesSettings) -> tuple[Path, ...]:
    """The kubeconfig files that exist, in kubectl's order of precedence."""
    named = str(settings.kubeconfig) if settings.kubeconfig else os.environ.get("KUBECONFIG") or DEFAULT_PLACE
    places = tuple(Path(place).expanduser() for place in named.split(os.pathsep) if place)
    files = tuple(place for place in places if place.is_file())
    if not files:
        raise _unusable(f"no kubeconfig at {named}", "set `kubeconfig`, or `url` with `auth`")
    return files


def _checked_context(files: tuple[Path, ...], wanted: str | None) -> str:
    """The context to use, after refusing what the package would do badly."""
    merged_from = _untyped("kubernetes.config.kube_config").KubeConfigMerger
    context = wanted
    for file in files:
        if context:
            break
        context = _value(merged_from(str(file)).config).get("current-context")
    if not context:
        raise _unusable("the kubeconfig has no current context", "set `context`")
    merged = _value(merged_from(os.pathsep.join(str(file) for file in files)).config)
    entry = _named(merged, "contexts", context).get("context") or {}
    if not entry:
        raise _unusable(f"no context {context} in the kubeconfig", "set `context` to one that is there")
    _refuse_programs(_named(merged, "users", entry.get("user")).get("user") or {}, str(entry.get("user")))
    cluster = _named(merged, "clusters", entry.get("cluster")).get("cluster") or {}
    if cluster.get("insecure-skip-tls-verify"):
        hint = "put the server's authority into `certificate-authority` of the kubeconfig"
        detail = safe_text(f"context {context} does not check the server's certificate", 300)
        raise SourceError(ErrorKind.TLS, SOURCE, detail, hint=hint)
    if cluster.get("tls-server-name"):
        raise _unusable(f"context {context} sets tls-server-name", "use a URL whose host the certificate names")
    return str(context)


def _refuse_programs(user: dict[str, Any], name: str) -> None:
    if user.get("token") or user.get("tokenFile"):
        return
    program = (user.get("exec") or {}).get("command") or (user.get("auth-provider") or {}).get("name")
    if program:
        hint = "give `url` with a token as `auth`, or a context with a certificate or token"
        raise _unusable(f"user {name} signs in by the program {program}, which the console does not run", hint)


def _value(node: Any) -> dict[str, Any]:
    """The mapping inside the package's node, or nothing."""
    value = getattr(node, "value", node)
    return value if isinstance(value, dict) else {}


def _named(config: dict[str, Any], section: str, name: object) -> dict[str, Any]:
    entries = getattr(config.get(section), "value", config.get(section)) or ()
    return next((value for entry in entries if (value := _value(entry)).get("name") == name), {})


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None


def _unusable(detail: str, hint: str) -> SourceError:
    return SourceError(ErrorKind.CONFIGURATION, SOURCE, safe_text(detail, 300), hint=hint)
