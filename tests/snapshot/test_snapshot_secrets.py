"""What looks like a secret never gets into a snapshot; hosts and ports stay."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.foundation.yaml_writer import write_document
from generator.snapshot import load_snapshot, write_snapshot
from generator.snapshot.secrets import cut_secrets, is_secret_name

PLANTED = "hunter2Xq9"


@pytest.mark.parametrize(
    "name",
    [
        "DB_PASSWORD",
        "dbPassword",
        "POSTGRES_PASSWD",
        "API_KEY",
        "apiKey",
        "AWS_SECRET_ACCESS_KEY",
        "SECRET_KEY_BASE",
        "STRIPE_KEY",
        "GITHUB_TOKEN",
        "MYSQL_ROOT_PASSWORD",
        "JWT_SECRET",
        "--password",
        "SESSION_COOKIE",
        "REDIS_AUTH",
        "token",
    ],
)
def test_names_of_secrets(name: str) -> None:
    assert is_secret_name(name)
    assert cut_secrets(name, PLANTED) == ("", True)


@pytest.mark.parametrize(
    "name",
    [
        "DB_HOST",
        "PASSWORD_FILE",
        "TOKEN_URL",
        "SECRET_NAME",
        "KEYCLOAK_URL",
        "MONKEY",
        "AUTH_SERVICE_ADDR",
        "AUTHOR",
        "KEY",
        "PASSAGE_PORT",
        "ENABLE_TRACING",
        "BYPASS_LIST",
        "AUTH_HOST",
    ],
)
def test_names_of_no_secrets(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    ("value", "left"),
    [
        ("postgresql://admin:<S>@host", "postgresql://host"),
        ("postgresql://admin:<S>@db:5432/x?sslmode=off", "postgresql://db:5432/x?sslmode=off"),
        ("postgresql://admin:a/<S>@db:5432/x", "postgresql://db:5432/x"),
        ("redis://:<S>@redis:6379/0", "redis://redis:6379/0"),
        ("amqp://<S>@rabbit:5672", "amqp://rabbit:5672"),
        ("root:<S>@tcp(mysql:3306)/shop", "tcp(mysql:3306)/shop"),
        ("host=db port=5432 password=<S> user=u", "host=db port=5432 password= user=u"),
        ("Server=sql,1433;User Id=sa;Password=<S>;", "Server=sql,1433;User Id=sa;Password=;"),
        ("jdbc:mysql://db:3306/x?user=a&password=<S>", "jdbc:mysql://db:3306/x?user=a&password="),
        ("redis-server --requirepass <S> --port 1", "redis-server --requirepass  --port 1"),
        ('{"url": "http://a:80", "token": "<S>"}', '{"url": "http://a:80", "token": }'),
        ("spring.datasource.password=<S>\nspring.datasource.url=jdbc:x://db:1/y", None),
        ("a: b\npassword:<S>\nc: d", "a: b\npassword:\nc: d"),
        ('{"password":12345, "x": 1}', '{"password":, "x": 1}'),
        ("Authorization: Bearer <S>.abc", None),
        ("https://hooks.slack.com/services/T0/B0/<S>", "https://hooks.slack.com/"),
        ("-----BEGIN RSA PRIVATE KEY-----\n<S>\n-----END RSA PRIVATE KEY-----", ""),
    ],
)
def test_secrets_inside_values(value: str, left: str | None) -> None:
    text, cut = cut_secrets("CONFIG", value.replace("<S>", PLANTED))
    if left is not None:
        assert text == left
    assert PLANTED not in text
    assert cut


@pytest.mark.parametrize(
    "value",
    [
        "productcatalogservice:3550",
        "http://user-service.shop.svc.cluster.local:8080/api/v1/users",
        "kafka-0.kafka-headless:9092,kafka-1.kafka-headless:9092",
        "http://host:8080/a@b",
        "jdbc:postgresql://ledger-db:5432/postgresdb",
        "a-very-long-service-name-for-orders-and-more.namespace.svc:80",
        "/etc/ssl/certs/ca-certificates-of-this-cluster.pem",
        "registry.local/app@sha256:abc",
        "tokens:8080",
        "http://a:1 token:8080",
    ],
)
def test_addresses_stay(value: str) -> None:
    assert cut_secrets("ADDR", value) == (value, False)


def test_a_plain_address_under_a_secrets_name_stays() -> None:
    assert cut_secrets("TOKENS_SECRET", "http://tokens:8080") == ("http://tokens:8080", False)


SHAPES = [
    {"env": [{"name": "DB_PASSWORD", "value": PLANTED}]},
    {"env": [{"name": "DSN", "value": f"amqp://u:{PLANTED}@mq:5672"}]},
    {"args": ["--db-password", PLANTED]},
    {"args": [f"--api-key={PLANTED}"]},
    {"command": ["mysqladmin", "-uroot", f"-p{PLANTED}", "ping"]},
    {"command": ["sh", "-c", f"mysql -h db -p{PLANTED} -e x; curl -u me:{PLANTED} http://a"]},
    {"args": [f"postgres://u:{PLANTED}@db/x"]},
    {"command": ["redis-cli", "-a", PLANTED, "ping"]},
    {"command": ["sh", "-c", f"redis-cli -h redis --pass x; export TOKEN={PLANTED}"]},
]


@given(st.lists(st.sampled_from(SHAPES), min_size=1, max_size=4))
def test_a_planted_secret_is_in_no_saved_snapshot(containers: list[dict[str, object]]) -> None:
    check_nothing_planted(containers)


def check_nothing_planted(containers: list[dict[str, object]]) -> None:
    objects = [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": "p",
                "annotations": {
                    "kubectl.kubernetes.io/last-applied-configuration": PLANTED,
                    "note": f"http://a:{PLANTED}@b",
                },
            },
            "spec": {"containers": containers},
        },
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"a": PLANTED}},
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "c"},
            "data": {"PASSWORD": PLANTED, "app.properties": f"db.url=x://db:1\ndb.password={PLANTED}\n"},
        },
    ]
    snapshot, _ = load_snapshot(["-"], stdin="---\n".join(write_document(item) for item in objects))
    saved = write_snapshot(snapshot)
    assert PLANTED not in saved
    assert "x://db:1" in saved
