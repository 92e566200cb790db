"""The timeline that writes itself: from what the panes show to events of the incident that is worked on.

Pure functions hold what is seen against what the record tells already. So it does not matter how many consoles look,
when they were started, or how often they look: a fact is written once.
"""
