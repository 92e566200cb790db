"""Label selectors, field selectors and paging of lists."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any

from opsconsole.practice.kubernetes.status import Refusal

Item = dict[str, Any]

_SET = re.compile(r"^\s*([\w./-]+)\s+(in|notin)\s*\(([^()]*)\)\s*$")
_EQUALITY = re.compile(r"^\s*([\w./-]+)\s*(==|=|!=)\s*([\w.-]*)\s*$")
_EXISTENCE = re.compile(r"^\s*(!?)\s*([\w./-]+)\s*$")
_FIELD = re.compile(r"^\s*([\w.]+)\s*(==|=|!=)\s*(.*?)\s*$")
_TOO_OLD = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
    "deleted between the time the first chunk was returned and now may show up in the list."
)
_COMMA = re.compile(r",(?![^(]*\))")


def labels_match(selector: str, labels: Mapping[str, str]) -> bool:
    """Whether `labels` fulfil a label selector. Raises `Refusal` 400 for one that does not parse."""
    return all(_label(part, labels) for part in _COMMA.split(selector) if part.strip())


def _label(part: str, labels: Mapping[str, str]) -> bool:
    if found := _SET.match(part):
        name, how, text = found.groups()
        inside = labels.get(name) in {value.strip() for value in text.split(",")}
        return inside if how == "in" else not inside
    if found := _EQUALITY.match(part):
        name, how, value = found.groups()
        return (labels.get(name) == value) is (how != "!=")
    if found := _EXISTENCE.match(part):
        absent, name = found.groups()
        return (name in labels) is not bool(absent)
    # Go's lexer reads a key and then wants an operator: what it found instead is the next word.
    words = part.split()
    found_instead = words[1] if len(words) > 1 else part.strip()
    raise Refusal(400, f"unable to parse requirement: found '{found_instead}', expected: in, notin, =, ==, !=, gt, lt")


def fields_match(selector: str, item: Item, supported: frozenset[str]) -> bool:
    """Whether `item` fulfils a field selector. Raises `Refusal` 400 for a field that can't be selected by."""
    for part in selector.split(","):
        if not part.strip():
            continue
        found = _FIELD.match(part)
        if not found:
            raise Refusal(400, f'invalid field selector: "{part}"; can\'t understand')
        path, how, value = found.groups()
        if path not in supported:
            raise Refusal(400, f"field label not supported: {path}")
        at: Any = item
        for step in path.split("."):
            at = at.get(step, "") if isinstance(at, dict) else ""
        if (str(at) == value) is not (how != "!="):
            return False
    return True


def page(
    items: list[Item],
    query: Mapping[str, str],
    version: int,
    kind: str,
    api_version: str,
    fields: frozenset[str],
    oldest: int = 0,
) -> dict[str, Any]:
    """The list object that answers `query` (labelSelector, fieldSelector, limit, continue).

    Raises `Refusal`: 410 for a token or an exact version from before `oldest`.
    """
    label_selector, field_selector = query.get("labelSelector", ""), query.get("fieldSelector", "")
    kept = [
        item
        for item in items
        if labels_match(label_selector, item["metadata"].get("labels", {}))
        and fields_match(field_selector, item, fields)
    ]
    kept.sort(key=_key)
    _check_version(query, version, oldest)
    metadata: dict[str, Any] = {"resourceVersion": str(version)}
    after = _start(query.get("continue", ""), oldest)
    if after:
        kept = [item for item in kept if _key(item) > after]
    limit = _limit(query.get("limit", ""))
    if limit and len(kept) > limit:
        metadata["continue"] = _token(version, _key(kept[limit - 1]))
        if not (label_selector or field_selector):
            metadata["remainingItemCount"] = len(kept) - limit
        kept = kept[:limit]
    return {"kind": kind, "apiVersion": api_version, "metadata": metadata, "items": kept}


def _check_version(query: Mapping[str, str], version: int, oldest: int) -> None:
    """Raises `Refusal` 504 for a version that is yet to come, 410 for one of which nothing is known any more."""
    asked = query.get("resourceVersion", "")
    if asked.isdecimal() and query.get("resourceVersionMatch") == "Exact" and int(asked) < oldest:
        raise Refusal(410, "The resourceVersion for the provided list is too old.")
    if asked.isdecimal() and int(asked) > version:
        causes = [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]
        words = f"Timeout: Too large resource version: {asked}, current: {version}"
        raise Refusal(504, words, {"causes": causes, "retryAfterSeconds": 1})


def _key(item: Item) -> tuple[str, str]:
    return item["metadata"].get("namespace", ""), item["metadata"]["name"]


def _limit(text: str) -> int:
    try:
        return int(text or 0)
    except ValueError:
        raise Refusal(400, f'strconv.ParseInt: parsing "{text}": invalid syntax') from None


def _start(token: str, oldest: int) -> tuple[str, str] | None:
    if not token:
        return None
    try:
        decoded = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        namespace, name = decoded["start"]
        version = int(decoded["rv"])
    except (ValueError, KeyError, TypeError):
        why = "invalid character 'i' looking for beginning of value"
        raise Refusal(400, f"invalid continue token: continue key is not valid: {why}") from None
    if 0 <= version < oldest:
        raise Refusal(410, _TOO_OLD, metadata={"continue": _token(-1, (str(namespace), str(name)))})
    return str(namespace), str(name)


def _token(version: int, key: tuple[str, str]) -> str:
    """Where the next page begins; version -1 goes on with whatever is there then."""
    token = {"v": "meta.k8s.io/v1", "rv": version, "start": list(key)}
    return base64.urlsafe_b64encode(json.dumps(token).encode()).decode().rstrip("=")
