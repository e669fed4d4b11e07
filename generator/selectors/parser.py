"""Selector text to its syntax tree, by recursive descent (calico.md 3.1)."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from generator.selectors.errors import SelectorError
from generator.selectors.lexer import Lexeme, Token, no_operator, read_token
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
)

# No real selector makes a tree so high; the limit keeps every walk over a tree clear of Python's own recursion limit.
MAX_HEIGHT: Final = 200

_WITH_VALUE: Final = {
    Token.EQUAL: Equal,
    Token.NOT_EQUAL: NotEqual,
    Token.CONTAINS: Contains,
    Token.STARTS_WITH: StartsWith,
    Token.ENDS_WITH: EndsWith,
}


@lru_cache(maxsize=65536)
def parse_selector(text: str) -> Node:
    """Parse a selector; the empty text is `all()`. Raises SelectorError with what was expected, found, and where.

    Parentheses leave no node behind, an even number of `!` in a row is dropped, the values of a set are sorted.
    """
    return _Parser(text).parse()


class _Group:
    """What was read of one pair of parentheses, or of the whole text: operands of `||`, and of the `&&` under way."""

    __slots__ = ("and_start", "ands", "height", "makes_and", "negated", "ors", "start", "start_operation")

    def __init__(self, start: int) -> None:
        self.start = self.and_start = self.start_operation = start
        self.ors: list[Node] = []
        self.ands: list[Node] = []
        self.height = 0
        self.makes_and = False
        self.negated = False

    def add(self, node: Node, height: int, end: int) -> None:
        if self.negated:
            node = Not(node, start=self.start_operation, end=end)
            height += 1
        self.ands.append(node)
        self.height = max(self.height, height)
        if self.height > MAX_HEIGHT:
            raise SelectorError(f"the selector nests deeper than {MAX_HEIGHT} levels", self.start, end)

    def end_and(self, end: int) -> None:
        if len(self.ands) == 1:
            self.ors.append(self.ands[0])
        else:
            self.ors.append(And(tuple(self.ands), start=self.and_start, end=end))
            self.makes_and = True
        self.ands = []

    def close(self, end: int) -> tuple[Node, int]:
        """Return the node of the group and its height at most; a single operand leaves no node of the group behind."""
        self.end_and(end)
        height = self.height + self.makes_and
        if len(self.ors) == 1:
            return self.ors[0], height
        return Or(tuple(self.ors), start=self.start, end=end), height + 1


class _Parser:
    """Reads tokens as it needs them, so that the first problem from the left is the one reported."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.here = read_token(text, 0, None)
        self.last_end = 0

    def advance(self) -> Lexeme:
        taken = self.here
        self.last_end = taken.end
        self.here = read_token(self.text, taken.end, taken.kind)
        return taken

    def at(self, *kinds: Token) -> bool:
        return self.here.kind in kinds

    def parse(self) -> Node:
        """Descend with a stack of our own: one group for each open parenthesis, so that no text is too deep to read."""
        if self.at(Token.END):
            return All(start=0, end=len(self.text))
        group = _Group(self.here.start)
        opened: list[_Group] = []
        while True:
            self.read_negations(group)
            if self.at(Token.LEFT_PAREN):
                self.advance()
                opened.append(group)
                group = _Group(self.here.start)
                continue
            group.add(self.parse_primary(), 1, self.last_end)
            while opened and self.at(Token.RIGHT_PAREN):
                node, height = group.close(self.last_end)
                self.advance()
                group = opened.pop()
                group.add(node, height, self.last_end)
            if self.at(Token.AND):
                self.advance()
            elif self.at(Token.OR):
                group.end_and(self.last_end)
                self.advance()
                group.and_start = self.here.start
            else:
                break
        if opened:
            raise self.after_operand("&&, || or )")
        if not self.at(Token.END):
            raise self.after_operand("&&, || or the end of the selector")
        return group.close(self.last_end)[0]

    def read_negations(self, group: _Group) -> None:
        group.start_operation = self.here.start
        group.negated = False
        while self.at(Token.NOT):
            self.advance()
            group.negated = not group.negated

    def parse_primary(self) -> Node:
        token = self.here
        match token.kind:
            case Token.LABEL:
                return self.parse_comparison()
            case Token.HAS:
                self.advance()
                return Has(token.value, start=token.start, end=token.end)
            case Token.ALL:
                self.advance()
                return All(start=token.start, end=token.end)
            case Token.GLOBAL:
                self.advance()
                return Global(start=token.start, end=token.end)
            case _:
                raise self.no_operand()

    def parse_comparison(self) -> Node:
        label = self.advance()
        operator = self.here.kind
        build = _WITH_VALUE.get(operator)
        if build is not None:
            self.advance()
            value = self.here
            if value.kind is not Token.STRING:
                raise self.no_value(operator)
            self.advance()
            return build(label.value, value.value, start=label.start, end=value.end)
        if operator is Token.IN or operator is Token.NOT_IN:
            self.advance()
            values = self.parse_set(operator)
            in_or_not = In if operator is Token.IN else NotIn
            return in_or_not(label.value, values, start=label.start, end=self.last_end)
        raise self.bare_label(label)

    def parse_set(self, operator: Token) -> tuple[str, ...]:
        if not self.at(Token.LEFT_BRACE):
            found = self.here
            hint = "write a set in braces: {'a', 'b'}"
            raise SelectorError(f"expected {{ after {operator.value}, found {_shown(found)}", *_range(found), hint)
        self.advance()
        values: set[str] = set()
        while self.at(Token.STRING):
            values.add(self.advance().value)
            if not self.at(Token.COMMA):
                break
            self.advance()
        if not self.at(Token.RIGHT_BRACE):
            found = self.here
            hint = f"write '{found.value}' in quotes" if found.kind is Token.LABEL else ""
            wanted = ", or }" if values else "a quoted value or }"
            raise SelectorError(f"expected {wanted} in the set, found {_shown(found)}", *_range(found), hint)
        self.advance()
        return tuple(sorted(values))

    def no_value(self, operator: Token) -> SelectorError:
        found = self.here
        hint = ""
        if found.kind is Token.LABEL:
            hint = f"write '{found.value}' in quotes"
        elif found.kind is Token.LEFT_BRACE:
            hint = "a set goes with in and not in"
        return SelectorError(
            f"expected a quoted value after {operator.value}, found {_shown(found)}", *_range(found), hint
        )

    def no_operand(self) -> SelectorError:
        found = self.here
        hint = ""
        if found.kind is Token.LEFT_BRACE and self.text.startswith("{{", found.start):
            hint = "this looks like template text, which Calico does not know; render it first"
        elif found.kind is Token.STRING:
            hint = "labels stand without quotes"
        return SelectorError(
            f"expected a label, has(), all(), global(), ! or (, found {_shown(found)}", *_range(found), hint
        )

    def bare_label(self, label: Lexeme) -> SelectorError:
        found = self.here
        lower = label.value.lower()
        if found.kind is Token.LEFT_PAREN and lower in ("has", "all", "global"):
            hint = f"write {lower}( in lower case, with no blank before the parenthesis"
            return SelectorError(f"'{label.value}' does not stand right before (", label.start, found.end, hint)
        if found.kind in (Token.END, Token.RIGHT_PAREN, Token.AND, Token.OR):
            hint = "write all()" if lower == "all" else f"write has({label.value}) to test that the label is there"
            return SelectorError(
                f"expected an operator after the label '{label.value}', found {_shown(found)}",
                label.start,
                label.end,
                hint,
            )
        error = no_operator(self.text, found.start)
        return SelectorError(
            f"expected an operator after the label '{label.value}', found {_shown(found)}", *_range(found), error.hint
        )

    def after_operand(self, wanted: str) -> SelectorError:
        found = self.here
        hint = ""
        if found.kind is Token.LABEL and found.value.lower() in ("and", "or"):
            hint = f"write {'&&' if found.value.lower() == 'and' else '||'} for {found.value}"
        elif found.kind is Token.EQUAL or found.kind is Token.NOT_EQUAL:
            hint = "a comparison is label, operator, quoted value"
        return SelectorError(f"expected {wanted}, found {_shown(found)}", *_range(found), hint)


def _shown(token: Lexeme) -> str:
    match token.kind:
        case Token.END:
            return "the end of the selector"
        case Token.LABEL:
            return f"'{token.value}'"
        case Token.STRING:
            return "a quoted value"
        case Token.HAS:
            return f"has({token.value})"
        case _:
            return token.kind.value


def _range(token: Lexeme) -> tuple[int, int]:
    return token.start, token.end
