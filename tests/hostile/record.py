"""The record of an incident that somebody else has filled with hostile texts: every text of every kind of event."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterable, Sequence
from itertools import cycle, islice

import msgspec

from hostile.corpus import HOSTILE
from opsconsole.domain.incident import IncidentField
from opsconsole.domain.incident_event import FieldSet, IncidentEvent, WalkStepped
from opsconsole.domain.text import SafeText
from post_mortem_samples import INCIDENT, whole_incident

STORABLE = tuple(text for text in HOSTILE if "\ud800" not in text)
"""Texts that a database takes; half a surrogate pair is none to it."""

_NAMES = frozenset(("id", "incident", "walk", "operation", "follow_up", "notification", "replaces", "raw"))
"""Fields by which the parts of a record know each other."""

_ENUMS = (IncidentField.STATE, IncidentField.SEVERITY)


def hostile_events(first: int = 0, *, texts: Sequence[str] = STORABLE, cluster: str = "") -> tuple[IncidentEvent, ...]:
    """A whole incident with a walk that goes on; its texts are `texts` in turn, from number `first` on.

    `cluster` is kept where it is given: a console looks at its own alone.
    """
    turn = islice(cycle(texts), first, None)
    events = [one for one in whole_incident() if not (isinstance(one.what, WalkStepped) and one.what.next is None)]
    return tuple(_event(one, lambda: next(turn), cluster) for one in events)


def _event(event: IncidentEvent, text: Callable[[], str], cluster: str) -> IncidentEvent:
    made = poisoned(event, IncidentEvent, text)
    what = made.what
    if isinstance(event.what, FieldSet) and event.what.field in _ENUMS:
        what = msgspec.structs.replace(what, value=event.what.value)
    if cluster and hasattr(what, "cluster"):
        what = msgspec.structs.replace(what, cluster=SafeText(cluster))
    return typing.cast(IncidentEvent, msgspec.structs.replace(made, what=what))


def poisoned(value: typing.Any, hint: typing.Any, text: Callable[[], str]) -> typing.Any:
    """`value`, of the type `hint`, with another `text` for each one in it."""
    if hint is SafeText or hint is str:
        return text()
    if isinstance(value, msgspec.Struct):
        hints = typing.get_type_hints(type(value))
        fields = [name for name in value.__struct_fields__ if name not in _NAMES]
        changes = {name: poisoned(getattr(value, name), hints[name], text) for name in fields}
        return msgspec.structs.replace(value, **changes)
    arguments = typing.get_args(hint)
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return _of_union(value, arguments, text)
    if isinstance(value, tuple):
        kinds: Iterable[typing.Any] = arguments if Ellipsis not in arguments else cycle(arguments[:1])
        return tuple(poisoned(one, kind, text) for one, kind in zip(value, kinds, strict=False))
    if isinstance(value, dict):
        key, kind = arguments
        return {poisoned(name, key, text): poisoned(one, kind, text) for name, one in value.items()}
    return value


def _of_union(value: typing.Any, kinds: Sequence[typing.Any], text: Callable[[], str]) -> typing.Any:
    if isinstance(value, str) and (SafeText in kinds or str in kinds):
        return text()
    for kind in kinds:
        if isinstance(value, typing.get_origin(kind) or (kind if isinstance(kind, type) else ())):
            return poisoned(value, kind, text)
    return value


__all__ = ["INCIDENT", "STORABLE", "hostile_events", "poisoned"]
