"""Words in events: which ones are kept for searching, and how they are asked for."""

from __future__ import annotations

from collections.abc import Iterator

import apsw
import msgspec

from opsconsole.domain.incident_event import IncidentEvent

MOST = 65_536
"""Characters of one event that can be found; a piece of evidence may have many more."""

_TRIGRAM = 3
_NO_WORDS = frozenset({"type", "kind"})
"""Fields that hold names of ours."""


def words_of(event: IncidentEvent) -> str:
    """Everything in `event` that a person may look for, each text once."""
    found = dict.fromkeys((event.author.operator, event.author.identity, *_texts(msgspec.to_builtins(event.what))))
    return "\n".join(filter(None, found))[:MOST]


def _texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for key, one in value.items():
                if key not in _NO_WORDS:
                    yield from _texts(one)
        case [float() | int(), *_]:
            return
        case list() | tuple():
            for one in value:
                yield from _texts(one)


def incidents_with(connection: apsw.Connection, words: str) -> set[str] | None:
    """Ids of the incidents in whose events all `words` stand, as parts of words and in any case; None for no words."""
    found: set[str] | None = None
    for word in words.split():
        rows = connection.execute(*_question(word))
        having = {str(incident) for (incident,) in rows}
        found = having if found is None else found & having
    return found


def _question(word: str) -> tuple[str, tuple[str]]:
    asked = "SELECT DISTINCT event.incident FROM words JOIN event ON event.seq = words.rowid WHERE "
    if len(word) >= _TRIGRAM:
        return f"{asked} words MATCH ?", (f'"{word.replace(chr(34), 2 * chr(34))}"',)
    # Shorter than what the index is made of, as many Chinese words are: every text is looked through.
    escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"{asked} words.text LIKE ? ESCAPE '\\'", (f"%{escaped}%",)
