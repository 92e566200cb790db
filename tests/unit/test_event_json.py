"""Events as JSON: what was written is read, also what this console does not know, and nothing of it is obeyed."""

from __future__ import annotations

import json
import math

import msgspec
import pytest

from hostile.corpus import HOSTILE
from incident_samples import T0, event, fired, note, opened
from opsconsole.domain.evidence import ChartEvidence
from opsconsole.domain.incident_event import EvidencePinned, IncidentEvent, Noted, Unreadable
from opsconsole.domain.series import Panel, Series
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.incidents.event_json import decode_event, encode_event
from opsconsole.safe_text import safe_text

S = SafeText


@pytest.mark.parametrize(
    "written", [event(opened()), event(fired()), event(note('连接池 \\ " full')), event(note("x" * 8192))]
)
def test_what_was_written_is_read(written: IncidentEvent) -> None:
    assert decode_event(encode_event(written)) == written
    assert b"\n" not in encode_event(written)


@pytest.mark.parametrize("text", [text for text in HOSTILE if "\ud800" not in text])
def test_no_text_of_a_stored_event_is_obeyed(text: str) -> None:
    plain = json.loads(encode_event(event(fired())))
    plain["what"].update(name=text, labels={text: text}, summary=text)
    plain["author"]["operator"] = text
    body = json.dumps(plain, ensure_ascii=False).encode()
    read = decode_event(body)
    shown = msgspec.json.encode(read.what).decode()
    assert safe_text(shown, len(shown) + 100) == shown
    assert read.author.operator == safe_text(read.author.operator)


def test_what_a_newer_console_wrote_is_kept_as_it_came() -> None:
    plain = {**json.loads(encode_event(event(note("x"), id="n"))), "what": {"type": "hologram", "depth": [1, 2]}}
    read = decode_event(json.dumps(plain, indent=1).encode())
    assert isinstance(read.what, Unreadable)
    assert (read.id, read.what.kind) == ("n", "hologram")
    assert json.loads(encode_event(read)) == plain
    assert b"\n" not in encode_event(read)
    assert decode_event(encode_event(read)).id == "n"


def test_what_is_of_a_known_kind_and_makes_no_sense_is_unreadable_too() -> None:
    plain = {**json.loads(encode_event(event(note("x")))), "what": {"type": "note", "words": 7}}
    assert decode_event(json.dumps(plain).encode()).what == Unreadable(S("note"), '{"type": "note", "words": 7}')
    broken = event(Unreadable(S("odd"), "no json at all"))
    assert decode_event(encode_event(broken)) == broken


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"[" * 100_000, b'{"id":1e999}', b'{"id":"a"}', b"\xff\xfe", b'{"id":"\\ud800"}',
     b'{"what":' + b"[" * 100_000 + b"}"],
    ids=range(10),
)  # fmt: skip
def test_what_is_no_event_is_refused_in_words(body: bytes) -> None:
    with pytest.raises(ValueError, match="this is no event"):
        decode_event(body)


def test_fields_that_a_newer_console_added_do_no_harm() -> None:
    plain = {**json.loads(encode_event(event(note("x")))), "mood": "calm"}
    assert decode_event(json.dumps(plain).encode()).what == Noted(S("x"))


def test_a_sample_that_is_no_number_stays_a_gap() -> None:
    series = Series({S("pod"): S("a")}, (T0, T0 + 15, T0 + 30), (1.0, math.nan, 3.0))
    chart = ChartEvidence(
        title=S("t"), span=TimeRange(T0, T0 + 30), at=T0, captured_at=T0, source=S("prometheus"),
        panel=Panel("p", S("t"), "q"), query=S("q"), series=(series, Series({}, (T0,), (math.nan,))),
    )  # fmt: skip
    read = decode_event(encode_event(event(EvidencePinned(chart))))
    assert isinstance(read.what, EvidencePinned)
    assert isinstance(read.what.evidence, ChartEvidence)
    one, other = read.what.evidence.series
    assert (one.values[0], math.isnan(one.values[1]), one.values[2]) == (1.0, True, 3.0)
    assert math.isnan(other.values[0])
