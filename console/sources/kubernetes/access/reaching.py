"""From settings to a server and the credentials for it.

The `kubernetes` package loads certificates and tokens. Three of its habits are kept away: with several files it takes
the last one's context and looks for a user's certificate beside the cluster's file; and it runs credential programs on
the console's own terminal, without a time limit, and goes on without credentials when they fail.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from opsconsole.clock import Clock, SystemClock
from opsconsole.config.settings import KubernetesSettings
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.safe_text import safe_text
from opsconsole.sources.credentials import ClientCertificate, Credentials, CredentialSource, FoundSettings
from opsconsole.sources.kubernetes.access.impersonation import impersonation_headers
from opsconsole.sources.kubernetes.access.in_cluster import SERVICE_ACCOUNT, inside_cluster
from opsconsole.sources.kubernetes.access.kubeconfig import DEFAULT_PLACE, Context, kubeconfig_files, read_context
from opsconsole.sources.kubernetes.access.plugin import WELL_KNOWN, plugin_of
from opsconsole.sources.kubernetes.access.plugin_credentials import PluginCredentials
from opsconsole.sources.kubernetes.access.refusals import SOURCE, unusable
from opsconsole.sources.kubernetes.access.stored_credentials import KubeconfigCredentials, TokenFileCredentials
from opsconsole.sources.late_import import late_import


def reached_by(
    settings: KubernetesSettings,
    clock: Clock | None = None,
    environ: Mapping[str, str] | None = None,
    service_account: Path = SERVICE_ACCOUNT,
) -> FoundSettings:
    """URL, TLS and credentials of the settings' context; without any kubeconfig, of the cluster we run in.

    Reads files and imports the `kubernetes` package; call it in a thread. No program is run.
    Raises `SourceError`: CONFIGURATION when there is no file or context, or a credential program is not allowed;
    TLS when the file says not to check the server's certificate.
    """
    time, variables = clock or SystemClock(), os.environ if environ is None else environ
    files = kubeconfig_files(settings, variables)
    if not files:
        inside = None if settings.context else inside_cluster(settings, time, variables, service_account)
        if inside is None:
            named = variables.get("KUBECONFIG") or DEFAULT_PLACE
            raise unusable(f"no kubeconfig at {named}", "set `kubeconfig`, or `url` with `auth`")
        return inside
    context = _context(files, settings.context)
    _refuse_blind_trust(context)
    loaded = _loaded(context)
    return FoundSettings(
        loaded.host,
        ca=Path(loaded.ssl_ca_cert) if loaded.ssl_ca_cert else None,
        headers=settings.headers,
        timeout=settings.timeout,
        proxy=settings.proxy or context.cluster.get("proxy-url") or None,
        tls_server_name=context.cluster.get("tls-server-name") or None,
        credentials=_credentials(settings, files, context, time, variables),
    )


def _context(files: tuple[Path, ...], wanted: str | None) -> Context:
    config, yaml = _untyped("kubernetes.config"), _untyped("yaml")
    try:
        return read_context(files, wanted)
    except (config.ConfigException, yaml.YAMLError, OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise _broken(error) from error


def _loaded(context: Context) -> Any:
    """The package's configuration for the context, without the programs that it would run."""
    client, config = _untyped("kubernetes.client"), _untyped("kubernetes.config")
    user = {key: value for key, value in context.user.items() if key not in ("exec", "auth-provider", "tokenFile")}
    one = {
        "contexts": [{"name": "one", "context": {"cluster": "one", "user": "one"}}],
        "clusters": [{"name": "one", "cluster": dict(context.cluster)}],
        "users": [{"name": "one", "user": user}],
    }
    loaded = client.Configuration(host="")
    try:
        config.load_kube_config_from_dict(one, "one", client_configuration=loaded, persist_config=False)
    except (config.ConfigException, OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise _broken(error) from error
    if not loaded.host:
        raise unusable(f"context {context.name} names no server", "check the context's cluster in the kubeconfig")
    return loaded


def _credentials(
    settings: KubernetesSettings, files: tuple[Path, ...], context: Context, clock: Clock, environ: Mapping[str, str]
) -> CredentialSource:
    """How the context's user proves who they are; client-go's order: token file, token, certificate, basic, program."""
    user = context.user
    further = impersonation_headers(user)
    if user.get("tokenFile"):
        return TokenFileCredentials(Path(user["tokenFile"]), clock, further)
    own = ("token", "username", "client-certificate", "client-certificate-data")
    if not any(user.get(key) for key in own):
        if user.get("exec"):
            allowed = WELL_KNOWN if settings.exec_plugins is None else settings.exec_plugins
            try:
                plugin = plugin_of(user["exec"], context.cluster, allowed, environ)
            except (OSError, TypeError, KeyError, AttributeError) as error:
                raise _broken(error) from error
            return PluginCredentials(plugin, clock, environ, further)
        if provider := (user.get("auth-provider") or {}).get("name"):
            hint = "use its successor, a credential plugin below `exec`, or give `url` with a token as `auth`"
            raise unusable(f"user {context.user_name} signs in by the auth provider {provider}, which is gone", hint)
    return KubeconfigCredentials(lambda: _stored(_context(files, settings.context)))


def _stored(context: Context) -> Credentials:
    """The token, password or certificate of the context's user, with whom they act as."""
    loaded = _loaded(context)
    token = (loaded.api_key or {}).get("BearerToken")
    if token is not None and not (token.isascii() and token.isprintable()):
        raise unusable("the user's token is nothing that a header can carry", "store it again in the kubeconfig")
    headers = (("Authorization", token),) if token else ()
    certificate = None
    if loaded.cert_file:
        try:
            chain, key = Path(loaded.cert_file), Path(loaded.key_file or loaded.cert_file)
            certificate = ClientCertificate(chain.read_bytes(), key.read_bytes())
        except OSError as error:
            raise _broken(error) from error
    return Credentials((*headers, *impersonation_headers(context.user)), certificate)


def _refuse_blind_trust(context: Context) -> None:
    if context.cluster.get("insecure-skip-tls-verify"):
        hint = "put the server's authority into `certificate-authority` of the kubeconfig"
        detail = safe_text(f"context {context.name} does not check the server's certificate", 300)
        raise SourceError(ErrorKind.TLS, SOURCE, detail, hint=hint, sent=False)


def _broken(error: Exception) -> SourceError:
    return unusable(f"the kubeconfig can't be used: {error}", "check `kubeconfig` and `context`")


def _untyped(module: str) -> Any:
    """A module without types, imported only now: the package takes a sixth of a second."""
    return late_import(module)
