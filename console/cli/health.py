"""What `opsconsole check` finds out, and how it says so."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Callable

import msgspec

from opsconsole.cli.columns import in_columns
from opsconsole.config.settings import ClusterSettings
from opsconsole.domain.errors import ConfigError, ErrorKind, SourceError
from opsconsole.domain.snapshot import SourceName
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text
from opsconsole.sources.protocols import Health, Source, Sources

SCHEMA = "opsconsole.check/1"

SKEW_LIMIT = 2.0
"""Seconds a server's clock may be off before its times mislead."""

PATIENCE = 30.0
"""Seconds one source gets for everything, however often it is asked."""


class State(enum.Enum):
    """How a source does."""

    OK = "ok"
    INCOMPLETE = "incomplete"
    FAILED = "failed"
    MISCONFIGURED = "misconfigured"
    NOT_CONFIGURED = "not configured"


class SourceVerdict(msgspec.Struct, frozen=True):
    """One source. `latency` and `clock_skew` are seconds; `problem` is a sentence with what to do."""

    source: SourceName
    state: State
    url: SafeText = SafeText("")
    version: SafeText = SafeText("")
    identity: SafeText = SafeText("")
    latency: float | None = None
    clock_skew: float | None = None
    missing: tuple[SafeText, ...] = ()
    problem: SafeText | None = None


class Verdict(msgspec.Struct, frozen=True):
    """All sources of a cluster."""

    cluster: SafeText
    sources: tuple[SourceVerdict, ...]

    @property
    def exit_code(self) -> int:
        """2 when the configuration is wrong, 1 when something else is not well, else 0."""
        states = {source.state for source in self.sources}
        if State.MISCONFIGURED in states or states == {State.NOT_CONFIGURED}:
            return 2
        return 1 if states & {State.INCOMPLETE, State.FAILED} else 0

    def json(self) -> str:
        """The verdict for programs; its fields are those of `SourceVerdict`."""
        body = {
            "schema": SCHEMA,
            "cluster": self.cluster,
            "well": self.exit_code == 0,
            "sources": [msgspec.to_builtins(source) for source in self.sources],
        }
        return msgspec.json.format(msgspec.json.encode(body), indent=2).decode()

    def table(self) -> str:
        """The verdict for people: one line a source, then one line a problem."""
        head = ("source", "state", "version", "identity", "latency", "clock", "missing", "url")
        lines = [in_columns([head, *(_cells(source) for source in self.sources)])]
        lines += [f"{source.problem}" for source in self.sources if source.problem]
        if all(source.state is State.NOT_CONFIGURED for source in self.sources):
            lines.append(f"{self.cluster} has no sources; see docs/configuration.md")
        return "\n".join(lines)


def _cells(source: SourceVerdict) -> tuple[str, ...]:
    return (
        source.source.value,
        source.state.value,
        source.version or "–",
        source.identity or "–",
        "–" if source.latency is None else f"{source.latency * 1000:.0f} ms",
        _clock(source.clock_skew),
        ", ".join(source.missing) or "–",
        source.url or "–",
    )


def _clock(skew: float | None) -> str:
    """`Date` counts whole seconds, so less than one is no difference."""
    if skew is None:
        return "–"
    return "in step" if abs(skew) < 1 else f"{skew:+.1f} s"


async def ask(
    cluster: ClusterSettings, connect: Callable[[ClusterSettings], Sources], patience: float = PATIENCE
) -> Verdict:
    """Ask all sources at once. A source that fails, or takes over `patience` seconds, spoils no other.

    Raises `ConfigError` when the settings can't even be connected with.
    """
    sources = connect(cluster)
    configured = sources.configured()
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_ask(source, cluster, patience)) for source in configured]
    finally:
        for source in configured:
            await source.close()
    found = {verdict.source: verdict for verdict in (task.result() for task in tasks)}
    everyone = (found.get(name) or SourceVerdict(name, State.NOT_CONFIGURED) for name in SourceName)
    return Verdict(safe_text(cluster.name), tuple(everyone))


async def _ask(source: Source, cluster: ClusterSettings, patience: float) -> SourceVerdict:
    name = source.name
    settings = getattr(cluster, name.value)
    url = safe_text(settings.url) if settings is not None else SafeText("")
    try:
        async with asyncio.timeout(patience):
            health = await source.health()
    except TimeoutError:
        late = SourceError(ErrorKind.TIMEOUT, name.value, SafeText(f"{patience:g} s"))
        return SourceVerdict(name, State.FAILED, url, problem=late.sentence)
    except ConfigError as error:
        return SourceVerdict(name, State.MISCONFIGURED, url, problem=safe_text(error))
    except SourceError as error:
        # What only shows when connecting, such as a secret that is not there, is configuration all the same.
        state = State.MISCONFIGURED if error.kind is ErrorKind.CONFIGURATION else State.FAILED
        return SourceVerdict(name, state, url, problem=error.sentence)
    return _judged(health)


def _judged(health: Health) -> SourceVerdict:
    problem = None
    if health.missing:
        lacking = ", ".join(health.missing)
        problem = SafeText(f"{health.source.value} lacks {lacking}; see docs/configuration.md for what each pane needs")
    elif health.clock_skew is not None and abs(health.clock_skew) > SKEW_LIMIT:
        way = "ahead of" if health.clock_skew > 0 else "behind"
        problem = SafeText(
            f"the clock of {health.source.value} is {abs(health.clock_skew):.1f} s {way} this machine's; "
            "synchronise the two, or times will not line up"
        )
    return SourceVerdict(
        health.source,
        State.OK if problem is None else State.INCOMPLETE,
        health.url,
        health.version,
        health.identity,
        health.latency,
        health.clock_skew,
        health.missing,
        problem,
    )
