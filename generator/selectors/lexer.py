"""Selector text to tokens, one at a time (calico.md 3.1).

As in Calico the words `contains`, `in`, `not in` and so on are operators only right after a label; anywhere else they
are labels themselves. Only blank and tab separate tokens.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final, NamedTuple

from generator.selectors.errors import SelectorError
from generator.selectors.nodes import MAX_LABEL_LENGTH


class Token(StrEnum):
    """The kinds of tokens; the value is how messages name them."""

    LABEL = "label"
    STRING = "quoted value"
    LEFT_BRACE = "{"
    RIGHT_BRACE = "}"
    COMMA = ","
    LEFT_PAREN = "("
    RIGHT_PAREN = ")"
    EQUAL = "=="
    NOT_EQUAL = "!="
    NOT = "!"
    AND = "&&"
    OR = "||"
    IN = "in"
    NOT_IN = "not in"
    CONTAINS = "contains"
    STARTS_WITH = "starts with"
    ENDS_WITH = "ends with"
    HAS = "has"
    ALL = "all()"
    GLOBAL = "global()"
    END = "end of the selector"


class Lexeme(NamedTuple):
    """A token with its text: of a label or quoted value the content, and the range of characters."""

    kind: Token
    value: str
    start: int
    end: int


_BLANKS: Final = re.compile(r"[ \t]*")
_LABEL: Final = re.compile(r"[A-Za-z0-9_./-]+")
# A word operator ends where a label could not go on; Calico skips blanks before it looks, hence the blanks here.
_OPERATOR: Final = re.compile(
    r"(?:(?P<contains>contains)|(?P<starts>starts[ \t]*with[ \t]*)|(?P<ends>ends[ \t]*with[ \t]*)"
    r"|(?P<notin>not[ \t]*in[ \t]*)|(?P<in>in))(?![A-Za-z0-9_./-])"
)
_OPERATORS: Final = {
    "contains": Token.CONTAINS,
    "starts": Token.STARTS_WITH,
    "ends": Token.ENDS_WITH,
    "notin": Token.NOT_IN,
    "in": Token.IN,
}
_CALL: Final = re.compile(r"(has|all|global)\([ \t]*")
_ONE: Final = {
    "(": Token.LEFT_PAREN,
    ")": Token.RIGHT_PAREN,
    "{": Token.LEFT_BRACE,
    "}": Token.RIGHT_BRACE,
    ",": Token.COMMA,
}
_TWO: Final = {"==": Token.EQUAL, "!=": Token.NOT_EQUAL, "&&": Token.AND, "||": Token.OR}


def read_token(text: str, position: int, previous: Token | None) -> Lexeme:
    """Read the token that starts at or after a position; `previous` is the kind of the one before, None at the start.

    Raises SelectorError for characters that begin no token.
    """
    start = _skip(text, position)
    if start == len(text):
        return Lexeme(Token.END, "", start, start)
    char = text[start]
    single = _ONE.get(char)
    if single is not None:
        return Lexeme(single, char, start, start + 1)
    double = _TWO.get(text[start : start + 2])
    if double is not None:
        return Lexeme(double, double.value, start, start + 2)
    if char == "!":
        return Lexeme(Token.NOT, char, start, start + 1)
    if char in "'\"":
        return _read_string(text, start)
    if char in "=&|":
        raise _half_operator(text, start)
    if previous is Token.LABEL:
        return _read_operator(text, start)
    call = _CALL.match(text, start)
    if call is not None:
        return _read_call(text, start, call)
    return _read_label(text, start)


def _skip(text: str, position: int) -> int:
    blanks = _BLANKS.match(text, position)
    return blanks.end() if blanks else position


def _read_string(text: str, start: int) -> Lexeme:
    close = text.find(text[start], start + 1)
    if close < 0:
        quote = text[start]
        raise SelectorError(
            f"the quote {quote} is never closed", start, len(text), "there are no escapes; use the other kind of quote"
        )
    return Lexeme(Token.STRING, text[start + 1 : close], start, close + 1)


def _half_operator(text: str, start: int) -> SelectorError:
    char = text[start]
    return SelectorError(f"expected {char}{char}, found a single {char}", start, start + 1, f"write {char}{char}")


def _read_operator(text: str, start: int) -> Lexeme:
    found = _OPERATOR.match(text, start)
    if found is None or found.lastgroup is None:
        raise no_operator(text, start)
    kind = _OPERATORS[found.lastgroup]
    end = start + len(found.group().rstrip(" \t"))
    return Lexeme(kind, kind.value, start, end)


def no_operator(text: str, start: int) -> SelectorError:
    """Return the error for what stands where a label needs its operator."""
    word = _LABEL.match(text, start)
    end = word.end() if word else start + 1
    piece = text[start:end]
    operators = "==, !=, in, not in, contains, starts with or ends with"
    if word is None:
        return _strange(text, start)
    hint = f"operators are in lower case: {piece.lower()}" if piece.lower() in _WORDS and piece not in _WORDS else ""
    return SelectorError(f"expected {operators} after a label, found '{piece}'", start, end, hint)


_WORDS: Final = frozenset(["in", "not", "notin", "contains", "starts", "ends", "startswith", "endswith"])


def _read_call(text: str, start: int, call: re.Match[str]) -> Lexeme:
    name, position = call[1], call.end()
    label = ""
    if name == "has":
        inside = _read_label(text, position, "a label inside has( )")
        label, position = inside.value, _skip(text, inside.end)
    if text[position : position + 1] != ")":
        found = "the end of the selector" if position == len(text) else f"'{text[position]}'"
        raise SelectorError(f"expected ) to close {name}(, found {found}", position, min(position + 1, len(text)))
    kind = {"has": Token.HAS, "all": Token.ALL, "global": Token.GLOBAL}[name]
    return Lexeme(kind, label, start, position + 1)


def _read_label(text: str, start: int, wanted: str = "a label") -> Lexeme:
    found = _LABEL.match(text, start)
    if found is None:
        raise _strange(text, start, wanted)
    if found.end() - start > MAX_LABEL_LENGTH:
        raise SelectorError(f"the label is longer than {MAX_LABEL_LENGTH} characters", start, found.end())
    return Lexeme(Token.LABEL, found.group(), start, found.end())


def _strange(text: str, start: int, wanted: str = "") -> SelectorError:
    """Say what is wrong with a character that begins no token."""
    if start >= len(text):
        return SelectorError(f"expected {wanted}, found the end of the selector", start, start)
    char = text[start]
    if char in "\n\r":
        hint = "write it on one line; in YAML use >- instead of | or >, which end in a newline"
        where = "at the end" if not text[start:].strip() else "outside quotes"
        return SelectorError(f"a newline {where} is not allowed", start, start + 1, hint)
    hint = ""
    if char == "[":
        hint = "write a set in braces: {'a', 'b'}"
    elif char == "#":
        hint = "a selector cannot hold a comment"
    elif char in "'\"" and wanted.endswith("has( )"):
        hint = "write the label without quotes: has(name)"
    elif char == ":" or char == "*":
        hint = "labels are made of letters, digits, '_', '.', '/' and '-'"
    shown = f"'{char}'" if char.isprintable() else f"'\\x{ord(char):02x}'"
    if char in "'\"":
        shown = "a quote"
    expected = f"expected {wanted}, found {shown}" if wanted.endswith("has( )") else f"unexpected character {shown}"
    return SelectorError(expected, start, start + 1, hint)
