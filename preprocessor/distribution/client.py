"""The cloud client: signed RPC calls with endpoints from data, retries with backoff, and real timeouts.

The official generic client signs and sends; it blocks, so calls run on daemon threads while one event loop
keeps all state. Everything that goes wrong with a call is a :class:`CallError`.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from concurrent.futures import Executor, Future
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from preprocessor import __version__
from preprocessor.distribution.credentials import load_credentials, missing_client, redact
from preprocessor.distribution.endpoints import endpoint_of, help_for, is_account_problem, is_retryable
from preprocessor.distribution.pace import Pace, duration_text
from preprocessor.errors import CloudError
from preprocessor.model import Finding, Location, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from preprocessor.distribution.endpoints import Endpoint

    T = TypeVar("T")

NETWORK = "Network"
"""The code of a call that got no answer."""
TIMEOUT = "Timeout"
"""The code of a call that got no answer in time."""
BAD_ANSWER = "BadAnswer"
"""The code of an answer that is not of the API, as a proxy gives it."""

CLIENT_FAILED = "ClientFailed"
"""The code of a call that the official client could not make."""

_THREADS = 16


class CallError(CloudError):
    """A call that the cloud refused or that got no answer."""

    def __init__(
        self,
        code: str,
        reason: str,
        *,
        action: str = "",
        region: str = "",
        status: int = 0,
        retry_after: float | None = None,
    ) -> None:
        self.code = code
        self.reason = reason
        self.status = status
        self.retry_after = retry_after
        """Seconds that the service asks to wait before the next try."""
        where = f"{action} in {region}: " if action and region else f"{action}: " if action else ""
        # A code without a status is this tool's own, and says nothing that the reason does not.
        message = f"{where}{reason}" + (f" ({code})" if status else "")
        super().__init__(
            [
                Finding(
                    "cloud-error",
                    Severity.ERROR,
                    message,
                    help_for(code) or _HELP.get(code, ""),
                    Location(""),
                )
            ]
        )

    @property
    def unanswered(self) -> bool:
        """Whether the call may have taken effect all the same."""
        return self.code in (NETWORK, TIMEOUT, BAD_ANSWER) or self.status >= 500

    @property
    def retryable(self) -> bool:
        """Whether the same call may work a moment later."""
        return self.unanswered or is_retryable(self.code, self.status)

    @property
    def account_problem(self) -> bool:
        """Whether the credentials are not accepted at all."""
        return is_account_problem(self.code)


_HELP = {
    NETWORK: "check the network, the region's name and REGION_IMAGE_ENDPOINT_*",
    TIMEOUT: "run the same command again: it goes on where it stopped",
    BAD_ANSWER: "check for a proxy, and REGION_IMAGE_ENDPOINT_*",
}


class Cloud(Protocol):
    """One account's calls."""

    async def call(
        self, product: str, action: str, region: str, parameters: Mapping[str, object], *, repeat: bool = True
    ) -> dict[str, Any]:
        """Call `action` and return the answer.

        `parameters` are the API's own names; lists and mappings are flattened as RPC wants it (`Tag.1.Key`).
        `repeat` says whether the call may be sent again when it is not known whether it took effect.

        Raises:
            CallError: the cloud refused, or gave no answer after all tries.
        """
        ...


class DaemonExecutor(Executor):
    """Threads that do not keep the process alive, so that an interrupted run ends at once."""

    def __init__(self, threads: int = _THREADS) -> None:
        self._work: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = queue.SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._room = threads

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Run `fn` on a thread."""
        future: Future[T] = Future()
        self._work.put((future, lambda: fn(*args, **kwargs)))
        if not self._idle.acquire(blocking=False) and self._room:
            self._room -= 1
            threading.Thread(target=self._run, daemon=True).start()
        return future

    def _run(self) -> None:
        while True:
            future, work = self._work.get()
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(work())
                except BaseException as error:  # noqa: BLE001 - it belongs to whoever asked for the result
                    future.set_exception(error)
            self._idle.release()


@cache
def _executor() -> DaemonExecutor:
    """Return the threads that all accounts of this process share."""
    return DaemonExecutor()


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run an asynchronous operation to its end and return its result."""
    return asyncio.run(main)


class Account:
    """One account's calls through the official client. Implements :class:`Cloud`."""

    def __init__(self, profile: str | None = None, pace: Pace | None = None) -> None:
        """Use the credentials of `profile`, or for None those of the official chain.

        Raises:
            CloudError: the client is not installed, or there are no such credentials.
        """
        self.profile = profile
        self.pace = pace or Pace()
        # It logs its own tracebacks where the chain finds nothing; the error that follows says it in words.
        logging.getLogger("credentials").disabled = True
        self._credentials = load_credentials(profile)
        self._clients: dict[tuple[str, str], Any] = {}
        # It prints every header, signature and token included, when the environment says DEBUG=sdk.
        logging.getLogger("darabonba-core").disabled = True

    async def call(
        self, product: str, action: str, region: str, parameters: Mapping[str, object], *, repeat: bool = True
    ) -> dict[str, Any]:
        """See :meth:`Cloud.call`."""
        from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt

        endpoint = endpoint_of(product, region)
        query = flatten(parameters)
        loop = asyncio.get_running_loop()

        def again(error: BaseException) -> bool:
            return isinstance(error, CallError) and error.retryable and (repeat or not error.unanswered)

        async for attempt in AsyncRetrying(
            retry=retry_if_exception(again),
            stop=stop_after_attempt(self.pace.attempts),
            wait=self._wait,
            sleep=asyncio.sleep,
            reraise=True,
        ):
            with attempt:
                return await loop.run_in_executor(_executor(), self._send, endpoint, action, region, query)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _wait(self, state: Any) -> float:
        from tenacity import wait_random_exponential

        backoff = wait_random_exponential(
            multiplier=self.pace.retry_first, min=self.pace.retry_first / 2, max=self.pace.retry_most
        )(state)
        error = state.outcome.exception()
        asked = error.retry_after if isinstance(error, CallError) and error.retry_after else 0.0
        return float(max(backoff, min(asked, self.pace.retry_most)))

    def _send(self, endpoint: Endpoint, action: str, region: str, query: dict[str, str]) -> dict[str, Any]:
        """Send one request and return its answer; this blocks."""
        client, models, runtime_options = self._client(endpoint)
        params = models.Params(
            action=action,
            version=endpoint.version,
            protocol=endpoint.scheme.upper(),
            pathname="/",
            method="POST",
            auth_type="AK",
            style="RPC",
            req_body_type="formData",
            body_type="json",
        )
        runtime = runtime_options(
            connect_timeout=max(1, round(self.pace.connect_timeout * 1000)),
            read_timeout=max(1, round(self.pace.read_timeout * 1000)),
        )
        try:
            answer = client.call_api(params, models.OpenApiRequest(query=query), runtime)
        except Exception as error:  # noqa: BLE001 - the client raises what its libraries raise
            raise self._translate(error, endpoint, action, region) from None
        body = answer.get("body")
        if not isinstance(body, dict):
            raise CallError(BAD_ANSWER, f"{endpoint.host} did not answer as the API does", action=action)
        return body

    def _client(self, endpoint: Endpoint) -> tuple[Any, Any, Any]:
        try:
            from alibabacloud_tea_openapi import utils_models
            from alibabacloud_tea_openapi.client import Client
            from darabonba.runtime import RuntimeOptions
        except ImportError:
            raise missing_client() from None
        key = (endpoint.scheme, endpoint.host)
        if key not in self._clients:
            self._clients[key] = Client(
                utils_models.Config(
                    credential=self._credentials,
                    endpoint=endpoint.host,
                    protocol=endpoint.scheme.upper(),
                    user_agent=f"region-image/{__version__}",
                )
            )
        return self._clients[key], utils_models, RuntimeOptions

    def _translate(self, error: Exception, endpoint: Endpoint, action: str, region: str) -> CallError:
        """Return what the official client raised as one error with a code and a clean message."""
        code = getattr(error, "code", None)
        status = getattr(error, "status_code", None)
        if isinstance(code, str) and isinstance(status, int):
            data = getattr(error, "data", None)
            words = data.get("Message") if isinstance(data, dict) else None
            if code == "None" or not words:
                code, words = BAD_ANSWER, f"{endpoint.host} answered with HTTP status {status}"
            reason = " ".join(redact(str(words)).split()).rstrip(".")
            wait = getattr(error, "retry_after", None)
            return CallError(
                code,
                reason or "refused",
                action=action,
                region=region,
                status=status,
                retry_after=wait / 1000 if isinstance(wait, (int, float)) else None,
            )
        inner = getattr(error, "inner_exception", None) or error
        cause = inner.__context__ or inner
        kind = type(cause).__name__
        if kind == "ConnectTimeout":
            took = duration_text(self.pace.connect_timeout)
            return CallError(
                TIMEOUT, f"no connection to {endpoint.host} within {took}", action=action, region=region
            )
        if kind == "ReadTimeout":
            took = duration_text(self.pace.read_timeout)
            return CallError(
                TIMEOUT, f"no answer from {endpoint.host} within {took}", action=action, region=region
            )
        if isinstance(cause, OSError):
            return CallError(NETWORK, f"{endpoint.host} cannot be reached", action=action, region=region)
        if kind == "CredentialException":
            return CallError(
                "InvalidSecurityToken.Expired",
                "the credentials can no longer be read",
                action=action,
                status=401,
            )
        if isinstance(cause, (ValueError, AttributeError)):  # it is no JSON, or no JSON object
            reason = f"{endpoint.host} did not answer as the API does"
            return CallError(BAD_ANSWER, reason, action=action, region=region)
        # Its words may hold anything, so only its kind is told.
        reason = f"the Alibaba Cloud client failed with {kind}"
        return CallError(CLIENT_FAILED, reason, action=action, region=region)


def flatten(parameters: Mapping[str, object]) -> dict[str, str]:
    """Return RPC parameters as names and strings: `{"Tag": [{"Key": "a"}]}` is `{"Tag.1.Key": "a"}`.

    None leaves a parameter out.
    """
    flat: dict[str, str] = {}

    def add(name: str, value: object) -> None:
        if value is None:
            return
        if isinstance(value, dict):
            for key, part in value.items():
                add(f"{name}.{key}", part)
        elif isinstance(value, (list, tuple)):
            for index, part in enumerate(value, 1):
                add(f"{name}.{index}", part)
        elif isinstance(value, bool):
            flat[name] = "true" if value else "false"
        else:
            flat[name] = str(value)

    for name, value in parameters.items():
        add(name, value)
    return flat
