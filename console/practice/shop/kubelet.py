"""Containers start, are probed, are killed and start again.

Rules of the kubelet: a startup probe suspends the other two until it has succeeded; a failing
liveness or startup probe ends the container at its threshold; restarts back off from 10 s, doubling
to 300 s, and the count starts anew after ten minutes of running.
"""

from __future__ import annotations

from typing import Any

from opsconsole.practice.shop import identity
from opsconsole.practice.shop.events import EventLog
from opsconsole.practice.shop.health import find
from opsconsole.practice.shop.noise import Noise
from opsconsole.practice.shop.scenario import Fault
from opsconsole.practice.shop.workload import PROBE_RESULTS, Pod, Run

_INDEX = {result: index for index, result in enumerate(PROBE_RESULTS)}
_SPEC = {"Startup": "startupProbe", "Readiness": "readinessProbe", "Liveness": "livenessProbe"}
_STOP_SECONDS = 2
_ENDING = frozenset(("TERM", "INT", "QUIT", "HUP"))
"""Signals the shop's processes have a handler for. SIGKILL from inside does nothing to process 1."""
_TERMINATED, _KILLED = 143, 137
_CALM_SECONDS = 600


class Kubelet:
    """Cares for the pods of every node."""

    def __init__(self, fault: Fault | None, noise: Noise, events: EventLog) -> None:
        """What probes find comes from `fault` and `noise`."""
        self._fault = fault
        self._noise = noise
        self._events = events

    def step(self, pod: Pod, now: int) -> None:
        """What happens to `pod` in the second `now`."""
        run = pod.run
        if run is None:
            begin = pod.restart_at if pod.runs else pod.start_at
            if begin is not None and now >= begin and pod.deleted_at is None:
                self._start(pod, now)
            return
        if pod.stopping_at is not None:
            if now >= pod.stopping_at:
                self._stopped(pod, run, now)
            return
        container = pod.template["spec"]["containers"][0]
        if "startupProbe" not in container:
            pod.started = True
        if "readinessProbe" not in container and pod.started and not pod.ready:
            self._set_ready(pod, True, now)
        for probe in ("Readiness", "Liveness") if pod.started else ("Startup",):
            spec = container.get(_SPEC[probe])
            if spec is not None and not pod.stopping and self._due(spec, run, now):
                self._probe(pod, run, probe, spec, now)

    @staticmethod
    def _due(spec: dict[str, Any], run: Run, now: int) -> bool:
        since = now - run.started_at - int(spec.get("initialDelaySeconds", 0)) - 1
        return since >= 0 and since % int(spec.get("periodSeconds", 10)) == 0

    def signal(self, pod: Pod, signal: str, now: int) -> None:
        """Process 1 of the pod's container gets `signal` from a process beside it."""
        if pod.run is not None and pod.service.heeds and signal in _ENDING and not pod.stopping:
            pod.stopping_at, pod.exit_code = now + _STOP_SECONDS, _TERMINATED

    def _end(self, pod: Pod, now: int) -> None:
        """Tell the container to end, and kill it after the grace period."""
        if pod.service.heeds:
            pod.stopping_at, pod.exit_code = now + _STOP_SECONDS, _TERMINATED
            return
        grace = int(pod.template["spec"].get("terminationGracePeriodSeconds", 30))
        pod.stopping_at, pod.exit_code = now + grace, _KILLED

    def _start(self, pod: Pod, now: int) -> None:
        name, image = pod.service.name, pod.template["spec"]["containers"][0].get("image", "")
        pod.runs.append(Run(identity.container_id(pod.uid, len(pod.runs)), now))
        pod.started = pod.ready = False
        pod.failures.clear()
        pod.waiting, pod.restart_at = "", None
        self._events.of_pod(pod, now, "Pulled", f'Container image "{image}" already present on machine')
        self._events.of_pod(pod, now, "Created", f"Created container: {name}")
        self._events.of_pod(pod, now, "Started", f"Started container {name}")

    def _probe(self, pod: Pod, run: Run, probe: str, spec: dict[str, Any], now: int) -> None:
        finding = find(self._fault, pod, run, probe, now, self._noise)
        pod.probes[_INDEX[probe, "successful" if finding.passed else "failed"]] += 1
        if finding.passed:
            pod.failures[probe] = 0
            if probe == "Startup":
                pod.started = True
            if probe == "Readiness" and not pod.ready:
                self._set_ready(pod, True, now)
            return
        pod.failures[probe] += 1
        self._events.of_pod(pod, now, "Unhealthy", f"{probe} probe failed: {finding.output}", warning=True)
        if pod.failures[probe] < int(spec.get("failureThreshold", 3)):
            return
        if probe == "Readiness":
            if pod.ready:
                self._set_ready(pod, False, now)
            return
        self._events.of_pod(
            pod, now, "Killing", f"Container {pod.service.name} failed {probe.lower()} probe, will be restarted"
        )
        self._end(pod, now)

    def _set_ready(self, pod: Pod, ready: bool, now: int) -> None:
        pod.ready, pod.ready_at = ready, now

    def _stopped(self, pod: Pod, run: Run, now: int) -> None:
        run.finished_at, run.reason, run.exit_code = now, "Error", pod.exit_code
        pod.stopping_at, pod.started = None, False
        if pod.ready:
            self._set_ready(pod, False, now)
        recent = 0
        for past in reversed(pod.runs):
            if past.finished_at is None or past.finished_at - past.started_at >= _CALM_SECONDS:
                break
            recent += 1
        delay = min(300, 10 * 2 ** (recent - 2)) if recent >= 2 else 1
        pod.restart_at, pod.waiting = now + delay, "CrashLoopBackOff" if delay > 1 else "ContainerCreating"
        if delay > 1:
            self._events.of_pod(
                pod,
                now,
                "BackOff",
                f"Back-off restarting failed container {pod.service.name} in pod {pod.name}_{pod.namespace}({pod.uid})",
                warning=True,
            )
