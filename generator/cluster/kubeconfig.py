"""From a kubeconfig, or from inside a pod, to a Connection; the one importer of the library `kubernetes`.

The library reads certificates, tokens, credential plugins and providers, and knows the proxies. It logs the raw output
of a failed plugin and puts values of the file into its errors: nothing that it says is shown.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import shutil
import ssl
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit
from urllib.request import getproxies

import kubernetes.config
import urllib3
from kubernetes.client import Configuration
from kubernetes.client.rest import RESTClientObject
from kubernetes.config import ConfigException
from urllib3.util.ssl_ import create_urllib3_context

from generator.cluster.access import Connection, Request, Response
from generator.cluster.codes import KUBECONFIG_WRONG, NO_CREDENTIALS, NOT_ENCRYPTED, NOT_VERIFIED
from generator.cluster.kubeconfig_file import Chosen, choose_context, find_files, public_address
from generator.cluster.wire import Wire
from generator.foundation.diagnostics import Diagnostic, Place, problem
from generator.foundation.errors import EnvironmentFailure, InputError, RingfenceError

IN_CLUSTER: Final = "in-cluster"
_library: Any = kubernetes.config  # it says nothing of its types
_KNOWN_PROVIDERS: Final = ("gcp", "oidc")
_PROVIDER_CA: Final = "idp-certificate-authority"
_EXIT: Final = re.compile(r"process returned (\d+)")
_AT_ONCE: Final = 32  # connections kept: waits ask all kinds, and many nodes, at the same time


@dataclass(frozen=True, slots=True)
class Opened:
    """A connection, and what people may read of where it leads."""

    connection: Connection
    server: str
    context: str
    notes: tuple[Diagnostic, ...]
    namespace: str = ""  # of the context, or of the pod; "" where none is named


def open_connection(kubeconfig: str | None = None, context: str | None = None) -> Opened:
    """Open a connection as kubectl would; nothing is sent yet.

    InputError where the kubeconfig or the context is wrong, EnvironmentFailure where a credential plugin gives nothing.
    """
    files = find_files(kubeconfig)
    if not files:
        return _open_in_cluster(context)
    chosen = choose_context(files, context)
    connection = _LoggedIn(lambda: _log_in(choose_context(files, chosen.context)), _log_in(chosen))
    notes = _warnings(chosen.server, chosen.cluster.value.get("insecure-skip-tls-verify") is True, chosen.cluster.file)
    return Opened(connection, chosen.server, chosen.context, notes, chosen.namespace)


class _LoggedIn:
    """Sends over the login of now; after a 401 it logs in anew, and asks again only if that gave other credentials."""

    def __init__(self, log_in: Callable[[], Wire], wire: Wire) -> None:
        self._log_in = log_in
        self._wire = wire
        self._lock = threading.Lock()

    def send(self, request: Request) -> Response:
        wire = self._wire
        response = wire.send(request)
        if response.status != 401:
            return response
        with self._lock:
            if self._wire.identity == wire.identity:
                try:
                    self._wire = self._log_in()
                except RingfenceError:
                    return response
            fresh = self._wire
        return response if fresh.identity == wire.identity else fresh.send(request)


def _open_in_cluster(context: str | None) -> Opened:
    if not os.environ.get("KUBERNETES_SERVICE_HOST"):
        hint = "give --kubeconfig FILE, or set KUBECONFIG; commands with --live take files instead"
        raise InputError([problem(KUBECONFIG_WRONG, "no kubeconfig was found, and this is no pod", hint=hint)])
    if context is not None:
        hint = "leave --context away, or give --kubeconfig"
        raise InputError([problem(KUBECONFIG_WRONG, "inside a pod there are no contexts", hint=hint)])

    def log_in() -> Wire:
        configuration = Configuration()
        with _said_by_library():
            try:
                _library.load_incluster_config(client_configuration=configuration)
            except (ConfigException, OSError):
                hint = "let the pod mount its service account's token"
                summary = "the pod has no service account token that can be read"
                raise EnvironmentFailure([problem(NO_CREDENTIALS, summary, hint=hint)]) from None
        _choose_proxy(configuration)
        return _wire(configuration, ())

    wire = log_in()
    own = Path(_library.incluster_config.SERVICE_TOKEN_FILENAME).with_name("namespace")
    namespace = own.read_text(encoding="utf-8").strip() if own.is_file() else ""
    return Opened(_LoggedIn(log_in, wire), public_address(wire.base), IN_CLUSTER, (), namespace)


def _log_in(chosen: Chosen) -> Wire:
    user = chosen.user.value if chosen.user is not None else {}
    provider = user.get("auth-provider")
    name = provider.get("name") if isinstance(provider, Mapping) else None
    if provider is not None and name not in _KNOWN_PROVIDERS:
        raise _unusable(chosen, "has an auth-provider that is gone from kubectl too", "use its exec plugin")
    configuration = Configuration()
    with tempfile.TemporaryDirectory(prefix="ringfence-") as folder, _said_by_library() as said:
        try:
            # The private folder takes keys that stand in the kubeconfig itself, until they are loaded.
            _load(chosen, configuration, folder)
            _require_credentials(chosen, user, configuration, said)
            if chosen.cluster.value.get("proxy-url"):
                configuration.no_proxy = ""  # kubectl asks NO_PROXY only about the proxies of the environment
            else:
                _choose_proxy(configuration)
            return _wire(configuration, _impersonation(user))
        except RingfenceError:
            raise
        except Exception:
            raise _unusable(chosen, "cannot be used", "kubectl config view shows it without its secrets") from None


def _choose_proxy(configuration: Any) -> None:
    """Take the environment's proxy as kubectl does: that of the scheme, ALL_PROXY never, and none for this machine."""
    parts = urlsplit(configuration.host)
    host = parts.hostname or ""
    try:
        here = ip_address(host).is_loopback
    except ValueError:
        here = host == "localhost"
    configuration.proxy = None if here else getproxies().get(parts.scheme)


def _load(chosen: Chosen, configuration: Any, folder: str) -> None:
    merger = _library.kube_config.KubeConfigMerger(os.pathsep.join(chosen.files))
    # The context is named: of several files the library would take the last one's current context, kubectl the first's.
    loader = _library.kube_config.KubeConfigLoader(
        config_dict=merger.config,
        active_context=chosen.context,
        config_persister=_trusting(chosen, merger),
        config_base_path=None,
        temp_file_path=folder,
    )
    loader.load_and_set(configuration)


def _trusting(chosen: Chosen, merger: Any) -> Callable[[], None]:
    """Let an OIDC provider without an authority of its own be held against those of the machine, as kubectl does.

    The library would not verify it at all. Returns what saves a renewed token, without that addition.
    """
    named = (entry.value for entry in merger.config.value["users"])
    user: Mapping[str, Any] = next((value for value in named if value.get("name") == _user(chosen)), {})
    provider = (user.get("user") or {}).get("auth-provider") or {}
    config = provider.get("config")
    known = isinstance(config, dict) and any(key in config for key in (_PROVIDER_CA, f"{_PROVIDER_CA}-data"))
    if provider.get("name") != "oidc" or not isinstance(config, dict) or known:
        return lambda: merger.save_changes()
    authorities = ssl.get_default_verify_paths().cafile
    if authorities is None:
        raise _unusable(chosen, f"has an OIDC provider without {_PROVIDER_CA}", "name the file of its authority")

    def save() -> None:
        del config[_PROVIDER_CA]
        try:
            merger.save_changes()
        finally:
            config[_PROVIDER_CA] = authorities

    config[_PROVIDER_CA] = authorities
    return save


def _user(chosen: Chosen) -> str:
    return chosen.user.name if chosen.user is not None else ""


def _require_credentials(chosen: Chosen, user: Mapping[str, Any], configuration: Any, said: list[str]) -> None:
    plugin = user.get("exec")
    if not isinstance(plugin, Mapping) and "auth-provider" not in user:
        return
    if configuration.api_key or configuration.cert_file:
        return
    command = str(plugin.get("command", "")) if isinstance(plugin, Mapping) else ""
    if not command:
        raise _unusable(chosen, "gave no credentials", "log in again with kubectl")
    name = Path(command).name
    code = next((found[1] for text in said if (found := _EXIT.search(text))), "")
    if shutil.which(command, path=None) is None and os.sep not in command:
        why = f"'{name}' is not installed"
    else:
        why = f"'{name}' ended with exit code {code}" if code else f"'{name}' gave none"
    name_of_user = chosen.user.name if chosen.user is not None else ""
    summary = f"no credentials for user '{name_of_user}': {why}"
    hint = f"kubectl --context {chosen.context} version shows what the plugin says"
    raise EnvironmentFailure([problem(NO_CREDENTIALS, summary, place=Place(chosen.cluster.file), hint=hint)])


def _unusable(chosen: Chosen, what: str, hint: str) -> EnvironmentFailure:
    user = chosen.user
    place = Place(user.file if user is not None else chosen.cluster.file)
    summary = f"user '{user.name if user is not None else ''}' of the kubeconfig {what}"
    return EnvironmentFailure([problem(NO_CREDENTIALS, summary, place=place, hint=hint)])


def _wire(configuration: Any, extra: Iterable[tuple[str, str]]) -> Wire:
    """Make the pool; keys are loaded now, so that no copy of them has to lie on the disk."""
    context = _tls(configuration)
    authorization = _authorization(configuration)
    if not _is_header(authorization):
        hint = "write the token anew, on one line"
        raise EnvironmentFailure([problem(NO_CREDENTIALS, "the token holds what no request can carry", hint=hint)])
    identity = hashlib.sha256(authorization.encode())
    for path in (configuration.cert_file, configuration.key_file):
        identity.update(Path(path).read_bytes() if path else b"-")
    configuration.retries = False
    configuration.connection_pool_maxsize = _AT_ONCE
    configuration.ssl_ca_cert = configuration.cert_file = configuration.key_file = None
    credentials = urlsplit(configuration.proxy or "")
    if credentials.username is not None:
        pair = f"{unquote(credentials.username)}:{unquote(credentials.password or '')}"
        configuration.proxy_headers = urllib3.make_headers(proxy_basic_auth=pair)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is missing is said below
            pool = RESTClientObject(configuration).pool_manager
    except ImportError:
        hint = "install it, or name a proxy of the form http://HOST:PORT"
        summary = "the way to the cluster is a SOCKS proxy, for which the package PySocks is missing"
        raise EnvironmentFailure([problem(KUBECONFIG_WRONG, summary, hint=hint)]) from None
    pool.connection_pool_kw["ssl_context"] = context
    fixed = [("User-Agent", f"ringfence/{version('ringfence')}"), ("Accept-Encoding", "gzip"), *extra]

    def headers() -> Iterable[tuple[str, str]]:
        with _said_by_library():
            found = _authorization(configuration)
        return [*fixed, ("Authorization", found)] if found and _is_header(found) else fixed

    return Wire(pool, configuration.host.rstrip("/"), headers, identity.hexdigest())


def _tls(configuration: Any) -> ssl.SSLContext:
    verified = bool(configuration.verify_ssl)
    context: ssl.SSLContext = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED if verified else ssl.CERT_NONE)
    # Many clusters' own authorities lack what newer Pythons ask for; kubectl takes them.
    context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
    if not verified:
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)  # said once, as a diagnostic
    elif configuration.ssl_ca_cert:
        context.load_verify_locations(configuration.ssl_ca_cert)
    else:
        context.load_default_certs()
    if configuration.cert_file:
        context.load_cert_chain(configuration.cert_file, configuration.key_file)
    return context


def _authorization(configuration: Any) -> str:
    """Return the header's value; the library reads a token file or runs a plugin anew where its time is over."""
    settings = configuration.auth_settings()
    # A token file ends with its line, which kubectl takes off too.
    return next((str(item["value"]) for item in settings.values() if item.get("value")), "").strip()


def _is_header(text: str) -> bool:
    """Tell whether a header can hold a text; Python's own error about one that cannot would show it."""
    return text.isascii() and text.isprintable()


def _impersonation(user: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Go through the headers for `as` and its kin, which kubectl sends and the library does not know."""
    if not user.get("as"):
        return
    yield "Impersonate-User", str(user["as"])
    if user.get("as-uid"):
        yield "Impersonate-Uid", str(user["as-uid"])
    for group in user.get("as-groups") or ():
        yield "Impersonate-Group", str(group)
    for key, values in (user.get("as-user-extra") or {}).items():
        for value in values:
            yield f"Impersonate-Extra-{quote(str(key), safe='')}", str(value)


def _warnings(server: str, unverified: bool, file: str) -> tuple[Diagnostic, ...]:
    place = Place(file)
    if server.startswith("http://"):
        hint = "use https, or a port forwarded inside an encrypted connection"
        return (problem(NOT_ENCRYPTED, f"{server} is asked over plain http", place=place, hint=hint),)
    if unverified:
        hint = "remove insecure-skip-tls-verify and give certificate-authority"
        return (problem(NOT_VERIFIED, f"the certificate of {server} is not verified", place=place, hint=hint),)
    return ()


@contextmanager
def _said_by_library() -> Iterator[list[str]]:
    """Catch what the library logs meanwhile; it is searched for an exit code and never shown."""
    said: list[str] = []

    def keep(record: logging.LogRecord) -> bool:
        said.append(record.getMessage())
        return False

    root, nobody = logging.getLogger(), logging.NullHandler()
    root.addHandler(nobody)  # or the library's first word would set up a handler that prints
    root.addFilter(keep)
    try:
        yield said
    finally:
        root.removeFilter(keep)
        root.removeHandler(nobody)
