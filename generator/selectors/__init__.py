"""Calico's selector language: lexer, nodes with ranges, parser, printer, evaluation (calico.md 3).

Standard library only; rewriting of API selectors to label matches (calico.md 3.5) is not part of the language.
The language is that of Calico 3.30 and later. Versions 3.26 to 3.29 read the same selectors with one tokenizer more
lax in two points (3.4): any white space inside `all( )` and `has( )`, and no word boundary needed after `contains`,
`starts with` and `ends with`. What parses here parses in every version; no operator was added or removed.
"""

from generator.selectors.errors import SelectorError
from generator.selectors.evaluate import evaluate_selector
from generator.selectors.nodes import (
    All,
    And,
    Contains,
    EndsWith,
    Equal,
    Global,
    Has,
    In,
    Node,
    Not,
    NotEqual,
    NotIn,
    Or,
    StartsWith,
    walk_selector,
)
from generator.selectors.parser import parse_selector
from generator.selectors.printer import labels_selector, print_selector

__all__ = [
    "All",
    "And",
    "Contains",
    "EndsWith",
    "Equal",
    "Global",
    "Has",
    "In",
    "Node",
    "Not",
    "NotEqual",
    "NotIn",
    "Or",
    "SelectorError",
    "StartsWith",
    "evaluate_selector",
    "labels_selector",
    "parse_selector",
    "print_selector",
    "walk_selector",
]
