"""Which of many label sets a selector matches, without looking at each of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from generator.selectors import And, Equal, Has, In, Node, Or, evaluate_selector

Classes = frozenset[int]


class LabelIndex:
    """Carriers of labels, those with equal labels put into one class.

    A selector is evaluated once for each class that an equality, a set or a `has` in it leaves over.
    """

    __slots__ = ("_by_key", "_by_value", "_found", "class_of", "labels")

    def __init__(self, carriers: Iterable[Mapping[str, str]]) -> None:
        self.labels: list[Mapping[str, str]] = []
        self.class_of: list[int] = []
        seen: dict[frozenset[tuple[str, str]], int] = {}
        for labels in carriers:
            form = frozenset(labels.items())
            number = seen.get(form)
            if number is None:
                number = seen[form] = len(self.labels)
                self.labels.append(labels)
            self.class_of.append(number)
        self._by_value: dict[tuple[str, str], set[int]] = {}
        self._by_key: dict[str, set[int]] = {}
        for number, labels in enumerate(self.labels):
            for key, value in labels.items():
                self._by_value.setdefault((key, value), set()).add(number)
                self._by_key.setdefault(key, set()).add(number)
        self._found: dict[Node, Classes] = {}

    def select(self, selector: Node) -> Classes:
        """Return the classes that a selector matches."""
        found = self._found.get(selector)
        if found is None:
            candidates = self._candidates(selector)
            numbers: Iterable[int] = range(len(self.labels)) if candidates is None else candidates
            found = frozenset(number for number in numbers if evaluate_selector(selector, self.labels[number]))
            self._found[selector] = found
        return found

    def _candidates(self, selector: Node) -> set[int] | None:
        """Return classes outside of which the selector cannot match; None where nothing is known."""
        match selector:
            case Equal(key, value):
                return self._by_value.get((key, value), set())
            case In(key, values):
                return set().union(*(self._by_value.get((key, value), set()) for value in values))
            case Has(key):
                return self._by_key.get(key, set())
            case And(operands):
                return self._narrowest(operands)
            case Or(operands):
                parts = [self._candidates(operand) for operand in operands]
                known = [part for part in parts if part is not None]
                return set().union(*known) if len(known) == len(parts) else None
            case _:
                return None

    def _narrowest(self, operands: Sequence[Node]) -> set[int] | None:
        best: set[int] | None = None
        for operand in operands:
            found = self._candidates(operand)
            if found is not None and (best is None or len(found) < len(best)):
                best = found
        return best
