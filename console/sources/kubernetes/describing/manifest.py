"""An object as YAML."""

from __future__ import annotations

from urllib.parse import quote

from opsconsole.domain.cluster_object import JsonObject, ObjectRef
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_lines
from opsconsole.sources.kubernetes.describing.hidden_values import without_secrets
from opsconsole.sources.wire import Wire

LINES = 20_000
"""Lines of one object that are shown; etcd's limit of 1.5 MB makes about so many."""


def object_path(ref: ObjectRef, under: str = "") -> str:
    """The address of `ref`, percent-encoded, or of its subresource `under`."""
    place = f"/namespaces/{quote(ref.namespace, safe='')}" if ref.kind.namespaced else ""
    end = f"/{under}" if under else ""
    return f"{ref.kind.api_path}{place}/{ref.kind.plural}/{quote(ref.name, safe='')}{end}"


async def manifest_of(wire: Wire, ref: ObjectRef, *, whole: bool) -> tuple[SafeText, ...]:
    """`ref` read afresh, as lines of YAML in the API's order.

    `managedFields` are there only when `whole`; what looks secret never is (`hidden_values`). Raises `SourceError`.
    """
    answer = await wire.request("GET", object_path(ref))
    return yaml_lines(answer.decode(JsonObject), whole=whole)


def yaml_lines(body: JsonObject, *, whole: bool) -> tuple[SafeText, ...]:
    """An object as lines of YAML, without what `manifest_of` leaves out."""
    import yaml  # noqa: PLC0415  - start-up must not pay for it

    shown = without_secrets(body)
    metadata = shown.get("metadata") if isinstance(shown, dict) else None
    if isinstance(metadata, dict) and not whole:
        metadata.pop("managedFields", None)
    text = yaml.safe_dump(shown, sort_keys=False, allow_unicode=True, width=10_000, default_flow_style=False)
    return safe_lines(text, LINES)
