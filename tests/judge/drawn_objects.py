"""Objects of all of Calico's kinds that our validator judges: most are nearly right, and some are then broken."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, Final

from tests.judge.drawn_selectors import LABEL_SETS, SelectorDrawing

Manifest = dict[str, Any]
_KINDS: Final = (
    *("NetworkPolicy",) * 6,
    *("GlobalNetworkPolicy",) * 6,
    *("StagedNetworkPolicy", "StagedGlobalNetworkPolicy") * 2,
    *("StagedKubernetesNetworkPolicy", "NetworkSet", "GlobalNetworkSet", "Tier", "HostEndpoint", "Profile"),
)
NAMESPACED: Final = ("NetworkPolicy", "StagedNetworkPolicy", "StagedKubernetesNetworkPolicy", "NetworkSet")
_ACTIONS: Final = ("Allow", "Deny", "Log", "Pass", "allow", "", "Next", None, "Allow ", 1)
STORED_ACTIONS: Final = (*_ACTIONS[:6], None)  # another one stops Felix, and only old CRDs take it
_TYPES: Final[tuple[Any, ...]] = (
    ["Ingress"],
    ["Egress"],
    ["Ingress", "Egress"],
    [],
    ["Ingress", "Ingress"],
    ["ingress"],
    [None],
    None,
    "Ingress",
)
_STAGED: Final = ("Set", "Set", "Delete", "Learn", "Ignore", "set", "", None, 0)
_UNKNOWN: Final = (
    "nameSpaceSelector",
    "domains",
    "notNamespaceSelector",
    "name",
    "Selector",
    "allowedEgressDomains",
    "x",
)
_PATHS: Final = ("/a", "/", "a", "", "/a?b", "/a#b", "/a b", "/" + "a" * 1023, "/" + "a" * 1024, "/é")
_SERVICE_NAMES: Final = ("api", "web-1", "a.b", "", "Api", "-a", "a" * 254, "é", "a_b", None)
_OPERATORS: Final = ("In", "NotIn", "Exists", "DoesNotExist", "Gt", "", None)
_INTERFACES: Final = ("eth0", "*", "", "a" * 15, "a" * 16, "eth 0", "é", "eth+", "**", "eth0.1_-", "é" * 8, None)
_NUMBERS: Final = (0, 1, 100, 1000, 1_000_000, 10_000_000, -1, 1.5, 1e300, 1000.0, None, "100", True)
_ACCOUNTS: Final = ("a", "b", "", "it's", "A b", None)
_ICMP_NUMBERS: Final = (0, 8, 254, 255, 256, -1, 3, None, "8", 8.0, 2**31)
_METHODS: Final[tuple[Any, ...]] = (["GET"], ["GET", "PUT"], ["GET", "GET"], [""], [], [None], ["M"] * 21)
_FLAGS: Final = (True, True, True, False, None, "true")


class ObjectDrawing(SelectorDrawing):
    """Draws objects."""

    def manifest(self) -> Manifest:
        """Return an object; about every second one is one that Calico takes."""
        kind = self.one(_KINDS)
        found: Manifest = {"apiVersion": "projectcalico.org/v3", "kind": kind, "metadata": self._metadata(kind)}
        found["spec"] = self._spec(kind)
        return self.mutant(found) if self.chance(0.35) else found

    def mutant(self, manifest: Manifest) -> Manifest:
        """Return an object with one or two of its places changed into something that does not belong there."""
        found = copy.deepcopy(manifest)
        for _ in range(self.random.randint(1, 2)):
            self._break(found)
        return {**found, "apiVersion": manifest["apiVersion"], "kind": manifest["kind"]}

    def stored_policy(self) -> Manifest:
        """Return a policy as it may lie in a datastore that nobody's validator guards: it decodes, mostly."""
        kind = self.one(("NetworkPolicy", "GlobalNetworkPolicy"))
        metadata = {"name": "p", "namespace": "web"} if kind == "NetworkPolicy" else {"name": "p"}
        spec = self._policy(kind)
        for rule in [*spec.get("ingress", ()), *spec.get("egress", ())]:
            if rule["action"] not in STORED_ACTIONS:
                rule["action"] = "Deny"
            for side in (rule.get("source"), rule.get("destination")):
                for field in ("nets", "notNets"):
                    if "" in (side or {}).get(field, ()):  # which is no text of a net to anybody, and to Felix one
                        side[field] = ["10.0.0.0/8"]
        return {"apiVersion": "projectcalico.org/v3", "kind": kind, "metadata": metadata, "spec": spec}

    def kubernetes_policy(self) -> Manifest:
        """Return a NetworkPolicy of Kubernetes that nobody has defaulted, with protocols that kube-apiserver takes."""
        spec = {key: value for key, value in self._kubernetes().items() if key != "stagedAction"}
        for rule in [*spec.get("ingress", ()), *spec.get("egress", ())]:
            for port in rule.get("ports", ()):
                if port.get("protocol") not in ("TCP", "UDP", "SCTP", None):
                    del port["protocol"]
                if port.get("endPort") == 2**31:
                    del port["endPort"]
        metadata = {"name": "p", "namespace": "web"}
        return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}

    def label_sets(self) -> list[dict[str, str]]:
        """Return sets of labels as endpoints and network sets have them in Felix."""
        found = list(LABEL_SETS)
        for namespace in ("web", "b", ""):
            for _ in range(4):
                labels = {
                    prefix + key: self.one(("b", "web", "x", "ab", ""))
                    for prefix in ("", "pcns.", "pcsa.")
                    for key in self.many(lambda: self.one(("a", "b", "app", "in")))
                }
                labels |= {"projectcalico.org/namespace": namespace} if namespace else {}
                labels |= (
                    {"projectcalico.org/serviceaccount": self.one(("a", "b", "it's"))}
                    if namespace and self.chance(0.7)
                    else {}
                )
                found.append(labels)
        return found

    def some(self, **makers: Callable[[], Any]) -> dict[str, Any]:
        """Return a mapping with a few of the fields, each made when it is taken."""
        share = self.one((0.15, 0.3, 0.6))
        return {field: make() for field, make in makers.items() if self.chance(share)}

    def _metadata(self, kind: str) -> dict[str, Any]:
        if self.chance(0.7):
            found: dict[str, Any] = {"name": "p"}
        else:
            found = {"name": self.name(), **self.some(labels=self.labels, annotations=self._annotations)}
        if kind in NAMESPACED:
            found["namespace"] = "web"
        return found

    def _annotations(self) -> dict[str, Any]:
        if self.chance(0.05):
            return {"a": "x" * (256 * 1024 - self.one((0, 1, 2)))}
        return {self.label_key(): self.one(("x", "", "é b")) for _ in range(self.random.randint(0, 2))}

    def _spec(self, kind: str) -> Any:
        match kind:
            case "NetworkPolicy" | "GlobalNetworkPolicy" | "StagedNetworkPolicy" | "StagedGlobalNetworkPolicy":
                return self._policy(kind)
            case "StagedKubernetesNetworkPolicy":
                return self._kubernetes()
            case "NetworkSet" | "GlobalNetworkSet":
                return self.some(nets=lambda: self.many(self._net_of_set))
            case "Tier":
                return self.some(
                    order=lambda: self.one(_NUMBERS), defaultAction=lambda: self.one((*_ACTIONS, "Pass", "Deny"))
                )
            case "HostEndpoint":
                return self._host()
            case _:
                return self.some(ingress=self._rules, egress=self._rules, labelsToApply=self.labels)

    def _nets(self) -> list[str]:
        return self.many(self.net)

    def _ports(self) -> list[Any]:
        return self.many(self.port)

    def _flag(self) -> Any:
        return self.one(_FLAGS)

    def _rules(self) -> list[Any]:
        return self.many(self.rule, 2)

    def _net_of_set(self) -> str:
        return self.address() if self.chance(0.3) else self.net()

    def _policy(self, kind: str) -> dict[str, Any]:
        staged = kind.startswith("Staged")
        if staged and self.chance(0.1):
            found = self.some(tier=lambda: self.one(("default", "sec", "")), types=list, order=lambda: 1)
            return {"stagedAction": "Delete", **found, **(self.some(selector=lambda: self.one(("", "all()"))))}
        found = self.some(
            tier=lambda: self.mostly(("default", "sec"), ("", "a.b", "A", "a" * 63, "a" * 64, "é", None, "a_b")),
            order=lambda: self.one(_NUMBERS),
            selector=self.policy_selector,
            serviceAccountSelector=self.policy_selector,
            types=lambda: self.mostly(_TYPES[:3], _TYPES),
            ingress=self._rules,
            egress=self._rules,
            performanceHints=lambda: self.one(
                (["AssumeNeededOnEveryNode"], ["AssumeNeededOnEveryNode"] * 2, ["x"], ["x", "x"], [], [""], None)
            ),
        )
        if "ingress" not in found and self.chance(0.6):
            found["ingress"] = [self.rule()]
        if kind.endswith("GlobalNetworkPolicy"):
            found |= self.some(namespaceSelector=self.policy_selector)
            if self.chance(0.2):
                found |= self.some(doNotTrack=self._flag, preDNAT=self._flag, applyOnForward=self._flag)
        if staged:
            found |= self.some(stagedAction=lambda: self.one(_STAGED))
        return found

    def rule(self) -> dict[str, Any]:
        """Return one rule."""
        found: dict[str, Any] = {"action": self.mostly(_ACTIONS[:4], _ACTIONS, 0.05)}
        found |= self.some(
            protocol=self.protocol,
            source=self._side,
            destination=self._side,
        )
        if self.chance(0.3):
            found |= self.some(
                notProtocol=self.protocol,
                ipVersion=lambda: self.mostly((4, 6), (0, 5, "4", 4.0, None, -4), 0.15),
                icmp=self._icmp,
                notICMP=self._icmp,
                http=self._http,
                metadata=lambda: self.one(({}, None)) if self.chance(0.2) else {"annotations": self._annotations()},
            )
        if ("icmp" in found or "notICMP" in found) and self.chance(0.7):
            found["protocol"] = self.one(("ICMP", "ICMPv6", 1, 58))
        return found

    def _side(self) -> Any:
        found = self.some(
            nets=self._nets,
            notNets=self._nets,
            selector=self.policy_selector,
            notSelector=self.policy_selector,
            namespaceSelector=self.policy_selector,
            ports=self._ports,
            notPorts=self._ports,
        )
        if self.chance(0.25):
            found |= self.some(serviceAccounts=self._accounts, services=self._services)
        if "services" in found and self.chance(0.5):
            found = {"services": found["services"]}
        return found

    def _accounts(self) -> Any:
        if self.chance(0.05):
            return None
        return self.some(names=lambda: self.many(lambda: self.one(_ACCOUNTS)), selector=self.policy_selector)

    def _services(self) -> Any:
        if self.chance(0.6):
            return {"name": "api", "namespace": "web"}
        return self.some(name=self._service_name, namespace=self._service_name)

    def _service_name(self) -> Any:
        return self.one(_SERVICE_NAMES)

    def _icmp(self) -> Any:
        return self.some(type=self._icmp_number, code=self._icmp_number)

    def _icmp_number(self) -> Any:
        return self.one(_ICMP_NUMBERS)

    def _http(self) -> Any:
        return self.some(methods=lambda: self.one(_METHODS), paths=lambda: self.many(self._path))

    def _path(self) -> Any:
        return self.some(exact=lambda: self.one(_PATHS), prefix=lambda: self.one(_PATHS))

    def _kubernetes(self) -> dict[str, Any]:
        return self.some(
            podSelector=self._label_selector,
            ingress=lambda: self.many(lambda: self._kubernetes_rule("from")),
            egress=lambda: self.many(lambda: self._kubernetes_rule("to")),
            policyTypes=lambda: self.mostly(_TYPES[:3], _TYPES),
            stagedAction=lambda: self.one(_STAGED),
        )

    def _kubernetes_rule(self, peers: str) -> Any:
        return self.some(**{peers: lambda: self.many(self._peer), "ports": lambda: self.many(self._kubernetes_port)})

    def _kubernetes_port(self) -> Any:
        return self.some(
            port=self.port,
            endPort=lambda: self.one((90, 443, 0, -1, 65536, 2**31, None, "90")),
            protocol=lambda: self.one(("TCP", "UDP", "SCTP", "tcp", "", "ICMP", 6, None)),
        )

    def _peer(self) -> Any:
        return self.some(
            podSelector=self._label_selector,
            namespaceSelector=self._label_selector,
            ipBlock=lambda: self.some(cidr=self.net, **{"except": self._nets}),
        )

    def _label_selector(self) -> Any:
        return self.some(
            matchLabels=lambda: {self.label_key(): self._selected() for _ in range(self.random.randint(0, 2))},
            matchExpressions=lambda: self.many(self._expression),
        )

    def _expression(self) -> Any:
        return self.some(
            key=self.label_key, operator=lambda: self.one(_OPERATORS), values=lambda: self.many(self._selected)
        )

    def _selected(self) -> Any:
        return self.one(("x", "", "it's", "global()", 'say "x"', None, "é"))

    def _host(self) -> dict[str, Any]:
        found = {
            "node": self.mostly(("n", "n"), ("", "N", "n" * 253, "n" * 254, "a_b", "é", None)),
            "interfaceName": self.mostly(("eth0", "*"), _INTERFACES),
        }
        if self.chance(0.3):
            del found[self.one(("node", "interfaceName"))]
        return found | self.some(
            expectedIPs=lambda: self.many(self.address),
            profiles=lambda: self.many(lambda: self.one(("kns.web", "P", "", "a_b"))),
            ports=lambda: self.many(self._host_port),
        )

    def _host_port(self) -> Any:
        return self.some(
            name=lambda: self.one(("http", "HTTP", "", "a--b", "80", "a" * 16)), protocol=self.protocol, port=self.port
        )

    def _break(self, found: Manifest) -> None:
        """Change one place anywhere in the object into something that does not belong there."""
        places = list(_places(found))
        holder, key = self.one(places)
        match self.random.randint(0, 5):
            case 0 if isinstance(holder, dict):
                del holder[key]
            case 1 if isinstance(holder, dict):
                holder[self.one(_UNKNOWN)] = self.odd_value()
            case 2 if isinstance(holder, list):
                holder.append(copy.deepcopy(holder[key]))
            case 3 if isinstance(holder, dict):
                holder[key] = self.one((None, [holder[key]], {"x": holder[key]}))
            case _:
                holder[key] = self.odd_value()


def _places(value: Any) -> list[tuple[Any, Any]]:
    """List each place below a value, as its holder and its key there."""
    found: list[tuple[Any, Any]] = []
    keys = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    for key in keys:
        found.append((value, key))
        found.extend(_places(value[key]))
    return found
