"""The one HTTP layer: retries of what is transient, waiting where a service asks for it, errors without secrets.

What a status means to Graph or Emply is their clients' business. tenacity decides when to try again: its stop and wait
conditions are data, where a loop of our own would be code.
"""

import logging
import os
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import orjson
import requests
import tenacity
from requests.adapters import HTTPAdapter

from assets import clock

# Addresses carry Emply's key, and urllib3 logs addresses.
logging.getLogger("urllib3.connectionpool").setLevel(logging.WARNING)

TRANSIENT = frozenset({429, 500, 502, 503, 504})
_ATTEMPTS = 6
_LONGEST_WAIT = 120.0
"""Seconds that a service may ask us to wait inside a run; for more, the run fails and a later one tries again."""
_TIMEOUT = (10, 60)
_FIRST_BACKOFF, _LONGEST_BACKOFF = 0.5, 20.0


class RequestFailed(Exception):
    """No answer that can be used. `status` is None where none came; `uncertain`: the server may have acted on it."""

    def __init__(self, why: str, *, status: int | None = None, uncertain: bool = False) -> None:
        self.status = status
        self.uncertain = uncertain
        super().__init__(why)


@dataclass
class Answer:
    """A whole answer of any status."""

    status: int
    content: bytes
    headers: Mapping[str, str]

    def json(self) -> Any:  # noqa: ANN401 (it is JSON)
        """The body. Raises RequestFailed where it is no JSON."""
        return self._parsed

    @cached_property
    def _parsed(self) -> Any:  # noqa: ANN401
        try:
            return orjson.loads(self.content)
        except orjson.JSONDecodeError:
            raise RequestFailed("the answer is no JSON", status=self.status) from None


class _TryAgain(Exception):
    """Transient: what happened, and how long the service asked us to wait (None: it did not say)."""

    def __init__(self, failure: RequestFailed, wait: float | None = None) -> None:
        self.failure = failure
        self.wait = wait
        super().__init__()


class Service:
    """One service over HTTP: a connection pool, and a gate that all threads share.

    `sleep` is what waiting does; `per_second` bounds the rate of requests.
    """

    def __init__(
        self,
        name: str,
        *,
        ca_bundle: str | None,
        threads: int = 8,
        per_second: float | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name = name
        self.session = session(ca_bundle, threads)
        self._sleep = sleep
        self._interval = 1 / per_second if per_second else 0.0
        self._gate = threading.Lock()
        self._not_before = 0.0
        self.requests = 0
        self.bytes = 0

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Callable[[], Mapping[str, str]] = dict,
        params: Mapping[str, str] | None = None,
        body: object = None,
        repeatable: bool = True,
    ) -> Answer:
        """The answer, of whatever status that is not transient.

        A request that is not `repeatable` is sent again only where the service surely has not acted on it (429).
        Raises RequestFailed.
        """

        def once() -> Answer:
            return self._once(method, url, headers(), params, body, repeatable=repeatable)

        tries = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_TryAgain),
            stop=tenacity.stop_after_attempt(_ATTEMPTS),
            wait=self._wait,
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return tries(once)
        except _TryAgain as error:
            raise error.failure from None

    def _wait(self, state: tenacity.RetryCallState) -> float:
        """What the service asked for has been put into the gate already; else back off, with jitter."""
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, _TryAgain) and error.wait:
            return 0.0
        ceiling = min(_LONGEST_BACKOFF, _FIRST_BACKOFF * 2 ** (state.attempt_number - 1))
        return random.uniform(ceiling / 2, ceiling)  # noqa: S311 (jitter is no secret)

    def _once(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        params: Mapping[str, str] | None,
        body: object,
        *,
        repeatable: bool,
    ) -> Answer:
        self._pass_gate()
        data = None if body is None else orjson.dumps(body)
        sent = dict(headers) | ({} if data is None else {"Content-Type": "application/json"})
        try:
            response = self.session.request(
                method, url, params=params, data=data, headers=sent, timeout=_TIMEOUT, allow_redirects=False
            )
        except requests.RequestException as error:
            raise self._lost(error, repeatable=repeatable) from None  # its text would carry the address and the key
        self.requests += 1
        self.bytes += len(response.content)
        answer = Answer(response.status_code, response.content, response.headers)
        if answer.status not in TRANSIENT:
            if method == "GET" and answer.status < 300:  # noqa: PLR2004
                self._require_json(answer)
            return answer
        raise self._transient(answer, repeatable=repeatable)

    def _require_json(self, answer: Answer) -> None:
        try:
            answer.json()
        except RequestFailed as failure:
            raise _TryAgain(failure) from None

    def _lost(self, error: requests.RequestException, *, repeatable: bool) -> Exception:
        if isinstance(error, requests.exceptions.SSLError):
            return RequestFailed(f"{self.name}: the certificate is not trusted; CA_BUNDLE names another authority")
        never_sent = isinstance(error, requests.ConnectTimeout | requests.exceptions.ProxyError)
        what = f"{self.name}: no answer ({type(error).__name__})"
        failure = RequestFailed(what, uncertain=not never_sent)
        return _TryAgain(failure) if repeatable or never_sent else failure

    def _transient(self, answer: Answer, *, repeatable: bool) -> Exception:
        throttled = answer.status == 429  # noqa: PLR2004
        failure = RequestFailed(f"{self.name}: answered {answer.status}", status=answer.status, uncertain=not throttled)
        wait = retry_after(answer.headers.get("Retry-After"))
        if wait is not None and wait > _LONGEST_WAIT:
            return RequestFailed(
                f"{self.name}: asks to wait for {wait:.0f} s; a later run tries again", status=answer.status
            )
        if wait:
            self._close_gate(wait)
        return _TryAgain(failure, wait) if repeatable or throttled else failure

    def _close_gate(self, seconds: float) -> None:
        with self._gate:
            self._not_before = max(self._not_before, time.monotonic() + seconds)

    def _pass_gate(self) -> None:
        """Nothing is sent before the service wants it, nor faster than it allows."""
        with self._gate:
            now = time.monotonic()
            at = max(now, self._not_before)
            self._not_before = at + self._interval
        if at > now:
            self._sleep(at - now)


def session(ca_bundle: str | None, threads: int = 8) -> requests.Session:
    """A session that trusts `ca_bundle` (else the usual authorities), whatever REQUESTS_CA_BUNDLE says."""
    made = requests.Session()
    made.trust_env = False
    made.verify = ca_bundle or os.environ.get("REQUESTS_CA_BUNDLE") or True
    adapter = _Proxied(pool_connections=threads, pool_maxsize=threads)
    made.mount("https://", adapter)
    return made


class _Proxied(HTTPAdapter):
    """The standard proxy variables, for everything but this machine. (`trust_env` is off, so they are read here.)"""

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:  # noqa: ANN401
        host = urlsplit(request.url or "").hostname
        if host not in {"localhost", "127.0.0.1", "::1"}:
            kwargs["proxies"] = requests.utils.get_environ_proxies(str(request.url))
        return super().send(request, *args, **kwargs)


def retry_after(value: str | None) -> float | None:
    """Seconds that a Retry-After header asks for; None where it is missing or means nothing."""
    if value is None or not value.strip():
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - clock.now()).total_seconds())
