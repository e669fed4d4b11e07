"""Who may ask for names: everybody in the scope but services with `dns: false`, however many these are."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.foundation.errors import InputError
from generator.layers.model import ManifestSet
from generator.selectors import evaluate_selector, parse_selector
from tests.faults import layers as faults
from tests.layers.rendering import manifests, render_text

HEAD = """
    version: 1
    name: shop
    platform: generic
    namespace: shop
"""


def may_ask(found: ManifestSet, namespace: str, app: str) -> bool:
    labels = {
        "app": app,
        "projectcalico.org/namespace": namespace,
        "projectcalico.org/orchestrator": "k8s",
    }
    return any(
        evaluate_selector(parse_selector(manifest["spec"]["selector"]), labels)
        and evaluate_selector(
            parse_selector(manifest["spec"]["namespaceSelector"]), {"projectcalico.org/name": namespace}
        )
        for manifest in manifests(found, "dns")
    )


def check_many_silent_services(owns: str) -> None:
    """Their selector is cut by namespace before it grows past 1,024 characters (V15)."""
    namespaces = [f"team-{number}" for number in range(4)]
    services = "".join(
        f"      {namespace}-{word}-{number}: {{namespace: {namespace}, ports: [80], dns: {str(dns).lower()}}}\n"
        for namespace in namespaces[:3]
        for word, dns, count in (("quiet", False, 20), ("loud", True, 2))
        for number in range(count)
    )
    found = render_text(f"{HEAD}    owns: {owns}\n    services:\n{services}")
    for namespace in namespaces:
        for word, dns in (("quiet", False), ("loud", True)):
            for number in range(2):
                expected = dns or namespace == "team-3"
                assert may_ask(found, namespace, f"{namespace}-{word}-{number}") == expected
    assert not may_ask(found, "kube-system", "anything")
    assert all(len(manifest["spec"]["selector"]) <= 1024 for manifest in manifests(found, "dns"))


@pytest.mark.parametrize("owns", ["cluster", "[team-3]"])
def test_many_silent_services(owns: str) -> None:
    check_many_silent_services(owns)


@pytest.mark.parametrize("owns", ["cluster", "[team-3]"])
@pytest.mark.usefixtures("unproven")
def test_planted_fault_is_found(owns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    faults.dns_for_namespaces_of_silent_services(monkeypatch)
    with pytest.raises((AssertionError, InputError)):
        check_many_silent_services(owns)


def test_more_silent_services_than_a_selector_holds_are_refused_in_clear_words() -> None:
    services = "".join(f"      quite-a-long-name-{number}: {{dns: false}}\n" for number in range(60))
    with pytest.raises(InputError, match="60 services of 'shop' have `dns: false`") as caught:
        render_text(f"{HEAD}    services:\n{services}")
    assert [item.code for item in caught.value.diagnostics] == ["RF3014"]


def profile(folder: Path, dns: str) -> str:
    path = folder / "own.yaml"
    path.write_text(f"version: 1\nname: own\ntitle: Own\nextends: generic\ndns:\n{dns}")
    return str(path)


NOBODY = """
  pods: null
  nodeLocalPresence: {value: never, source: test, verified: no}
"""
ON_HOST = """
  pods:
    value: {namespace: kube-system, labels: {k8s-app: kube-dns}, ports: [53/UDP, 53/TCP], hostNetwork: true}
    source: test
    verified: no
  service: null
"""


@pytest.mark.parametrize("dns", [NOBODY, ON_HOST], ids=["nobody", "host"])
def test_dns_that_no_rule_can_name_is_an_error(dns: str, tmp_path: Path) -> None:
    text = f"{HEAD}    services: {{web: {{ports: [80]}}}}\n"
    with pytest.raises(InputError, match="DNS") as caught:
        render_text(text, platform=profile(tmp_path, dns))
    assert [item.code for item in caught.value.diagnostics] == ["RF3010"]
