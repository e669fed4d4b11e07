"""What all sets of this room share: one form for each set, instances kept and found again, operations remembered."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from itertools import count
from typing import Any, ClassVar, Final, Generic, Self, TypeVar

Row = TypeVar("Row")
Operation = Callable[[Any, Any], Any]

_serials: Final = count()
_MOST_RESULTS: Final = 1 << 18  # of one operation of one class: about 60 MB


class Canonical(Generic[Row]):
    """An immutable set that is its canonical form: two sets are equal exactly if their forms are.

    An engine asks the same few questions of the same few sets a million times. So equal sets are one object as far as
    they are remembered (not for ever: `most` bounds the memory), and each operation looks its result up first. A class
    of its own instead of a dataclass, because a lookup must cost no more than a dictionary's.
    """

    __slots__ = ("_hash", "form", "serial")

    form: tuple[Row, ...]
    """Sorted and merged; empty for the empty set."""
    serial: int
    """One number for each instance, never used again: the key of what is remembered about it."""
    _hash: int

    most: ClassVar[int] = 1 << 17
    """How many instances of the class are remembered before all are forgotten at once."""
    _lasting: ClassVar[list[Any]]
    _known: ClassVar[dict[tuple[Any, ...], Any]]
    _ands: ClassVar[dict[tuple[int, int], Any]]
    _ors: ClassVar[dict[tuple[int, int], Any]]
    _subs: ClassVar[dict[tuple[int, int], Any]]
    _xors: ClassVar[dict[tuple[int, int], Any]]

    def __init_subclass__(cls, **named: Any) -> None:
        super().__init_subclass__(**named)
        cls._lasting, cls._known = [], {}
        cls._ands, cls._ors, cls._subs, cls._xors = {}, {}, {}, {}

    def __init__(self) -> None:
        raise TypeError(f"{type(self).__name__} is made by its class methods")

    @classmethod
    def _make(cls, form: tuple[Row, ...]) -> Self:
        """Return the set of a form that is canonical already."""
        known: Self | None = cls._known.get(form)
        if known is not None:
            return known
        made = object.__new__(cls)
        object.__setattr__(made, "form", form)
        object.__setattr__(made, "serial", next(_serials))
        object.__setattr__(made, "_hash", hash(form))
        if len(cls._known) >= cls.most:
            cls._known.clear()
            cls._known.update({item.form: item for item in cls._lasting})
        cls._known[form] = made
        return made

    @classmethod
    def _make_lasting(cls, form: tuple[Row, ...]) -> Self:
        """Return a set that is never forgotten: for constants."""
        made = cls._make(form)
        cls._lasting.append(made)
        return made

    @classmethod
    def nothing(cls) -> Self:
        """Return the empty set."""
        return cls._make(())

    @classmethod
    def union(cls, sets: Iterable[Self]) -> Self:
        """Return the union of many sets, made in pairs of like size: one by one would sweep a growing set each time."""
        level = list(sets)
        while len(level) > 1:
            pairs = [first | second for first, second in zip(level[::2], level[1::2], strict=False)]
            level = pairs + level[len(pairs) * 2 :]
        return level[0] if level else cls.nothing()

    @classmethod
    def _universe(cls) -> Self | None:
        """Return the set of everything, where the class has one."""
        return None

    def _combine(self, other: Self, operation: Operation) -> tuple[Row, ...]:
        """Return the canonical form of `operation(self, other)`, one of the four of `operator`; neither is empty."""
        raise NotImplementedError

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} cannot be changed")

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self)._make, (self.form,)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(other) is not type(self):
            return NotImplemented
        assert isinstance(other, Canonical)
        return self._hash == other._hash and self.form == other.form

    def __repr__(self) -> str:
        return f"{type(self).__name__}{self.form!r}"

    def __bool__(self) -> bool:
        return bool(self.form)

    @property
    def is_empty(self) -> bool:
        """Say whether nothing is in the set."""
        return not self.form

    def __and__(self, other: Self) -> Self:
        if self is other:
            return self
        known: Self | None = self._ands.get((self.serial, other.serial))
        return self._work_out(other, operator.and_, self._ands) if known is None else known

    def __or__(self, other: Self) -> Self:
        if self is other:
            return self
        known: Self | None = self._ors.get((self.serial, other.serial))
        return self._work_out(other, operator.or_, self._ors) if known is None else known

    def __sub__(self, other: Self) -> Self:
        known: Self | None = self._subs.get((self.serial, other.serial))
        return self._work_out(other, operator.sub, self._subs) if known is None else known

    def __xor__(self, other: Self) -> Self:
        known: Self | None = self._xors.get((self.serial, other.serial))
        return self._work_out(other, operator.xor, self._xors) if known is None else known

    def issubset(self, other: Self) -> bool:
        """Say whether each member is one of `other` too."""
        return self & other == self

    def isdisjoint(self, other: Self) -> bool:
        """Say whether no member is one of `other`."""
        return not self & other

    def _work_out(self, other: Self, operation: Operation, results: dict[tuple[int, int], Any]) -> Self:
        if type(other) is not type(self):
            raise TypeError(f"{type(self).__name__} and {type(other).__name__} are no pair of sets")
        result = self._settle(other, operation)
        if result is None:
            result = self._make(self._combine(other, operation))
        if len(results) >= _MOST_RESULTS:
            results.clear()
        results[self.serial, other.serial] = result
        if operation is not operator.sub:
            results[other.serial, self.serial] = result
        return result

    def _settle(self, other: Self, operation: Operation) -> Self | None:
        """Return the result where one of the two is empty or everything, or both are the same."""
        universe = self._universe()
        if operation is operator.and_:
            if not self.form or other is universe:
                return self
            return other if not other.form or self is universe else None
        if operation is operator.or_:
            if not other.form or self is universe:
                return self
            return other if not self.form or other is universe else None
        if self == other:
            return self.nothing()
        if not other.form:
            return self
        if operation is operator.xor:
            return None if self.form else other
        return self if not self.form else self.nothing() if other is universe else None
