"""The verdict of `opsconsole check` on sources that are well, slow, wrong or missing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest

from opsconsole.cli import health
from opsconsole.config.settings import ClusterSettings, SourceSettings
from opsconsole.domain.errors import ConfigError, ErrorKind, SourceError
from opsconsole.domain.snapshot import SourceName
from opsconsole.domain.text import SafeText
from opsconsole.sources.protocols import Health, Sources

CLUSTER = ClusterSettings(
    name="prod", prometheus=SourceSettings(url="http://p:9090"), jaeger=SourceSettings(url="http://j:16686")
)
Answer = Callable[[], Awaitable[Health]]


class ScriptedSource:
    """A source whose health is what a test says."""

    def __init__(self, name: SourceName, answer: Answer) -> None:
        self.name = name
        self._answer = answer
        self.closed = False

    async def health(self) -> Health:
        return await self._answer()

    async def close(self) -> None:
        self.closed = True


def well(name: SourceName, **fields: object) -> Answer:
    async def answer() -> Health:
        return Health(name, SafeText("http://x"), SafeText("2.42.0"), SafeText("anonymous"), 0.012, **fields)

    return answer


def failing(error: Exception) -> Answer:
    async def answer() -> Health:
        raise error

    return answer


async def verdict_on(prometheus: Answer, jaeger: Answer, patience: float = 5.0) -> health.Verdict:
    sources = (
        ScriptedSource(SourceName.PROMETHEUS, prometheus), ScriptedSource(SourceName.JAEGER, jaeger),
    )  # fmt: skip
    verdict = await health.ask(CLUSTER, lambda _: Sources(metrics=sources[0], traces=sources[1]), patience)
    assert all(source.closed for source in sources)
    return verdict


def state_of(verdict: health.Verdict, name: SourceName) -> health.State:
    return next(source.state for source in verdict.sources if source.source is name)


async def test_all_well_is_zero_and_every_source_is_listed() -> None:
    verdict = await verdict_on(well(SourceName.PROMETHEUS, clock_skew=0.3), well(SourceName.JAEGER))
    assert verdict.exit_code == 0
    table = verdict.table()
    assert all(name.value in table for name in SourceName)
    assert "2.42.0" in table
    assert "12 ms" in table
    assert "in step" in table
    assert table.count("not configured") == 3


def refused(kind: ErrorKind) -> Answer:
    return failing(SourceError(kind, "jaeger", SafeText("no token")))


@pytest.mark.parametrize(
    ("jaeger", "state", "code", "words"),
    [
        (failing(SourceError(ErrorKind.UNREACHABLE, "jaeger")), health.State.FAILED, 1, "jaeger can't be reached"),
        (failing(ConfigError("jaeger: bad kubeconfig; fix it")), health.State.MISCONFIGURED, 2, "bad kubeconfig"),
        (refused(ErrorKind.UNAUTHORIZED), health.State.FAILED, 1, "wants credentials"),
        (refused(ErrorKind.CONFIGURATION), health.State.MISCONFIGURED, 2, "no token"),
        (well(SourceName.JAEGER, missing=(SafeText("storage"),)), health.State.INCOMPLETE, 1, "lacks storage"),
        (well(SourceName.JAEGER, clock_skew=-7.0), health.State.INCOMPLETE, 1, "7.0 s behind this machine's"),
    ],
)
async def test_one_bad_source_sets_the_exit_code_and_spoils_no_other(
    jaeger: Answer, state: health.State, code: int, words: str
) -> None:
    verdict = await verdict_on(well(SourceName.PROMETHEUS), jaeger)
    assert state_of(verdict, SourceName.JAEGER) is state
    assert state_of(verdict, SourceName.PROMETHEUS) is health.State.OK
    assert verdict.exit_code == code
    assert words in verdict.table()


async def test_a_source_that_never_answers_is_given_up() -> None:
    async def never() -> Health:
        await asyncio.Event().wait()
        raise AssertionError

    verdict = await verdict_on(well(SourceName.PROMETHEUS), never, patience=0.01)
    assert state_of(verdict, SourceName.JAEGER) is health.State.FAILED
    assert "did not answer in time" in verdict.table()


async def test_sources_are_asked_at_the_same_time() -> None:
    both = asyncio.Barrier(2)

    def meeting(name: SourceName) -> Answer:
        async def answer() -> Health:
            await both.wait()
            return await well(name)()

        return answer

    verdict = await verdict_on(meeting(SourceName.PROMETHEUS), meeting(SourceName.JAEGER))
    assert verdict.exit_code == 0


async def test_a_cluster_without_sources_is_wrongly_configured() -> None:
    verdict = await health.ask(ClusterSettings(name="empty"), lambda _: Sources())
    assert verdict.exit_code == 2
    assert "empty has no sources" in verdict.table()


async def test_json_has_a_schema_and_the_same_verdict() -> None:
    verdict = await verdict_on(well(SourceName.PROMETHEUS), failing(SourceError(ErrorKind.TLS, "jaeger")))
    body = json.loads(verdict.json())
    assert (body["schema"], body["cluster"], body["well"]) == ("opsconsole.check/1", "prod", False)
    by_name = {source["source"]: source for source in body["sources"]}
    assert by_name["prometheus"]["latency"] == 0.012
    assert by_name["jaeger"]["state"] == "failed"
    assert by_name["kubernetes"]["state"] == "not configured"
