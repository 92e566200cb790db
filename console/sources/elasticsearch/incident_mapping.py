"""The team's index as the console makes it."""

from __future__ import annotations

from opsconsole.sources.elasticsearch.clauses import Json

MADE_BY_US: Json = {"opsconsole": "incidents", "version": 1}
"""`_meta` of the mapping: an index without it is somebody else's, and nothing is written to it."""

_LONGEST_TERM = 1024
"""Characters; longer values are kept and not searched. One term of more than 32,766 bytes is an error to Lucene."""

_NAME: Json = {"type": "keyword", "ignore_above": _LONGEST_TERM}
_TEXT: Json = {"type": "text"}
_DATE: Json = {"type": "date", "format": "epoch_millis"}
_COUNT: Json = {"type": "integer"}
_KEPT: Json = {"type": "double", "index": False, "doc_values": False}

_MILESTONES = ("detected", "acknowledged", "first_hypothesis", "cause_named", "mitigated", "resolved")

_EVENT: Json = {
    "type": _NAME,
    "words": _TEXT,
    "at": _KEPT,
    "recorded_at": _KEPT,
    "author": {"properties": {"operator": _NAME, "identity": _NAME}},
    "origin": _NAME,
    "replaces": _NAME,
    "size": _COUNT,
    "what": {"type": "object", "enabled": False},
}
_INCIDENT: Json = {
    **dict.fromkeys(("name", "severity", "state", "namespace", "services", "alerts", "owner", "conflicts"), _NAME),
    **dict.fromkeys(("title", "summary", "impact", "cause", "healing"), _TEXT),
    **dict.fromkeys(("opened", "ended", "changed"), _DATE),
    "drill": {"type": "boolean"},
    "milestones": {"properties": dict.fromkeys(_MILESTONES, _DATE)},
    "events": _COUNT,
}


def creation() -> Json:
    """The body that makes the index.

    One primary shard, so that sequence numbers order all documents. The interval is set because a server that
    chooses it leaves an index alone that nobody searches. Unknown fields are refused.
    """
    return {
        "settings": {"number_of_shards": 1, "auto_expand_replicas": "0-1", "refresh_interval": "1s"},
        "mappings": {
            "dynamic": "strict",
            "_meta": MADE_BY_US,
            "properties": {
                "doc": _NAME,
                "@timestamp": _DATE,
                "cluster": _NAME,
                "incident": _NAME,
                "made": _NAME,
                **_EVENT,
                **_INCIDENT,
            },
        },
    }
