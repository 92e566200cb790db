"""Opening a pod's description, YAML or log over the panes."""

from __future__ import annotations

from collections.abc import Callable

from textual.screen import Screen

from opsconsole.domain.cluster_object import Kind, ObjectRef
from opsconsole.domain.pod import Pod
from opsconsole.screens.container_log_view import ContainerLogView
from opsconsole.screens.page_view import DescribeView, ManifestView
from opsconsole.screens.pane import PaneView
from opsconsole.widgets.glyphs import Glyphs


def ref_of(pod: Pod) -> ObjectRef:
    """The pod by name; of whatever state, since it is read afresh."""
    return ObjectRef(Kind.POD, pod.namespace, pod.name)


def describe_view(pod: Pod, view: PaneView, glyphs: Glyphs, known: Callable[[], Pod | None]) -> Screen[None] | None:
    """The description of `pod`; None when nobody can be asked. `known` is what the list says of it later on."""
    source = view.feeds.workloads
    if source is None:
        return None
    return DescribeView(ref_of(pod), source, glyphs, view.feeds.clock, view.zone, known)


def manifest_view(pod: Pod, view: PaneView, glyphs: Glyphs) -> Screen[None] | None:
    """The YAML of `pod`; None when nobody can be asked."""
    source = view.feeds.workloads
    if source is None:
        return None
    return ManifestView(ref_of(pod), source, glyphs, view.feeds.clock, view.zone)


def container_log_view(pod: Pod, view: PaneView, glyphs: Glyphs) -> Screen[None] | None:
    """The log of `pod`; None when nobody can be asked."""
    source = view.feeds.workloads
    return None if source is None else ContainerLogView(pod, source, glyphs, view.feeds.clock, view.zone)
