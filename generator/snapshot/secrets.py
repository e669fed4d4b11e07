"""What looks like a secret, by the name of a value and by its shape; it is cut out before anything is stored."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

# A name tells a secret by one of its words, unless its last word says that it is where something is, or how it is set.
_SECRET_NAMES: Final = re.compile(
    r"password|passwd|passphrase|passcode|pwd|secrets?|token|apikey|credentials?|creds|privatekey|secretkey|accesskey"
    r"|masterkey|encryptionkey|signingkey|requirepass|masterauth|authtoken|htpasswd"
)
_SECRET_LAST: Final = re.compile(r"pass|pw|auth|salt|pepper|cookie|otp|pin|jwt|sas|bearer|license")
_KEY_BEFORE: Final = re.compile(r"api|private|secret|access|master|encryption|signing|ssh|license|account|shared")
_HARMLESS_LAST: Final = re.compile(
    r"ur[il]s?|hosts?|hostname|addrs?|address|addresses|ports?|endpoints?|servers?|services?|domains?|issuer|audience"
    r"|file|path|dir|names?|ttl|expiry|expiration|timeout|enabled?|disabled|required|type|mode|method|provider|backend"
    r"|algorithm|length|size|count|interval|policy"
)
_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")

_USERINFO: Final = (
    # scheme://user:password@host; the password may hold a slash, but what follows a port is a path.
    re.compile(r"(?<=://)[^\s/@'\"<>]*@"),
    re.compile(r"(?<=://)[^\s/@:'\"<>]{0,256}:(?!\d+(?:/|$))[^\s@'\"<>]{0,512}@"),
    # user:password@tcp(host:3306)/db and the later hosts of a list
    re.compile(r"(?<![\w./:%+-])[\w.%+-]+:[^\s@/,;'\"]{1,2048}@(?!sha256:)(?=[\w(\[])"),
)
_PART: Final = (
    r"(?<![\w.-])[\w.-]*(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|accountkey"
    r"|requirepass|masterauth|credentials?)(?:[_-]?key)?"
)
# password=…, "token": "…", --api-key …, requirepass … inside a longer text
_NAMED: Final = re.compile(
    rf"(?i)(?P<head>{_PART}(?:[\"']\s*[=:]|\s*=|\s*:(?![0-9]{{1,5}}(?!\w)))[ \t]*"
    rf"|{_PART}[ \t]+(?=[^\s=:-]))"
    r"(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s;&,\"'}]+)",
    re.MULTILINE,
)
_SHAPES: Final = (
    re.compile(r"-----BEGIN [A-Z ]*-----.*?(?:-----END [A-Z ]*-----|\Z)", re.DOTALL),
    re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?"),
    re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    re.compile(
        r"\b(?:gh[pousr]_|github_pat_|glpat-|xox[abprs]-|sk_live_|sk_test_|rk_live_|sk-|AIza|ya29\.|SG\.|hvs\.)[\w.-]{10,}"
    ),
    re.compile(r"\$(?:2[aby]|5|6|apr1|argon2id?)\$[\w./$,=+-]{20,}"),
    re.compile(r"(?<=hooks\.slack\.com/)\S+"),
    re.compile(r"(?i)\b(?:bearer|basic)\s+[\w+/.=-]{12,}"),
)
# Clients that take the password right after a short flag.
_CLIENT_FLAGS: Final = (
    (re.compile(r"\b(?:mysql|mariadb)"), re.compile(r"(?:(?<=\s-p)|(?<=\A-p))[^\s;'\"]+")),
    (re.compile(r"\bredis-cli\b"), re.compile(r"(?<=\s-a\s)[^\s;'\"]+")),
    (re.compile(r"\bcurl\b"), re.compile(r"(?<=\s-u\s)[^\s;'\"]+:[^\s;'\"]+")),
)
_OPAQUE: Final = re.compile(r"(?<![\w+/=.-])[A-Za-z0-9+/_-]{32,}={0,2}(?![\w+/=.-])")
# A secret's name with a plain address as its value (TOKENS=http://tokens:8080) tells no secret.
_PLAIN_ADDRESS: Final = re.compile(r"[a-z][a-z0-9+.-]*://[A-Za-z0-9.-]+(?::[0-9]{1,5})?/?")
# Most values are short words, host:port and paths; none of the patterns can match these.
_HARMLESS: Final = re.compile(r"[\w./-]{0,12}|(?!sk-|xox|glpat-)[a-z0-9.-]{1,63}:[0-9]{1,5}|/[a-z0-9_./-]{0,30}")
CUT: Final = ""


@lru_cache(maxsize=8192)
def is_secret_name(name: str) -> bool:
    """Tell whether a variable, key or flag of this name holds a secret, such as DB_PASSWORD or --api-key."""
    words = [word.lower() for word in _WORDS.findall(name)]
    if not words or _HARMLESS_LAST.fullmatch(words[-1]):
        return False
    if (
        (words[-1] in ("key", "keys") and len(words) > 1)
        or _SECRET_LAST.fullmatch(words[-1])
        or any(_SECRET_NAMES.fullmatch(word) for word in words)
    ):
        return True
    return any(word == "key" and _KEY_BEFORE.fullmatch(words[i - 1]) for i, word in enumerate(words) if i)


def cut_secrets(name: str, value: str) -> tuple[str, bool]:
    """Return the value without what looks like a secret, and whether something was cut.

    A secret's name empties the whole value. Elsewhere userinfo of URLs, named passwords inside connection strings and
    files, tokens and keys of known shapes, and long opaque texts go; hosts and ports stay.
    """
    if not value:
        return value, False
    if is_secret_name(name):
        return (value, False) if _PLAIN_ADDRESS.fullmatch(value) else (CUT, True)
    if _HARMLESS.fullmatch(value):
        return value, False
    text = value
    for pattern in _USERINFO:
        text = pattern.sub(CUT, text)
    text = _NAMED.sub(lambda match: match["head"], text)
    text = cut_client_flags(text, text)
    for pattern in _SHAPES:
        text = pattern.sub(CUT, text)
    text = _OPAQUE.sub(lambda match: CUT if _is_opaque(match[0]) else match[0], text)
    return text, text != value


def cut_client_flags(program: str, text: str) -> str:
    """Return the text without the passwords that known clients take by a short flag; `program` is what names them."""
    for client, flag in _CLIENT_FLAGS:
        if client.search(program):
            text = flag.sub(CUT, text)
    return text


def _is_opaque(text: str) -> bool:
    """A long text that mixes digits with letters and has no separators of names is a key, not a word."""
    body = text.rstrip("=")
    digits = sum(char.isdigit() for char in body)
    upper = any(char.isupper() for char in body)
    lower = any(char.islower() for char in body)
    if re.fullmatch(r"[0-9a-fA-F]{32,}", body):
        return digits > 0
    return digits >= 3 and upper and lower and "/" not in body[:8]
