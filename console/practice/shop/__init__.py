"""The shop as a causal model: load, queues, pools, caches, latency, errors, probes.

`shop.Shop` is the whole of it; the wire servers read nothing else. Nothing is imported here: the list of
scenarios needs none of the arithmetic.
"""
