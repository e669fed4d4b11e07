"""From a name to an end of a flow: a pod, a node, an address."""

from __future__ import annotations

from generator.packets.addresses import parse_address
from generator.reach.engine import Engine
from generator.reach.flow import End
from generator.reach.inventory import Address


class NoSuchEnd(Exception):
    """The name stands for nothing, or for nothing that has an address of the family; the text says which."""


def resolve_end(engine: Engine, text: str, family: int) -> End:
    """Return the end that `namespace/pod`, `host:NODE` or `ip:ADDRESS` stands for; NoSuchEnd where there is none.

    A pod on the host's network stands for its node. A finished pod is gone, and its address is one outside.
    """
    inventory = engine.inventory
    if text.startswith("ip:"):
        return _of_address(engine, text)
    if text in inventory.host_pods:
        return _node(engine, inventory.host_pods[text], family)
    if text.startswith("host:"):
        return _node(engine, text.removeprefix("host:"), family)
    if text in inventory.gone:
        return End(text, _first(inventory.gone[text], family, text))
    pod = inventory.pods.get(text)
    if pod is None:
        raise NoSuchEnd(f"there is no pod or workload '{text}'")
    return End(text, _first(pod.addresses, family, text), pod, pod.node)


def _node(engine: Engine, node: str, family: int) -> End:
    addresses = engine.inventory.nodes.get(node)
    if addresses is None:
        raise NoSuchEnd(f"there is no node '{node}'")
    return End(f"host:{node}", _first(addresses, family, f"host:{node}"), node=node)


def _first(addresses: tuple[Address, ...], family: int, name: str) -> Address:
    for address in addresses:
        if address[0] == family:
            return address
    raise NoSuchEnd(f"'{name}' has no IPv{family} address")


def _of_address(engine: Engine, text: str) -> End:
    """Return whoever has the address: a pod, a node, or else a machine outside."""
    try:
        address = parse_address(text.removeprefix("ip:"))
    except ValueError:
        raise NoSuchEnd(f"'{text.removeprefix('ip:')}' is no address") from None
    for pod in engine.inventory.pods.values():
        if address in pod.addresses:
            return End(pod.key, address, pod, pod.node)
    for node, addresses in engine.inventory.nodes.items():
        if address in addresses:
            return End(f"host:{node}", address, node=node)
    return End(text, address)
