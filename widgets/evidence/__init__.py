"""Evidence drawn again from its data alone."""

from opsconsole.widgets.evidence.drawing import CHART_ROWS, evidence_lines

__all__ = ["CHART_ROWS", "evidence_lines"]
