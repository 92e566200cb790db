"""Checks of runbooks: asked of the sources, read-only, and judged."""
