"""The post-mortem: a whole incident against a stored example, what is missing, secrets, hostile text."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import UTC
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from hostile.corpus import HOSTILE
from opsconsole.domain.evidence import ChartEvidence
from opsconsole.domain.incident import IncidentField, IncidentSeverity
from opsconsole.domain.incident_event import (
    ChangeKind,
    ChangeSeen,
    EvidencePinned,
    IncidentEvent,
    Noted,
    Opened,
    Unreadable,
    WalkBegun,
)
from opsconsole.domain.operation import OperationState
from opsconsole.domain.text import SafeText
from opsconsole.incidents.folding import fold
from opsconsole.incidents.post_mortem.exporting import Form, exported
from opsconsole.incidents.post_mortem.moments import Moments, length
from opsconsole.incidents.post_mortem.post_mortem import SCHEMA, PostMortem, write_up
from opsconsole.incidents.post_mortem.svg_chart import picture_of
from opsconsole.incidents.post_mortem.text_chart import COLUMNS, text_chart
from opsconsole.safe_text import safe_text
from post_mortem_samples import FIRED, Events, errors_chart, field, pool_chart, told, whole_incident

EXAMPLE = Path(__file__).parent / "post_mortems" / "checkout.md"
WRITTEN = FIRED + 100_000.0


def written(events: tuple[IncidentEvent, ...]) -> PostMortem:
    return write_up(fold(events), events, WRITTEN)


def as_text(events: tuple[IncidentEvent, ...], form: Form = Form.MARKDOWN) -> str:
    return exported(written(events), form, UTC)


def short(*more: Callable[[Events], object]) -> tuple[IncidentEvent, ...]:
    """An incident that was opened, and nothing more than `more`."""
    events = Events()
    events.add(0, Opened(SafeText("slow"), IncidentSeverity.P3, SafeText("prod")))
    for one in more:
        one(events)
    return tuple(events.all)


# -- the whole of it -----------------------------------------------------------------------------


def test_a_whole_incident_reads_as_the_stored_example() -> None:
    assert as_text(whole_incident()) == EXAMPLE.read_text("utf-8")


def test_the_order_in_which_events_come_changes_nothing() -> None:
    events = whole_incident()
    assert as_text(tuple(reversed(events))) == as_text(events)


def test_json_has_a_schema_and_every_value() -> None:
    report = written(whole_incident())
    text = exported(report, Form.JSON, UTC)
    assert json.loads(text)["schema"] == SCHEMA
    assert msgspec.json.decode(text, type=PostMortem) == report
    assert len(report.timeline) == len(whole_incident())


def test_times_are_told_in_the_zone_that_was_asked_for() -> None:
    text = exported(written(whole_incident()), Form.MARKDOWN, ZoneInfo("Asia/Shanghai"))
    assert "all times are in CST, UTC+08:00" in text
    assert "| **detected** | 22:08:00 |" in text


# -- what is missing -----------------------------------------------------------------------------


def test_an_incident_of_which_little_is_known_says_what_is_missing() -> None:
    text = as_text(short())
    for said in (
        "Nobody has written a summary yet.",
        "Nobody has named the cause yet.",
        "| **detected** | – | *never recorded* |",
        "| **resolved** | – | *never recorded* |",
        "Nothing was done to the cluster from the console.",
        "Nothing was kept.",
        "still open",
    ):
        assert said in text


@pytest.mark.parametrize("form", Form)
def test_an_incident_without_anything_is_written_in_every_form(form: Form) -> None:
    assert "slow" in as_text(short(), form)


def test_a_title_of_two_lines_stays_one_heading() -> None:
    two = msgspec.structs.replace(short()[0], what=Opened(SafeText("slow␊# very"), IncidentSeverity.P3, SafeText("p")))
    assert as_text((two,)).splitlines()[0] == "# INC-7kq4: slow \\# very"


def test_a_drill_says_so_first() -> None:
    drill = (
        msgspec.structs.replace(short()[0], what=Opened(SafeText("x"), IncidentSeverity.P3, SafeText("p"), drill=True)),
    )
    assert as_text(drill).splitlines()[2] == "> ⚠ **This was a drill.** It is left out of the real figures."


def test_an_operation_without_an_outcome_says_so() -> None:
    text = as_text(short(lambda events: events.add(5, told(OperationState.SENT, "patch of the template"))))
    assert "**sent, no outcome recorded**" in text


def test_a_change_long_before_the_alert_is_not_named_beside_the_detection() -> None:
    events = whole_incident()
    early = msgspec.structs.replace(events[0], at=FIRED - 4000)
    assert "no change is recorded in the hour before" in as_text((early, *events[1:]))


def test_what_was_written_down_later_says_when() -> None:
    assert "kubernetes, written down 14:10:20" in as_text(whole_incident())


def test_both_values_of_a_conflict_are_shown_with_who_set_them() -> None:
    def twice(events: Events) -> None:
        events.add(5, field(IncidentField.TITLE, "slow checkout"), replaces=("e000",))
        events.add(6, field(IncidentField.TITLE, "slow orders"), replaces=("e000",))

    text = as_text(short(twice))
    assert "**Not settled:** several people set title; see below." in text
    assert "slow checkout (`ada@laptop`, 14:08:05); slow orders (`ada@laptop`, 14:08:06)" in text


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0s"), (59.6, "1m 00s"), (540, "9m 00s"), (3660, "1h 01m"), (200_000, "2d 07h"), (-5, "-5s")],
)
def test_lengths_of_time_read_as_people_say_them(seconds: float, words: str) -> None:
    assert length(seconds) == words


# -- charts --------------------------------------------------------------------------------------


def test_a_chart_in_text_is_broken_where_samples_are_missing() -> None:
    chart = errors_chart()
    assert isinstance(chart, ChartEvidence)
    bottom = text_chart(chart, Moments(UTC))[7].split("┤")[1]
    blank = [place for place, cell in enumerate(bottom[:40]) if cell == " "]
    assert len(blank) == blank[-1] - blank[0] + 1
    assert 5 <= len(blank) <= 8
    assert len(bottom) <= COLUMNS


def test_a_chart_in_text_names_what_happened_and_what_it_read() -> None:
    chart = errors_chart()
    assert isinstance(chart, ChartEvidence)
    text = "\n".join(text_chart(chart, Moments(UTC)))
    assert "D 14:06:00 checkout v1.9.0" in text
    assert "checkout: least 0.05 %, greatest 8.1 %, 8.1 % at that moment" in text


def test_several_series_have_a_line_each() -> None:
    chart = pool_chart()
    assert isinstance(chart, ChartEvidence)
    last = text_chart(chart, Moments(UTC))[-3:]
    assert [line.split(":")[0].split()[-1] for line in last] == ["abcde", "fghij", "qqqqq"]
    assert "█" in last[0]
    assert "█" not in last[2]


def test_a_chart_as_a_picture_has_a_path_for_each_run_without_a_gap() -> None:
    chart = errors_chart()
    assert isinstance(chart, ChartEvidence)
    picture = picture_of(chart, Moments(UTC))
    assert picture is not None
    assert [len(curve.paths) for curve in picture.curves] == [2]
    assert [label.words for label in picture.times][:2] == ["13:40", "13:45"]
    assert [label.words for label in picture.levels] == ["0 %", "5 %", "10 %"]
    points = [
        tuple(map(float, point.strip("ML").split(","))) for path in picture.curves[0].paths for point in path.split()
    ]
    assert all(0 <= x <= picture.width and 0 <= y <= picture.height for x, y in points)


@pytest.mark.parametrize("value", [0.0, -1e300, 1e300, 5e-324])
def test_a_chart_of_one_odd_value_is_drawn(value: float) -> None:
    chart = errors_chart()
    assert isinstance(chart, ChartEvidence)
    one = msgspec.structs.replace(chart.series[0], times=(FIRED,), values=(value,))
    odd = msgspec.structs.replace(chart, series=(one,))
    assert len(text_chart(odd, Moments(UTC))) > 8
    assert picture_of(odd, Moments(UTC)) is not None


def test_a_link_stands_below_the_chart_as_text() -> None:
    linked = msgspec.structs.replace(errors_chart(), link=SafeText("https://prom.example/graph?g0.expr=up"))
    events = short(lambda events: events.add(5, EvidencePinned(linked)))
    assert "```\n\n**link:** `https://prom.example/graph?g0.expr=up`" in as_text(events)


def test_a_chart_without_samples_says_so() -> None:
    chart = errors_chart()
    assert isinstance(chart, ChartEvidence)
    empty = msgspec.structs.replace(chart, series=())
    assert text_chart(empty, Moments(UTC)) == ("no samples in this window",)
    events = short(lambda events: events.add(5, EvidencePinned(empty)))
    assert "no samples in this window" in as_text(events, Form.HTML)


# -- nothing in it that should not be ------------------------------------------------------------


OURS = frozenset(
    {"type", "kind", "id", "incident", "field", "severity", "state", "unit", "layer", "level", "milestone", "evidence",
     "probe", "outcome", "verdict", "event", "walk", "operation", "follow_up", "syntax", "replaces", "sha256"}
)  # fmt: skip
"""Names of what is ours: enums, tags and ids."""


def everywhere(value: object, put: Callable[[str], str], name: str = "") -> object:
    """A copy of `value` (decoded JSON) in which `put` replaced every text that is not one of ours."""
    if isinstance(value, str):
        return value if name in OURS else put(value)
    if isinstance(value, (list, tuple)):
        return [everywhere(one, put, name) for one in value]
    if isinstance(value, dict):
        chosen = value.get("type") == "field-set" and value["field"] in {"state", "severity"}
        return {key: everywhere(one, put, "state" if chosen and key == "value" else key) for key, one in value.items()}
    return value


def changed(put: Callable[[str], str]) -> tuple[IncidentEvent, ...]:
    """The whole incident, and events of the other kinds, with every text changed by `put`."""

    def more(events: Events) -> None:
        events.add(5, Unreadable(SafeText("newer"), '{"note": "x"}'))
        events.add(6, WalkBegun("w9", SafeText("r"), SafeText("t"), "00", "p.md", {"service": SafeText("checkout")}))
        events.add(7, ChangeSeen(ChangeKind.SILENCE, SafeText("checkout"), SafeText("muted")))
        events.add(8, Noted(SafeText("note")))

    extra = tuple(msgspec.structs.replace(one, id=f"x{one.id}") for one in short(more)[1:])
    builtins = everywhere(msgspec.to_builtins((*whole_incident(), *extra)), put)
    return msgspec.convert(builtins, type=tuple[IncidentEvent, ...])


CANARIES = {
    "password": "password=hunter2-C4NARY",
    "url": "postgres://shop:C4NARYhunter2@db/shop",
    "bearer": "Authorization: Bearer C4NARY.abc123def456",
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJDNE5BUlkiOjF9.C4NARYC4NARY",
    "aws": "AKIAC4NARYC4NARYC4NA",
    "github": "ghp_C4NARYC4NARYC4NARYC4NARYC4NARYC4",
    "pem": "-----BEGIN PRIVATE KEY-----␊C4NARYC4NARY␊-----END PRIVATE KEY-----",
    "webhook": "https://hooks.slack.com/services/T0/B0/C4NARYC4NARY",
}


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("kind", CANARIES)
def test_no_secret_leaves_in_any_text_of_any_event(kind: str, form: Form) -> None:
    events = changed(lambda text: f"{text} {CANARIES[kind]}")
    assert any("C4NARY" in repr(event) for event in events)
    assert "C4NARY" not in as_text(events, form)


@pytest.mark.parametrize("form", Form)
def test_what_stands_beside_the_name_of_a_secret_is_hidden(form: Form) -> None:
    names = {SafeText("db_password"): SafeText("C4NARY"), SafeText("service"): SafeText("checkout")}
    events = whole_incident()
    fired = msgspec.structs.replace(events[1], what=msgspec.structs.replace(events[1].what, labels=names))
    raw = msgspec.to_builtins((*events[:1], fired, *events[2:]))
    for event in raw:
        for record in event["what"].get("evidence", {}).get("records", ()):
            record["fields"] = [["api_key", "C4NARY"], ["user", "ada"]]
    text = as_text(msgspec.convert(raw, type=tuple[IncidentEvent, ...]), form)
    assert "C4NARY" not in text
    assert "⟨hidden⟩" in text


class Tags(HTMLParser):
    """The tags and attributes of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text.append(data)


PLAIN = Tags(as_text(whole_incident(), Form.HTML))


def test_the_page_fetches_and_runs_nothing() -> None:
    assert not PLAIN.tags & {"script", "img", "a", "link", "iframe", "object", "embed", "form", "base"}
    assert not {name for name in PLAIN.attributes if name.startswith("on")} | PLAIN.attributes & {
        "src",
        "href",
        "style",
    }
    page = as_text(whole_incident(), Form.HTML)
    assert "url(" not in page
    assert "@import" not in page
    assert "default-src 'none'" in page


def test_the_page_says_what_the_markdown_says() -> None:
    text = " ".join("".join(PLAIN.text).split())
    for said in ("3 of 3 pods run v1.8.2; errors 8.1 % → 0.4 %", "some orders were charged twice", "bo tells the shop"):
        assert said in text
    assert "svg" in PLAIN.tags


TAGS = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{ 7*7 }}{% raw %}</pre></svg><!--"


@pytest.mark.parametrize("hostile", [*HOSTILE, TAGS])
def test_hostile_text_stays_text_in_the_page(hostile: str) -> None:
    found = Tags(as_text(changed(lambda _: safe_text(hostile)), Form.HTML))
    assert found.tags <= PLAIN.tags
    assert found.attributes <= PLAIN.attributes
    assert not set("".join(found.text)) & {chr(code) for code in (*range(10), *range(11, 32), *range(127, 160))}


def headings(tokens: Iterable[Token]) -> list[str]:
    return [token.tag for token in tokens if token.type == "heading_open"]


HEADINGS = headings(MarkdownIt("commonmark").enable("table").parse(as_text(changed(lambda _: "x"))))


@pytest.mark.parametrize("hostile", [*HOSTILE, TAGS, "[x](http://evil.example)", "# x\n- y", "| x |", "```"])
def test_hostile_text_stays_text_in_markdown(hostile: str) -> None:
    text = as_text(changed(lambda _: hostile))
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    parts = {part.type for token in tokens for part in token.children or ()}
    assert not {"html_block", "code_block", "hr", "lheading_open"} & {token.type for token in tokens}
    assert not {"html_inline", "link_open", "image"} & parts
    assert headings(tokens) == HEADINGS
    assert not set(text) & {chr(code) for code in (*range(10), *range(11, 32), *range(127, 160))}
