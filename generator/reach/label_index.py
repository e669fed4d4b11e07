"""Which of many label sets a selector matches, without looking at each of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final, NamedTuple

from generator.calico.rewrite import NAMESPACE_LABEL, ORCHESTRATOR_LABEL
from generator.reach.model import Isolating
from generator.selectors import And, Equal, Has, In, Node, Or, evaluate_selector

Classes = frozenset[int]
_NONE: Final[frozenset[int]] = frozenset()


class LabelIndex:
    """Carriers of labels, those with equal labels put into one class.

    An equality, a set and a `has` are looked up; a selector with anything else in it is evaluated once for each class
    that these leave over.
    """

    __slots__ = ("_by_key", "_by_value", "_found", "class_of", "labels")

    def __init__(self, carriers: Iterable[Mapping[str, str]]) -> None:
        self.labels: list[Mapping[str, str]] = []
        self.class_of: list[int] = []
        seen: dict[frozenset[tuple[str, str]], int] = {}
        self._by_value: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
        for labels in carriers:
            form = frozenset(labels.items())
            number = seen.get(form)
            if number is None:
                number = seen[form] = len(self.labels)
                self.labels.append(labels)
                for item in form:
                    self._by_value[item].add(number)
            self.class_of.append(number)
        self._by_key: dict[str, set[int]] | None = None
        self._found: dict[Node, Classes] = {}

    def select(self, selector: Node) -> Classes:
        """Return the classes that a selector matches."""
        found = self._found.get(selector)
        if found is None:
            found = self._found[selector] = self._select(selector)
        return found

    def isolated_by(self, some: Isolating) -> AbstractSet[int]:
        """Return the classes that any of some policies of Kubernetes selects, which are policies for pods alone."""
        found: set[int] = set()
        for namespace, labels in some.selected:
            classes: AbstractSet[int] = self._by_value.get((NAMESPACE_LABEL, namespace), _NONE)
            for item in labels.items():
                classes = classes & self._by_value.get(item, _NONE)
            found |= classes
        return found & self._by_value.get((ORCHESTRATOR_LABEL, "k8s"), _NONE)

    def _select(self, selector: Node) -> Classes:
        if not self.labels:
            return frozenset()
        known = self._within(selector)
        if known is not None and known.exactly:
            return frozenset(known.classes)
        numbers: Iterable[int] = range(len(self.labels)) if known is None else known.classes
        return frozenset(number for number in numbers if evaluate_selector(selector, self.labels[number]))

    def _within(self, selector: Node) -> _Within | None:
        """Return classes outside of which the selector cannot match; None where nothing is known."""
        match selector:
            case Equal(key, value):
                return _Within(self._by_value.get((key, value), _NONE), True)
            case In(key, values):
                return _Within(_NONE.union(*(self._by_value.get((key, value), _NONE) for value in values)), True)
            case Has(key):
                return _Within(self._having(key), True)
            case And(operands):
                return self._within_all(operands)
            case Or(operands):
                parts = [self._within(operand) for operand in operands]
                known = [part for part in parts if part is not None]
                if len(known) < len(parts):
                    return None
                return _Within(_NONE.union(*(part.classes for part in known)), all(part.exactly for part in known))
            case _:
                return None

    def _having(self, key: str) -> AbstractSet[int]:
        """Return the classes that have a label, whatever its value."""
        if self._by_key is None:
            self._by_key = {}
            for (known, _), classes in self._by_value.items():
                self._by_key.setdefault(known, set()).update(classes)
        return self._by_key.get(key, _NONE)

    def _equal_to(self, tests: Sequence[Node]) -> AbstractSet[int] | None:
        """Return the classes that have all of some labels, as policies of a namespace ask; None for other tests."""
        found: list[set[int] | frozenset[int]] = []
        for test in tests:
            if type(test) is not Equal:
                return None
            found.append(self._by_value.get((test.label, test.value), _NONE))
        found.sort(key=len)
        return found[0].intersection(*found[1:])

    def _within_all(self, operands: Sequence[Node]) -> _Within | None:
        flat = _flat(operands)
        equal = self._equal_to(flat)
        if equal is not None:
            return _Within(equal, True)
        parts = [self._within(operand) for operand in flat]
        known = sorted((part for part in parts if part is not None), key=lambda part: len(part.classes))
        if not known:
            return None
        common = known[0].classes
        for part in known[1:]:
            if not common:
                break
            common = common & part.classes
        return _Within(common, len(known) == len(parts) and all(part.exactly for part in known))


def _flat(operands: Iterable[Node]) -> list[Node]:
    """Return all that must hold, so that the rarest of it is looked at first."""
    found: list[Node] = []
    for operand in operands:
        if type(operand) is And:
            found += _flat(operand.operands)
        else:
            found.append(operand)
    return found


class _Within(NamedTuple):
    """Classes outside of which a selector cannot match; `exactly` where it matches each of them."""

    classes: AbstractSet[int]
    exactly: bool
