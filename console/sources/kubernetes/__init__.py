"""Pods, probes and changes from the Kubernetes API."""
