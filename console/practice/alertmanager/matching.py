"""Matchers of silences and filters, and which alert inhibits which."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from opsconsole.practice.promql.store import LabelMatcher, MatchKind

_FILTER = re.compile(r'\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^"]*))\s*', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)")


def parse_filter(text: str) -> LabelMatcher:
    """A `filter` parameter such as `severity="critical"`. Raises ValueError with Alertmanager's sentence."""
    match = _FILTER.fullmatch(text)
    if match is None:
        raise ValueError(f"bad matcher format: {text}")
    name, operator, quoted, bare = match.groups()
    value = bare.strip() if quoted is None else _ESCAPE.sub(lambda one: {"n": "\n"}.get(one[1], one[1]), quoted)
    return matcher(name, MatchKind(operator), value)


def matcher(name: str, kind: MatchKind, value: str) -> LabelMatcher:
    """A matcher. Raises ValueError for a pattern that is none."""
    try:
        return LabelMatcher(name, kind, value)
    except re.error as error:
        raise ValueError(f'invalid regular expression "{value}": error parsing regexp: {error}') from error


def all_match(matchers: Sequence[LabelMatcher], labels: Mapping[str, str]) -> bool:
    """Whether `labels` fulfil every matcher."""
    return all(one.matches(labels) for one in matchers)


@dataclass(frozen=True)
class InhibitRule:
    """An alert that fulfils `source` mutes those that fulfil `target` and agree with it in all `equal` labels."""

    source: tuple[LabelMatcher, ...]
    target: tuple[LabelMatcher, ...]
    equal: tuple[str, ...]

    def inhibits(self, source: Mapping[str, str], target: Mapping[str, str]) -> bool:
        """Whether an alert labelled `source` mutes one labelled `target` (Alertmanager, inhibit/inhibit.go)."""
        if not all_match(self.target, target) or not all_match(self.source, source):
            return False
        if all_match(self.source, target):
            return False
        return all(source.get(name, "") == target.get(name, "") for name in self.equal)


def fingerprint(labels: Mapping[str, str]) -> str:
    """16 hex digits: FNV-1a over the sorted labels (prometheus/common, model/fingerprinting.go)."""
    digest = 14695981039346656037
    for name in sorted(labels):
        for byte in (*name.encode(), 0xFF, *labels[name].encode(), 0xFF):
            digest = ((digest ^ byte) * 1099511628211) & 0xFFFFFFFFFFFFFFFF
    return f"{digest:016x}"
