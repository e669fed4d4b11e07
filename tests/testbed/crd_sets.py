"""Which of Calico's CRDs a server has: three sets, each as one release ships it, with what Calico always makes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, Literal, get_args

import yaml

from tests.support.shared import shared_folder

CrdSet = Literal["v3-3.32", "crd-v1-3.32", "crd-v1-3.28", "none"]
CRD_SETS: Final[tuple[CrdSet, ...]] = get_args(CrdSet)

# `none` is a cluster without Calico. 3.28 knows no tiers and is older than ClusterNetworkPolicy.
_FOLDERS: Final[dict[CrdSet, tuple[str, ...]]] = {
    "v3-3.32": ("3.32.1/projectcalico.org_v3", "3.32.1/policy.networking.k8s.io", "3.32.1/admission"),
    "crd-v1-3.32": ("3.32.1/crd.projectcalico.org_v1", "3.32.1/policy.networking.k8s.io"),
    "crd-v1-3.28": ("3.28.5/crd.projectcalico.org_v1",),
    "none": (),
}
VERSIONS: Final[dict[CrdSet, str]] = {"v3-3.32": "v3.32.1", "crd-v1-3.32": "v3.32.1", "crd-v1-3.28": "v3.28.5"}
# Order and default action of the tiers that Calico makes at its first start (calico.md 1.3).
_TIERS: Final = (("kube-admin", 1_000, "Pass"), ("default", 1_000_000, "Deny"), ("kube-baseline", 10_000_000, "Pass"))


def api_version(crds: CrdSet) -> str:
    """Return the apiVersion that Calico's objects have in a set."""
    return "projectcalico.org/v3" if crds.startswith("v3-") else "crd.projectcalico.org/v1"


def crd_files(crds: CrdSet) -> list[Path]:
    """Return the files of a set, CRDs before the policies about them."""
    base = shared_folder() / "calico-crds"
    return [file for folder in _FOLDERS[crds] for file in sorted((base / folder).glob("*.yaml"))]


def crd_objects(crds: CrdSet) -> list[dict[str, Any]]:
    """Return what the files of a set hold.

    The admission policies name NetworkPolicy as the kind of their parameters, and use none. With it the API server
    looks for that kind in a list which it reads anew every 30 s, and until then answers creations with 403 "failed to
    configure policy"; so it is left out here.
    """
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found = [doc for file in crd_files(crds) for doc in yaml.load_all(file.read_text(encoding="utf-8"), loader) if doc]
    for doc in found:
        if doc["kind"] == "MutatingAdmissionPolicy":
            doc["spec"].pop("paramKind", None)
    return sorted(found, key=lambda doc: doc["kind"] != "CustomResourceDefinition")


def calico_objects(crds: CrdSet) -> list[dict[str, Any]]:
    """Return what Calico itself makes at its first start: its tiers, where it has some, and who it is."""
    if crds == "none":
        return []
    version = api_version(crds)
    tiers = [
        {"kind": "Tier", "metadata": {"name": name}, "spec": {"order": order, "defaultAction": action}}
        for name, order, action in _TIERS
        if crds != "crd-v1-3.28"
    ]
    cluster = {"calicoVersion": VERSIONS[crds], "clusterType": "k8s,kdd", "datastoreReady": True}
    felix = {"bpfConnectTimeLoadBalancing": "TCP", "logSeverityScreen": "Info"}
    pool = {"cidr": "10.244.0.0/16", "blockSize": 26, "natOutgoing": True, "nodeSelector": "all()"}
    pool |= {"vxlanMode": "Always", "ipipMode": "Never", "allowedUses": ["Workload", "Tunnel"]}
    about = [
        {"kind": "IPPool", "metadata": {"name": "default-ipv4-ippool"}, "spec": pool},
        {"kind": "ClusterInformation", "metadata": {"name": "default"}, "spec": cluster},
        {"kind": "FelixConfiguration", "metadata": {"name": "default"}, "spec": felix},
    ]
    return [{"apiVersion": version, **obj} for obj in (*tiers, *about)]
