"""What procedures and the engine told in a test, held word for word against what they told before.

A test says what matters; the transcript keeps all the rest, every word that an operator reads before and after. The
stored ones are in `tests/unit/transcripts/`, one file a module, a section a test. `STORE_TRANSCRIPTS=1 pytest FILE`
writes those of a file anew: read the difference before you commit it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

FOLDER = Path(__file__).parent / "unit" / "transcripts"
_BY_CHANCE = re.compile(r"(?<=op-)[0-9a-f]{16}|/\S+/pytest-\d+/(?:popen-gw\d+/)?[^/]+")
_HEAD = "== "

heard: list[object] = []
"""What was told since the test began, in order."""


def lines_of(told: object) -> Iterator[str]:
    """A value as lines, without what is empty."""
    for place, value in _leaves(msgspec.to_builtins(told), ""):
        yield _BY_CHANCE.sub("", f"{place} {json.dumps(value, ensure_ascii=False)}")


def _leaves(value: object, place: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        parts = [(str(name), one) for name, one in value.items()]
    elif isinstance(value, list | tuple):
        parts = [(str(number), one) for number, one in enumerate(value)]
    else:
        if value not in ("", None):
            yield place, value
        return
    for name, one in parts:
        yield from _leaves(one, f"{place}.{name}" if place else name)


def transcript() -> str:
    """What was heard in the test, a paragraph for each time."""
    return "\n".join("".join(f"{line}\n" for line in lines_of(told)) for told in heard)


def stored(module: str) -> dict[str, str]:
    """The transcripts of a module's tests, by the tests' names."""
    path = FOLDER / f"{module}.txt"
    if not path.exists():
        return {}
    sections = path.read_text("utf-8").split(f"\n{_HEAD}")
    return {name: text for name, _, text in (one.removeprefix(_HEAD).partition("\n") for one in sections)}


def store(module: str, test: str, text: str) -> None:
    """Keep `text` as that test's, in the order of names."""
    kept = {**stored(module), test: text}
    FOLDER.mkdir(exist_ok=True)
    sections = (f"{_HEAD}{name}\n{kept[name]}" for name in sorted(kept))
    (FOLDER / f"{module}.txt").write_text("\n".join(sections), "utf-8")


def is_to_be_stored() -> bool:
    """Whether transcripts are written anew."""
    return bool(os.environ.get("STORE_TRANSCRIPTS"))
