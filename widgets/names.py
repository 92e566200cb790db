"""Short forms of the names that Kubernetes makes long."""

from __future__ import annotations

import math
import re

from opsconsole.domain.text import SafeText
from opsconsole.widgets.rows.columns import fit_start, width_of

# Kubernetes' own alphabet for generated suffixes leaves out vowels and 0, 1, 3
# (k8s.io/apimachinery/pkg/util/rand); older names and other owners use all of base 36.
_REPLICA = re.compile(r"^(?P<owner>.+)-(?P<template>[a-z0-9]{6,10})-(?P<suffix>[a-z0-9]{5})$")

_TEMPLATE_KEPT = 4


def short_pod(name: SafeText, width: int, cut: SafeText) -> SafeText:
    """A pod's name in `width` cells: `checkout-7d9f8b6c5-abcde`, `checkout-7d9f-abcde`, `checkout-abcde`, `…t-abcde`.

    The suffix that tells it from its siblings stays whole as long as it can.
    """
    if width_of(name) <= width:
        return name
    if match := _REPLICA.match(name):
        owner, template, suffix = match.group("owner", "template", "suffix")
        for form in (f"{owner}-{template[:_TEMPLATE_KEPT]}-{suffix}", f"{owner}-{suffix}"):
            if width_of(form) <= width:
                return SafeText(form)
        return fit_start(SafeText(f"{owner}-{suffix}"), width, cut)
    return fit_start(name, width, cut)


def image_tag(image: SafeText) -> SafeText:
    """What tells one version of an image from another: its tag, else the start of its digest."""
    path, _, digest = image.partition("@")
    last = path.rsplit("/", 1)[-1]
    if ":" in last:
        return SafeText(last.rsplit(":", 1)[1])
    if digest:
        algorithm, _, value = digest.partition(":")
        return SafeText(f"{algorithm}:{value[:8]}" if value else algorithm[:16])
    return SafeText("latest")


def span_text(seconds: float, micro: SafeText = SafeText("µ")) -> SafeText:
    """A duration of a request: `850 µs` (with `micro` for its sign), `12 ms`, `812 ms`, `1.94 s`, `2m05s`."""
    if not math.isfinite(seconds):
        return SafeText("?")
    if seconds < 0:
        return SafeText("0 ms")
    if seconds < 0.001:
        return SafeText(f"{seconds * 1e6:.0f} {micro}s")
    if seconds < 0.9995:
        return SafeText(f"{seconds * 1e3:.0f} ms")
    if seconds < 60:
        return SafeText(f"{seconds:.2f} s")
    return SafeText(f"{int(seconds // 60)}m{int(seconds % 60):02d}s")
