"""Each runbook that ships leads to the cause on its own scenario of the practice cluster, and denies all others."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from library_stage import PRACTICE, LibraryStage, told
from opsconsole.domain.cluster_object import Kind
from opsconsole.domain.operation import OperationKind
from opsconsole.domain.runbook import ActStep, AskStep, CheckStep, DecideStep, NoteStep, Runbook
from opsconsole.domain.selection import Selection
from opsconsole.domain.walk import StepOutcome, Verdict
from opsconsole.practice.scenarios import SCENARIOS
from opsconsole.practice.shop.topology import NAMESPACE, SERVICES
from opsconsole.runbooks.bookcase import Bookcase
from opsconsole.runbooks.shelf import read_shelf
from opsconsole.runbooks.walking.walker import RunbookWalker
from opsconsole.runbooks.ways import goes_on_by
from opsconsole.sources.protocols import Sources

DOCS = Path(__file__).parents[2] / "docs" / "runbooks.md"
MOST_STEPS = 12
"""Steps that anybody has to read on the longest way through a runbook."""


class Case(msgspec.Struct, frozen=True):
    """A runbook's own scenario, words of the cause that it names, and what it offers to do about it."""

    runbook: str
    scenario: str
    cause: str
    act: OperationKind = OperationKind.ROLL_BACK


CASES = (
    Case("bad-release", "bad-release", "the release of checkout"),
    Case("goroutine-leak", "goroutine-leak", "gateway begins goroutines that never end"),
    Case("pool-exhausted", "pool-exhaustion", r"threads of orders block in Connection\.close\(\)"),
    Case("jvm-old-generation", "gc-surge", r"concurrent marking of payments begins too late.*IHOP"),
    Case("cache-penetration", "cache-penetration", "look-ups of payments miss the cache.*overload the database"),
    Case("slow-start", "slow-start", "users take longer to start than their startup probe"),
    Case("probe-deadlock", "probe-deadlock", "threads of orders deadlock"),
    Case("cpu-hot-loop", "noisy-neighbour", "report-batch-.* burns CPU that no request", OperationKind.DELETE_POD),
)  # fmt: skip
RUNBOOKS = tuple(case.runbook for case in CASES)
OWN = {case.scenario: case.runbook for case in CASES}
APPLICATIONS = tuple(service.name for service in SERVICES if service.endpoints)
EVERYWHERE = "cache-penetration"
"""The runbook that finds its cause from any service's alert: whose cache is missed is what it looks for."""

ANSWERS = {"Whose cache is it": "payments", "Does it stop without them": "no"}


async def verdicts(stage: LibraryStage, service: str, namespace: str) -> dict[str, RunbookWalker]:
    """The walk of each runbook, for `service` and one of its pods."""
    assert stage.sources.workloads is not None
    pods = (await stage.sources.workloads.pods(Selection(PRACTICE))).value.pods
    pod = next(pod.name for pod in pods if pod.service == service)
    inputs = {"service": service, "namespace": namespace, "pod": pod}
    return {name: await stage.walked(name, inputs, ANSWERS) for name in RUNBOOKS}


def wrongly(walks: dict[str, RunbookWalker], causes: tuple[str, ...]) -> str:
    """What did not come out as it should: `causes` name the cause, all others deny. Empty: all did."""
    expected = {name: Verdict.CAUSE if name in causes else Verdict.NOT_THIS for name in walks}
    return "\n\n".join(
        f"{name} says {walker.walk.verdict}\n{told(walker.walk)}"
        for name, walker in walks.items()
        if walker.walk.verdict is not expected[name]
    )


@pytest.mark.parametrize("scenario", [scenario.id for scenario in SCENARIOS])
async def test_each_runbook_finds_its_own_scenario_and_denies_the_others(scenario: str) -> None:
    stage = LibraryStage(scenario)
    truth = stage.scenario.truth
    services = dict.fromkeys(APPLICATIONS, NAMESPACE)
    if truth is not None:
        services[truth.service] = (await stage.alert()).namespace or NAMESPACE
    for service, namespace in services.items():
        own = OWN.get(scenario, "")
        found_here = truth is not None and service == truth.service
        causes = (own,) if own and (found_here or own == EVERYWHERE) else ()
        assert not wrongly(await verdicts(stage, service, namespace), causes), service


@pytest.mark.parametrize(
    ("scenario", "waited"),
    [
        # Between two deadlocks, within one, and shortly after the restart.
        *(("probe-deadlock", seconds) for seconds in (30.0, 60.0, 130.0, 200.0, 270.0)),
        # While the kubelet backs off, for longer each time.
        *(("slow-start", seconds) for seconds in (150.0, 240.0, 600.0)),
        ("bad-release", 600.0),
        ("goroutine-leak", 1800.0),
    ],
)
async def test_what_comes_and_goes_is_found_whenever_one_looks(scenario: str, waited: float) -> None:
    stage = LibraryStage(scenario, waited)
    walks = await verdicts(stage, stage.truth.service, NAMESPACE)
    assert not wrongly(walks, (OWN[scenario],))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.runbook)
async def test_from_the_alert_alone_it_names_the_cause_and_offers_what_heals(case: Case) -> None:
    stage = LibraryStage(case.scenario)
    alert, selection = await stage.alert(), Selection(PRACTICE)
    offered = (await stage.bookcase.offers(alert, selection))[0]
    assert offered.runbook.name == case.runbook, offered.reason
    assert alert.name in offered.runbook.matches.alerts

    inputs = stage.bookcase.prefilled(offered.runbook, alert, selection)
    assert stage.bookcase.complaints(offered.runbook, inputs) == {}
    ask = next(step.does for step in offered.runbook.steps if step.title == "What to do")
    assert isinstance(ask, AskStep)
    walker = await stage.walked(case.runbook, inputs, {**ANSWERS, "What to do": ask.choices[0]})

    assert walker.walk.verdict is Verdict.CAUSE, told(walker.walk)
    (note,) = [one for one in noted(walker) if one.verdict is Verdict.CAUSE]
    assert re.search(case.cause, walker.words(note.cause)), walker.words(note.cause)
    assert note.healing
    order = await walker.order()
    heals = {OperationKind.ROLL_BACK: "rollback", OperationKind.DELETE_POD: "delete pod"}
    assert heals[order.kind] in stage.truth.heals_by
    assert order.kind is case.act
    wanted = Kind.POD if case.act is OperationKind.DELETE_POD else Kind.DEPLOYMENT
    assert order.target.kind is wanted
    assert order.target.name.startswith(stage.truth.service)


def noted(walker: RunbookWalker) -> list[NoteStep]:
    """The notes that were walked over."""
    steps = [walker.runbook.steps[one.number - 1].does for one in walker.walk.results]
    return [does for does in steps if isinstance(does, NoteStep)]


@pytest.mark.parametrize("name", RUNBOOKS)
async def test_what_nobody_can_tell_is_neither_the_cause_nor_denied(name: str) -> None:
    stage = LibraryStage("healthy")
    stage.bookcase = Bookcase((), Sources(), stage.clock, PRACTICE)
    inputs = {"service": "checkout", "namespace": NAMESPACE, "pod": "checkout-0"}
    walker = await stage.walked(name, inputs, ANSWERS)
    assert walker.walk.verdict is None
    assert [one.outcome for one in walker.walk.results] == [StepOutcome.UNKNOWN]


def test_the_library_has_no_fault_and_every_case_of_it_is_walked() -> None:
    shelf = read_shelf(())
    assert shelf.faults == ()
    assert {str(runbook.name) for runbook in shelf.runbooks} == set(RUNBOOKS)
    assert {scenario.id for scenario in SCENARIOS if scenario.truth} == set(OWN)


@pytest.mark.parametrize("runbook", read_shelf(()).runbooks, ids=lambda runbook: runbook.name)
def test_a_runbook_is_short_looks_first_and_acts_only_when_asked_to(runbook: Runbook) -> None:
    assert longest_way(runbook, 1) <= MOST_STEPS
    assert isinstance(runbook.steps[0].does, CheckStep)
    for step in runbook.steps:
        if isinstance(step.does, ActStep):
            before = [one.does for one in runbook.steps if step.number in goes_on_by(runbook, one.number)]
            assert before
            assert all(isinstance(one, DecideStep) and one.answers for one in before)
        elif not isinstance(step.does, DecideStep):
            assert step.prose, f"{step.title} says nothing"


def longest_way(runbook: Runbook, number: int) -> int:
    """Steps from `number` to an end, that one included."""
    return 1 + max((longest_way(runbook, following) for following in goes_on_by(runbook, number)), default=0)


def test_the_table_of_the_documentation_is_that_of_the_files() -> None:
    (_, chapter) = DOCS.read_text("utf-8").split("## The library")
    rows = re.findall(r"^\| `([a-z-]+)` \| (.+) \| (.+) \|$", chapter.split("\n## ")[0], re.MULTILINE)
    said = {name: (alerts, concludes) for name, alerts, concludes in rows}
    shipped = {}
    for runbook in read_shelf(()).runbooks:
        (cause, *others) = [
            one.does.cause for one in runbook.steps if isinstance(one.does, NoteStep) and one.does.cause
        ]
        named = ", ".join(f"`{alert}`" for alert in runbook.matches.alerts if "*" not in alert)
        shipped[str(runbook.name)] = (named, "; or ".join((cause, *others)))
    assert said == shipped
