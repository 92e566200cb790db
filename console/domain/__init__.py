"""Frozen values the whole console speaks in.

This package imports nothing of ours and never Textual. Every string that came from a backend
is a `SafeText`; every time is a float of unix seconds (UTC); every duration a float of seconds.
"""
