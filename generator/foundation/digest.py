"""Digests of values, independent of key order and of the machine."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def canonical_json(value: Any) -> str:
    """Write a JSON value in the one form that digests are made of: sorted keys, no blanks, no ASCII escapes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest_text(text: str) -> str:
    """Return `sha256:` and the hex digest of the text's UTF-8 bytes."""
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def digest_value(value: Any) -> str:
    """Return the digest of a JSON value's canonical form."""
    return digest_text(canonical_json(value))
