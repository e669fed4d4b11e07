"""Who may ask the API server, how: tokens, the server's key for service accounts, kubeconfig files."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

ADMIN: Final = "admin"
# Users without any right until a test grants one (`Client.grant`).
USERS: Final = ("reader", "applier", "nobody", "alice", "bob")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where an API server is found: its URL, the file with its CA, the token of each user."""

    url: str
    ca_file: Path
    tokens: Mapping[str, str]


def make_tokens() -> dict[str, str]:
    """Return a token for each user; they are long and unmistakable, so that a leaked one is found in any text."""
    return {user: f"canary-{user}-{secrets.token_hex(12)}" for user in (ADMIN, *USERS)}


def tokens_file(tokens: Mapping[str, str]) -> str:
    """Return the contents of kube-apiserver's --token-auth-file."""
    return "".join(
        f'{token},{user},{user},"{"system:masters" if user == ADMIN else "testers"}"\n'
        for user, token in tokens.items()
    )


def service_account_key() -> str:
    """Return a new EC key on P-256 as PEM (RFC 5915, without the optional public key, which Go derives)."""
    oid = bytes.fromhex("06082a8648ce3d030107")
    parts = b"\x02\x01\x01" + b"\x04\x20" + secrets.token_bytes(32) + bytes([0xA0, len(oid)]) + oid
    text = base64.encodebytes(bytes([0x30, len(parts)]) + parts).decode()
    return f"-----BEGIN EC PRIVATE KEY-----\n{text}-----END EC PRIVATE KEY-----\n"


def write_kubeconfig(
    file: Path, endpoint: Endpoint, user: str = ADMIN, *, url: str | None = None, namespace: str = ""
) -> Path:
    """Write a kubeconfig for a user, with the context `testbed`; `url` sends it through a proxy of the tests."""
    server = url or endpoint.url
    cluster: dict[str, Any] = {"server": server}
    if server.startswith("https:"):
        cluster["certificate-authority"] = str(endpoint.ca_file)
    context = {"cluster": "testbed", "user": user} | ({"namespace": namespace} if namespace else {})
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "testbed", "cluster": cluster}],
        "users": [{"name": user, "user": {"token": endpoint.tokens[user]}}],
        "contexts": [{"name": "testbed", "context": context}],
        "current-context": "testbed",
    }
    file.touch(mode=0o600)
    file.write_text(yaml.safe_dump(config), encoding="utf-8")
    return file
