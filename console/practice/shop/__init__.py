"""The shop as a causal model: load, queues, pools, caches, latency, errors, probes.

`Shop` is the whole of it; the wire servers read nothing else.
"""

from __future__ import annotations

from opsconsole.practice.shop.control import Change, DeletePod, SetDeployment
from opsconsole.practice.shop.scenario import GroundTruth, Scenario
from opsconsole.practice.shop.shop import Shop

__all__ = ["Change", "DeletePod", "GroundTruth", "Scenario", "SetDeployment", "Shop"]
