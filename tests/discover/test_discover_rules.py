"""What is certain, what is a guess, what is nothing: one caller, a few Services, one variable at a time."""

from __future__ import annotations

import json

import pytest

from generator.discover import propose_intent
from generator.discover.proposal import Proposal
from generator.snapshot import load_snapshot

SERVICES = [
    ("db", [{"port": 5432}]),
    ("web", [{"port": 80, "targetPort": 8080}, {"port": 81}]),
    ("mysql", [{"name": "sql", "port": 3306}, {"name": "x", "port": 33060}]),
    ("api", [{"port": 8080}]),
]


def propose(*env: tuple[str, str], args: list[str] | None = None, namespace: str = "shop") -> Proposal:
    objects: list[object] = []
    for name, ports in SERVICES:
        pods = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "c"}]}}
        objects.append(
            {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": {"template": pods}}
        )
        service = {"selector": {"app": name}, "ports": ports}
        objects.append({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": service})
    container = {"name": "c", "env": [{"name": key, "value": value} for key, value in env], "args": args or []}
    pods = {"metadata": {"labels": {"app": "caller"}}, "spec": {"containers": [container]}}
    objects.append(
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "caller"}, "spec": {"template": pods}}
    )
    text = "---\n".join(json.dumps(item) + "\n" for item in objects)
    snapshot, problems = load_snapshot(["-"], stdin=text, namespace=namespace)
    assert not problems
    return propose_intent(snapshot, platform="generic", name="x")


def needs(proposal: Proposal) -> dict[str, tuple[bool, tuple[int, ...]]]:
    caller = next(item for item in proposal.services if item.name == "caller")
    return {
        need.target: (need.certain, tuple(port.first for port in need.ports))
        for need in caller.needs
        if need.kind == "service"
    }


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ([("A", "db:5432")], {"db": (True, ())}),
        ([("A", "postgres://u:p@db:5432/x")], {"db": (True, ())}),
        ([("A", "postgres://u:p@db/x")], {"db": (True, ())}),
        ([("A", "db.shop:5432")], {"db": (True, ())}),
        ([("A", "db.shop.svc.cluster.local:5432")], {"db": (True, ())}),
        ([("A", "http://web")], {"web": (True, (8080,))}),
        ([("A", "http://web:81/x")], {"web": (True, (81,))}),
        ([("DB_HOST", "db")], {"db": (True, ())}),
        ([("DB_HOST", "web"), ("DB_PORT", "81")], {"web": (True, (81,))}),
        ([("MYSQL_HOST", "mysql")], {"mysql": (True, (3306,))}),
        ([("A", "Host=db;Username=x")], {"db": (True, ())}),
        ([("STORE_HOST", "mysql")], {"mysql": (True, (3306,))}),
        # the port is not one of the Service, or not said
        ([("A", "db:9999")], {"db": (False, ())}),
        ([("A", "http://api")], {"api": (False, ())}),
        ([("SOME_HOST", "web")], {"web": (False, ())}),
        # a word that may be something else
        ([("BACKEND", "db")], {"db": (False, ())}),
        ([("DB_TYPE", "mysql")], {}),
        ([("POSTGRES_DB", "db")], {}),
        ([("APP_NAME", "api")], {}),
        # not one that it calls
        ([("ALLOWED_ORIGINS", "http://web:80")], {"web": (False, (8080,))}),
        ([("NO_PROXY", "db,web,.svc")], {}),
        # nothing
        ([("A", "db2:5432")], {}),
        ([("A", "xdb")], {}),
        ([("A", "db.other:5432")], {}),
        ([("A", "localhost:5432")], {}),
    ],
)
def test_one_variable(env: list[tuple[str, str]], expected: dict[str, object]) -> None:
    assert needs(propose(*env)) == expected


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (["--db=db:5432"], {"db": (True, ())}),
        (["--db-host", "db", "--db-port", "5432"], {"db": (True, ())}),
        (["--db-host=db"], {"db": (True, ())}),
        (["psql", "-h", "web", "-p", "81"], {"web": (True, (81,))}),
        (["-Ddb.url=jdbc:mysql://mysql:3306/x"], {"mysql": (True, (3306,))}),
        (["api"], {}),
        (["run", "db"], {}),
        (["sh", "-c", "until nc -z db 5432; do sleep 1; done"], {"db": (True, ())}),
        (["sh", "-c", "nslookup db.shop.svc.cluster.local"], {"db": (False, ())}),
    ],
)
def test_arguments(args: list[str], expected: dict[str, object]) -> None:
    assert needs(propose(args=args)) == expected


def test_a_certain_and_an_uncertain_value_of_one_callee() -> None:
    proposal = propose(("A", "http://web:81"), ("ORIGIN", "http://web:80"))
    caller = next(item for item in proposal.services if item.name == "caller")
    assert [(need.certain, [port.first for port in need.ports]) for need in caller.needs] == [
        (True, [81]),
        (False, [8080]),
    ]


def test_both_ports_are_the_whole_callee() -> None:
    assert needs(propose(("A", "http://web:81"), ("B", "http://web:80"))) == {"web": (True, ())}


def test_dangling_references_are_listed_and_no_need() -> None:
    proposal = propose(("A", "gone:80"), ("B", "http://gone2/x"), ("C", "x.shop.svc:1"), ("D", "hello"), ("T", "10:30"))
    assert [item.address for item in proposal.dangling] == ["gone2", "gone:80", "x.shop.svc:1"]
    assert needs(proposal) == {}


def test_external_hosts_stay_uncertain() -> None:
    proposal = propose(
        ("A_URL", "https://api.stripe.com/v1"),
        ("B_HOST", "smtp.mailgun.org"),
        ("B_PORT", "587"),
        ("DOCS_URL", "https://docs.rs"),
        ("C", "readme.md"),
        ("D", "http://localhost:80"),
        ("E_URL", "https://api.example.com"),
    )
    found = {item.domains[0]: tuple(port.first for port in item.ports) for item in proposal.externals}
    assert found == {"api.stripe.com": (443,), "smtp.mailgun.org": (587,)}
    assert all(item.why for item in proposal.externals)


def test_evidence_names_file_line_and_value() -> None:
    proposal = propose(("CART_ADDR", "http://u:geheim@db:5432"))
    caller = next(item for item in proposal.services if item.name == "caller")
    (evidence,) = caller.needs[0].evidence
    assert evidence.text == "env CART_ADDR=http://db:5432"
    assert evidence.place.file == "<stdin>"
    assert evidence.place.line > 1
