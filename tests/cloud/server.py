"""The HTTP side of the emulator: one loopback port for all products, calls recorded, faults applied."""

from __future__ import annotations

import contextlib
import json
import socket
import socketserver
import threading
import time
import uuid
from collections import Counter, deque
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from tests.cloud import ecs, services, signature
from tests.cloud.world import Account, ApiError, World

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.cloud.faults import Fault

VERSIONS = {"2014-05-26": ecs, "2015-11-01": services, "2021-05-21": services, "2015-04-01": services}
_ACTIONS = {
    "2014-05-26": set(ecs.OPERATIONS),
    "2015-11-01": {"DescribeProduct"},
    "2021-05-21": {"ListArtifactVersions"},
    "2015-04-01": {"GetCallerIdentity"},
}
PRODUCTS = ("ECS", "MARKET", "COMPUTENESTSUPPLIER", "STS")


@dataclass(frozen=True)
class Call:
    """One request as it was answered."""

    at: float
    account: str
    action: str
    parameters: Mapping[str, str]
    code: str
    """The error code, or empty."""


class Emulator:
    """The service on a loopback port. Use it as a context manager."""

    def __init__(
        self, *, speed: float = 1.0, clock: Callable[[], float] | None = None, port: int = 0
    ) -> None:
        """`speed`: emulated seconds per real second; or give the emulated time as `clock`."""
        began = time.monotonic()
        self.world = World(clock or (lambda: (time.monotonic() - began) * speed))
        self.faults: list[Fault] = []
        self.calls: list[Call] = []
        self.calls_per_minute: int | None = None
        """Above it, calls are answered with Throttling.User."""
        self.on_request: Callable[[int, str], None] | None = None
        """Called with the number of the request and `received`, `done` or `answered`."""
        self.nonces: set[str] = set()
        self._recent: deque[float] = deque()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.emulator = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def url(self) -> str:
        """The address that every product is called at."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def environment(self, account: Account | None = None) -> dict[str, str]:
        """Return the environment variables that make the command line use this service and account."""
        found = {f"REGION_IMAGE_ENDPOINT_{name}": self.url for name in PRODUCTS}
        if account is not None:
            found["ALIBABA_CLOUD_ACCESS_KEY_ID"] = account.key
            found["ALIBABA_CLOUD_ACCESS_KEY_SECRET"] = account.secret
            if account.token:
                found["ALIBABA_CLOUD_SECURITY_TOKEN"] = account.token
        return found

    def count(self) -> Counter[str]:
        """Return how many calls of each action there were."""
        return Counter(call.action for call in self.calls)

    def __enter__(self) -> Emulator:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        # The next emulator may get this port: connections that clients keep must not lead here any more.
        for connection in list(self._server.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def answer(self, request: _Request) -> tuple[int, dict[str, Any], Fault | None]:
        """Return the status, the answer and the fault that hits the reply."""
        with self._lock:
            self.world.advance()
            account, parameters = "", request.parameters
            try:
                self._throttle()
                caller = signature.check(
                    request.method,
                    request.path,
                    request.query,
                    request.headers,
                    request.body,
                    self.world.accounts,
                    self.nonces,
                )
                account = caller.id
                module = _check(request.version, request.action, parameters)
                fault = next((f for f in self.faults if f.strikes(request.action, parameters)), None)
                if fault is not None and fault.kind == "error":
                    raise _FaultError(fault)
                if fault is not None and fault.kind == "cut":
                    self._record(account, request, "cut")
                    return 0, {}, fault
                outcome = {"copy-fails": "fails", "copy-hangs": "hangs"}.get(
                    fault.kind if fault else "", "done"
                )
                body = module.OPERATIONS[request.action](self.world, caller, parameters, outcome)
                self.world.advance()
            except ApiError as error:
                self._record(account, request, error.code)
                answer = {"Code": error.code, "Message": error.message, "HostId": "127.0.0.1"}
                return error.status, answer, error.fault if isinstance(error, _FaultError) else None
            self._record(account, request, "")
            return 200, body, fault

    def _record(self, account: str, request: _Request, code: str) -> None:
        self.calls.append(Call(self.world.clock(), account, request.action, request.parameters, code))

    def _throttle(self) -> None:
        if self.calls_per_minute is None:
            return
        now = self.world.clock()
        while self._recent and self._recent[0] <= now - 60:
            self._recent.popleft()
        if len(self._recent) >= self.calls_per_minute:
            raise ApiError(400, "Throttling.User", "Request was denied due to user flow control.")
        self._recent.append(now)


class _FaultError(ApiError):
    """An error that a fault asked for."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.status, fault.code, fault.message)
        self.fault = fault


def _check(version: str, action: str, parameters: Mapping[str, str]) -> Any:
    if version not in VERSIONS or action not in _ACTIONS[version]:
        raise ApiError(404, "InvalidAction.NotFound", "Specified api is not found.")
    module = VERSIONS[version]
    for name in parameters:
        if not module.PARAMETERS[action].fullmatch(name):
            raise ApiError(400, "InvalidParameter", f"The parameter {name} is not one of {action}.")
    for name in module.REQUIRED[action]:
        if not parameters.get(name):
            raise ApiError(
                400, f"Missing{name}", f"The input parameter {name} that is mandatory is not supplied."
            )
    return module


@dataclass(frozen=True)
class _Request:
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def action(self) -> str:
        return self.headers.get("x-acs-action", "")

    @property
    def version(self) -> str:
        return self.headers.get("x-acs-version", "")

    @property
    def parameters(self) -> dict[str, str]:
        form = dict(parse_qsl(self.body.decode(), keep_blank_values=True)) if self.body else {}
        return {**self.query, **form}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    emulator: Emulator

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.connections: set[socket.socket] = set()

    def server_bind(self) -> None:
        # The base class looks its own name up, which takes seconds where there is no resolver.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed leaves broken connections behind: that is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        self.server.connections.discard(self.connection)
        super().finish()

    def do_POST(self) -> None:
        emulator = self.server.emulator
        number = len(emulator.calls)
        parts = urlsplit(self.path)
        request = _Request(
            self.command,
            parts.path,
            dict(parse_qsl(parts.query, keep_blank_values=True)),
            {name.lower(): value for name, value in self.headers.items()},
            self.rfile.read(int(self.headers.get("Content-Length") or 0)),
        )
        self._tell(number, "received")
        status, answer, fault = emulator.answer(request)
        self._tell(number, "done")
        kind = fault.kind if fault else ""
        if fault and fault.seconds:
            time.sleep(fault.seconds)
        if kind in ("lost", "cut"):
            self.close_connection = True
            return
        if kind == "garbage":
            self._send(502, "text/html", b"<html><body>Bad Gateway</body></html>", 0)
            return
        if kind == "empty":
            answer = {}
        body = json.dumps({"RequestId": str(uuid.uuid4()).upper(), **answer}).encode()
        self._send(status, "application/json;charset=utf-8", body, fault.retry_after if fault else 0)
        self._tell(number, "answered")

    do_GET = do_POST  # noqa: N815 - the name the base class looks for

    def _tell(self, number: int, moment: str) -> None:
        if self.server.emulator.on_request is not None:
            self.server.emulator.on_request(number, moment)

    def _send(self, status: int, content_type: str, body: bytes, retry_after: int) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        if retry_after:
            self.send_header("x-acs-retry-after", str(retry_after))
        # Headers and body in one write: two would wait for each other's acknowledgement.
        self._headers_buffer.append(b"\r\n" + body)  # type: ignore[attr-defined]
        self.flush_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing: the calls are recorded."""
