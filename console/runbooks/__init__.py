"""Runbooks: Markdown in, steps that can be walked out."""
