"""Objects as kubectl writes them: `deployment/checkout`, `sts/orders`, `po/checkout-7d9f-abcde`, `node/n1`."""

from __future__ import annotations

import re

from opsconsole.domain.cluster_object import Kind, ObjectRef
from opsconsole.domain.errors import ConfigError
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text

_KINDS = {
    Kind.DEPLOYMENT: ("deployment", "deployments", "deploy", "deployment.apps", "deployments.apps"),
    Kind.STATEFUL_SET: ("statefulset", "statefulsets", "sts", "statefulset.apps", "statefulsets.apps"),
    Kind.DAEMON_SET: ("daemonset", "daemonsets", "ds", "daemonset.apps", "daemonsets.apps"),
    Kind.POD: ("pod", "pods", "po"),
    Kind.NODE: ("node", "nodes", "no"),
}
_BY_WORD = {word: kind for kind, words in _KINDS.items() for word in words}

_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
"""DNS subdomain names (RFC 1123), which names of these kinds are; no option and no path is one."""


def target_of(written: str, namespace: str | None, kinds: tuple[Kind, ...]) -> ObjectRef:
    """The object that `written` names, in `namespace` where its kind has one.

    Raises `ConfigError` when it names none, is of no kind in `kinds`, or needs a namespace and has none.
    """
    word, slash, name = written.partition("/")
    kind = _BY_WORD.get(word.lower())
    known = ", ".join(kind.value.lower() for kind in kinds)
    if not slash or kind is None:
        raise ConfigError(f"TARGET: {safe_text(written, 80)!r} is no KIND/NAME; write one such as {_example(kinds)}")
    if kind not in kinds:
        raise ConfigError(f"TARGET: this can't be done to a {kind.value.lower()}; it can to {known}")
    if not _NAME.fullmatch(name):
        raise ConfigError(f"TARGET: {safe_text(name, 80)!r} is no name of a {kind.value.lower()}")
    if not kind.namespaced:
        return ObjectRef(kind, SafeText(""), SafeText(name))
    if namespace is None:
        raise ConfigError(f"TARGET: which namespace is {word}/{name} in? add --namespace")
    if not _NAME.fullmatch(namespace):
        raise ConfigError(f"--namespace: {safe_text(namespace, 80)!r} is no name of a namespace")
    return ObjectRef(kind, SafeText(namespace), SafeText(name))


def _example(kinds: tuple[Kind, ...]) -> str:
    return f"{kinds[0].value.lower()}/{'n1' if kinds[0] is Kind.NODE else 'checkout'}"
