"""Selector texts: grown along the grammar with odd spaces and quotes, and then broken now and then."""

from __future__ import annotations

from typing import Final

from tests.judge.drawn_texts import Drawing

_KEYS: Final = (
    *("a", "b", "app", "a/b", "x.y_z-1", "in", "not", "has", "all", "global", "contains", "starts", "with", "notin"),
    *("1", "-", ".", "/", "A", "startswith", "projectcalico.org/namespace", "l" * 512, "l" * 513, "é", "a:b", "{{.N}}"),
)
_VALUES: Final = (
    *("", "x", "b", "ab", "ba", "web", "it's", 'say "x"', " ", "all()", "global()", "&&", "é", "\n", "{{.N}}", "a, b"),
    *(
        "has(a)",
        "a == 'b'",
        "}",
        "]",
        "\\",
        "\\'",
        "\t",
        "日本",
        "\u0000",
        "has(projectcalico.org/namespace)",
        "global(",
    ),
)
_BLANKS: Final = ("", "", "", " ", " ", "  ", "\t", " \t ", "\n", "\r", "\v", "\u00a0", "\u3000")
_PIECES: Final = (
    *(
        "(",
        ")",
        "{",
        "}",
        ",",
        "'",
        '"',
        "!",
        "&",
        "&&",
        "|",
        "||",
        "=",
        "==",
        "!=",
        "===",
        " ",
        "\t",
        "\n",
        "#",
        "[",
        "]",
    ),
    *(
        "in",
        "not in",
        "notin",
        "contains",
        "starts with",
        "startswith",
        "ends with",
        "endswith",
        "has(",
        "all(",
        "all()",
    ),
    *(
        "global()",
        "global(",
        "has(a)",
        "a",
        "'b'",
        "and",
        "or",
        "AND",
        "IN",
        "not",
        "with",
        "starts",
        "ends",
        "*",
        ":",
        "é",
    ),
    *(
        "has()",
        "has( )",
        "has('a')",
        "all( )",
        "all ()",
        "has (a)",
        "{}",
        "{,}",
        "{'a',}",
        "{'a' 'b'}",
        "()",
        "\\",
        ";",
    ),
)
_WITH_VALUE: Final = (
    *("==", "!=", "contains", "starts with", "ends with", "startswith", "endswith", "starts  with", "ends\twith"),
    *("=", "===", "Contains", "start with", "starts with ", "!==", "<>", "startswith\t"),
)
_WITH_SET: Final = ("in", "not in", "notin", "not  in", "not\tin", "IN", "nin", "!in", "not in ")

# Labels that the selectors above speak of, in sets that tell them apart.
LABEL_SETS: Final[tuple[dict[str, str], ...]] = (
    {},
    {"a": "b", "app": "web"},
    {"a": "", "b": "x", "in": "x"},
    {"a": "ab", "a/b": "ba", "has": "all()", "all": "", "1": "b"},
    {"projectcalico.org/namespace": "web", "a": "é", "not": "ab", "x.y_z-1": "it's"},
    {"b": 'say "x"', "global": "global()", "contains": "web", "-": "x", ".": "b", "/": "ab", "A": "b"},
    {"starts": "ab", "with": "ba", "notin": "", "app": "x", "a": "日本", "startswith": " "},
    {"a": "has(a)", "b": "a == 'b'", "app": "\n"},
)


class SelectorDrawing(Drawing):
    """Draws selector texts."""

    def selector(self, odd: float = 0.3) -> str:
        """Return a text that most often is a selector; `odd` is how often anything is done to break it."""
        text = self._either(self.random.choice((0, 1, 1, 2, 3)))
        if self.chance(odd):
            for _ in range(self.random.randint(1, 3)):
                text = self._broken(text)
        return text

    def policy_selector(self) -> str:
        """Return a text as a policy would hold it: shorter, and more often right."""
        if self.chance(0.6):
            return self.one(
                ("all()", "app == 'web'", "has(a)", "a in {'b', 'c'}", "", "!has(b)", "a != 'x'", "global()")
            )
        return self.selector(0.15)

    def _space(self, needed: bool = False) -> str:
        found = self.mostly(_BLANKS[:8], _BLANKS, 0.02)
        return " " if needed and not found and self.chance(0.95) else found

    def _either(self, depth: int) -> str:
        return self._joined("||", depth, self._both)

    def _both(self, depth: int) -> str:
        return self._joined("&&", depth, self._one)

    def _joined(self, word: str, depth: int, make: object) -> str:
        assert callable(make)
        count = self.random.choice((1, 1, 2, 3)) if depth else 1
        return f"{self._space()}{word}{self._space()}".join(make(depth - 1) for _ in range(count))

    def _one(self, depth: int) -> str:
        negated = "".join(f"!{self._space()}" for _ in range(self.random.choice((0, 0, 0, 0, 1, 1, 2, 3))))
        if depth > 0 and self.chance(0.5):
            return f"{negated}({self._space()}{self._either(depth)}{self._space()})"
        return negated + self._test()

    def _test(self) -> str:
        key, gap = self.mostly(_KEYS[:6], _KEYS), self._space
        match self.random.randint(0, 9):
            case 0:
                return f"all({gap()})"
            case 1:
                return f"global({gap()})"
            case 2 | 3:
                return f"has({gap()}{key}{gap()})"
            case 4 | 5:
                return f"{key}{gap(needed=True)}{self.mostly(_WITH_SET[:5], _WITH_SET, 0.05)}{gap()}{self._set()}"
            case _:
                word = self.mostly(_WITH_VALUE[:9], _WITH_VALUE, 0.05)
                needed = word[0].isalpha()
                return f"{key}{gap(needed)}{word}{gap()}{self._quoted()}"

    def _set(self) -> str:
        values = [f"{self._space()}{self._quoted()}{self._space()}" for _ in range(self.random.randint(0, 3))]
        return "{" + ",".join(values) + self.one(("", "", "", ",", " ")) + "}"

    def _quoted(self) -> str:
        value = self.mostly(_VALUES[:6], _VALUES)
        quote = self.one(("'", '"'))
        if quote in value and self.chance(0.9):
            quote = "'" if quote == '"' else '"'
        return f"{quote}{value}{quote}"

    def _broken(self, text: str) -> str:
        at = self.random.randint(0, len(text))
        match self.random.randint(0, 4):
            case 0:
                return text[:at] + text[at + 1 :]
            case 1:
                return text[:at] + self.one(_PIECES) + text[at:]
            case 2:
                end = self.random.randint(at, min(len(text), at + 8))
                return text[:at] + text[end:]
            case 3:
                end = self.random.randint(at, min(len(text), at + 8))
                return text[:at] + text[at:end] * 2 + text[end:]
            case _:
                return self.one(
                    (f"{text}\n", f" {text}", f"({text}", f"{text})", f"!{text}", text.upper(), f"({text})")
                )
