"""A real kube-apiserver with its etcd on loopback: started, stopped, killed, hung, restarted."""

from __future__ import annotations

import shutil
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.testbed.access import ADMIN, Endpoint, make_tokens, service_account_key, tokens_file, write_kubeconfig
from tests.testbed.build import Programs
from tests.testbed.client import Client
from tests.testbed.processes import Process, free_ports

_PATIENCE: Final = 90.0  # seconds until a server must be ready; three to six is usual
# Calico 3.32's own admission policies are written in v1beta1, which 1.36 serves only when asked.
_SERVED: Final = "admissionregistration.k8s.io/v1beta1=true"


class CannotStart(Exception):
    """A server ended, or was not ready in time; the text holds the end of its log."""


class ApiServer:
    """kube-apiserver and etcd over one folder; `etcd` and `apiserver` are the two processes.

    The ports, tokens and certificates stay the same over restarts.
    """

    def __init__(self, programs: Programs, folder: Path, flags: Sequence[str] = (), data: Path | None = None) -> None:
        """Prepare a folder, with a copy of the saved etcd data where there is one; `start` starts."""
        self.programs, self.folder, self.flags = programs, folder, tuple(flags)
        folder.mkdir(parents=True, exist_ok=True)
        if data is not None:
            shutil.copytree(data, folder / "etcd")
        tokens = make_tokens()
        (folder / "tokens.csv").write_text(tokens_file(tokens), encoding="utf-8")
        (folder / "accounts.key").write_text(service_account_key(), encoding="utf-8")
        self._take_ports()
        self.endpoint = Endpoint(self._url, folder / "certs" / "apiserver.crt", tokens)
        self.pods_through = ""  # the URL of a proxy by which pods are dialled; without one none is reached
        self.etcd: Process
        self.apiserver: Process

    @property
    def port(self) -> int:
        """The port of loopback that it listens on."""
        return self._secure

    @property
    def _url(self) -> str:
        return f"https://127.0.0.1:{self._secure}"

    def _take_ports(self) -> None:
        self._client, self._peer, self._secure = free_ports(3)

    # Life

    def start(self) -> ApiServer:
        """Start both and return when the API server is ready; another try where a port was taken meanwhile."""
        for _ in range(3):
            try:
                self.start_etcd()
                self.start_apiserver()
                return self
            except CannotStart as failed:
                self.stop()
                if "address already in use" not in str(failed):
                    raise
                self._take_ports()
                self.endpoint = Endpoint(self._url, self.endpoint.ca_file, self.endpoint.tokens)
        raise CannotStart("no free ports")

    def start_etcd(self) -> None:
        """Start etcd over its data; it returns at once, since the API server waits for it."""
        client, peer = (f"http://127.0.0.1:{port}" for port in (self._client, self._peer))
        self.etcd = Process(
            [
                *(str(self.programs.etcd), "--name=t", f"--data-dir={self.folder / 'etcd'}"),
                *(f"--listen-client-urls={client}", f"--advertise-client-urls={client}"),
                *(f"--listen-peer-urls={peer}", f"--initial-advertise-peer-urls={peer}"),
                *(f"--initial-cluster=t={peer}", "--unsafe-no-fsync", "--log-level=error"),
            ],
            self.folder / "etcd.log",
        )

    def start_apiserver(self, *, wait: bool = True) -> None:
        """Start the API server; return when it is ready, unless a test wants to see it starting."""
        keys = self.folder / "accounts.key"
        self.apiserver = Process(
            [
                *(str(self.programs.kube_apiserver), f"--etcd-servers=http://127.0.0.1:{self._client}"),
                *("--bind-address=127.0.0.1", f"--secure-port={self._secure}"),
                *(f"--cert-dir={self.folder / 'certs'}", f"--token-auth-file={self.folder / 'tokens.csv'}"),
                *("--authorization-mode=RBAC", "--service-account-issuer=https://kubernetes.default.svc"),
                *(f"--service-account-key-file={keys}", f"--service-account-signing-key-file={keys}"),
                *("--disable-admission-plugins=ServiceAccount", "--endpoint-reconciler-type=none"),
                *("--service-cluster-ip-range=10.96.0.0/16", f"--runtime-config={_SERVED}", *self.flags),
            ],
            self.folder / "apiserver.log",
            {"HTTP_PROXY": self.pods_through} if self.pods_through else None,
        )
        if wait:
            self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Return when `/readyz` says so; CannotStart where that takes too long or a process has ended."""
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            for process in (self.etcd, self.apiserver):
                if not process.alive:
                    raise CannotStart(process.last_words())
            if self._ready():
                return
            time.sleep(0.05)
        raise CannotStart(f"not ready after {_PATIENCE:.0f} s: {self.apiserver.last_words()}")

    def _ready(self) -> bool:
        client = self.client()
        try:
            return client.ask("GET", "/readyz").status == 200
        except OSError:  # no certificate yet, or nobody listens
            return False
        finally:
            client.close()

    def stop(self) -> None:
        """End both, the API server first: without etcd it does not end on SIGTERM."""
        for name in ("apiserver", "etcd"):
            process: Process | None = getattr(self, name, None)
            if process is not None and process.alive:
                process.stop() if self.etcd.alive else process.kill()

    def kill(self) -> None:
        """End both at once, as a node that loses power does."""
        for name in ("apiserver", "etcd"):
            process: Process | None = getattr(self, name, None)
            if process is not None:
                process.kill()

    def remove(self) -> None:
        """End both at once, and remove what lies on the disk."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    # Outages

    def stop_etcd(self) -> None:
        """End etcd while the API server goes on; `start_etcd` brings it back with all data."""
        self.etcd.stop()

    def hang_etcd(self) -> None:
        """Stop etcd from running without closing a connection; `wake_etcd` lets it go on."""
        self.etcd.send(signal.SIGSTOP)

    def wake_etcd(self) -> None:
        """Let a hung etcd go on."""
        self.etcd.send(signal.SIGCONT)

    def kill_apiserver(self) -> None:
        """End the API server in the middle of what it does; `start_apiserver` starts it again."""
        self.apiserver.kill()

    # Ways in

    def client(self, user: str = ADMIN) -> Client:
        """Return a plain client of a user."""
        return Client(self.endpoint, user)

    def kubeconfig(self, file: Path, user: str = ADMIN, *, url: str | None = None, namespace: str = "") -> Path:
        """Write a kubeconfig of a user (context `testbed`); `url` names a proxy of the tests instead of the server."""
        return write_kubeconfig(file, self.endpoint, user, url=url, namespace=namespace)
