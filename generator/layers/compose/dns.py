"""DNS: every pod of the scope may ask for names as the platform runs them, save services with `dns: false`.

Pods answer on their target ports; a host-networked resolver is matched by its Service's endpoints; a node-local
cache is reached at its own address and at the DNS Service's, neither of which is translated (calico.md 9.2).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from generator.foundation.diagnostics import Diagnostic, problem
from generator.intent.model import PodSelection
from generator.layers.codes import FACT_MISSING, SCOPE_TOO_LONG
from generator.layers.context import Composed, LayerContext
from generator.layers.peers import PODS_ONLY, Peer, RuleRow, network_peers, pods_peer, pods_selector, rule_rows
from generator.layers.scope import MAX_SELECTOR, ScopePart, namespace_selector, without


def compose(context: LayerContext) -> Composed:
    """Return the parts of the scope, each with its selector, and the rules that are the same in all of them."""
    problems = _check_facts(context)
    rows = _rows(context)
    parts = [pair for part in context.scope for pair in _selectors(part, _silent(context, part), problems)]
    numbered = [(replace(part, number=number), selector) for number, (part, selector) in enumerate(parts, start=1)]
    return Composed({"parts": numbered, "rows": rows} if rows else {}, problems=tuple(problems))


def _check_facts(context: LayerContext) -> list[Diagnostic]:
    """Without any resolver, or with one that no rule can name, every service that asks for names would be cut off."""
    facts = context.facts
    on_host = facts.dns_pods is not None and facts.dns_pods.host_network and facts.dns_service is None
    if on_host:
        summary = f"DNS of platform '{context.profile.name}' is on the host's network, and its Service is not known"
        hint = "state dns.service in the profile; pods on the host's network have their node's address"
        return [problem(FACT_MISSING, summary, path="platform", hint=hint)]
    silent = all(not service.dns for service in context.intent.services.values())
    if not _rows(context) and not silent:
        summary = f"platform '{context.profile.name}' does not say who answers for DNS"
        return [problem(FACT_MISSING, summary, path="platform", hint="state dns.pods or dns.resolvers in the profile")]
    return []


def _silent(context: LayerContext, part: ScopePart) -> dict[str, list[PodSelection]]:
    """Return the pods of services with `dns: false`, by namespace of this part."""
    found: dict[str, list[PodSelection]] = {}
    for service in context.intent.services.values():
        pods = service.pods
        if not service.dns and (not part.namespaces or pods.namespace in part.namespaces):
            found.setdefault(pods.namespace, []).append(pods)
    return dict(sorted(found.items()))


def _selectors(
    part: ScopePart, silent: Mapping[str, list[PodSelection]], problems: list[Diagnostic]
) -> Iterator[tuple[ScopePart, str]]:
    """Give the part whole if its selector is short enough, else each namespace with silent services apart."""
    whole = _selector([pods for group in silent.values() for pods in group])
    if len(whole) <= MAX_SELECTOR:
        yield part, whole
        return
    rest = without(part, silent)
    if rest.namespace_selector:
        _check_length(rest.namespace_selector, f"services of {len(silent)} namespaces have", problems)
        yield rest, PODS_ONLY
    for namespace, group in silent.items():
        selector = _selector(group)
        _check_length(selector, f"{len(group)} services of '{namespace}' have", problems)
        yield ScopePart(part.number, (namespace,), namespace_selector([namespace])), selector


def _check_length(selector: str, whose: str, problems: list[Diagnostic]) -> None:
    if len(selector) > MAX_SELECTOR:
        summary = f"{whose} `dns: false`: a selector without them has {len(selector)} characters, "
        hint = "give their pods one label in common, and make one service of those in a namespace"
        problems.append(problem(SCOPE_TOO_LONG, f"{summary}{MAX_SELECTOR} are allowed", path="services", hint=hint))


def _selector(silent: list[PodSelection]) -> str:
    """Leave pods out by their labels; those of a namespace that differ in one label's value alone share a term."""
    alike: dict[tuple[str, str], list[str]] = {}
    terms: list[str] = []
    for pods in sorted(set(silent), key=str):
        match pods.labels:
            case ((key, value),) if not pods.service_account:
                alike.setdefault((pods.namespace, key), []).append(value)
            case _:
                terms.append(_left_out(pods.namespace, pods_selector(pods)))
    for (namespace, key), values in sorted(alike.items()):
        quoted = ", ".join(f"'{value}'" for value in values)
        inner = f"{key} == '{values[0]}'" if len(values) == 1 else f"{key} in {{{quoted}}}"
        terms.append(_left_out(namespace, inner))
    return " && ".join([PODS_ONLY, *sorted(terms)])


def _left_out(namespace: str, inner: str) -> str:
    scope = f"projectcalico.org/namespace == '{namespace}'"
    return f"!({scope})" if inner == "all()" else f"!({scope} && {inner})"


def _rows(context: LayerContext) -> list[RuleRow]:
    facts = context.facts
    rows: list[RuleRow] = []
    if facts.dns_pods is not None and facts.dns_pods.host_network and facts.dns_service is not None:
        rows.append(RuleRow("", (), Peer(service=facts.dns_service), "platform.dns.service"))
    elif facts.dns_pods is not None:
        pods = PodSelection(facts.dns_pods.namespace, facts.dns_pods.labels)
        rows.extend(rule_rows([pods_peer(pods, "")], facts.dns_pods.ports, "platform.dns.pods", named_on_peer=True))
    rows.extend(rule_rows(network_peers(facts.dns_addresses), facts.dns_ports, "platform.dns.nodeLocal"))
    rows.extend(rule_rows(network_peers(facts.dns_resolvers), facts.dns_ports, "platform.dns.resolvers"))
    return rows
