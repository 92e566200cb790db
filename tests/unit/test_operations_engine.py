"""The engine on a scripted cluster: what is checked, refused, recorded, sent and told."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

import transcripts
from fake_clock import FakeClock, settle
from opsconsole.domain.cluster_object import Kind, ObjectRef
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.operation import Confirmation, OperationKind, OperationState, Order, Plan, Step, Verdict
from opsconsole.domain.text import SafeText
from opsconsole.operations.audit.chain import read, verify
from opsconsole.operations.audit.log import AuditLog
from opsconsole.operations.carrying_out import SETTLED_AFTER
from opsconsole.operations.control import Executed, Verb
from opsconsole.operations.engine import Engine
from opsconsole.operations.trail import Trail
from opsconsole.write_mode import WriteMode
from scripted_cluster import DEPLOYMENT, KUBERNETES, POD, Fault, Killing, Scaling, ScriptedCluster, catalogue

S = OperationState
SCALE = Order(OperationKind.SCALE, DEPLOYMENT, replicas=5, reason=SafeText("more load"))
KILL = Order(OperationKind.RESTART_CONTAINER, POD, container=SafeText("app"))


class Stage:
    """An engine with all it stands on; `again` is a console started afterwards on the same files and cluster."""

    def __init__(self, folder: Path, *, production: bool = False, scaling: Scaling | None = None) -> None:
        self.clock = FakeClock()
        self.mode = WriteMode(self.clock)
        self.mode.open()
        self.cluster = ScriptedCluster(self.mode, self.clock.now)
        self.log = AuditLog(folder / "audit" / "prod.jsonl")
        self.scaling = scaling or Scaling()
        self.production = production
        self.engine = self.again()

    def again(self) -> Engine:
        trail = Trail(self.log, self.clock, cluster=SafeText("prod"), operator=SafeText("op@bastion"))
        return Engine(
            self.cluster,
            catalogue(self.scaling, Killing()),
            trail,
            self.clock,
            self.mode,
            production=self.production,
        )

    async def check(self, order: Order = SCALE) -> Plan:
        plan = await self.engine.check(order)
        transcripts.heard.append(plan)
        return plan

    async def carry_out(self, plan: Plan, typed: str = "") -> list[Step]:
        return [step async for step in self.engine.carry_out(plan, typed)]

    async def carried(self, order: Order = SCALE) -> list[S]:
        """The states told when `order` is checked and carried out."""
        return [step.state for step in await self.carry_out(await self.check(order))]

    async def carried_in_time(self, order: Order = SCALE, pause: float = 1.0) -> list[Step]:
        """As `carry_out`, with time passing until it ends."""
        task = asyncio.create_task(self.carry_out(await self.check(order)))
        while not task.done():
            await self.pass_time(task, pause)
        return task.result()

    async def pass_time(self, task: asyncio.Task[list[Step]], seconds: float) -> None:
        """Let time pass once somebody waits for that; what is being written to the disk takes none."""
        while not task.done() and not self.clock.awaited:
            await asyncio.to_thread(lambda: None)
            await settle()
        await self.clock.advance(seconds)

    @property
    def recorded(self) -> list[S]:
        return [record.state for record in read(self.log.path)] if self.log.path.exists() else []


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def words_of(plan: Plan, title: str) -> str:
    return " ".join(f"{check.verdict.value}: {check.words}" for check in plan.checks if check.title == title)


async def test_a_plan_says_what_would_happen_and_nothing_is_sent(stage: Stage) -> None:
    plan = await stage.check()
    assert plan.target.uid == "uid-checkout"
    assert plan.target.resource_version == "1"
    assert plan.identity == "jane@example.com"
    assert plan.confirmation is Confirmation.KEY
    assert plan.blocked == ()
    assert ("spec.replicas", "3", "5") in [(change.path, change.before, change.after) for change in plan.changes]
    assert words_of(plan, "Access") == "fine: patch deployments in shop"
    assert words_of(plan, "Replicas") == "fine: 3 of 3 are ready"
    assert stage.cluster.sent == []
    assert stage.recorded == []


async def test_an_operation_walks_from_confirmed_to_verified_and_every_state_is_recorded(stage: Stage) -> None:
    steps = await stage.carry_out(await stage.check())
    assert [step.state for step in steps] == [S.CONFIRMED, S.RECORDED, S.SENT, S.APPLIED, S.APPLIED, S.VERIFIED]
    assert steps[-1].advice
    assert stage.recorded == [S.RECORDED, S.SENT, S.APPLIED, S.VERIFIED]
    assert verify(stage.log.path).fine
    first = read(stage.log.path)[0]
    assert (first.before, first.after, first.reason) == ("3", "5", "more load")
    assert (first.operator, first.identity, first.cluster) == ("op@bastion", "jane@example.com", "prod")
    assert (first.target.uid, first.target.resource_version) == ("uid-checkout", "1")


async def test_the_record_is_on_the_disk_before_anything_is_sent(stage: Stage) -> None:
    seen: list[list[S]] = []
    stage.cluster.before_send = lambda _: seen.append(stage.recorded)
    await stage.carried()
    assert seen == [[S.RECORDED, S.SENT]]


async def test_what_can_not_be_recorded_is_not_sent(stage: Stage) -> None:
    plan = await stage.check()
    stage.log.path.parent.mkdir()
    stage.log.path.mkdir()
    steps = await stage.carry_out(plan)
    assert steps[-1].state is S.REFUSED
    assert "can't be recorded" in steps[-1].words
    assert stage.cluster.sent == []


async def test_a_log_that_can_not_be_read_blocks_the_plan(stage: Stage) -> None:
    stage.log.path.parent.mkdir()
    stage.log.path.mkdir()
    assert words_of(await stage.check(), "Record").startswith("blocked")


# -- checks --------------------------------------------------------------------------------------


async def test_who_lacks_the_right_sees_which_one_before_anything_is_sent(stage: Stage) -> None:
    stage.cluster.denied = {Verb.PATCH, "exec"}
    for order, needed in ((SCALE, "patch deployments in shop"), (KILL, "create pods/exec in shop")):
        plan = await stage.check(order)
        assert f"you may not {needed}" in plan.blocked[0].words
        assert words_of(plan, "Rehearsal") == ""
        steps = await stage.carry_out(plan)
        assert [step.state for step in steps] == [S.REFUSED]
    assert stage.cluster.sent == []
    assert stage.recorded == []


@pytest.mark.parametrize(
    ("kind", "detail", "verdict", "words"),
    [
        (ErrorKind.UNPROCESSABLE, "spec.replicas: Invalid value", Verdict.BLOCKED, "Invalid value"),
        (ErrorKind.UNPROCESSABLE, 'webhook "x" does not support dry run', Verdict.WARNING, "can't be rehearsed"),
        (ErrorKind.THROTTLED, "violates the pod's disruption budget", Verdict.BLOCKED, "disruption budget"),
        (ErrorKind.CONFLICT, "", Verdict.BLOCKED, "look again"),
        (ErrorKind.TIMEOUT, "", Verdict.WARNING, "not rehearsed"),
    ],
)
async def test_the_rehearsal_says_what_the_server_would_say(
    kind: ErrorKind, detail: str, verdict: Verdict, words: str, stage: Stage
) -> None:
    stage.cluster.rehearsal = SourceError(kind, KUBERNETES, SafeText(detail))
    said = words_of(await stage.check(), "Rehearsal")
    assert said.startswith(verdict.value)
    assert words in said


async def test_a_command_in_a_container_says_that_it_can_not_be_rehearsed(stage: Stage) -> None:
    assert "can't be tried without running it" in words_of(await stage.check(KILL), "Rehearsal")


async def test_budgets_autoscalers_and_owners_are_named(stage: Stage) -> None:
    meta = {"namespace": "shop", "uid": "1", "resourceVersion": "1"}
    stage.cluster.objects[Kind.POD_DISRUPTION_BUDGET, "keep-two"] = {
        "metadata": {"name": "keep-two", **meta},
        "spec": {"selector": {"matchLabels": {"app": "checkout"}}},
        "status": {"disruptionsAllowed": 0},
    }
    stage.cluster.objects[Kind.POD_DISRUPTION_BUDGET, "other"] = {
        "metadata": {"name": "other", **meta},
        "spec": {"selector": {"matchLabels": {"app": "orders"}}},
    }
    stage.cluster.objects[Kind.HORIZONTAL_POD_AUTOSCALER, "checkout"] = {
        "metadata": {"name": "checkout", **meta},
        "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "checkout"}, "minReplicas": 2, "maxReplicas": 9},
    }
    metadata = stage.cluster.objects[Kind.DEPLOYMENT, "checkout"]["metadata"]
    metadata["annotations"] = {"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/checkout"}
    metadata["managedFields"] = [
        {"manager": "kube-controller-manager", "time": "2027-01-15T07:59:59Z", "subresource": "status"},
        {"manager": "argocd", "time": "2027-01-15T07:56:00Z"},
    ]
    plan = await stage.check()
    assert "keep-two allows 0" in words_of(plan, "Disruption budget")
    assert "other" not in words_of(plan, "Disruption budget")
    assert words_of(plan, "Autoscaler") == (
        "warning: checkout keeps it between 2 and 9 replicas and will set the number again"
    )
    assert "Argo CD manages it" in words_of(plan, "Owner")
    assert words_of(plan, "Last change") == "fine: 4 min ago by argocd"
    assert "does not ask it" in words_of(await stage.check(KILL), "Disruption budget")


async def test_the_only_ready_replica_is_a_warning(stage: Stage) -> None:
    stage.cluster.objects[Kind.DEPLOYMENT, "checkout"]["status"] = {"readyReplicas": 1}
    assert words_of(await stage.check(KILL), "Replicas") == "warning: 1 of 3 are ready: nothing serves meanwhile"


async def test_another_open_operation_on_the_same_object_is_named(stage: Stage) -> None:
    stage.cluster.faults = [Fault.LOST_BEFORE]
    carried = aiter(stage.engine.carry_out(await stage.check()))
    while (await anext(carried)).state is not S.UNKNOWN:
        pass
    words = words_of(await stage.check(), "Open operation")
    assert "scale by op@bastion" in words
    assert "unknown" in words
    assert words_of(await stage.check(KILL), "Open operation") == ""
    await carried.aclose()
    await stage.engine.finish()


async def test_an_object_that_took_the_others_name_is_not_acted_on(stage: Stage) -> None:
    shown = ObjectRef(Kind.DEPLOYMENT, SafeText("shop"), SafeText("checkout"), SafeText("uid-of-before"))
    with pytest.raises(SourceError) as caught:
        await stage.check(Order(OperationKind.SCALE, shown, replicas=5))
    assert caught.value.kind is ErrorKind.NOT_FOUND


async def test_a_change_since_the_target_was_shown_is_a_warning(stage: Stage) -> None:
    shown = ObjectRef(Kind.DEPLOYMENT, SafeText("shop"), SafeText("checkout"), resource_version=SafeText("0"))
    assert "since it was shown" in words_of(await stage.check(Order(OperationKind.SCALE, shown, replicas=5)), "View")


async def test_what_can_not_be_done_to_such_an_object_is_blocked(stage: Stage) -> None:
    plan = await stage.check(Order(OperationKind.SCALE, POD, replicas=1))
    assert "nothing that can be done to a Pod" in plan.blocked[0].words
    assert [step.state for step in await stage.carry_out(plan)] == [S.REFUSED]
    assert stage.engine.kinds_for(POD) == (OperationKind.RESTART_CONTAINER,)


async def test_an_order_that_comes_to_nothing_keeps_its_reason(stage: Stage) -> None:
    plan = await stage.check(Order(OperationKind.SCALE, DEPLOYMENT))
    assert plan.blocked[0].words == "no number is given"
    assert [step.state for step in await stage.carry_out(plan)] == [S.REFUSED]


async def test_the_ways_to_restart_come_checked(stage: Stage) -> None:
    (plan,) = await stage.engine.choices(POD, SafeText("app"))
    assert plan.order == KILL


async def test_without_the_cluster_there_is_no_plan(stage: Stage) -> None:
    stage.cluster.away = True
    with pytest.raises(SourceError):
        await stage.check()


# -- confirmation --------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["", "check", "Checkout", "checkout ", " checkout", "checkout\n", "y"])
async def test_on_production_only_the_exact_name_confirms(typed: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, production=True)
    plan = await stage.check()
    assert plan.confirmation is Confirmation.NAME
    assert [step.state for step in await stage.carry_out(plan, typed)] == [S.REFUSED]
    assert stage.cluster.sent == []
    assert stage.recorded == []
    assert (await stage.carry_out(plan, "checkout"))[-1].state is S.VERIFIED


async def test_a_plan_older_than_a_minute_must_be_checked_again(stage: Stage) -> None:
    plan = await stage.check()
    await stage.clock.advance(60.5)
    (step,) = await stage.carry_out(plan)
    assert step.state is S.REFUSED
    assert "look again" in step.words
    assert stage.cluster.sent == []


async def test_a_read_only_console_refuses_and_sends_nothing_whatever_is_asked_of_it(stage: Stage) -> None:
    stage.mode.close()
    for order in (SCALE, KILL):
        (step,) = await stage.carry_out(await stage.check(order), "checkout")
        assert step.state is S.REFUSED
        assert "read-only" in step.words
    await stage.engine.reconcile()
    assert stage.cluster.sent == []
    assert stage.recorded == []


async def test_write_mode_that_ends_between_record_and_sending_refuses_and_says_so_in_the_record(stage: Stage) -> None:
    plan = await stage.check()
    append = stage.log.append

    def closing(entry: object) -> object:
        stage.mode.close()
        return append(entry)

    stage.log.append = closing
    assert [step.state for step in await stage.carry_out(plan)][-1] is S.REFUSED
    assert stage.cluster.sent == []
    assert stage.recorded == [S.RECORDED, S.SENT, S.REFUSED]


async def test_a_plan_is_carried_out_once(stage: Stage) -> None:
    plan = await stage.check()
    await stage.carry_out(plan)
    (step,) = await stage.carry_out(plan)
    assert step.state is S.REFUSED
    assert stage.cluster.sent == [plan.id]


async def test_a_plan_that_was_altered_is_none(stage: Stage) -> None:
    plan = await stage.check()
    other = Plan(**{name: getattr(plan, name) for name in plan.__struct_fields__} | {"summary": SafeText("harmless")})
    (step,) = await stage.carry_out(other)
    assert step.state is S.REFUSED
    assert stage.cluster.sent == []


# -- outcomes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault.CONFLICT, "changed in between"),
        (Fault.FORBIDDEN, "nothing was changed"),
        (Fault.INVALID, "nothing was changed"),
        (Fault.BUDGET, "budget"),
        (Fault.NOT_SENT, "not sent"),
    ],
)
async def test_a_refusal_is_final_and_nothing_is_sent_again(fault: Fault, words: str, stage: Stage) -> None:
    stage.cluster.faults = [fault]
    steps = await stage.carry_out(await stage.check())
    assert steps[-1].state is S.REFUSED
    assert words in steps[-1].words
    assert len(stage.cluster.sent) == 1
    assert stage.recorded == [S.RECORDED, S.SENT, S.REFUSED]


async def test_a_change_in_between_offers_the_same_order_anew_and_other_refusals_do_not(stage: Stage) -> None:
    stage.cluster.faults = [Fault.CONFLICT, Fault.FORBIDDEN]
    plan = await stage.check()
    assert (await stage.carry_out(plan))[-1].advice == (plan.order,)
    assert (await stage.carry_out(await stage.check()))[-1].advice == ()


@pytest.mark.parametrize("fault", [Fault.LOST_AFTER, Fault.ERROR_AFTER])
async def test_a_lost_answer_is_unknown_until_a_read_shows_the_effect(fault: Fault, stage: Stage) -> None:
    stage.cluster.faults = [fault]
    steps = await stage.carried_in_time()
    states = [step.state for step in steps]
    assert states[:6] == [S.CONFIRMED, S.RECORDED, S.SENT, S.UNKNOWN, S.APPLIED, S.APPLIED]
    assert states[-1] is S.VERIFIED
    assert len(stage.cluster.sent) == 1
    assert stage.recorded == [S.RECORDED, S.SENT, S.UNKNOWN, S.APPLIED, S.VERIFIED]


@pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.ERROR_BEFORE])
async def test_a_lost_request_is_refused_only_when_it_can_not_arrive_any_more(fault: Fault, stage: Stage) -> None:
    stage.cluster.faults = [fault]
    begun = stage.clock.now()
    steps = await stage.carried_in_time()
    assert steps[-1].state is S.REFUSED
    assert steps[-1].at - begun >= SETTLED_AFTER
    assert len(stage.cluster.sent) == 1


async def test_a_request_that_arrives_late_is_applied_not_refused(stage: Stage) -> None:
    stage.cluster.faults = [Fault.LATE]
    assert (await stage.carried_in_time())[-1].state is S.VERIFIED
    assert stage.recorded == [S.RECORDED, S.SENT, S.UNKNOWN, S.APPLIED, S.VERIFIED]


async def test_while_the_cluster_is_away_the_outcome_stays_unknown_and_is_settled_when_it_is_back(stage: Stage) -> None:
    stage.cluster.faults = [Fault.LOST_AFTER]
    plan = await stage.check()
    task = asyncio.create_task(stage.carry_out(plan))
    stage.cluster.before_send = lambda _: setattr(stage.cluster, "away", True)
    for _ in range(20):
        await stage.pass_time(task, 5)
    assert not task.done()
    assert stage.recorded == [S.RECORDED, S.SENT, S.UNKNOWN]
    stage.cluster.away = False
    while not task.done():
        await stage.pass_time(task, 5)
    assert task.result()[-1].state is S.VERIFIED
    assert stage.cluster.sent == [plan.id]


async def test_what_stays_unknown_too_long_is_left_to_the_next_start(stage: Stage) -> None:
    stage.cluster.faults = [Fault.LOST_AFTER]
    stage.cluster.before_send = lambda _: setattr(stage.cluster, "away", True)
    steps = await stage.carried_in_time(pause=30)
    assert steps[-1].state is S.UNKNOWN
    assert stage.recorded == [S.RECORDED, S.SENT, S.UNKNOWN]
    stage.cluster.away = False
    (record,) = await stage.again().reconcile()
    assert record.state is S.APPLIED
    assert await stage.again().reconcile() == ()


async def test_an_operation_on_a_cluster_whose_name_means_another_now_is_not_settled_by_that_one(stage: Stage) -> None:
    stage.cluster.faults = [Fault.LOST_AFTER]
    stage.cluster.before_send = lambda _: setattr(stage.cluster, "away", True)
    assert (await stage.carried_in_time(pause=30))[-1].state is S.UNKNOWN
    stage.cluster.away, stage.cluster.id = False, SafeText("cluster-b")
    stage.mode.open()
    for _ in range(2):
        (record,) = await stage.again().reconcile()
        assert (record.state, record.words) == (S.UNKNOWN, "unknown: another cluster has this name now")
    assert stage.recorded == [S.RECORDED, S.SENT, S.UNKNOWN, S.UNKNOWN]
    stage.cluster.id = SafeText("cluster-a")
    (record,) = await stage.again().reconcile()
    assert record.state is S.APPLIED


async def test_without_the_right_to_tell_clusters_apart_operations_are_settled_all_the_same(stage: Stage) -> None:
    stage.cluster.id = SafeText("")
    stage.cluster.faults = [Fault.LOST_AFTER]
    stage.cluster.before_send = lambda _: setattr(stage.cluster, "away", True)
    await stage.carried_in_time(pause=30)
    stage.cluster.away = False
    (record,) = await stage.again().reconcile()
    assert record.state is S.APPLIED


async def test_an_unknown_operation_that_another_one_overtook_is_closed_not_guessed(stage: Stage) -> None:
    stage.cluster.faults = [Fault.LOST_BEFORE]
    stage.cluster.before_send = lambda _: setattr(stage.cluster, "away", True)
    assert (await stage.carried_in_time(KILL, pause=30))[-1].state is S.UNKNOWN
    stage.cluster.away, stage.cluster.before_send = False, lambda _: None
    stage.mode.open()
    assert (await stage.carried(KILL))[-1] is S.VERIFIED
    (record,) = await stage.again().reconcile()
    assert record.state is S.UNKNOWN
    assert "for good" in record.words
    assert await stage.again().reconcile() == ()
    assert words_of(await stage.check(KILL), "Open operation") == ""


async def test_an_effect_that_fails_is_unverified(tmp_path: Path) -> None:
    stage = Stage(tmp_path, scaling=Scaling(S.UNVERIFIED))
    assert (await stage.carried())[-1] is S.UNVERIFIED
    assert stage.recorded[-1] is S.UNVERIFIED


async def test_watching_goes_on_after_the_cluster_did_not_answer(stage: Stage) -> None:
    stage.scaling.watch_errors = [SourceError(ErrorKind.UNREACHABLE, KUBERNETES)] * 2
    steps = await stage.carried_in_time()
    assert sum("can't be seen just now" in step.words for step in steps) == 2
    assert steps[-1].state is S.VERIFIED


# -- commands ------------------------------------------------------------------------------------


async def test_the_second_attempt_is_made_only_when_the_first_was_certainly_not_started(stage: Stage) -> None:
    stage.cluster.executed = [Executed(None, SafeText(""), SafeText("kill: not found"), ran=False)]
    assert (await stage.carried(KILL))[-1] is S.VERIFIED
    status = stage.cluster.objects[Kind.POD, "checkout-1"]["status"]
    assert status["killed"] == [["/bin/sh", "-c", "kill 1"]]
    assert len(stage.cluster.applied) == 1


async def test_a_container_without_both_is_told_as_refused(stage: Stage) -> None:
    stage.cluster.executed = [Executed(None, SafeText(""), SafeText("not found"), ran=False)] * 2
    steps = await stage.carry_out(await stage.check(KILL))
    assert steps[-1].state is S.REFUSED
    assert "not found" in steps[-1].words
    assert stage.cluster.applied == []


@pytest.mark.parametrize(("code", "end"), [(0, S.VERIFIED), (1, S.REFUSED), (None, S.VERIFIED), (137, S.VERIFIED)])
async def test_an_exit_code_is_believed_unless_the_container_may_have_ended_with_it(
    code: int | None, end: S, stage: Stage
) -> None:
    stage.cluster.executed = [Executed(code, SafeText(""))]
    steps = await stage.carried_in_time(KILL)
    assert steps[-1].state is end
    assert len(stage.cluster.sent) == 1


async def test_a_container_that_restarted_since_the_plan_is_not_killed_again(stage: Stage) -> None:
    plan = await stage.check(KILL)
    stage.cluster.objects[Kind.POD, "checkout-1"]["status"]["restarts"] = 1
    steps = await stage.carry_out(plan)
    assert steps[-1].state is S.REFUSED
    assert "look again" in steps[-1].words
    assert stage.cluster.sent == []
    assert stage.recorded == []


# -- leaving, and two consoles -------------------------------------------------------------------


async def test_leaving_before_anything_was_sent_drops_it(stage: Stage) -> None:
    carried = stage.engine.carry_out(await stage.check())
    assert (await anext(carried)).state is S.CONFIRMED
    await carried.aclose()
    assert await stage.engine.finish()
    assert stage.cluster.sent == []
    assert stage.recorded in ([], [S.RECORDED, S.REFUSED])


async def test_leaving_after_it_was_sent_takes_nothing_back_and_the_record_goes_on(stage: Stage) -> None:
    carried = stage.engine.carry_out(await stage.check())
    while (await anext(carried)).state is not S.SENT:
        pass
    await carried.aclose()
    while stage.recorded[-1] is not S.VERIFIED:
        await asyncio.to_thread(lambda: None)
        await settle()
    assert stage.recorded == [S.RECORDED, S.SENT, S.APPLIED, S.VERIFIED]


async def test_the_end_of_the_console_waits_for_the_answer_but_not_for_the_effect(stage: Stage) -> None:
    answer = asyncio.Event()
    send = stage.cluster.send

    async def slow(*arguments: object) -> object:
        await answer.wait()
        return await send(*arguments)

    stage.cluster.send = slow
    carried = stage.engine.carry_out(await stage.check())
    while (await anext(carried)).state is not S.SENT:
        pass
    ending = asyncio.create_task(stage.engine.finish())
    await settle()
    assert not ending.done()
    answer.set()
    assert await ending
    assert stage.recorded == [S.RECORDED, S.SENT, S.APPLIED]
    await carried.aclose()


async def test_an_operation_in_another_consoles_hands_is_not_settled_by_this_one(stage: Stage) -> None:
    stage.cluster.faults = [Fault.LOST_BEFORE]
    carried = aiter(stage.engine.carry_out(await stage.check()))
    while (await anext(carried)).state is not S.UNKNOWN:
        pass
    await stage.clock.advance(0)
    assert await stage.again().reconcile() == ()
    assert await stage.engine.finish()
    await carried.aclose()
    assert stage.recorded[-1] is S.UNKNOWN
    await stage.clock.advance(2 * SETTLED_AFTER)
    (record,) = await stage.again().reconcile()
    assert record.state is S.REFUSED


async def test_two_operations_at_once_on_one_object_change_it_once(stage: Stage) -> None:
    plans = [await stage.check(), await stage.check()]
    ends = await asyncio.gather(*(stage.carry_out(plan) for plan in plans))
    assert sorted(steps[-1].state.value for steps in ends) == ["refused", "verified"]
    assert len(stage.cluster.applied) == 1
