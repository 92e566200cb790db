"""The way of a container through its probes, with the place where it is now.

Startup probe, then liveness: a check that fails is counted, at the threshold the kubelet ends the container, which
has its grace period to do so, and starts it again, later each time it has to. Readiness goes beside: it only
decides about traffic.
"""

from __future__ import annotations

import enum

import msgspec
from textual.content import Content
from textual.widgets import Static

from opsconsole.domain.pod import Container, Pod, Probe, ProbeKind, ProbeState
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import format_duration
from opsconsole.widgets.glyphs import UNICODE, Glyphs
from opsconsole.widgets.probes import (
    PROBE_STYLES,
    PROBE_WORDS,
    back_off_text,
    failures_text,
    probe_sign,
    restart_text,
    source_text,
)
from opsconsole.widgets.rows import fit, width_of

HEIGHT = 10
"""Lines at most."""

NARROWEST = 38
"""Cells from which the flow can be read."""


class Place(enum.Enum):
    """Where a container can be; the values are the words on the way."""

    STARTUP = "startup"
    LIVE = "live"
    COUNT = "count"
    GRACE = "grace"
    RESTART = "restart"
    BACK_OFF = "back-off"


class _Station(msgspec.Struct, frozen=True):
    """One place on the way, and how it reads now."""

    place: Place
    words: str
    style: str = "$muted"


def flow_order(pod: Pod) -> tuple[Container, ...]:
    """The containers with probes, the one in most trouble first."""
    return tuple(sorted((one for one in pod.containers if one.probes), key=_calm))


def probe_flow(
    pod: Pod, now: float, glyphs: Glyphs, width: int, container: SafeText | None = None
) -> tuple[Content, ...]:
    """At most `HEIGHT` lines of `width` cells for one container of `pod`, by name, or for the one in most trouble.

    `now` is unix seconds. The place where the container is stands in brackets and bold.
    """
    shown = flow_order(pod)
    if not shown:
        return (_line("no probes: the kubelet only sees whether the process runs", "$muted", width, glyphs),)
    one = next((one for one in shown if one.name == container), shown[0])
    place = place_of(one)
    lines = [
        _title(pod, one, shown, width, glyphs),
        *_way(_stations(one, glyphs), place, width, glyphs)[:3],
        _line(f"  {_next(one, place, now)}", "bold", width, glyphs),
    ]
    probe = _told_of(one)
    if probe is not None and probe.last_failure and place is not Place.LIVE:
        lines.append(_line(f"  {probe.last_failure}", "", width, glyphs))
    if probe is not None:
        handler = f"  {probe.handler} every {format_duration(probe.period)}"
        lines.append(_line(handler, "$muted", width, glyphs))
        lines.append(_line(f"  by {source_text(probe, now)}", "$muted", width, glyphs))
    lines.extend(_readiness(pod, one, now, width, glyphs))
    return tuple(lines[:HEIGHT])


def place_of(container: Container) -> Place:
    """Where the container is."""
    if container.state != "running":
        backs_off = container.reason == "CrashLoopBackOff" or container.back_off_until is not None
        return Place.BACK_OFF if backs_off else Place.RESTART
    startup, live = _probe(container, ProbeKind.STARTUP), _probe(container, ProbeKind.LIVENESS)
    if any(probe is not None and probe.killed_at is not None for probe in (startup, live)):
        return Place.GRACE
    if startup is not None and startup.state is not ProbeState.PASSING:
        return Place.COUNT if startup.state is ProbeState.FAILING else Place.STARTUP
    if live is not None and live.state is ProbeState.FAILING:
        return Place.COUNT if live.failures is None or live.failures < live.failure_threshold else Place.GRACE
    return Place.LIVE


def _stations(container: Container, glyphs: Glyphs) -> list[_Station]:
    startup, live = _probe(container, ProbeKind.STARTUP), _probe(container, ProbeKind.LIVENESS)
    judge = startup if startup is not None and startup.state is not ProbeState.PASSING else live
    stations = []
    for place, probe in ((Place.STARTUP, startup), (Place.LIVE, live)):
        if probe is not None:
            sign = probe_sign(probe.state, glyphs)
            stations.append(_Station(place, f"{PROBE_WORDS[probe.kind]} {sign}", PROBE_STYLES[probe.state]))
    if judge is None:
        if live is None:
            stations.append(_Station(Place.LIVE, "running, not checked"))
        return [*stations, _Station(Place.RESTART, "restart"), _Station(Place.BACK_OFF, "back-off")]
    count = failures_text(judge, glyphs) or f"?/{judge.failure_threshold}"
    return [
        *stations,
        _Station(Place.COUNT, f"failed {count}"),
        _Station(Place.GRACE, f"grace {format_duration(judge.grace)}"),
        _Station(Place.RESTART, "restart"),
        _Station(Place.BACK_OFF, "back-off"),
    ]


def _way(stations: list[_Station], place: Place, width: int, glyphs: Glyphs) -> list[Content]:
    """The stations one after another, wrapped between them."""
    rows: list[list[tuple[str, str]]] = [[("  ", "")]]
    used = 2
    for number, station in enumerate(stations):
        here = station.place is place
        words = f"[{station.words}]" if here else station.words
        link = f" {glyphs.path} " if number else ""
        if used + width_of(SafeText(link + words)) > width and number:
            rows.append([("  ", "")])
            used, link = 2, f"{glyphs.path} "
        style = station.style if not here else _lit(station.style)
        rows[-1] += [(link, "$muted"), (words, style)]
        used += width_of(SafeText(link + words))
    return [Content.assemble(*row) for row in rows]


def _lit(style: str) -> str:
    return style if style.endswith("bold") else "$probe-failing bold" if style == "$muted" else f"{style} bold"


def _next(container: Container, place: Place, now: float) -> str:
    """What comes next, and when."""
    judge = _told_of(container)
    waiting = {
        Place.BACK_OFF: back_off_text(container, now) or "waits before it is started again",
        Place.RESTART: "is being started" if container.state == "waiting" else "has ended",
        Place.STARTUP: "the other probes wait for the startup probe",
    }
    if place in waiting:
        return waiting[place]
    if judge is None:
        return "no liveness probe: restarts only when the process ends"
    if place is Place.GRACE:
        killed = judge.killed_at or judge.last_failure_at
        left = judge.grace if killed is None else killed + judge.grace - now
        return f"threshold reached, ends within {format_duration(left)}, then restart"
    if place is Place.COUNT:
        return f"{restart_text(judge, now) or 'fails'}, and up to {format_duration(judge.grace)} to end"
    if judge.state is ProbeState.UNKNOWN:
        return f"whether it fails is not known{': event-throttled' if judge.throttled else ''}"
    return "passes"


def _readiness(pod: Pod, container: Container, now: float, width: int, glyphs: Glyphs) -> list[Content]:
    """Beside the way: whether it gets traffic."""
    probe = _probe(container, ProbeKind.READINESS)
    if probe is None:
        return []
    traffic = {None: "", True: "gets traffic", False: "no traffic: out of its endpoints"}[pod.in_endpoints]
    count = failures_text(probe, glyphs)
    words = [f"{PROBE_WORDS[probe.kind]} {probe_sign(probe.state, glyphs)}", count, traffic]
    first = f"  {' '.join(word for word in words if word)}"
    lines = [_line(first, PROBE_STYLES[probe.state], width, glyphs)]
    if probe.state is ProbeState.FAILING:
        said = f"{probe.last_failure} " if probe.last_failure else ""
        lines.append(_line(f"    {said}by {source_text(probe, now)}", "$muted", width, glyphs))
    return lines


def _title(pod: Pod, one: Container, shown: tuple[Container, ...], width: int, glyphs: Glyphs) -> Content:
    more = f" {shown.index(one) + 1} of {len(shown)}" if len(shown) > 1 else ""
    restarts = f"  {glyphs.restarts}{one.restarts}" if one.restarts else ""
    return _line(f"{one.name}{more}{restarts}  {pod.name}", "bold $text", width, glyphs)


def _told_of(container: Container) -> Probe | None:
    """The probe that decides about a restart, whose figures are worth a line."""
    startup, live = _probe(container, ProbeKind.STARTUP), _probe(container, ProbeKind.LIVENESS)
    return startup if startup is not None and startup.state is not ProbeState.PASSING else live


def _calm(container: Container) -> tuple[int, str]:
    places = (Place.GRACE, Place.BACK_OFF, Place.COUNT, Place.RESTART, Place.STARTUP, Place.LIVE)
    ready = _probe(container, ProbeKind.READINESS)
    failing = ready is not None and ready.state is ProbeState.FAILING
    return 2 * places.index(place_of(container)) - failing, container.name


def _probe(container: Container, kind: ProbeKind) -> Probe | None:
    return next((probe for probe in container.probes if probe.kind is kind), None)


def _line(text: str, style: str, width: int, glyphs: Glyphs) -> Content:
    return Content.assemble((fit(SafeText(text), width, glyphs.cut), style))


class ProbeFlow(Static):
    """The flow of the selected pod; `show` draws another one, `turn` another container of it."""

    def __init__(self, glyphs: Glyphs = UNICODE) -> None:
        """Empty."""
        super().__init__(Content(""))
        self._glyphs = glyphs
        self._pod: Pod | None = None
        self._now = 0.0
        self._container: SafeText | None = None

    def show(self, pod: Pod | None, now: float) -> None:
        """Draw `pod` as it is at `now` (unix seconds); None for no pod."""
        if pod is None or self._pod is None or pod.uid != self._pod.uid:
            self._container = None
        self._pod, self._now = pod, now
        self._draw()

    def turn(self) -> None:
        """The next container with probes."""
        shown = flow_order(self._pod) if self._pod is not None else ()
        if shown:
            names = [one.name for one in shown]
            place = names.index(self._container) if self._container in names else 0
            self._container = names[(place + 1) % len(names)]
            self._draw()

    def on_resize(self) -> None:
        """Fit the new width."""
        self._draw()

    def _draw(self) -> None:
        width = self.content_size.width
        if self._pod is None or width < 1:
            self.update(Content(""))
            return
        lines = probe_flow(self._pod, self._now, self._glyphs, width, self._container)
        self.update(Content("\n").join(lines))
