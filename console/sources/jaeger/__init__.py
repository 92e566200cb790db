"""Traces from Jaeger: OTLP JSON of its v3 API, or the older JSON of its own."""
