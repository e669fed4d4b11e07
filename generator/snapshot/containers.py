"""The containers of a pod template: ports, probes, and every value that they see, also through ConfigMaps."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from generator.foundation.diagnostics import problem
from generator.foundation.source import print_path
from generator.intent.model import PortSpec
from generator.snapshot.codes import BAD_NUMBER, MAP_ABSENT
from generator.snapshot.fields import Fields
from generator.snapshot.model import Container, ContainerPort, EnvValue
from generator.snapshot.secrets import cut_client_flags, cut_secrets, is_secret_name

PROTOCOLS: Final = ("TCP", "UDP", "SCTP")
ConfigMaps = Mapping[tuple[str, str], Mapping[str, EnvValue]]

_REFERENCE = re.compile(r"\$(\$)|\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)")


def read_containers(pod: Fields, namespace: str, config_maps: ConfigMaps) -> tuple[Container, ...]:
    """Read init containers first, then the others, in the order written; `pod` is the pod's spec."""
    volumes = dict(_config_map_volumes(pod))
    found: list[Container] = []
    for key, init in (("initContainers", True), ("containers", False)):
        for fields in pod.items(key):
            found.append(_container(fields, init, namespace, config_maps, volumes))
    return tuple(found)


def read_protocol(fields: Fields) -> str | None:
    """Read `protocol`, TCP where absent; None with a diagnostic for one that no port has."""
    protocol = fields.text("protocol", "TCP")
    if protocol in PROTOCOLS:
        return protocol
    path = fields.at("protocol")
    summary = f"no port has the protocol '{protocol}'"
    fields.problems.append(
        problem(BAD_NUMBER, summary, place=fields.source.place(path), path=print_path(path), hint="TCP, UDP or SCTP")
    )
    return None


def read_port(fields: Fields, key: str) -> int:
    """Read a port number; 0 where it is absent or, with a diagnostic, out of range."""
    number = fields.number(key)
    if 0 <= number <= 65535:
        return number
    path = fields.at(key)
    summary = f"{number} is no port"
    fields.problems.append(
        problem(BAD_NUMBER, summary, place=fields.source.place(path), path=print_path(path), hint="1 to 65535")
    )
    return 0


def _container(
    fields: Fields,
    init: bool,
    namespace: str,
    config_maps: ConfigMaps,
    volumes: Mapping[str, tuple[tuple[str, str], ...]],
) -> Container:
    values = _values(fields, namespace, config_maps)
    keys = _mounted(fields, volumes)
    return Container(
        name=fields.text("name"),
        image=fields.text("image"),
        init=init,
        ports=tuple(_ports(fields)),
        values=tuple(values),
        probes=tuple(dict.fromkeys(_probes(fields))),
        mounts=tuple(sorted({name for name, _ in keys})),
        mounted_keys=keys,
    )


def _ports(fields: Fields) -> Iterator[ContainerPort]:
    for item in fields.items("ports"):
        protocol = read_protocol(item)
        number = read_port(item, "containerPort")
        if protocol is not None and number:
            yield ContainerPort(PortSpec(protocol, number, number), item.text("name"))


def _probes(fields: Fields) -> Iterator[str]:
    for key in ("livenessProbe", "readinessProbe", "startupProbe"):
        probe = fields.mapping(key)
        for action in ("httpGet", "tcpSocket", "grpc"):
            port = probe.mapping(action).word("port")
            if port:
                yield port


def _values(fields: Fields, namespace: str, config_maps: ConfigMaps) -> list[EnvValue]:
    """Merge as the kubelet does: later envFrom wins over earlier, env over envFrom; then the arguments."""
    seen: dict[str, EnvValue] = {}
    for item in fields.items("envFrom"):
        for value in _whole_map(item, namespace, config_maps):
            seen.pop(value.name, None)
            seen[value.name] = value
    for item in fields.items("env"):
        found = _variable(item, namespace, config_maps, seen)
        if found is not None:
            seen.pop(found.name, None)
            seen[found.name] = found
    return [*seen.values(), *_arguments(fields, seen)]


def _whole_map(item: Fields, namespace: str, config_maps: ConfigMaps) -> Iterator[EnvValue]:
    prefix = item.text("prefix")
    secret = item.mapping("secretRef").text("name")
    if secret:
        yield EnvValue(prefix, "", "secret", secret, item.path, item.source, redacted=True)
    reference = item.mapping("configMapRef")
    name = reference.text("name")
    if not name:
        return
    values = config_maps.get((namespace, name))
    if values is None:
        _absent(reference, name)
        return
    for key in sorted(values):
        yield replace(values[key], name=prefix + key, kind="configmap")


def _variable(item: Fields, namespace: str, config_maps: ConfigMaps, seen: Mapping[str, EnvValue]) -> EnvValue | None:
    name = item.text("name")
    if not name:
        return None
    origin = item.mapping("valueFrom")
    if not origin.value:
        value, cut = cut_secrets(name, _expand(item.text("value"), seen))
        return EnvValue(name, value, "env", "", item.at("value"), item.source, redacted=cut)
    reference = origin.mapping("configMapKeyRef")
    map_name, key = reference.text("name"), reference.text("key")
    if map_name:
        values = config_maps.get((namespace, map_name))
        if values is None:
            _absent(reference, map_name)
        found = (values or {}).get(key)
        if found is None:
            return EnvValue(name, "", "configmap-key", map_name, reference.path, item.source)
        value, cut = cut_secrets(name, found.value)
        return replace(found, name=name, value=value, kind="configmap-key", redacted=found.redacted or cut)
    secret = origin.mapping("secretKeyRef")
    if secret.value:
        return EnvValue(name, "", "secret", secret.text("name"), secret.path, item.source, redacted=True)
    return EnvValue(name, "", "downward", "", origin.path, item.source)


def _absent(reference: Fields, name: str) -> None:
    if reference.flag("optional"):
        return
    path = reference.at("name")
    summary = f"the ConfigMap '{name}' is not in the input"
    reference.problems.append(problem(MAP_ABSENT, summary, place=reference.source.place(path), path=print_path(path)))


def _arguments(fields: Fields, seen: Mapping[str, EnvValue]) -> Iterator[EnvValue]:
    """Go through command and args, named by their flag; the one after a flag with a secret's name is a secret."""
    flag = ""
    written = [(key, position, text) for key in ("command", "args") for position, text in fields.texts(key)]
    program = " ".join(text for _, _, text in written)
    for key, position, text in written:
        dashed = text.startswith("-")
        head, assigned, _ = text.partition("=")
        # The name is stored as well, so a secret glued to a flag (-psecret) is cut out of it too.
        name = cut_client_flags(program, cut_secrets("", head)[0]) if dashed else ""
        secret = not dashed and bool(flag) and (is_secret_name(flag) or (flag == "-a" and "redis-cli" in program))
        value, cut = ("", True) if secret else cut_secrets("", _expand(text, seen))
        if dashed and assigned and is_secret_name(head):
            value, cut = f"{name}=", True
        short = cut_client_flags(program, value)
        cut = cut or short != value
        yield EnvValue(name or flag, short, "arg", "", fields.at(key, position), fields.source, redacted=cut)
        flag = name if dashed and not assigned and " " not in text else ""


def _expand(text: str, seen: Mapping[str, EnvValue]) -> str:
    """Put in $(NAME) as the kubelet does; of an unknown or secret variable the text stays as written."""

    def put(match: re.Match[str]) -> str:
        if match[1]:
            return "$"
        found = seen.get(match[2])
        return found.value if found is not None and found.value else match[0]

    return _REFERENCE.sub(put, text) if "$" in text else text


def _config_map_volumes(pod: Fields) -> Iterator[tuple[str, tuple[tuple[str, str], ...]]]:
    for volume in pod.items("volumes"):
        sources = [volume.mapping("configMap")]
        sources.extend(item.mapping("configMap") for item in volume.mapping("projected").items("sources"))
        keys: list[tuple[str, str]] = []
        for source in sources:
            name = source.text("name")
            if name:
                chosen = [item.text("key") for item in source.items("items")]
                keys.extend((name, key) for key in chosen or [""])
        if keys:
            yield volume.text("name"), tuple(keys)


def _mounted(fields: Fields, volumes: Mapping[str, tuple[tuple[str, str], ...]]) -> tuple[tuple[str, str], ...]:
    keys: set[tuple[str, str]] = set()
    for mount in fields.items("volumeMounts"):
        part = mount.text("subPath")
        for name, key in volumes.get(mount.text("name"), ()):
            # With a subPath only that file of the volume is seen; without `items` files are named as keys are.
            keys.add((name, part if part and not key and "/" not in part else key))
    return tuple(sorted(keys))
