"""What the labels and annotations of an alert say to people."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from opsconsole.domain.series import Severity
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text

_WORDS = {
    Severity.CRITICAL: "critical crit page emergency fatal error disaster high p0 p1 sev0 sev1",
    Severity.WARNING: "warning warn medium average minor major ticket p2 p3 sev2 sev3",
    Severity.INFO: "info information informational notice low none debug p4 p5 sev4 sev5",
}
_SEVERITIES = {word: severity for severity, words in _WORDS.items() for word in words.split()}
_FNV_OFFSET, _FNV_PRIME = 14_695_981_039_346_656_037, 1_099_511_628_211


def severity_of(labels: Mapping[str, str]) -> Severity:
    """The severity that the labels `severity`, `priority` or `level` name; UNKNOWN without a known word."""
    for name in ("severity", "priority", "level"):
        if severity := _SEVERITIES.get(labels.get(name, "").strip().lower()):
            return severity
    return Severity.UNKNOWN


def web_link(text: str | None) -> SafeText | None:
    """`text` when it is an absolute http or https URL without credentials in it, else None."""
    if not text:
        return None
    try:
        url = urlsplit(text)
        plain = url.scheme in ("http", "https") and bool(url.hostname) and url.username is None
    except ValueError:
        return None
    return safe_text(text, 2048) if plain and text.isprintable() else None


def runbook_of(annotations: Mapping[str, str]) -> SafeText | None:
    """The runbook's address by the annotations' usual names."""
    for name in ("runbook_url", "runbook", "runbook_uri"):
        if link := web_link(annotations.get(name)):
            return link
    return None


def fingerprint_of(labels: Mapping[str, str]) -> SafeText:
    """16 hex digits that name a label set, equal to Alertmanager's own for the same labels.

    FNV-1a of sorted names and values, each ended by 0xFF (prometheus/common, `LabelSet.Fingerprint`).
    """
    value = _FNV_OFFSET
    for name in sorted(labels):
        for byte in b"".join(
            (name.encode("utf-8", "replace"), b"\xff", labels[name].encode("utf-8", "replace"), b"\xff")
        ):
            value = (value ^ byte) * _FNV_PRIME & 0xFFFF_FFFF_FFFF_FFFF
    return SafeText(f"{value:016x}")
