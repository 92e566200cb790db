"""The headline's one line."""

from __future__ import annotations

import pytest

from opsconsole.domain.series import Severity
from opsconsole.domain.text import SafeText
from opsconsole.widgets.headline import Headline, HeadlineBar, Phrase

T = SafeText
SAID = Headline(
    (
        Phrase(T("ErrorRateHigh on checkout since 14:27 (12m)"), T("ErrorRateHigh checkout 12m")),
        Phrase(T("57s before: deploy checkout 1.15.0, revision 4"), T("57s before: deploy 1.15.0")),
        Phrase(T("4 more firing"), T("+4 firing")),
        Phrase(T("checkout fails 30 % of its requests")),
    ),
    Severity.CRITICAL,
)


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (60, "● CRITICAL ErrorRateHigh checkout 12m · 57s before: deploy …"),
        (78, "● CRITICAL ErrorRateHigh checkout 12m · 57s before: deploy 1.15.0 · +4 firing"),
        (
            105,
            "● CRITICAL ErrorRateHigh on checkout since 14:27 (12m) · 57s before: deploy checkout 1.15.0, revision 4",
        ),
    ],
)
def test_what_is_wrong_and_what_changed_both_stay_readable_in_a_narrow_terminal(width: int, expected: str) -> None:
    bar = HeadlineBar()
    bar.show(SAID)
    assert bar.line(width).plain == expected


def test_a_wide_terminal_has_the_whole_sentence() -> None:
    bar = HeadlineBar()
    bar.show(SAID)
    assert bar.line(200).plain.endswith("· +4 firing · checkout fails 30 % of its requests")
