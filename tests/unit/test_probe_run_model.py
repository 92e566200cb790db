"""The estimate of a probe's run, held against a model of the kubelet over random stories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from model_kubelet import ModelKubelet
from opsconsole.domain.pod import Evidence, Probe, ProbeKind, ProbeState
from opsconsole.sources.kubernetes.probes import probes_of
from opsconsole.sources.kubernetes.probing.probe_watch import ProbeWatch

COUNTED = (Evidence.COUNTER, Evidence.KUBELET)

ticks = st.tuples(
    st.just("tick"),
    st.sampled_from(["pass", "fail", "fail", "fail", "warn", "error"]),
    st.sampled_from(["refused", "timeout", "500", *(f"try {number}" for number in range(12))]),
)
actions = st.one_of(
    ticks,
    ticks,
    ticks,
    st.tuples(st.just("restart")),
    st.tuples(st.just("noise"), st.integers(1, 26)),
    st.tuples(st.just("wait"), st.integers(1, 400)),
    st.tuples(st.just("scrape")),
    st.tuples(st.just("list")),
)
stories = st.lists(actions, max_size=60)
kubelets = st.builds(
    ModelKubelet, kind=st.sampled_from(ProbeKind), period=st.integers(4, 30), threshold=st.integers(1, 5)
)


@dataclass
class Story:
    """A kubelet, and a console that watches it. `sees` is how the console is told of events."""

    kubelet: ModelKubelet
    sees: str
    watch: ProbeWatch

    def act(self, action: tuple[Any, ...]) -> None:
        kubelet, verb = self.kubelet, action[0]
        if verb == "tick":
            kubelet.tick(action[1], action[2])
            if kubelet.given_up:
                kubelet.kill()
        elif verb == "restart":
            kubelet.restart()
        elif verb == "noise":
            kubelet.noise(action[1])
        elif verb == "wait" and (kubelet.on_hold or kubelet.started_up):
            kubelet.now += action[1]
        elif verb == "scrape":
            self.watch.learn(kubelet.counters())
        if self.sees == "watch" or verb == "list":
            for event in kubelet.events() if self.sees == "watch" else kubelet.listed_events():
                self.watch.saw_event(event)
        self.watch.saw_status("u1", kubelet.status(), kubelet.now)

    def probe(self, after: float = 0.6) -> Probe:
        now = self.kubelet.now + after
        (probe,) = probes_of(self.kubelet.spec(), self.kubelet.status(), "u1", self.watch, now)
        return probe


def story(kubelet: ModelKubelet, sees: str) -> Story:
    return Story(kubelet, sees, ProbeWatch())


@given(kubelets, stories, st.sampled_from(["watch", "list"]))
@settings(max_examples=100, deadline=None)
def test_whatever_happens_no_estimate_goes_beyond_what_can_be(kubelet: ModelKubelet, steps: Any, sees: str) -> None:
    told = story(kubelet, sees)
    for step in steps:
        told.act(step)
        probe = told.probe()
        assert probe.failures is None or 0 <= probe.failures <= kubelet.threshold
        if kubelet.kind is ProbeKind.READINESS and not kubelet.ready:
            assert probe.state is not ProbeState.PASSING
        if kubelet.kind is ProbeKind.STARTUP and not kubelet.started:
            assert probe.state is not ProbeState.PASSING
        if probe.throttled and probe.state is ProbeState.PASSING and kubelet.kind is ProbeKind.LIVENESS:
            assert probe.evidence in COUNTED
        if probe.throttled and probe.evidence is Evidence.EVENTS and probe.killed_at is None:
            assert not probe.exact


@given(kubelets, st.lists(st.one_of(ticks, ticks, ticks, st.tuples(st.just("restart"))), max_size=60))
@settings(max_examples=100, deadline=None)
def test_a_counter_read_after_every_check_gives_the_kubelets_own_count(kubelet: ModelKubelet, steps: Any) -> None:
    told = story(kubelet, "nothing")
    told.watch.learn(kubelet.counters())
    for step in steps:
        told.act(step)
        told.watch.learn(kubelet.counters())
        probe = told.probe()
        if kubelet.started_up or probe.evidence is Evidence.STATUS:
            assert kubelet.started_up or kubelet.count == 0 or kubelet.carried or kubelet.last_tick_failed is None
            continue
        assert (probe.failures, probe.exact) == (kubelet.count, True)
        if kubelet.last_tick_failed and kubelet.kind is ProbeKind.LIVENESS:
            assert probe.state is ProbeState.FAILING


@given(kubelets, st.lists(st.one_of(ticks, ticks, st.tuples(st.just("restart")), st.tuples(st.just("scrape")))))
@settings(max_examples=100, deadline=None)
def test_a_counter_read_now_and_then_never_claims_a_wrong_count(kubelet: ModelKubelet, steps: Any) -> None:
    told = story(kubelet, "nothing")
    for step in steps:
        told.act(step)
        if step[0] != "scrape" or kubelet.started_up:
            continue
        probe = told.probe()
        if probe.exact:
            assert probe.failures == kubelet.count


@given(
    st.builds(ModelKubelet, kind=st.just(ProbeKind.LIVENESS), period=st.integers(4, 30), threshold=st.integers(1, 5)),
    st.lists(st.one_of(ticks, ticks, ticks, st.tuples(st.just("restart"))), max_size=20),
)
@settings(max_examples=100, deadline=None)
def test_watched_events_that_all_come_give_the_kubelets_own_count_in_one_life(
    kubelet: ModelKubelet, steps: Any
) -> None:
    told = story(kubelet, "watch")
    for step in steps:
        told.act(step)
        if not kubelet.correlator.can_send(kubelet.now) or kubelet.carried:
            return
        # A success is silent; only when the next event should be there and is not, it is one.
        succeeded = step[:2] == ("tick", "pass")
        probe = told.probe(after=2 * kubelet.period + 10 if succeeded and not kubelet.on_hold else 0.6)
        assert (probe.failures or 0) == kubelet.count
        assert (probe.state is ProbeState.FAILING) == (kubelet.count > 0)
        assert not probe.exact or probe.killed_at == kubelet.killed_at


@given(kubelets, stories)
@settings(max_examples=100, deadline=None)
def test_a_kubelet_that_can_send_nothing_is_never_believed_to_be_silent_for_joy(
    kubelet: ModelKubelet, steps: Any
) -> None:
    told = story(kubelet, "watch")
    for step in steps:
        if step[0] == "scrape":
            continue
        told.act(step)
        probe = told.probe(after=0.0)
        if not kubelet.correlator.can_send(kubelet.now):
            assert probe.throttled or probe.killed_at is not None
            assert kubelet.kind is not ProbeKind.LIVENESS or probe.state is not ProbeState.PASSING
        else:
            assert not probe.throttled or kubelet.kind is ProbeKind.READINESS


@given(kubelets, stories)
@settings(max_examples=100, deadline=None)
def test_after_the_threshold_the_next_container_starts_at_nothing(kubelet: ModelKubelet, steps: Any) -> None:
    told = story(kubelet, "watch")
    for step in steps:
        told.act(step)
        if kubelet.given_up:
            probe = told.probe()
            assert (probe.state, probe.failures) == (ProbeState.FAILING, kubelet.threshold)
            kubelet.restart()
            told.watch.learn(kubelet.counters())
            probe = told.probe()
            assert probe.failures in (None, 0)
            assert probe.state is not ProbeState.FAILING
