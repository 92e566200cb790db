"""What may leave. The console is read-only here, below every key binding and every client library."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import unquote

from opsconsole.domain.log_level import LEVELS
from opsconsole.sources.wire.outgoing import Outgoing

_READS = frozenset({"GET", "HEAD"})
_SEGMENT = r"[^/]+"

Patterns = tuple[tuple[str, re.Pattern[str]], ...]


@dataclass(frozen=True)
class WritePolicy:
    """Decides by method, path and, for rehearsals, parameters and body, before any byte is sent.

    GET and HEAD may leave unless `unsafe_reads` matches the path; other methods only when
    (method, pattern) is in `reading`, or in `rehearsing` and the request is nothing but a dry run.
    Patterns match the whole path below the source's base path, percent-decoded. Whatever else
    changes something needs a permit, which is not for the policy to give. `levels` are addresses of log level
    handlers, which may be read; `bounded` are those where a permit covers nothing but setting a level at one of them.
    """

    reading: Patterns = ()
    unsafe_reads: tuple[re.Pattern[str], ...] = ()
    rehearsing: Patterns = ()
    levels: tuple[re.Pattern[str], ...] = ()
    bounded: tuple[re.Pattern[str], ...] = ()

    def allows(self, request: Outgoing) -> bool:
        """Whether the request may be sent without a permit."""
        plain = unquote(request.path)
        if not self.is_plain(request.path):
            return False
        if request.method in _READS:
            if _matches(self.levels, plain):
                return request.method == "GET" and not request.params
            return not _matches(self.unsafe_reads, plain)
        return _listed(self.reading, request.method, plain) or (
            _listed(self.rehearsing, request.method, plain) and _is_dry_run(request)
        )

    def may_be_permitted(self, request: Outgoing) -> bool:
        """Whether its permit can cover the request at all."""
        if not self.is_plain(request.path):
            return False
        back = request.permit is not None and request.permit.putting_back
        if back or _matches(self.bounded, unquote(request.path)):
            return self._sets_level(request)
        return True

    def _sets_level(self, request: Outgoing) -> bool:
        """Whether it sets a log level and does nothing else."""
        body = request.json
        return (
            request.method == "PUT"
            and _matches(self.levels, unquote(request.path))
            and not (request.params or request.headers or request.content or request.form)
            and isinstance(body, dict)
            and body.keys() == {"level"}
            and body["level"] in LEVELS
        )

    def is_plain(self, path: str) -> bool:
        """Whether no server can read `path` otherwise than it is written. Others never leave, whatever the permit."""
        plain = unquote(path)
        segments = plain.split("/")
        twisted = any(char in path for char in "?#\\") or "." in segments or ".." in segments
        return plain.startswith("/") and not twisted and plain.isprintable()


def _matches(patterns: tuple[re.Pattern[str], ...], plain: str) -> bool:
    return any(pattern.fullmatch(plain) for pattern in patterns)


def _listed(patterns: Patterns, method: str, plain: str) -> bool:
    return any(method == listed and pattern.fullmatch(plain) for listed, pattern in patterns)


def _is_dry_run(request: Outgoing) -> bool:
    """Whether the API server stores nothing of this: `dryRun=All` once, and nothing in the body against it.

    A DELETE with a body takes its options from the body alone and does not look at the parameters
    (apiserver, `handlers/delete.go`); an eviction carries `deleteOptions` of its own. Only bodies that the
    wire itself encodes can be judged.
    """
    if [value for name, value in request.params if name.lower() == "dryrun"] != ["All"]:
        return False
    if ("dryRun", "All") not in request.params or request.content is not None or request.form is not None:
        return False
    if request.method == "PATCH":
        return True
    if request.json is None:
        return request.method == "DELETE"
    options = request.json
    if request.method == "POST":
        options = options.get("deleteOptions", {"dryRun": ["All"]}) if isinstance(options, dict) else None
    return _is_dry(options)


def _is_dry(options: object) -> bool:
    """Whether DeleteOptions ask for a dry run, with no second spelling that a decoder could prefer."""
    if not isinstance(options, dict):
        return False
    spelled = [key for key in options if str(key).lower() == "dryrun"]
    return spelled == ["dryRun"] and options["dryRun"] in (["All"], ("All",))


def _posts(*paths: str) -> Patterns:
    return tuple(("POST", re.compile(path)) for path in paths)


PROMETHEUS_READS = WritePolicy(
    _posts(r"/api/v1/(query|query_range|query_exemplars|series|labels|format_query|parse_query)"),
)
"""Queries too long for a URL go as forms (Prometheus HTTP API, "URL query parameters")."""

ALERTMANAGER_READS = WritePolicy()

JAEGER_READS = WritePolicy()

ELASTICSEARCH_READS = WritePolicy(
    (
        *_posts(rf"(/{_SEGMENT})?/(_search|_count|_field_caps)", rf"/{_SEGMENT}/_pit"),
        ("DELETE", re.compile(r"/_pit")),
    ),
)
"""Searches are POSTs with a body; closing a point in time deletes no document. Nothing that is not asked may leave."""

KUBERNETES_READS = WritePolicy(
    _posts(
        r"/apis/authorization\.k8s\.io/v1/selfsubject(access|rules)reviews",
        r"/apis/authentication\.k8s\.io/v1/selfsubjectreviews",
    ),
    (
        re.compile(rf".*/pods/{_SEGMENT}/(exec|attach|portforward)"),
        # Through a proxy a GET reaches whatever listens behind it, the kubelet's /exec included;
        # only the kubelet's own figures are read that way.
        re.compile(rf"(?!/api/v1/nodes/{_SEGMENT}/proxy/(metrics(/.*)?|stats/summary|configz)$).*/proxy(/.*)?"),
    ),
    (
        (
            "PATCH",
            re.compile(
                rf"/apis/apps/v1/namespaces/{_SEGMENT}/(deployments|statefulsets|daemonsets)/{_SEGMENT}(/scale)?"
            ),
        ),
        ("PATCH", re.compile(rf"/api/v1/nodes/{_SEGMENT}")),
        ("DELETE", re.compile(rf"/api/v1/namespaces/{_SEGMENT}/pods/{_SEGMENT}")),
        ("POST", re.compile(rf"/api/v1/namespaces/{_SEGMENT}/pods/{_SEGMENT}/eviction")),
    ),
    bounded=(re.compile(r".*/proxy(/.*)?"),),
)
"""Access reviews are POSTs that store nothing; exec, attach and proxies act although they are GETs.

What operations change may be rehearsed (`dryRun=All`) at any time.
"""


def with_levels(policy: WritePolicy, port: int | None, path: str) -> WritePolicy:
    """`policy`, and log level handlers at `path` of any pod, on `port` (None: on any), through the API server's proxy.

    They may be read, which is why `path` has to be one that somebody configured; setting a level needs a permit.
    """
    number = r"\d{1,5}" if port is None else str(port)
    address = rf"/api/v1/namespaces/{_SEGMENT}/pods/[^/:]+:{number}/proxy{re.escape(path)}"
    return replace(policy, levels=(*policy.levels, re.compile(address)))


def only_level(path: str) -> WritePolicy:
    """For a server of which nothing but the log level handler at `path` is meant."""
    everything = (re.compile(r".*", re.DOTALL),)
    return WritePolicy(unsafe_reads=everything, levels=(re.compile(re.escape(path)),), bounded=everything)
