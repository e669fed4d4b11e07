"""Whatever somebody writes: no check stumbles, and what Calico refuses is an error for the reader."""

from __future__ import annotations

from functools import cache

import pytest

from generator.calico.objects import ApiObject, as_api_object
from generator.calico.validator import ValidationContext, judge_crd, judge_go, validate_object, validate_set
from generator.calico.versions import parse_version
from generator.foundation.diagnostics import Severity
from generator.foundation.source import SourceMap
from generator.reach.lower import lower_policies
from tests.calico.test_validator_neighbours import CASES
from tests.judge.drawn_objects import ObjectDrawing

HOW_MANY = 1_500
VERSIONS = ("3.26", "3.28.5", "3.31.0", "3.32.1")


@cache
def drawn() -> list[ApiObject]:
    drawing = ObjectDrawing("readers")
    manifests = [drawing.manifest() for _ in range(HOW_MANY)] + [manifest for _, manifest, _, _ in CASES]
    found = [as_api_object(manifest, SourceMap("drawn", "")) for manifest in manifests]
    return [obj for obj in found if obj is not None]


@pytest.mark.parametrize("version", VERSIONS)
def test_no_object_stops_the_checks(version: str) -> None:
    for number, obj in enumerate(drawn()):
        dataplane = ("iptables", "nftables", "ebpf", "windows")[number % 4]
        context = ValidationContext(version=version, dataplane=dataplane)  # type: ignore[arg-type]
        validate_object(obj, context)
        validate_set([obj], context)
        lower_policies([obj], parse_version(version))


def test_what_calico_refuses_is_an_error() -> None:
    context = ValidationContext(version="3.32.1")
    for obj in drawn():
        if judge_go(obj.manifest) or judge_crd(obj.manifest):
            assert any(item.severity is Severity.ERROR for item in validate_object(obj, context)), obj.manifest
