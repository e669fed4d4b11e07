"""Addresses in single values, and what a name says of its value."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.discover.hosts import is_public
from generator.discover.names import port_beside, ports_alike, says_address, says_no_host, says_not_called
from generator.discover.values import Form, parse_addresses, split_lines
from generator.snapshot.secrets import cut_secrets


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cart:7070", [("cart", 7070)]),
        ("http://cart", [("cart", 0)]),
        ("http://cart:80/a/b?c=d:1", [("cart", 80)]),
        ("grpc://cart.shop.svc.cluster.local:7070", [("cart.shop.svc.cluster.local", 7070)]),
        ("jdbc:postgresql://db:5432/x", [("db", 5432)]),
        ("jdbc:sqlserver://db:1433;databaseName=x", [("db", 1433)]),
        ("jdbc:oracle:thin:@db:1521:orcl", [("db", 1521)]),
        ("mongodb://m-0.m:27017,m-1.m:27018/x?replicaSet=r", [("m-0.m", 27017), ("m-1.m", 27018)]),
        ("PLAINTEXT://kafka:9092,SSL://kafka:9093", [("kafka", 9092), ("kafka", 9093)]),
        ("kafka-0:9092,kafka-1:9092", [("kafka-0", 9092), ("kafka-1", 9092)]),
        ("1@quorum:9093", [("quorum", 9093)]),
        ("tcp(mysql:3306)/db", [("mysql", 3306)]),
        ("host=db user=x port=5433 dbname=y", [("db", 5433)]),
        ("Server=tcp:sql,1433;Database=x", [("sql", 1433)]),
        ("Host=pg;Username=u;Database=d", [("pg", 0)]),
        ("until nc -z -w 2 db 5432; do sleep 1; done", [("db", 5432)]),
        ("mysqladmin ping -h db -P 3307", [("db", 3307)]),
        ("pg_isready --host=db", [("db", 0)]),
        ("exec 3<>/dev/tcp/db/5432", [("db", 5432)]),
        ("until nslookup db.shop.svc.cluster.local; do sleep 1; done", [("db.shop.svc.cluster.local", 0)]),
        ("$(REDIS_MASTER_SERVICE_HOST):6379", [("redis-master", 6379)]),
        ("wget -q http://web/healthz && curl api:81", [("api", 81), ("web", 0)]),
        ("-Dredis.host=cache -Dzipkin=http://zipkin:9411/", [("cache", 0), ("zipkin", 9411)]),
        ("dns:///cart:7070", [("cart", 7070)]),
        ("cache", [("cache", 0)]),
        ("CACHE", [("cache", 0)]),
        ("a.b.c", [("a.b.c", 0)]),
        ("0.0.0.0:80", [("0.0.0.0", 80)]),
        ("$(HOST):80", []),
        ("${HOST}:80", []),
        ("/etc/nginx/nginx.conf", []),
        ("10:30", [("10", 30)]),
        ("2024-01-01T10:00:00Z", []),
        ("fd00::1", []),
        ("hello world", []),
        ("", []),
    ],
)
def test_addresses(text: str, expected: list[tuple[str, int]]) -> None:
    assert sorted((item.host, item.port) for item in parse_addresses(text)) == sorted(expected)


def test_forms() -> None:
    forms = {item.form for item in parse_addresses("http://a:1 b:2")}
    assert forms == {Form.URL, Form.HOST_PORT}
    assert parse_addresses("a")[0].form is Form.WHOLE
    assert parse_addresses("nslookup a.b.svc")[0].form is Form.TOKEN
    assert parse_addresses("a.b.svc")[0].form is Form.NAMED_HOST


@given(st.text(max_size=80))
def test_any_text(text: str) -> None:
    for item in parse_addresses(text):
        assert item.host
        assert 0 <= item.port <= 65535
    list(split_lines(text))


def test_lines_of_files() -> None:
    text = '# c: d\n\na: b:1 \n  // x\n; y\n[section]\nk = \'v\'\nserver m:9; # why\n"j": "w",\nurl: http://x\n'
    assert list(split_lines(text)) == [
        (2, "a", "b:1"),
        (5, "", "[section]"),
        (6, "k", "v"),
        (7, "upstream_server", "m:9"),
        (8, "j", "w"),
        (9, "url", "http://x"),
    ]


@pytest.mark.parametrize(
    "name", ["DB_HOST", "dbHost", "db.host", "PGHOST", "CART_ADDR", "--server", "catalogUrl", "HOSTS", "KAFKA_BROKERS"]
)
def test_names_of_addresses(name: str) -> None:
    assert says_address(name)


@pytest.mark.parametrize("name", ["DB_TYPE", "MYSQL_USER", "POSTGRES_DB", "APP_NAME", "PROFILE", "REDIS"])
def test_names_of_other_things(name: str) -> None:
    assert not says_address(name)
    assert says_no_host(name) or name == "REDIS"


def test_names_of_who_may_come() -> None:
    assert says_not_called("CORS_ALLOWED_ORIGINS")
    assert says_not_called("KAFKA_ADVERTISED_LISTENERS")
    assert not says_not_called("ORDERS_URL")


@pytest.mark.parametrize(
    ("name", "beside", "port"),
    [
        ("DB_HOST", {"DB_PORT": "5432"}, 5432),
        ("db.host", {"db.port": "5432"}, 5432),
        ("redisHost", {"redisPort": "6379"}, 6379),
        ("PGHOST", {"PGPORT": "5432"}, 5432),
        ("--db-host", {"--db-port": "5432"}, 5432),
        ("host", {"port": "1"}, 1),
        ("DB_HOST", {"PORT": "8080"}, 0),
        ("DB_HOST", {"DB_PORT": "tcp://1.2.3.4:1"}, 0),
    ],
)
def test_port_beside(name: str, beside: dict[str, str], port: int) -> None:
    assert port_beside(name, beside) == port


def test_public_hosts() -> None:
    assert is_public("api.stripe.com")
    for host in ("web", "web.local", "a.internal", "config.yaml", "docs.example.com", "10.0.0.1", "a_b.com", "x.1"):
        assert not is_public(host), host


PIECES = [
    "ping -a ",
    "nslookup ",
    " -Da",
    "{",
    "{host:",
    "a-1",
    "a-1.",
    "slaveof ",
    "_a._tcp.",
    "a",
    "a.",
    "a-",
    "a:",
    "+a",
    "a+",
    "a://",
    "a@",
    "a=",
    "nc -a ",
    "a,",
    "http://a,",
    "-----BEGIN A-----",
    ", ",
]


@pytest.mark.parametrize("piece", PIECES)
def test_long_values_take_time_in_proportion(piece: str) -> None:
    text = (piece * 60_000)[:60_000]
    start = time.process_time()
    cut_secrets("X", text)
    parse_addresses(text)
    list(split_lines(text))
    assert time.process_time() - start < 1.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"host": "db", "port": 5432}', [("db", 5432, Form.HOST_PORT)]),
        ('{"a": {"addr": "db", "port": 5432}, "b": {"port": 1}}', [("db", 5432, Form.HOST_PORT)]),
        ("{ address: web, port_value: 80 }", [("web", 80, Form.HOST_PORT)]),
        ("{ address: web }", [("web", 0, Form.NAMED_HOST)]),
        ("slaveof redis-0.redis 6379", [("redis-0.redis", 6379, Form.HOST_PORT)]),
        ("redis-server --replicaof main 6379", [("main", 6379, Form.HOST_PORT)]),
        ("sentinel monitor main redis 6379 2", [("redis", 6379, Form.HOST_PORT)]),
        ("start --join n-0.n,n-1.n --cache 2", [("n-0.n", 0, Form.TOKEN), ("n-1.n", 0, Form.TOKEN)]),
        ("MASTER_HOST='db-0.db'", [("db-0.db", 0, Form.TOKEN)]),
        ("dnssrv+_grpc._tcp.store.m.svc:10901", [("store.m.svc", 10901, Form.HOST_PORT)]),
        ("until nslookup db; do sleep 1; done", [("db", 0, Form.TOKEN)]),
        ("-Xmx64m -Ddb.host=db -Da.name=web", [("db", 0, Form.TOKEN)]),
        ("db-1.2.3 app-1.0", []),
    ],
)
def test_addresses_in_longer_texts(text: str, expected: list[tuple[str, int, Form]]) -> None:
    assert [(item.host, item.port, item.form) for item in parse_addresses(text)] == expected


def test_list_items_and_servers_of_proxies() -> None:
    text = "- web:80\n - 'api:81'\nserver a web:80 check\nserver b;\nport:8080\n- metrics_port:9090\nu=http\\://x\\:1\n"
    assert list(split_lines(text)) == [
        (0, "", "web:80"),
        (1, "", "api:81"),
        (2, "", "server a web:80 check"),
        (3, "upstream_server", "b"),
        (4, "port", "8080"),
        (5, "metrics_port", "9090"),
        (6, "u", "http://x:1"),
    ]


def test_ports_of_the_same_stem() -> None:
    values = {"QUERY_UI_PORT": "81", "QUERY_PORT_GRPC": "82", "QUERY_PORT_OLD": "9", "PORT": "83", "OTHER_PORT": "84"}
    assert ports_alike("QUERY_HOST", values, [80, 81, 82, 83, 84]) == {81, 82}
    assert ports_alike("HOST", values, [83]) == frozenset()
    assert port_beside("address", {"port_value": "5"}) == 5
