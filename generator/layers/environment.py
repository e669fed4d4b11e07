"""Jinja, set up once: strict about missing values, sandboxed, the user's folder before ours. Only jinja2 is here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.resources.abc import Traversable
from pathlib import Path
from types import CodeType
from typing import Any, Final

from jinja2 import (
    BaseLoader,
    BytecodeCache,
    Environment,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
)
from jinja2.bccache import Bucket
from jinja2.sandbox import ImmutableSandboxedEnvironment

from generator.foundation.codes import FILE_UNREADABLE
from generator.foundation.diagnostics import Place, problem
from generator.foundation.digest import digest_value
from generator.foundation.errors import InputError
from generator.foundation.paths import PathKind, path_kind, read_file
from generator.foundation.resources import data_folder
from generator.foundation.spelling import did_you_mean
from generator.foundation.yaml_reader import decode_text
from generator.foundation.yaml_writer import write_document, write_scalar_text
from generator.layers.codes import TEMPLATE_FAILED, UNKNOWN_TEMPLATE

SUFFIX = ".yaml.j2"


def bundled_templates() -> dict[str, str]:
    """Return the shipped templates by file name."""
    return {name: item.read_text("utf-8") for name, item in _listed(data_folder("templates"))}


def read_templates(folder: Path | None) -> dict[str, str]:
    """Return all templates by name: ours, and in their place those of the user's folder.

    Raises InputError for a folder that is absent, or a file in it that no layer uses.
    """
    templates = bundled_templates()
    if folder is None:
        return templates
    kind = path_kind(folder)
    if kind is not PathKind.FOLDER:
        summary = "this is a file, and a folder is due" if kind is PathKind.FILE else "there is no such folder"
        hint = "ringfence templates copy DIR makes one"
        raise InputError([problem(UNKNOWN_TEMPLATE, summary, place=Place(str(folder)), hint=hint)])
    wrong = []
    for name, item in _listed(folder):
        if name in templates:
            templates[name] = _read(Path(str(item)))
        else:
            hint = did_you_mean(name, templates) or f"known: {', '.join(sorted(templates))}"
            wrong.append(problem(UNKNOWN_TEMPLATE, f"no layer uses '{name}'", place=Place(str(item)), hint=hint))
    if wrong:
        raise InputError(wrong)
    return templates


def _read(file: Path) -> str:
    place = Place(str(file))
    try:
        text, problems = decode_text(read_file(file), str(file))
    except OSError as error:
        summary = f"the template cannot be read: {error.strerror}"
        raise InputError([problem(FILE_UNREADABLE, summary, place=place)]) from None
    if problems:
        raise InputError(problems)
    return text


def _listed(folder: Traversable) -> list[tuple[str, Traversable]]:
    found = [item for item in folder.iterdir() if item.name.endswith(SUFFIX) and not item.name.startswith(".")]
    return sorted(((item.name, item) for item in found), key=lambda pair: pair[0])


def templates_digest(templates: Mapping[str, str]) -> str:
    """Return the digest of all templates, for the plan."""
    return digest_value(dict(templates))


class _Texts(BaseLoader):
    """Serves the templates from memory, so that a run reads each file once."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def get_source(self, environment: Any, template: str) -> tuple[str, str | None, Callable[[], bool] | None]:
        if template not in self._texts:
            raise TemplateNotFound(template)
        return self._texts[template], template, lambda: True


class _Compiled(BytecodeCache):
    """Keeps what each template was compiled to, for the text it was compiled from: another text is compiled anew."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, CodeType]] = {}

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        return name

    def get_source_checksum(self, source: str) -> str:
        return source

    def load_bytecode(self, bucket: Bucket) -> None:
        text, code = self._known.get(bucket.key, ("", None))
        if text == bucket.checksum:
            bucket.code = code

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._known[bucket.key] = (bucket.checksum, bucket.code)


# The sandbox has other code compiled, so each kind keeps its own.
_COMPILED: Final = {Environment: _Compiled(), ImmutableSandboxedEnvironment: _Compiled()}


def write_value(value: Any) -> str:
    """Write a number or text for a template: the filter `yaml`."""
    if isinstance(value, str):
        return write_scalar_text(value)
    return write_document(value).rstrip("\n")


class TemplateRenderer:
    """Renders templates by name; an error of a template becomes a diagnostic with its line."""

    def __init__(self, templates: Mapping[str, str]) -> None:
        # The sandbox looks at every attribute, which doubles the time; our own templates have no need of it.
        kind = Environment if templates == bundled_templates() else ImmutableSandboxedEnvironment
        self._environment = kind(
            loader=_Texts(templates),
            bytecode_cache=_COMPILED[kind],
            undefined=StrictUndefined,
            autoescape=False,
            keep_trailing_newline=True,
            lstrip_blocks=True,
        )
        self._environment.filters["yaml"] = write_value

    def render(self, name: str, values: Mapping[str, Any]) -> str:
        """Render one template; raises InputError if Jinja refuses it."""
        try:
            return self._environment.get_template(name).render(dict(values))
        except TemplateSyntaxError as error:
            place = Place(error.name or name, error.lineno, 1)
            raise InputError([problem(TEMPLATE_FAILED, error.message or "syntax error", place=place)]) from error
        except TemplateNotFound as error:
            raise InputError([problem(TEMPLATE_FAILED, f"no template '{error.name}'", place=Place(name))]) from error
        except (TemplateError, TypeError, ValueError, AttributeError, KeyError, IndexError, ZeroDivisionError) as error:
            place = Place(name, _line_in_template(error, name), 1)
            raise InputError([problem(TEMPLATE_FAILED, str(error) or type(error).__name__, place=place)]) from error
        except (RecursionError, OverflowError, MemoryError) as error:
            raise InputError([problem(TEMPLATE_FAILED, "it does not come to an end", place=Place(name))]) from error


def _line_in_template(error: BaseException, name: str) -> int:
    """Find the deepest frame that is a line of the template; Jinja rewrites frames to the template's own lines."""
    line = 0
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == name:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
