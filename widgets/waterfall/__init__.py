"""The spans of a trace on one time axis, each below its parent."""

from opsconsole.widgets.waterfall.waterfall import Waterfall

__all__ = ["Waterfall"]
