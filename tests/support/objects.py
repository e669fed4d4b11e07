"""Small policy objects for tests: from a manifest or from YAML text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generator.calico.objects import ApiObject, as_api_object
from generator.foundation.source import SourceMap
from generator.foundation.yaml_reader import read_documents
from generator.foundation.yaml_writer import write_document


def api_object(manifest: Mapping[str, Any], file: str = "test.yaml") -> ApiObject:
    found = as_api_object(manifest, SourceMap(file, write_document(manifest)))
    assert found is not None, manifest
    return found


def api_objects(text: str, file: str = "test.yaml") -> list[ApiObject]:
    documents, problems = read_documents(text, file)
    assert not problems
    found = [as_api_object(document.value, document.source) for document in documents]
    assert all(found)
    return [obj for obj in found if obj is not None]
