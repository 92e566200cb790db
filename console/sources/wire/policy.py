"""What may leave. The console is read-only here, below every key binding and every client library."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

_READS = frozenset({"GET", "HEAD"})
_SEGMENT = r"[^/]+"


@dataclass(frozen=True)
class WritePolicy:
    """Decides by method and path, before any byte is sent.

    GET and HEAD may leave unless `unsafe_reads` matches the path; other methods only when
    (method, pattern) is in `reading`, or with `writes`. Patterns match the whole path below the
    source's base path, percent-decoded.
    """

    reading: tuple[tuple[str, re.Pattern[str]], ...] = ()
    unsafe_reads: tuple[re.Pattern[str], ...] = ()
    writes: bool = False

    def allows(self, method: str, path: str) -> bool:
        """Whether a request may be sent. Paths that could mean another path never match."""
        plain = unquote(path)
        if not plain.startswith("/") or _is_ambiguous(path, plain):
            return False
        if self.writes:
            return True
        if method in _READS:
            return not any(pattern.fullmatch(plain) for pattern in self.unsafe_reads)
        return any(method == allowed and pattern.fullmatch(plain) for allowed, pattern in self.reading)

    def allowing_writes(self, writes: bool) -> WritePolicy:
        """The same policy with `writes` set."""
        return WritePolicy(self.reading, self.unsafe_reads, writes)


def _is_ambiguous(path: str, plain: str) -> bool:
    """Whether a server may read `path` otherwise than it is written here."""
    segments = plain.split("/")
    return any(char in path for char in "?#\\") or "." in segments or ".." in segments or not plain.isprintable()


def _posts(*paths: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(("POST", re.compile(path)) for path in paths)


PROMETHEUS_READS = WritePolicy(
    _posts(r"/api/v1/(query|query_range|query_exemplars|series|labels|format_query|parse_query)"),
)
"""Queries too long for a URL go as forms (Prometheus HTTP API, "URL query parameters")."""

ALERTMANAGER_READS = WritePolicy()

JAEGER_READS = WritePolicy()

ELASTICSEARCH_READS = WritePolicy(
    (
        *_posts(
            rf"(/{_SEGMENT})?/(_search|_count|_field_caps|_msearch|_async_search)",
            rf"/{_SEGMENT}/(_pit|_mget|_validate/query)",
            r"/_mget",
            r"/_query",
            r"/_search/scroll",
        ),
        ("DELETE", re.compile(r"/_pit")),
        ("DELETE", re.compile(rf"/_async_search/{_SEGMENT}")),
    ),
)
"""Searches are POSTs with a body; closing a point in time or an async search deletes no document."""

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
)
"""Access reviews are POSTs that store nothing; exec, attach and proxies act although they are GETs."""
