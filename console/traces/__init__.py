"""What the spans of a trace say together: the tree, self times, the critical path, and what is wrong with it."""

from opsconsole.traces.shape import shape_of

__all__ = ["shape_of"]
