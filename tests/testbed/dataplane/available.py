"""Whether Calico's own Felix can run here: the programs it calls, the rights it needs, and Felix itself."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from typing import Final

from tests.testbed.build import CannotBuild, felix

TOOLS: Final = ("unshare", "nsenter", "ip", "iptables-restore", "ip6tables-restore", "ipset", "nft")


@cache
def why_not() -> str:
    """Return in one line why no packets can be judged here, or "" where they can; Felix is built where need be."""
    missing = [name for name in TOOLS if shutil.which(name) is None]
    if missing:
        return f"there is no {', '.join(missing)} (Debian: apt-get install iproute2 iptables ipset nftables)"
    if subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False).returncode:
        return "this user may not make network namespaces"
    try:
        felix()
    except CannotBuild as failed:
        return str(failed)
    return ""
