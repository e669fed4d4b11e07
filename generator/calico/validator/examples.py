"""For each check an object that triggers it, and the repair that ends it: read by the tests and by the docs page."""

from __future__ import annotations

from functools import lru_cache

from generator.calico.validator.example import Example
from generator.calico.validator.examples_objects import OBJECT_EXAMPLES
from generator.calico.validator.examples_rules import RULE_EXAMPLES
from generator.calico.validator.examples_scopes import SCOPE_EXAMPLES


@lru_cache(maxsize=1)
def all_examples() -> tuple[Example, ...]:
    """Return all examples, by the number of their check."""
    return tuple(sorted(OBJECT_EXAMPLES + RULE_EXAMPLES + SCOPE_EXAMPLES, key=lambda example: example.check))


def examples_of(number: int) -> tuple[Example, ...]:
    """Return the examples of one check."""
    return tuple(example for example in all_examples() if example.check == number)


__all__ = ["Example", "all_examples", "examples_of"]
