"""A sample of selectors with what Calico's parser makes of them (canonical form, truth for each of LABEL_SETS)."""

from __future__ import annotations

LABEL_SETS: list[dict[str, str]] = [
    {},
    {"a": "b"},
    {"a": "c", "x": "1"},
    {"a": ""},
    {"has": "2", "in": "1", "k8s-app": "kube-dns"},
    {"a": "banana", "env/x.y_z": "prod"},
    {"A": "b"},
]

SAMPLE: list[tuple[str, str, list[bool]]] = [
    ("", "all()", [True, True, True, True, True, True, True]),
    ("all( )", "all()", [True, True, True, True, True, True, True]),
    ("!!!has(a)", "!has(a)", [True, False, False, False, True, False, True]),
    ("a != 'b'", 'a != "b"', [True, False, True, True, True, True, True]),
    ("!a == 'b'", '!a == "b"', [True, False, True, True, True, True, True]),
    ('a in {"c", "b", "b",}', 'a in {"b", "c"}', [False, True, True, False, False, False, False]),
    ("a not in {}", "a not in {}", [True, True, True, True, True, True, True]),
    ("a notin {'b'}", 'a not in {"b"}', [True, False, True, True, True, True, True]),
    ("a contains ''", 'a contains ""', [False, True, True, True, False, True, False]),
    ("a starts  with 'ba'", 'a starts with "ba"', [False, False, False, False, False, True, False]),
    ("a endswith 'na'", 'a ends with "na"', [False, False, False, False, False, True, False]),
    (
        "a == 'b' || x == '1' && has(a)",
        '(a == "b" || (x == "1" && has(a)))',
        [False, True, True, False, False, False, False],
    ),
    ("!a == 'b' && has(a)", '(!a == "b" && has(a))', [False, False, True, True, False, True, False]),
    ("in == '1'", 'in == "1"', [False, False, False, False, True, False, False]),
    ("env/x.y_z == 'prod'", 'env/x.y_z == "prod"', [False, False, False, False, False, True, False]),
    ("a == 'it\"s'", "a == 'it\"s'", [False, False, False, False, False, False, False]),
    ("\ta == 'b'\t", 'a == "b"', [False, True, False, False, False, False, False]),
    ("!(has(a)||has(x))", "!(has(a) || has(x))", [True, False, False, False, True, False, True]),
]

WRONG: list[str] = [
    "all ()",
    "a = 'b'",
    "a == b",
    "a == 'b' and has(a)",
    "a == 'b'\n",
    "a in ['b']",
    "{{.Namespace}} == 'x'",
    "a IN {'b'}",
    "a:b == 'x'",
    "has('a')",
    'a == "x\\"y"',
]
