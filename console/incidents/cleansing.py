"""What enters the record, and what leaves it: without secrets, and with nothing in it that a terminal obeys.

The one place where that is decided. `as_recorded` is for what is about to be written, `Cleansing` for what is about to
be shared or written up, which an older console, or anybody, may have put into the record as it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar, cast

import msgspec

from opsconsole.domain.incident_event import EvidencePinned, Unreadable, WalkBegun, WalkStepped, What
from opsconsole.domain.known_secrets import NOTHING_KNOWN, KnownSecrets
from opsconsole.domain.secret_shapes import HIDDEN, looks_secret, without_secrets
from opsconsole.domain.text import SafeText
from opsconsole.domain.walk import StepKind
from opsconsole.safe_text import safe_text

K = TypeVar("K")
T = TypeVar("T")

_LONGEST = 200_000
"""Characters of one text; the record keeps none that long."""


class Cleansing:
    """Hides secrets in structs, and counts what it hid."""

    def __init__(self, known: KnownSecrets = NOTHING_KNOWN) -> None:
        """`known` are the values that are hidden whatever they look like."""
        self._known = known
        self.hidden = 0
        """Texts in which something was hidden."""

    def cleansed(self, value: T) -> T:
        """A copy of the struct `value` with every text in it made safe and its secrets hidden.

        Texts are looked at for their own shape, and for the name they stand beside: of a label, an attribute, a field.
        Made safe again because what is shared by a team may have been written by anybody. Members of enums stay.
        """
        return cast(T, self._clean(value))

    def cleansed_all(self, values: Sequence[T]) -> tuple[T, ...]:
        """`cleansed` for each of `values`."""
        return tuple(self.cleansed(one) for one in values)

    def _clean(self, value: object, name: str = "") -> object:
        if isinstance(value, str):
            return self._text(value, name)
        if isinstance(value, msgspec.Struct):
            entries = {key: getattr(value, key) for key in value.__struct_fields__}
            return type(value)(**self._entries(entries))
        if isinstance(value, tuple):
            return tuple(self._pair(one) if name == "fields" else self._clean(one) for one in value)
        if isinstance(value, dict):
            return {self._clean(key): item for key, item in self._entries(value).items()}
        return value

    def _entries(self, entries: Mapping[K, object]) -> dict[K, object]:
        """Values by what names them. Of a filter, a variable, an attribute one entry names the other."""
        named = next((one for key in ("name", "field") if isinstance(one := _at(entries, key), str)), "")
        return {key: self._clean(item, named if key == "value" else str(key)) for key, item in entries.items()}

    def _text(self, text: str, name: str) -> str:
        clean = HIDDEN if text and looks_secret(name) else without_secrets(text, self._known)
        self.hidden += clean != text
        return safe_text(clean, _LONGEST)

    def _pair(self, value: object) -> object:
        """A field of a log line: its name, then its value."""
        match value:
            case (str() as name, str() as said):
                return self._clean(name), self._clean(said, name)
        return self._clean(value)


def _at(entries: Mapping[K, object], key: str) -> object:
    return next((value for one, value in entries.items() if one == key), None)


def as_recorded(what: What, known: KnownSecrets = NOTHING_KNOWN) -> What:
    """`what` as it is kept: its secrets are hidden, and evidence says that something was.

    What a walk is continued with stays as it was answered: the inputs it began with, and the answer to a question.
    """
    if _is_gone_on_with(what):
        return what
    cleansing = Cleansing(known)
    clean = cleansing.cleansed(what)
    return clean if not cleansing.hidden or not isinstance(clean, EvidencePinned) else _marked(clean, cleansing.hidden)


def _is_gone_on_with(what: What) -> bool:
    if isinstance(what, WalkStepped):
        return what.result.kind is StepKind.ASK
    return isinstance(what, (WalkBegun, Unreadable))


def _marked(pinned: EvidencePinned, hidden: int) -> EvidencePinned:
    """`pinned` with the count among what is to be known before it is believed."""
    place = "1 place" if hidden == 1 else f"{hidden:,} places"
    said = (pinned.evidence.completeness, f"what looks like a secret is hidden in {place}")
    words = SafeText("; ".join(one for one in said if one))
    evidence = msgspec.structs.replace(pinned.evidence, completeness=words)
    return msgspec.structs.replace(pinned, evidence=evidence)
