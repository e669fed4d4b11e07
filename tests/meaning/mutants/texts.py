"""Mutants of templates, by changes of their text: every place where an operator applies, in the order of the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

Mutant = tuple[str, str]  # what was changed, and the whole text

_WORDS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    (r"\bDeny\b", ("Allow", "Pass", "Log")),
    (r"\bAllow\b", ("Deny", "Pass", "Log")),
    (r"\bPass\b", ("Deny",)),
    (r"(?<=- )Ingress\b", ("Egress",)),
    (r"(?<=- )Egress\b", ("Ingress",)),
    (r'"Ingress"', ('"Egress"',)),
    (r'"Egress"', ('"Ingress"',)),
    (r"(?<=  )ingress(?=:)", ("egress",)),
    (r"(?<=  )egress(?=:)", ("ingress",)),
    (r'"source"', ('"destination"',)),
    (r'"destination"', ('"source"',)),
    (r"\bnotNets\b", ("nets",)),
    (r"\bnotPorts\b", ("ports",)),
    (r"\bnotSelector\b", ("selector",)),
    (r"(?<=  )ports(?=:)", ("notPorts",)),
    (r"(?<=  )nets(?=:)", ("notNets",)),
    (r"(?<=  )selector(?=: )", ("notSelector",)),
    (r"\bingress_rule\(", ("egress_rule(",)),
    (r"\begress_rule\(", ("ingress_rule(",)),
    (r"\{\{ order \}\}", ("1", "165", "450", "{{ order + 250 }}", "{{ order * 10 }}", "9999")),
    (r"\{\{ tier_order \}\}", ("1", "5000", "{{ tier_order + 1 }}")),
    (r"\brow\.peer\b", ("row.own",)),
    (r"\brow\.own\b", ("row.peer",)),
    (r"\brow\.ports\b", ("row.ports[:1]", "row.ports[1:]", "()", "(row.ports | list + [7])", "[81]")),
    (r"(?<=, )\(\)(?=\))", ("[80]", "[443, 53]")),
    (r"\ball\(\)", ("app == 'web'", "has(app)", "!has(app)", "\"tier == 'backend'\"")),
    (r"\bview\.ingress\b", ("view.ingress[1:]", "view.ingress[:-1]", "view.ingress[:1]", "view.egress")),
    (r"\bview\.egress\b", ("view.egress[1:]", "view.egress[:-1]", "view.egress[:1]", "view.ingress")),
    (r"\bset\.label\b", ("(set.label ~ '-x')", "'other'", "sets[0].label", "sets[-1].label")),
    (r"\bpeer\.nets\b", ("peer.nets[1:]", "peer.nets[:1]", "(peer.nets | list + ['1.0.0.0/8'])")),
    (r"\bset\.nets\b", ("(set.nets | list + ['9.9.9.9/32'])", "(set.nets | list + ['2600::/16'])", "['9.9.9.0/24']")),
)
_SELECTORS: Final = (
    "all()", "{0} || app == 'evil'", "{0} || has(app)", "{0} && has(app)", "!({0})", "{0} && tier == 'backend'",
    "{0} && !has(app)", "app == 'web'", "{0} && app == 'web'", "has(app)",
)  # fmt: skip
_NAMESPACES: Final = (
    "all()", "global()", "projectcalico.org/name == 'shop'", "projectcalico.org/name == 'goods'", "!({0})",
    "({0}) || projectcalico.org/name == 'billing'", "({0}) && projectcalico.org/name != 'shop'",
    "({0}) && projectcalico.org/name != 'goods'", "({0}) && projectcalico.org/name != 'entry'",
)  # fmt: skip
_RULES: Final = (
    ["- action: Deny"], ["- action: Pass"], ["- action: Log"],
    ["- action: Allow", "  SIDE: {nets: [9.9.9.9/32]}"],
    ["- action: Allow", "  protocol: UDP", "  SIDE: {selector: has(app)}"],
    ["- action: Allow", "  SIDE: {selector: \"projectcalico.org/orchestrator == 'k8s'\"}"],
    ["- action: Deny", "  protocol: TCP"], ["- action: Deny", "  SIDE: {nets: [10.0.0.0/8]}"],
    ["- action: Pass", "  protocol: UDP"],
    ["- action: Deny", "  SIDE: {selector: \"app == 'web'\"}"],
)  # fmt: skip


def text_mutants(text: str) -> Iterator[Mutant]:
    """Give all mutants of one template's text."""
    yield from _dropped_lines(text)
    yield from _dropped_blocks(text)
    yield from _other_words(text)
    yield from _other_selectors(text)
    yield from _other_loops(text)
    yield from _other_conditions(text)
    yield from _more_rules(text)


def _at(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _dropped_lines(text: str) -> Iterator[Mutant]:
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines):
        if line.strip() and not line.lstrip().startswith(("{#", "{%-", "{% ")):
            yield f"line {number + 1} is gone", "".join(lines[:number] + lines[number + 1 :])
            if "{{" not in line or "rule(" in line or "side(" in line:
                yield f"line {number + 1} stands twice", "".join(lines[: number + 1] + lines[number:])


def _dropped_blocks(text: str) -> Iterator[Mutant]:
    """Leave out what stands between a condition or a loop and its end."""
    opened: list[int] = []
    for found in re.finditer(r"\{%-? (if|for|endif|endfor)\b[^%]*%\}", text):
        if found[1] in ("if", "for"):
            opened.append(found.end())
        else:
            start = opened.pop()
            yield f"the block at line {_at(text, start)} is empty", text[:start] + text[found.start() :]


def _other_words(text: str) -> Iterator[Mutant]:
    for pattern, words in _WORDS:
        for found in re.finditer(pattern, text):
            for word in words:
                said = f"line {_at(text, found.start())}: {found[0]} is {word}"
                yield said, text[: found.start()] + word + text[found.end() :]


def _other_selectors(text: str) -> Iterator[Mutant]:
    for found in re.finditer(r"\{\{ ([\w.]*(?:selector|pods_only)) \| yaml \}\}", text):
        forms = _NAMESPACES if "namespace" in found[1] else _SELECTORS
        for form in forms:
            quoted = '"' + form.replace("{0}", f'" ~ {found[1]} ~ "') + '"'
            said = f"line {_at(text, found.start())}: {found[1]} is {form}"
            yield said, f"{text[: found.start()]}{{{{ ({quoted}) | yaml }}}}{text[found.end() :]}"


def _other_loops(text: str) -> Iterator[Mutant]:
    for found in re.finditer(r"(\{%-? for [\w, ]+ in )(.+?)( %\})", text):
        source = found[2]
        cuts = [f"[{number}:{number + 1}]" for number in range(4)]
        for cut in ("[1:]", "[:-1]", "[:1]", "[::2]", "[1::2]", "[2:]", "[:2]", "[::-1]", *cuts):
            changed = f"{found[1]}({source}){cut}{found[3]}"
            yield (
                f"line {_at(text, found.start())}: {source}{cut}",
                text[: found.start()] + changed + text[found.end() :],
            )
        for number in range(4):
            changed = f"{found[1]}(({source})[:{number}] + ({source})[{number + 1}:]){found[3]}"
            said = f"line {_at(text, found.start())}: {source} without number {number}"
            yield said, text[: found.start()] + changed + text[found.end() :]


def _other_conditions(text: str) -> Iterator[Mutant]:
    for found in re.finditer(r"(\{%-? if )(.+?)( %\})", text):
        for form in (f"not ({found[2]})", "false", "true"):
            changed = found[1] + form + found[3]
            yield (
                f"line {_at(text, found.start())}: if {form}",
                text[: found.start()] + changed + text[found.end() :],
            )


def _more_rules(text: str) -> Iterator[Mutant]:
    """Put one more rule before all others of a direction."""
    for found in re.finditer(r"^  (ingress|egress):\n", text, re.MULTILINE):
        side = "source" if found[1] == "ingress" else "destination"
        for lines in _RULES:
            added = "".join(f"  {line}\n" for line in lines).replace("SIDE", side)
            yield (
                f"line {_at(text, found.start())}: first {' '.join(lines)}",
                text[: found.end()] + added + text[found.end() :],
            )
