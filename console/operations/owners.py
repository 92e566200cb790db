"""Who else writes an object, and may take a change back."""

from __future__ import annotations

from collections.abc import Iterator

from opsconsole.domain.cluster_object import JsonObject
from opsconsole.domain.text import SafeText
from opsconsole.operations.json_path import mapping_at, objects_at, text_at
from opsconsole.safe_text import safe_text

_MARKS = (
    ("annotations", "argocd.argoproj.io/tracking-id", "Argo CD"),
    ("labels", "argocd.argoproj.io/instance", "Argo CD"),
    ("labels", "kustomize.toolkit.fluxcd.io/name", "Flux"),
    ("labels", "helm.toolkit.fluxcd.io/name", "Flux"),
    ("annotations", "meta.helm.sh/release-name", "Helm"),
)
"""Where each tool writes that it owns an object (their documentation on resource tracking and labels)."""

_CONTINUOUS = frozenset({"Argo CD", "Flux"})


def owner_words(body: JsonObject) -> tuple[SafeText, ...]:
    """A sentence for each owner of a workload that will, or may, take a change of its spec back."""
    return tuple(dict.fromkeys(_sentences(body)))


def _sentences(body: JsonObject) -> Iterator[SafeText]:
    metadata = mapping_at(body, "metadata")
    for place, key, tool in _MARKS:
        name = text_at(metadata, place, key)
        if not name:
            continue
        said = safe_text(f"{tool} manages it ({name})", 200)
        if tool in _CONTINUOUS:
            yield SafeText(f"{said} and will take the change back when it syncs; change it there, too, or pause it")
        else:
            yield SafeText(f"{said}; the next upgrade may take the change back")
    if text_at(metadata, "labels", "app.kubernetes.io/managed-by") not in ("", "Helm"):
        by = text_at(metadata, "labels", "app.kubernetes.io/managed-by")
        yield safe_text(f"it says that {by} manages it, which may take the change back", 200)
    for owner in objects_at(metadata, "ownerReferences"):
        if owner.get("controller") is True:
            what = f"{text_at(owner, 'kind')} {text_at(owner, 'name')}"
            yield safe_text(f"{what} owns it and will take the change back", 200)
