"""The widgets that lists and details have no part in, with hostile text in every field; and that none is forgotten."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from datetime import UTC
from pathlib import Path

import msgspec
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from hostile.corpus import HOSTILE
from hostile.record import STORABLE, hostile_events
from opsconsole import widgets
from opsconsole.domain.container_log import ContainerLine
from opsconsole.domain.log_record import LogLevel
from opsconsole.domain.series import Severity
from opsconsole.domain.text import SafeText
from opsconsole.domain.trace import Span, Trace
from opsconsole.domain.walk import StepKind, StepOutcome, StepResult
from opsconsole.incidents.event_json import decode_event
from opsconsole.incidents.folding import fold
from opsconsole.safe_text import safe_text
from opsconsole.traces.shape import shape_of
from opsconsole.widgets.container_log import ContainerLog
from opsconsole.widgets.glyphs import UNICODE
from opsconsole.widgets.headline import Headline, HeadlineBar, Phrase
from opsconsole.widgets.incidents.event_preview import EventPreview
from opsconsole.widgets.incidents.header_tag import IncidentStanding, IncidentTag
from opsconsole.widgets.incidents.heading import IncidentHeading, heading_lines
from opsconsole.widgets.problem_note import ProblemNote
from opsconsole.widgets.runbooks.step_view import Said, StepView, WalkView
from opsconsole.widgets.runbooks.walk_steps import WalkSteps
from opsconsole.widgets.title_line import TitleLine
from opsconsole.widgets.waterfall.waterfall import Waterfall
from widget_samples import NOW
from widget_stage import Stage, screen_text

FORBIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ud800-\udfff\U000e0000-\U000e0fff]"
)
TESTS = Path(__file__).parents[1]

INNER = {
    "ChipLine": "LogQueryLine", "Clock": "ScopeHeader", "ScopeLine": "ScopeHeader", "ComparisonHead": "Waterfall",
    "EdgeHead": "TopologyMap", "FeedList": "AlertList", "IncidentClock": "IncidentTag", "Legend": "Waterfall",
    "LineScroll": "LogList", "OneLine": "KeyLine", "PodRowList": "PodListView", "RecordLines": "LogList",
    "Ruler": "Waterfall", "SearchWords": "LogQueryLine",
}  # fmt: skip
"""Widgets that are a part, a base or a heading of another one."""

NO_TEXT = {"HistogramStrip", "TabStrip", "TraceScatter", "FilterLine", "TypedWords", "TypingBox"}
"""Widgets that show figures, words of our own, or what is typed at the moment."""


class Wall(Stage):
    """All of them at once, each in a few lines."""

    CSS = "VerticalScroll > * { height: 6; width: 1fr; display: block; }"

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield HeadlineBar()
            yield IncidentTag(glyphs=UNICODE)
            yield IncidentHeading()
            yield EventPreview(glyphs=UNICODE, zone=UTC)
            yield TitleLine()
            yield ProblemNote()
            yield WalkSteps()
            yield Waterfall()
            yield ContainerLog()


def show(wall: Wall, turn: int, text: SafeText) -> None:
    """`text` in every field of every widget; the incident has all texts, another one first in each turn."""
    events = [decode_event(msgspec.json.encode(one)) for one in hostile_events(turn)]
    incident = fold(events)
    wall.query_one(HeadlineBar).show(Headline((Phrase(text, text, text), Phrase(text)), Severity.CRITICAL))
    wall.query_one(IncidentTag).show(IncidentStanding(incident, text, text, text), wide=True)
    wall.query_one(IncidentHeading).show(heading_lines(incident, zone=UTC, glyphs=UNICODE, like=text, double=text))
    wall.query_one(EventPreview).look_at(events[turn % len(events)], NOW)
    wall.query_one(TitleLine).show(text, text, Content(text))
    wall.query_one(ProblemNote).say(Content(text))
    wall.query_one(WalkSteps).show(walk(text))
    child = Span(text, SafeText(f"{text}c"), text, text, text, NOW + 0.1, 0.2, True, text, text)
    wall.query_one(Waterfall).show_trace(
        shape_of(Trace(text, (Span(text, text, None, text, text, NOW, 0.5, True, text, text, {text: text}), child)))
    )
    log = wall.query_one(ContainerLog)
    log.take([ContainerLine(NOW, text, LogLevel.ERROR, text, text, text)])
    log.repaint()


def walk(text: SafeText) -> WalkView:
    """A step of each kind that came out, the first one at hand."""
    steps = []
    for number, kind in enumerate(StepKind, 1):
        result = StepResult(
            number=number,
            title=text,
            kind=kind,
            outcome=StepOutcome.UNKNOWN,
            at=NOW,
            shown=text,
            output=text,
            reason=text,
        )
        steps.append(
            StepView(
                number=number, title=text, kind=kind, here=number == 1, result=result, prose=text, asks=(text,),
                means=text, said=(Said(1, text), Said(2, text)), keys=text, trouble=text,
            )
        )  # fmt: skip
    told = {"unrecorded": text, "stopped": text, "ending": text}
    return WalkView(title=text, sha256="ab" * 32, steps=tuple(steps), inputs=((text, text),), **told)


async def test_no_byte_of_it_is_a_command_in_any_other_widget() -> None:
    wall = Wall(Static())
    booms: list[str] = []
    wall.action_boom = lambda: booms.append("boom")  # type: ignore[attr-defined]
    async with wall.run_test(size=(100, 60), notifications=True) as pilot:
        for turn, raw in enumerate((*HOSTILE, "[@click=app.boom]press[/]" * 9)):
            show(wall, turn % len(STORABLE), safe_text(raw))
            await pilot.pause()
            drawn = [one for one in wall.query_one(VerticalScroll).walk_children(Widget) if one.size.width]
            lines = [one.render_line(y).text for one in drawn for y in range(one.size.height)]
            assert len(drawn) > 9
            assert [line for line in lines if FORBIDDEN.search(line)] == []
            assert not FORBIDDEN.search(screen_text(wall).replace("\n", ""))
        for y in range(0, 56, 3):
            await pilot.click(offset=(6, y))
        assert "[@click=app.boom]press[/]" in screen_text(wall)
    assert booms == []


def test_no_widget_is_forgotten() -> None:
    """Each widget of the house is used by a test that has the corpus, or is a part of one that is."""
    modules = [
        importlib.import_module(one.name) for one in pkgutil.walk_packages(widgets.__path__, "opsconsole.widgets.")
    ]
    ours = {
        name
        for module in modules
        for name, one in vars(module).items()
        if inspect.isclass(one) and issubclass(one, Widget) and one.__module__ == module.__name__
    }
    texts = (path.read_text("utf-8") for path in TESTS.rglob("test_*.py"))
    trees = [ast.parse(text) for text in texts if "HOSTILE" in text]
    imports = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
    tested = {name.name for node in imports for name in node.names}
    assert ours > NO_TEXT
    assert {name: whole for name, whole in INNER.items() if name not in ours or whole not in tested} == {}
    assert ours - tested - INNER.keys() - NO_TEXT == set()
