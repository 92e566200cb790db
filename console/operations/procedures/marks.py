"""The id an operation leaves in the cluster, so that "did it apply?" becomes a read; and the guard of its patch."""

from __future__ import annotations

from collections.abc import Sequence

from opsconsole.domain.cluster_object import JsonObject, LiveObject
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.operation import Check, Verdict
from opsconsole.domain.text import SafeText
from opsconsole.operations.control import ClusterControl, Mutation, PatchType, Verb
from opsconsole.operations.json_path import at, text_at, whole_number_at
from opsconsole.operations.procedure import Intent

OPERATION = "opsconsole.io/operation"
"""Annotation of a changed object: the id under which the change was recorded before it was sent."""


def mark_in(body: JsonObject) -> str:
    """The id of the last operation that left one."""
    return text_at(body, "metadata", "annotations", OPERATION)


def guarded_patch(live: LiveObject, operation: str, changes: Sequence[JsonObject]) -> Mutation:
    """A JSON patch of `changes` that leaves the mark, refused by the server once the spec is another than in `live`.

    It tests `uid` and `generation`, which grows with every change of the spec (Kubernetes API conventions,
    "Metadata"). `resourceVersion` would not do: controllers write an object's status all the time while pods come
    and go, so that just the workloads in trouble could not be changed at all.
    """
    tests = [_test("/metadata/uid", str(live.ref.uid))]
    generation = at(live.body, "metadata", "generation")
    if isinstance(generation, int):
        tests.append(_test("/metadata/generation", generation))
    return Mutation(
        Verb.PATCH,
        live.ref,
        [*tests, *annotated(live.body, ("metadata",), OPERATION, operation), *changes],
        "",
        PatchType.JSON,
    )


def set_field(path: str, value: object) -> JsonObject:
    """The operation of a JSON patch that sets a field, whether it is there or not (RFC 6902, 4.1)."""
    return {"op": "add", "path": path, "value": value}


def annotated(body: JsonObject, path: Sequence[str], key: str, value: str) -> list[JsonObject]:
    """Operations of a JSON patch that set annotation `key` of the object under `path`, whether it has any or not."""
    place = "/" + "/".join((*path, "annotations"))
    if at(body, *path, "annotations") is None:
        return [_test(place, None), set_field(place, {key: value})]
    # "/" and "~" in a JSON pointer: RFC 6901, 3.
    return [set_field(f"{place}/{key.replace('~', '~0').replace('/', '~1')}", value)]


def _test(path: str, value: object) -> JsonObject:
    return {"op": "test", "path": path, "value": value}


def baseline(live: LiveObject) -> dict[str, str]:
    """What `settled_by_mark` needs of the time before."""
    return {"mark": mark_in(live.body), "generation": str(whole_number_at(live.body, "metadata", "generation"))}


async def settled_by_mark(control: ClusterControl, intent: Intent) -> bool | None:
    """As `Procedure.settled` for changes that leave the mark.

    None when the object is gone, or another operation has left its own mark since.
    """
    try:
        live = await control.read(intent.target)
    except SourceError as error:
        if error.kind is ErrorKind.NOT_FOUND:
            return None
        raise
    mark = mark_in(live.body)
    if mark == intent.operation:
        return True
    return False if mark == intent.baseline.get("mark", "") else None


def blocked(title: str, words: str) -> Check:
    """Why it can't be done here."""
    return Check(SafeText(title), Verdict.BLOCKED, SafeText(words))


def warning(title: str, words: str) -> Check:
    """What one should know before doing it."""
    return Check(SafeText(title), Verdict.WARNING, SafeText(words))


def fine(title: str, words: str) -> Check:
    """What was looked at and found in order."""
    return Check(SafeText(title), Verdict.FINE, SafeText(words))
