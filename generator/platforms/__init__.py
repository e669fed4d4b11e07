"""Platform profiles: what a kind of cluster is like (DNS, API server, versions), each fact with its source.

Ours is always `PlatformProfile`; `Profile` alone is Calico's kind.
"""

from generator.platforms.effective import EffectiveFacts, effective_facts
from generator.platforms.loader import list_profiles, load_profile
from generator.platforms.schema import profile_schema
from generator.platforms.table import profile_rows, unverified_facts

__all__ = [
    "EffectiveFacts",
    "effective_facts",
    "list_profiles",
    "load_profile",
    "profile_rows",
    "profile_schema",
    "unverified_facts",
]
