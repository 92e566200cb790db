"""label_replace, label_join and the labels of absent."""

from __future__ import annotations

import re
from collections.abc import Sequence

from opsconsole.practice.promql.errors import bad_data, execution
from opsconsole.practice.promql.store import METRIC_NAME, LabelMatcher, MatchKind
from opsconsole.practice.promql.values import Labels, Vector, distinct

_LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_REFERENCE = re.compile(r"\$(?:\$|(\w+)|\{(\w+)\})")


def _expanded(template: str, match: re.Match[str]) -> str:
    """Go's Regexp.Expand: `$1`, `$name`, `${name}`, `$$`; an unknown group is nothing."""

    def one(reference: re.Match[str]) -> str:
        name = reference.group(1) or reference.group(2)
        if name is None:
            return "$"
        try:
            return match.group(int(name) if name.isdigit() else name) or ""
        except IndexError:
            return ""

    return _REFERENCE.sub(one, template)


def _with(labels: Labels, name: str, value: str) -> Labels:
    kept = {key: old for key, old in labels.items() if key != name}
    if value:
        kept[name] = value
    return kept


def label_replace(vector: Vector, target: str, replacement: str, source: str, pattern: str) -> Vector:
    """`target` set to `replacement` where the whole of `source` matches `pattern`.

    Raises PromQLError for a pattern or label name that is not one, or for series that become the same.
    """
    try:
        compiled = re.compile(pattern, re.DOTALL)
    except re.error as error:
        raise execution(f"invalid regular expression in label_replace(): {pattern} ({error})") from error
    if not _LABEL_NAME.fullmatch(target):
        raise execution(f"invalid destination label name in label_replace(): {target}")
    labels = []
    for old in vector.labels:
        match = compiled.fullmatch(old.get(source, ""))
        labels.append(_with(old, target, _expanded(replacement, match)) if match else old)
    return distinct(Vector(labels, vector.values, vector.present))


def label_join(vector: Vector, target: str, separator: str, sources: Sequence[str]) -> Vector:
    """`target` set to the values of `sources` with `separator` between them."""
    for name in (target, *sources):
        if not _LABEL_NAME.fullmatch(name):
            raise execution(f"invalid label name in label_join(): {name}")
    labels = [_with(old, target, separator.join(old.get(name, "") for name in sources)) for old in vector.labels]
    return distinct(Vector(labels, vector.values, vector.present))


def labels_of_absence(matchers: Sequence[LabelMatcher]) -> Labels:
    """The labels `absent` gives its answer: those matched for equality exactly once, and no name."""
    labels: Labels = {}
    seen: set[str] = set()
    for matcher in matchers:
        if matcher.name == METRIC_NAME:
            continue
        if matcher.kind is MatchKind.EQUAL and matcher.name not in seen:
            labels[matcher.name] = matcher.value
        else:
            labels.pop(matcher.name, None)
        seen.add(matcher.name)
    return {name: value for name, value in labels.items() if value}


def compiled_matcher(name: str, kind: MatchKind, value: str) -> LabelMatcher:
    """A matcher. Raises PromQLError (bad_data) for a pattern that this server cannot compile."""
    try:
        return LabelMatcher(name, kind, value)
    except re.error as error:
        raise bad_data(f"regular expression {value!r} of label {name!r} can't be used: {error}") from error
