"""What operations have to know of a pod's containers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from opsconsole.domain.cluster_object import JsonObject
from opsconsole.operations.json_path import mapping_at, objects_at, text_at, true_at, whole_number_at

MIRROR = "kubernetes.io/config.mirror"
"""Annotation of the API's picture of a static pod, which the kubelet runs from a file."""

DEFAULT_GRACE = 30


class ContainerState(msgspec.Struct, frozen=True):
    """A container as its status tells; `identity` is the runtime's id of the running or last one."""

    identity: str
    restarts: int
    ready: bool
    running: bool
    started_at: float | None = None
    waiting: str = ""
    """Why it waits, such as `CrashLoopBackOff`."""
    last_exit: str = ""
    """How the one before ended: `Error (exit code 143)`."""


def container_names(pod: JsonObject) -> tuple[str, ...]:
    """Names of the containers that run as long as the pod: sidecars last."""
    return tuple(text_at(spec, "name") for spec in _lasting(pod))


def container_spec(pod: JsonObject, name: str) -> JsonObject:
    """The spec of a container that runs as long as the pod; empty when there is none of that name."""
    return next((spec for spec in _lasting(pod) if text_at(spec, "name") == name), {})


def restart_policy(pod: JsonObject, name: str) -> str:
    """`Always`, `OnFailure` or `Never`: the container's own (KEP-753 for sidecars, KEP-5307), else the pod's."""
    own = text_at(container_spec(pod, name), "restartPolicy")
    return own or text_at(pod, "spec", "restartPolicy") or "Always"


def container_state(pod: JsonObject, name: str) -> ContainerState | None:
    """The container's status; None before the kubelet has written one."""
    lists = ("containerStatuses", "initContainerStatuses")
    every = (one for field in lists for one in objects_at(pod, "status", field))
    status = next((one for one in every if text_at(one, "name") == name), None)
    if status is None:
        return None
    ended = mapping_at(status, "lastState", "terminated")
    code = whole_number_at(ended, "exitCode")
    return ContainerState(
        identity=text_at(status, "containerID"),
        restarts=whole_number_at(status, "restartCount"),
        ready=true_at(status, "ready"),
        running=bool(mapping_at(status, "state", "running")),
        started_at=moment_at(status, "state", "running", "startedAt"),
        waiting=text_at(status, "state", "waiting", "reason"),
        last_exit=f"{text_at(ended, 'reason') or 'ended'} (exit code {code})" if ended else "",
    )


def grace_seconds(pod: JsonObject) -> int:
    """Seconds between SIGTERM and SIGKILL when the pod is ended."""
    return whole_number_at(pod, "spec", "terminationGracePeriodSeconds", default=DEFAULT_GRACE)


def is_mirror(pod: JsonObject) -> bool:
    """Whether it is a static pod's picture: deleting it does not end the pod."""
    return bool(text_at(pod, "metadata", "annotations", MIRROR))


def is_ending(pod: JsonObject) -> bool:
    """Whether it has been asked to end."""
    return bool(text_at(pod, "metadata", "deletionTimestamp"))


def is_over(pod: JsonObject) -> bool:
    """Whether all its containers have ended for good."""
    return text_at(pod, "status", "phase") in ("Succeeded", "Failed")


def moment_at(body: object, *keys: str) -> float | None:
    """The RFC 3339 time under `keys` as unix seconds."""
    try:
        return datetime.fromisoformat(text_at(body, *keys)).timestamp()
    except (ValueError, OverflowError):
        return None


def _lasting(pod: JsonObject) -> Iterator[JsonObject]:
    yield from objects_at(pod, "spec", "containers")
    for spec in objects_at(pod, "spec", "initContainers"):
        if text_at(spec, "restartPolicy") == "Always":
            yield spec
