"""A list of any length that draws only the lines in view."""

from opsconsole.widgets.rows.columns import fit, fit_start, pad, width_of
from opsconsole.widgets.rows.row import Row, RowView
from opsconsole.widgets.rows.row_list import RowList
from opsconsole.widgets.rows.sequence import ListedRows, RowSequence

__all__ = ["ListedRows", "Row", "RowList", "RowSequence", "RowView", "fit", "fit_start", "pad", "width_of"]
