"""A list of any length that draws only the lines in view."""

from opsconsole.widgets.rows.columns import fit, fit_start, pad, width_of
from opsconsole.widgets.rows.row import Row, RowView
from opsconsole.widgets.rows.row_list import RowList

__all__ = ["Row", "RowList", "RowView", "fit", "fit_start", "pad", "width_of"]
