"""Addresses in a value: URLs, host:port, lists of them, connection strings, command lines, lines of a mounted file.

Only the text decides here; whether a host is a Service is asked in `hosts`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final


class Form(IntEnum):
    """How plainly a value is an address: the lower, the plainer."""

    URL = 0
    HOST_PORT = 1
    NAMED_HOST = 2  # host=db in a connection string, -h db in a command line
    WHOLE = 3  # the whole value could be a host name
    TOKEN = 4  # a word inside a longer text, written as a full cluster name


@dataclass(frozen=True, slots=True)
class Address:
    """A host with what else was said of it; `port` 0 where none was."""

    host: str
    port: int
    scheme: str
    form: Form


SCHEME_PORTS: Final = {
    "http": 80,
    "https": 443,
    "ws": 80,
    "wss": 443,
    "postgres": 5432,
    "postgresql": 5432,
    "mysql": 3306,
    "mysqlx": 33060,
    "mariadb": 3306,
    "sqlserver": 1433,
    "mssql": 1433,
    "oracle": 1521,
    "redis": 6379,
    "rediss": 6379,
    "mongodb": 27017,
    "amqp": 5672,
    "amqps": 5671,
    "nats": 4222,
    "kafka": 9092,
    "memcached": 11211,
    "ldap": 389,
    "ldaps": 636,
    "smtp": 25,
    "mqtt": 1883,
    "mqtts": 8883,
    "bolt": 7687,
    "neo4j": 7687,
    "cassandra": 9042,
    "elasticsearch": 9200,
    "zookeeper": 2181,
    "etcd": 2379,
    "consul": 8500,
    "couchdb": 5984,
    "influxdb": 8086,
    "clickhouse": 8123,
    "rabbitmq": 5672,
    "mongo": 27017,
    "ftp": 21,
}

_HOST: Final = r"[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?\.?"
_URL = re.compile(
    r"(?<![a-zA-Z0-9+.-])([a-zA-Z][a-zA-Z0-9+.-]{0,30})://"
    r"((?:(?!,[a-zA-Z][a-zA-Z0-9+.-]{0,30}://)[^\s/\"'<>?#;\\)}\]`|])+)"
)
_URL_AND_PATH = re.compile(_URL.pattern + r"[^\s\"'<>,;)}\]`|]*")
_HOST_PORT = re.compile(rf"(?<![\w.:/$%{{-])({_HOST}):([0-9]{{1,5}})(?![\w.:-])")
_ONE_HOST = re.compile(rf"({_HOST})(?::([0-9]{{1,5}}))?")
_DSN_HOST = re.compile(
    rf"(?i)(?:^|[\s;,&?(])(?:host|hostname|hostaddr|server|data source|address|addr)\s*=\s*(?:tcp:)?({_HOST})"
    r"(?:[,:]([0-9]{1,5}))?(?=$|[\s;,&)])"
)
_DSN_PORT = re.compile(r"(?i)(?:^|[\s;,&?(])port\s*=\s*([0-9]{1,5})(?=$|[\s;,&)])")
_ORACLE = re.compile(rf"(?i)jdbc:oracle:thin:@(?://)?({_HOST}):([0-9]{{1,5}})")
# mysql -h db, pg_isready --host=db -p 5432, nc -z db 5432, wget backend:80 comes as host:port
_FLAG_HOST = re.compile(rf"(?:^|\s)(?:-h|-H|--host|--hostname|--server|--addr)[ =]({_HOST})(?=$|[\s;'\"])")
# {"host": "db", "port": 5432} and { address: db, port_value: 5432 }: JSON and the inline form of YAML
_BRACED = re.compile(r"\{[^{}]*\}")
_FIELD_HOST = re.compile(
    rf"(?i)(?<![\w.-])[\"']?(?:host|hostname|address|addr|server)[\"']?\s*:\s*[\"']?({_HOST})[\"']?\s*[,}}]"
)
_FIELD_PORT = re.compile(r"(?i)(?<![\w.-])[\"']?port(?:_?value|_?number)?[\"']?\s*:\s*[\"']?([0-9]{1,5})(?![\w.:])")
_FLAG_PORT = re.compile(r"(?:^|\s)(?:-p|-P|--port)[ =]([0-9]{1,5})(?=$|[\s;'\"])")
_NETCAT = re.compile(
    rf"(?:^|[\s;&|(])(?:nc|ncat|netcat|telnet)(?:\s+-\S+(?:\s+[0-9]+(?=\s+-|\s+[A-Za-z]))?)*\s+({_HOST})\s+([0-9]{{1,5}})\b"
)
# Redis writes whom it copies from or watches as two words: replicaof db 6379
_REPLICA = re.compile(rf"(?i)(?<![\w.])(?:slaveof|replicaof|sentinel\s+monitor\s+\S+)\s+({_HOST})\s+([0-9]{{1,5}})\b")
_DEV_TCP = re.compile(rf"/dev/tcp/({_HOST})/([0-9]{{1,5}})\b")
_CLUSTER_NAME = re.compile(r"(?<![\w.-])([a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)+\.svc(?:\.[a-z0-9.-]*[a-z0-9])?)(?![\w-])")
# nslookup db, -Ddb.host=db: a name in a command that asks for it, or given to a program of Java
_LOOKED_UP = re.compile(
    rf"(?:^|[\s;&|(])(?:nslookup|getent\s+a?hosts(?:v[46])?|ping(?:\s+-\S+){{0,4}})\s+({_HOST})(?=$|[\s;&|)>])"
)
_JAVA_HOST = re.compile(rf"(?:^|\s)-D[\w.-]*(?:host|hostname|address|server)=({_HOST})(?=$|\s)", re.IGNORECASE)
# A pod of a headless Service: db-0.db; whether there is such a Service is asked later.
_POD_NAME = re.compile(r"(?<![\w.-])([a-z0-9][a-z0-9-]*-[0-9]+\.[a-z][a-z0-9-]*)(?![\w.-])")
# The name of a SRV record has the port's name and the protocol in front of the Service's.
_SRV_PREFIX = re.compile(r"(?<![\w.])_[a-z0-9-]+\._(?:tcp|udp)\.")
# Kubernetes sets these for every Service of the namespace, so a manifest may lean on them.
_INJECTED = re.compile(r"\$[({]?([A-Z][A-Z0-9_]*)_SERVICE_(HOST|PORT)[)}]?")
_INJECTED_PORT: Final = 0
# gRPC writes the name of its resolver before the address: dns:///cart:7070
_RESOLVER = re.compile(r"\b(dns|xds|passthrough|kubernetes|static):///")
_COMMENT = re.compile(r"^\s*(?:#|//|;|--\s)")
_ASSIGNED = re.compile(r"^[\s-]*[\"']?([A-Za-z_][\w.\[\]/-]*)[\"']?\s*(?:=>|[=:])\s*(.*?)[\s,;]*$")
# An item of a list, such as `- web:80`; after a colon and a space, or a name of ports, stands a value.
_LISTED = re.compile(rf"[\s-]*(?![\w.-]*port:)[\"']?{_HOST}:[0-9]{{1,5}}[\"']?[\s,;]*", re.IGNORECASE)
_UPSTREAM = re.compile(
    rf"^\s*(?:server|proxy_pass|fastcgi_pass|grpc_pass|uwsgi_pass)\s+({_HOST})(?::([0-9]{{1,5}}))?\s*[;/ ]"
)


def parse_addresses(text: str) -> tuple[Address, ...]:
    """Return the addresses in one value, plainest first, each host with its port once."""
    text = _SRV_PREFIX.sub("", _RESOLVER.sub(r"\1://", _INJECTED.sub(_injected, text)))
    found: dict[tuple[str, int], Address] = {}
    for address in _urls(text):
        _keep(found, address)
    rest = _URL_AND_PATH.sub(" ", text)
    for pattern in (_ORACLE, _NETCAT, _REPLICA, _DEV_TCP, _HOST_PORT):
        for match in pattern.finditer(rest):
            _keep(found, _address(match[1], match[2], Form.HOST_PORT))
    for address in _named(rest):
        _keep(found, address)
    for pattern in (_CLUSTER_NAME, _POD_NAME, _LOOKED_UP, _JAVA_HOST):
        for match in pattern.finditer(rest):
            alone = match[1] == text.strip()
            if any(host == match[1].lower() for host, _ in found) or (alone and pattern is _POD_NAME):
                continue
            _keep(found, Address(match[1].lower(), 0, "", Form.NAMED_HOST if alone else Form.TOKEN))
    if not found:
        for part in re.split(r"[,\s]+", text.strip()) if "," in text else [text.strip()]:
            whole = re.fullmatch(_HOST, part)
            if whole:
                _keep(found, Address(part.rstrip(".").lower(), 0, "", Form.WHOLE))
    return tuple(sorted(found.values(), key=lambda item: (item.form, item.host, item.port)))


def split_lines(text: str) -> Iterator[tuple[int, str, str]]:
    """Go through the lines of a mounted file as (number from 0, key, value); comments and blank lines are left out.

    A line that assigns nothing has the key "" and itself as value.
    """
    for number, line in enumerate(text.split("\n")):
        if not line.strip() or _COMMENT.match(line):
            continue
        upstream = _UPSTREAM.match(line)
        if upstream and ";" in line:  # HAProxy has lines `server name host:port` too, which end without a mark
            port = f":{upstream[2]}" if upstream[2] else ""
            yield number, "upstream_server", f"{upstream[1]}{port}"
            continue
        if _LISTED.fullmatch(line):
            yield number, "", line.strip(" \t\r-,;\"'")
            continue
        assigned = _ASSIGNED.match(line)
        if assigned and not assigned[2].startswith("//"):
            # A properties file may write its colons as \\: so that they part no key from its value.
            yield number, assigned[1], assigned[2].strip("\"'").replace("\\:", ":")
        else:
            yield number, "", re.sub(r"\s+#.*$", "", line)


def _injected(match: re.Match[str]) -> str:
    return match[1].lower().replace("_", "-") if match[2] == "HOST" else str(_INJECTED_PORT)


def _keep(found: dict[tuple[str, int], Address], address: Address) -> None:
    key = (address.host, address.port)
    if key not in found or address.form < found[key].form:
        found[key] = address


def _address(host: str, port: str | None, form: Form, scheme: str = "") -> Address:
    number = int(port) if port else 0
    return Address(host.rstrip(".").lower(), number if number <= 65535 else 0, scheme, form)


def _urls(text: str) -> Iterator[Address]:
    for match in _URL.finditer(text):
        scheme = match[1].lower().split("+")[0]
        authority = match[2].rsplit("@", 1)[-1]
        for part in authority.split(","):
            one = _ONE_HOST.fullmatch(part.strip())
            if one:
                yield _address(one[1], one[2], Form.URL, scheme)
            elif not part.strip().startswith("$"):
                inside = re.search(rf"\(({_HOST}):([0-9]{{1,5}})$", part)
                if inside:
                    yield _address(inside[1], inside[2], Form.URL, scheme)


def _named(text: str) -> Iterator[Address]:
    for braced in _BRACED.finditer(text):
        named, numbered = _FIELD_HOST.search(braced[0]), _FIELD_PORT.search(braced[0])
        if named:
            written = numbered[1] if numbered else None
            yield _address(named[1], written, Form.HOST_PORT if written else Form.NAMED_HOST)
    for host_pattern, port_pattern in ((_DSN_HOST, _DSN_PORT), (_FLAG_HOST, _FLAG_PORT)):
        hosts = list(host_pattern.finditer(text))
        ports = port_pattern.findall(text)
        for match in hosts:
            own = match[2] if host_pattern is _DSN_HOST else None
            port = own or (ports[0] if len(hosts) == 1 and len(ports) == 1 else None)
            yield _address(match[1], port, Form.HOST_PORT if port else Form.NAMED_HOST)
