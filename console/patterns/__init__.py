"""Log lines grouped by what their messages have in common. Pure: no clock, no network, no screen."""

from opsconsole.patterns.comparison import LogSample, compared, last_change, patterns_of
from opsconsole.patterns.tokens import constant_runs, matches
from opsconsole.patterns.tree import PatternTree

__all__ = ["LogSample", "PatternTree", "compared", "constant_runs", "last_change", "matches", "patterns_of"]
