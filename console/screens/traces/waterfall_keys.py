"""The keys of the waterfall: a word each for its last line, a sentence each for the page of keys."""

from __future__ import annotations

ALWAYS = (("l", "logs"), ("d", "pod"), ("m", "metrics"), ("1-9", "levels"), ("0", "all"), ("/", "find"))
SELDOM = (("e", "keep"), ("y", "copy"), ("x", "jumps"), ("+-", "closer wider"), ("<>", "names"))
"""Keys that always mean the same, the last to find room."""

PAGE = (
    ("Esc", "Back: out of the detail, the words, the critical path, the zoom, then the trace"),
    ("Space Enter", "Fold what a span called, or unfold it"),
    ("1 … 9", "Unfold so many levels, fold what is deeper"),
    ("0", "Unfold all"),
    ("n N", "Next span that failed, the one before"),
    ("c", "Only spans on the critical path, or all: what made the trace as long as it is"),
    ("/", "Only spans with certain words, and their ancestors; !word leaves out"),
    ("z Z", "The time of this span alone; one zoom back"),
    ("+ -", "Closer, wider"),
    ("← →", "Earlier, later"),
    ("< >", "Narrower, wider names"),
    ("Tab", "Move in what is said about the span; Esc comes back"),
    ("D", "Hide what is said about the span, or show it"),
    ("l", "Log lines of this span's service in this trace"),
    ("d", "The pod that ran it"),
    ("m", "Its service's metrics at its moment"),
    ("x", "List where one can go from this span"),
    ("L", "The span that this one links to"),
    ("e", "Keep the trace in the incident that is worked on"),
    ("y", "Copy the whole trace as text"),
    ("R F5", "Read the trace again"),
)
