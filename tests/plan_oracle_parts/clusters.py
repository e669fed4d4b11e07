"""A state as the evaluator reads it: one `Cluster` for each, built of parts that are read once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from generator.calico.codec import decode_object
from generator.calico.objects import as_api_object
from generator.calico.tier import Tier
from generator.foundation.source import SourceMap
from tests.obvious import Cluster, read_cluster
from tests.obvious_parts.policies import Policy, arrange_tiers
from tests.plan_oracle_parts.states import ABSENT, Versions
from tests.plan_oracle_parts.steps import Key, Manifest

TIER = "Tier"
# What is read object by object; everything else (pods, namespaces, sets, host endpoints) is read together.
POLICIES = ("NetworkPolicy", "GlobalNetworkPolicy", "KubernetesNetworkPolicy", "ClusterNetworkPolicy")
# Nothing is decided by these (calico.md 6.2); the last two no longer count in 3.32 (calico.md 5.2).
WITHOUT_EFFECT = (
    "StagedNetworkPolicy",
    "StagedGlobalNetworkPolicy",
    "StagedKubernetesNetworkPolicy",
    "AdminNetworkPolicy",
    "BaselineAdminNetworkPolicy",
)

Objects = Mapping[Key, int]  # every object with the number of its content


@dataclass(slots=True)
class Clusters:
    """Builds clusters of the objects of one plan; what nothing writes is read once."""

    versions: Versions
    start: Objects
    _bases: dict[tuple[tuple[Key, int], ...], Cluster] = field(default_factory=dict)
    _whole: dict[tuple[tuple[Key, int], ...], Cluster] = field(default_factory=dict)
    _policies: dict[int, tuple[Policy, ...]] = field(default_factory=dict)
    _tiers: dict[int, Tier] = field(default_factory=dict)

    def at(self, changed: Mapping[Key, int]) -> Cluster:
        """Return the cluster of a node that has the start with some objects changed; equal changes, one cluster."""
        state = tuple(sorted(item for item in changed.items() if self.start.get(item[0], ABSENT) != item[1]))
        if state not in self._whole:
            things = tuple(item for item in state if item[0][0] not in (TIER, *POLICIES, *WITHOUT_EFFECT))
            objects = {**self.start, **changed}
            tiers = [self.tier(number) for key, number in sorted(objects.items()) if key[0] == TIER and number]
            policies = [one for key, number in sorted(objects.items()) for one in self.policies(key, number)]
            base = self.base(things)
            self._whole[state] = replace(base, tiers=arrange_tiers(tiers, policies), _chosen={})
        return self._whole[state]

    def base(self, things: tuple[tuple[Key, int], ...]) -> Cluster:
        """Return the cluster without tiers and policies, with some of the other objects changed."""
        if things not in self._bases:
            objects = {**self.start, **dict(things)}
            manifests = [
                self.manifest(number)
                for key, number in sorted(objects.items())
                if number and key[0] not in (TIER, *POLICIES, *WITHOUT_EFFECT)
            ]
            self._bases[things] = read_cluster(manifests)
        return self._bases[things]

    @property
    def bases(self) -> Iterable[Cluster]:
        """Return every base that was asked for."""
        return self._bases.values()

    def manifest(self, number: int) -> Manifest:
        """Return a content by its number."""
        found = self.versions.manifests[number]
        assert found is not None
        return found

    def policies(self, key: Key, number: int) -> tuple[Policy, ...]:
        """Return what Felix makes of one content of a policy: nothing, where it refuses it."""
        if key[0] not in POLICIES or not number:
            return ()
        if number not in self._policies:
            found = read_cluster([self.manifest(number)]).tiers
            self._policies[number] = tuple(policy for tier in found for policy in tier.policies)
        return self._policies[number]

    def tier(self, number: int) -> Tier:
        """Return one content of a tier."""
        if number not in self._tiers:
            obj = as_api_object(self.manifest(number), SourceMap("", ""))
            assert obj is not None
            found, problems = decode_object(obj)
            if not isinstance(found, Tier):
                raise ValueError("; ".join(problem.summary for problem in problems))
            self._tiers[number] = found
        return self._tiers[number]
