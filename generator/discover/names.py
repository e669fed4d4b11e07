"""What the name of a variable, flag or key says about its value: an address to call, one of its own, or no address."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final

from generator.discover.values import SCHEME_PORTS

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_ADDRESS_END: Final = re.compile(
    r"(?:hosts?|hostnames?|addr(?:ess(?:es)?|s)?|servers?|endpoints?|ur[il]s?|dsn|brokers?|upstreams?|upstream_server)$",
    re.IGNORECASE,
)
# These tell the reader who may come, where it listens or how others name it, not whom it calls.
_NOT_CALLED: Final = re.compile(
    r"allow|allowed|allowlist|whitelist|origin|origins|cors|redirect|callback|advertise|advertised|listen|listener"
    r"|listeners|bind|binding|public|publish|self|own|root|canonical|external|trusted|proxied|cookie|referer"
    r"|referrer|schema|xmlns|namespace|docs|doc|documentation|homepage|home|help|support|license|repository|repo"
    r"|vcs"
)
# A single word under such a name is a choice, a user or a database, whatever Service has the same name.
_NO_HOST_END: Final = re.compile(
    r"type|kind|driver|dialect|engine|adapter|db|database|user|username|login|name|schema|mode|env|environment"
    r"|profile|profiles|namespace|role|password|level|app|application|version|topic|queue|bucket|prefix|suffix"
    r"|path|dir|file|provider|protocol|vendor|strategy|tag|label|title|id|key|color|theme|locale|language|lang|tz"
    r"|timezone|image|command|cmd|component|tier|group|team|owner|stage|channel|exchange|vhost|collection|table"
    r"|index|from|provider|product|instance|cluster|zone|region"
)
# psql -h db -p 5432, mysql -h db -P 3306
_HOST_FLAGS: Final = ("-h", "-H")
_PORT_FLAGS: Final = ("-p", "-P")
_STEM: Final = re.compile(
    r"[_.-]?(?:hosts?|hostnames?|addr(?:ess)?|servers?|service|svc|ur[il]|endpoint)$", re.IGNORECASE
)
_NO_PROXY: Final = re.compile(r"no[_-]?proxy", re.IGNORECASE)


def words_of(name: str) -> list[str]:
    """Return the words of a name in small letters: DB_HOST, dbHost and db.host are the same."""
    return [word.lower() for word in _WORD.findall(name)]


def says_address(name: str) -> bool:
    """Tell whether the name ends as names of addresses do."""
    return name in _HOST_FLAGS or bool(_ADDRESS_END.search(name.rstrip("0123456789_-")))


def says_not_called(name: str) -> bool:
    """Tell whether the name says that the address is not one that this program calls."""
    return any(_NOT_CALLED.fullmatch(word) for word in words_of(name))


def says_no_host(name: str) -> bool:
    """Tell whether a single word under this name is no host."""
    words = words_of(name)
    return bool(words) and bool(_NO_HOST_END.fullmatch(words[-1]))


def is_no_proxy(name: str) -> bool:
    """Tell whether it is the list of hosts that are called without a proxy; it says nothing of who is called."""
    return bool(_NO_PROXY.search(name))


def port_beside(name: str, values: Mapping[str, str]) -> int:
    """Return the port in the variable that belongs to this one (DB_HOST and DB_PORT); 0 where there is none."""
    stem = _STEM.sub("", name)
    wanted = {f"{stem}{joint}port".lower().lstrip("_.-") for joint in ("", "_", ".", "-")}
    wanted.add(f"{name}_port".lower())
    wanted.update([f"{item}_value" for item in wanted])  # Envoy: address and port_value
    if name in _HOST_FLAGS:
        values = {other: value for other, value in values.items() if other in _PORT_FLAGS}
        wanted = {"p"}
    for other, value in values.items():
        if other.lower().lstrip("_.-") in wanted and value.isascii() and value.isdigit() and 0 < int(value) <= 65535:
            return int(value)
    return 0


def ports_alike(name: str, values: Mapping[str, str], known: Collection[int]) -> frozenset[int]:
    """Return which of the known ports stand in variables of the same stem (QUERY_HOST and QUERY_UI_PORT)."""
    stem = words_of(_STEM.sub("", name))
    found: set[int] = set()
    for other, value in values.items() if stem else ():
        words = words_of(other)
        if words[: len(stem)] == stem and "port" in words and value.isascii() and value.isdigit():
            found.update({int(value)} & set(known))
    return frozenset(found)


def usual_ports(name: str) -> frozenset[int]:
    """Return the ports that the programs named in a variable's name usually have (REDIS_HOST: 6379)."""
    return frozenset(SCHEME_PORTS[word] for word in words_of(name) if word in SCHEME_PORTS)
