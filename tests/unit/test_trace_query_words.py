"""What is typed into the search form for traces, and what it says back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.domain.text import SafeText
from opsconsole.domain.trace_query import TraceQuery
from opsconsole.safe_text import safe_text
from opsconsole.screens.traces.query_words import (
    attribute_words,
    chips,
    latency_words,
    parsed_attributes,
    parsed_latency,
    widening,
    without,
)
from opsconsole.screens.traces.sought import Field, Sought, read, written
from widget_samples import TRACE_ID

KNOWN = frozenset(map(SafeText, ("checkout", "gateway", "deadbeef", "old service")))
QUERY = TraceQuery(
    SafeText("POST /pay"),
    ((SafeText("user"), SafeText("a b")), (SafeText("http.route"), SafeText("/pay"))),
    0.1,
    2.0,
    True,
)


def typed(**fields: str) -> dict[Field, str]:
    return {field: fields.get(field.name.lower(), "") for field in Field}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", None),
        ("  ", None),
        ("100ms", 0.1),
        ("2s", 2.0),
        ("1.5 s", 1.5),
        (".5s", 0.5),
        ("250us", 0.00025),
        ("250µs", 0.00025),
        ("1m30s", 90.0),
        ("1H", 3600.0),
    ],
)
def test_durations_are_read_with_their_units(text: str, seconds: float | None) -> None:
    assert parsed_latency(text) == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize("text", ["100", "ms", "-1s", "1e3s", "0s", "2 sec", "1s x", "9" * 400 + "h"])
def test_what_is_no_duration_is_said_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="100ms, 2s"):
        parsed_latency(text)


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("", ()),
        ("a=1", (("a", "1"),)),
        (' a=1  b="two words" c=', (("a", "1"), ("b", "two words"), ("c", ""))),
        ("url=/x?y=z", (("url", "/x?y=z"),)),
        ("a=1 a=2", (("a", "2"),)),
    ],
)
def test_attributes_are_pairs_as_a_shell_splits_them(text: str, pairs: tuple[tuple[str, str], ...]) -> None:
    assert parsed_attributes(text) == pairs


@pytest.mark.parametrize(
    ("text", "sentence"), [("a", "key=value, not 'a'"), ("=1", "key=value"), ('a="b', "a quotation mark has no end")]
)
def test_what_is_no_attribute_is_said(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        parsed_attributes(text)


@given(st.floats(1e-6, 1e6))
def test_a_duration_is_written_as_it_is_read(seconds: float) -> None:
    assert parsed_latency(latency_words(seconds)) == pytest.approx(seconds, rel=1e-6, abs=1e-9)


names = (
    st.text(st.characters(exclude_characters="="), min_size=1, max_size=8)
    .map(safe_text)
    .filter(lambda key: key and "=" not in key)
)


@given(st.dictionaries(names, st.text(max_size=8).map(safe_text), max_size=3))
def test_attributes_are_written_as_they_are_read(pairs: dict[SafeText, SafeText]) -> None:
    assert dict(parsed_attributes(attribute_words(tuple(pairs.items())))) == pairs


def test_a_filled_in_form_says_what_was_sought() -> None:
    sought = Sought(SafeText("checkout"), QUERY)
    assert read({**written(sought)}, errors=True, known=KNOWN) == (sought, {})
    assert read({**written(Sought())}, errors=False, known=KNOWN) == (Sought(), {})


@pytest.mark.parametrize(
    "text",
    [
        TRACE_ID,
        TRACE_ID.upper(),
        f"00-{TRACE_ID}-00f067aa0ba902b7-01",
        f'{{"level":"error","msg":"pool wait timeout","trace_id":"{TRACE_ID}","user":"12345"}}',
        f"14:11:59 ERROR checkout pool wait timeout trace={TRACE_ID}",
    ],
)
def test_a_trace_id_is_found_in_whatever_was_pasted(text: str) -> None:
    sought, complaints = read(typed(what=text, shortest="nonsense"), errors=False, known=KNOWN)
    assert sought == Sought(trace=SafeText(TRACE_ID))
    assert complaints == {}


def test_a_service_with_a_name_like_an_id_is_a_service_where_there_is_one() -> None:
    assert read(typed(what="deadbeef"), errors=False, known=KNOWN)[0] == Sought(SafeText("deadbeef"))
    sought, _ = read(typed(what="deadbeef"), errors=False, known=frozenset())
    assert sought is not None
    assert sought.trace == "deadbeef".zfill(32)


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        (
            {"what": "check"},
            Field.WHAT,
            "no service of that name has spans in this store, and it is no trace id; checkout?",
        ),
        ({"what": "14:11 ERROR nothing of use"}, Field.WHAT, "neither a service nor a text with one trace id"),
        ({"attributes": "nonsense"}, Field.ATTRIBUTES, "key=value"),
        ({"shortest": "100"}, Field.SHORTEST, "with its unit"),
        ({"longest": "x"}, Field.LONGEST, "with its unit"),
        ({"shortest": "2s", "longest": "100ms"}, Field.LONGEST, "less than the 2s above"),
    ],
)
def test_each_field_says_what_is_wrong_with_it(fields: dict[str, str], field: Field, words: str) -> None:
    sought, complaints = read(typed(**fields), errors=False, known=KNOWN)
    assert sought is None
    assert list(complaints) == [field]
    assert words in complaints[field]


def test_any_service_is_sought_where_nobody_knows_which_there_are() -> None:
    assert read(typed(what="new"), errors=False, known=None)[0] == Sought(SafeText("new"))


def test_each_chip_can_be_taken_away() -> None:
    query = QUERY
    for chip in chips(QUERY):
        shorter = without(query, chip.key if not chip.key.startswith("attribute") else "attribute 0")
        assert len(chips(shorter)) == len(chips(query)) - 1
        query = shorter
    assert not query
    assert [str(chip.words) for chip in chips(QUERY, SafeText(TRACE_ID))] == [
        "trace 4bf92f35", "errors only", "operation POST /pay", "user=a b", "http.route=/pay", "at least 100ms",
        "at most 2s",
    ]  # fmt: skip


def test_no_trace_at_all_says_what_to_widen() -> None:
    nothing = " ".join(widening(TraceQuery(), SafeText("checkout"), None, pod=True))
    assert "no traces of checkout in this range" in nothing
    assert "u widens to all pods" in nothing
    assert "all services" in " ".join(widening(TraceQuery(), SafeText("checkout"), None, pod=False))
    narrowed = " ".join(widening(QUERY, None, None, pod=False))
    assert "errors only, operation POST /pay" in narrowed
    assert "F takes one of these away" in narrowed
    assert TRACE_ID in " ".join(widening(TraceQuery(), None, SafeText(TRACE_ID), pod=False))
