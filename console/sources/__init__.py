"""One module a backend: wire bytes in, domain values or a SourceError out."""
