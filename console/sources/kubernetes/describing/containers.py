"""The containers of a pod, told whole."""

from __future__ import annotations

from collections.abc import Iterable

from opsconsole.domain.pod_description import DescribedContainer, DescribedState, Pairs
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text
from opsconsole.sources.kubernetes.describing.described_objects import (
    EndedState,
    EnvironmentSource,
    ObservedContainer,
    ObservedPod,
    ObservedState,
    Resources,
    SpecifiedContainer,
    SpecifiedPod,
    Variable,
)
from opsconsole.sources.kubernetes.describing.hidden_values import plain_arguments, plain_value
from opsconsole.sources.kubernetes.objects import ProbeSpec
from opsconsole.sources.kubernetes.probes import handler_text
from opsconsole.sources.moments import parse_moment

_NAME_LIMIT = 256


def containers_of(spec: SpecifiedPod, status: ObservedPod) -> tuple[DescribedContainer, ...]:
    """Containers first, then sidecars and init containers, then those of `kubectl debug`, each in the pod's order."""
    groups = (
        ("container", spec.containers, status.container_statuses),
        ("init", spec.init_containers, status.init_container_statuses),
        ("ephemeral", spec.ephemeral_containers, status.ephemeral_container_statuses),
    )
    return tuple(
        _container(_role(role, one), one, seen)
        for role, specified, observed in groups
        for one, seen in _paired(specified or (), observed or ())
    )


def moment_of(text: str | None) -> float | None:
    """Unix seconds of a time in an object, None for none."""
    return parse_moment(text) if text else None


def _paired(
    specified: Iterable[SpecifiedContainer], observed: Iterable[ObservedContainer]
) -> list[tuple[SpecifiedContainer, ObservedContainer | None]]:
    by_name = {one.name: one for one in observed}
    return [(one, by_name.get(one.name)) for one in specified]


def _role(role: str, container: SpecifiedContainer) -> str:
    return "sidecar" if role == "init" and container.restart_policy == "Always" else role


def _container(role: str, spec: SpecifiedContainer, status: ObservedContainer | None) -> DescribedContainer:
    seen = status or ObservedContainer(spec.name)
    return DescribedContainer(
        name=safe_text(spec.name, _NAME_LIMIT),
        role=SafeText(role),
        image=safe_text(spec.image),
        image_id=safe_text(seen.image_id),
        container_id=safe_text(seen.container_id),
        command=safe_text(" ".join(plain_arguments([*(spec.command or ()), *(spec.args or ())]))),
        ready=seen.ready,
        started=seen.started,
        restarts=seen.restart_count,
        state=_state(seen.state),
        last_state=_state(seen.last_state),
        ports=tuple(
            safe_text(f"{port.container_port}/{port.protocol}{f' ({port.name})' if port.name else ''}")
            for port in spec.ports or ()
        ),
        resources=_resources(spec.resources),
        probes=_probes(spec),
        environment=_environment(spec.env or (), spec.env_from or ()),
        mounts=tuple(
            (safe_text(mount.mount_path), safe_text(f"{mount.name}{', read-only' if mount.read_only else ''}"))
            for mount in spec.volume_mounts or ()
        ),
    )


def _state(state: ObservedState) -> DescribedState | None:
    for word, told in (("running", state.running), ("waiting", state.waiting), ("terminated", state.terminated)):
        if told is not None:
            return _told(word, told)
    return None


def _told(word: str, told: EndedState) -> DescribedState:
    return DescribedState(
        SafeText(word),
        safe_text(told.reason, _NAME_LIMIT),
        safe_text(told.message),
        told.exit_code if word == "terminated" else None,
        moment_of(told.started_at),
        moment_of(told.finished_at),
    )


def _resources(resources: Resources) -> Pairs:
    """`100m to 500m`: from what is requested to the limit; a side that is not set says so."""
    asked, limits = resources.requests or {}, resources.limits or {}
    return tuple(
        (
            safe_text(name, _NAME_LIMIT),
            safe_text(f"{asked.get(name, 'nothing')} requested, {limits.get(name, 'no')} limit"),
        )
        for name in dict.fromkeys((*asked, *limits))
    )


def _probes(spec: SpecifiedContainer) -> Pairs:
    kinds = (
        ("startup", spec.startup_probe),
        ("readiness", spec.readiness_probe),
        ("liveness", spec.liveness_probe),
    )
    return tuple((SafeText(kind), _probe(probe)) for kind, probe in kinds if probe is not None)


def _probe(probe: ProbeSpec) -> SafeText:
    after = f", first after {probe.initial_delay_seconds}s" if probe.initial_delay_seconds else ""
    return SafeText(
        f"{handler_text(probe)}, every {probe.period_seconds}s{after}, timeout {probe.timeout_seconds}s, "
        f"fails after {probe.failure_threshold}, passes after {probe.success_threshold}"
    )


def _environment(variables: Iterable[Variable], sources: Iterable[EnvironmentSource]) -> Pairs:
    whole = [
        (f"{source.prefix}*", f"all of {'Secret' if source.secret_ref else 'ConfigMap'} {reference.name}")
        for source in sources
        if (reference := source.secret_ref or source.config_map_ref) is not None
    ]
    single = [(one.name, _value(one)) for one in variables]
    return tuple((safe_text(name, _NAME_LIMIT), safe_text(value)) for name, value in (*whole, *single))


def _value(variable: Variable) -> str:
    source = variable.value_from
    if source is None:
        return plain_value(variable.name, variable.value)
    if source.secret_key_ref is not None:
        return f"from Secret {source.secret_key_ref.name}, {source.secret_key_ref.key}"
    if source.config_map_key_ref is not None:
        return f"from ConfigMap {source.config_map_key_ref.name}, {source.config_map_key_ref.key}"
    if source.field_ref is not None:
        return f"from the pod's {source.field_ref.field_path}"
    if source.resource_field_ref is not None:
        return f"from {source.resource_field_ref.resource}"
    return "from somewhere else"
