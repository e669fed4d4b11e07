"""The name of a pod's interface on its node, which says whose packet a line is whoever has the address by now.

Calico: `libcalico-go/lib/backend/k8s/conversion` (VethNameForWorkload): the prefix, then the first eleven hexadecimal
digits of the SHA-1 of `namespace.name`.
"""

from __future__ import annotations

import re
from hashlib import sha1
from typing import Final

_OF_A_POD: Final = re.compile(r"cali[0-9a-f]{11}")
_DIGITS: Final = 11


def is_of_a_pod(interface: str) -> bool:
    """Tell whether an interface is one that Calico has made for a pod, under the prefix that it has by default."""
    return _OF_A_POD.fullmatch(interface) is not None


def interface_of(namespace: str, name: str) -> str:
    """Return the name of a pod's interface."""
    return f"cali{sha1(f'{namespace}.{name}'.encode(), usedforsecurity=False).hexdigest()[:_DIGITS]}"
