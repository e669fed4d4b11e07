"""Manifests to a proposed intent: services, needs, exposure, each line with its evidence and how sure it is."""

from generator.discover.propose import propose_intent
from generator.discover.write import write_proposal

__all__ = ["propose_intent", "write_proposal"]
