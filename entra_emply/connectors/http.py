"""The one HTTP layer: time limits, retries of transient failures, and waiting where a service asks for it.

Not here: an answer itself (`answer`), what a status means to Graph or Emply (their clients), and sessions (`session`).
Addresses may contain a key, which is never in an exception or a log. tenacity decides when to try again: its
conditions are data, where a loop of our own would be code.
"""

import logging
import math
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, TypeVar

import requests
import urllib3.exceptions
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from entra_emply.connectors.answer import SUCCESS, Answer, RequestFailed, written
from entra_emply.connectors.session import session
from entra_emply.connectors.throttle import Gate, Timing, require_permission, retry_after

TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})
ATTEMPTS = 6
LONGEST_WAIT = 120.0
"""Seconds that one request may wait, Retry-After included. If a service asks for more, the run fails."""
CONNECT_SECONDS, SILENCE_SECONDS, ANSWER_SECONDS = 10, 60, 180
"""Time limits for connecting, between two parts of an answer, and for an answer as a whole."""

_THROTTLED = 429
_UNAVAILABLE = 503
_SERVER_ERROR = 500
_CHUNK = 1 << 18
_NOT_SENT = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.ProxyError,
)
_backoff = wait_exponential_jitter(multiplier=0.5, max=20, jitter=0.5)
_log = logging.getLogger(__name__)

Result = TypeVar("Result")


class Service:
    """One service over HTTP, with a connection pool and a gate that all threads share.

    per_second: the most requests in any one second. timing: the clock. variable: the environment variable of the
    address, named in errors.
    """

    def __init__(
        self,
        name: str,
        *,
        ca_bundle: str | None,
        threads: int = 8,
        per_second: int | None = None,
        timing: Timing | None = None,
        variable: str = "its address",
    ) -> None:
        self.name = name
        self._variable = variable
        self._ca_bundle = ca_bundle
        self.session = session(ca_bundle, threads)
        self._timing = timing or Timing()
        self._gate = Gate(self._timing, per_second)
        self._counting = threading.Lock()
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
        form: Mapping[str, str] | None = None,
        repeatable: bool = True,
        binary: bool = False,
    ) -> Answer:
        """The answer, of any status that is not transient. A successful GET is JSON, unless `binary` is set.

        A request that is not `repeatable` is sent again only if the service certainly did not act on it: it answered
        429, or there was no connection; and only with the permission to write (`throttle.writing_only_if`). Raises
        RequestFailed.
        """
        data = form if body is None else self._written(body)
        kind = {} if body is None else {"Content-Type": "application/json"}
        return self.insist(
            lambda: self.once(
                method, url, params=params, data=data, headers={**kind, **headers()},
                binary=binary, writes=not repeatable,
            ),
            repeatable=repeatable,
        )  # fmt: skip

    def stop(self) -> None:
        """Send nothing more: every further request raises RequestFailed."""
        self._gate.close(math.inf)

    def insist(self, attempt: Callable[[], Result], *, repeatable: bool = True) -> Result:
        """The result of `attempt`, which is tried again within limits while it raises a transient RequestFailed."""
        tries = Retrying(
            retry=retry_if_exception(partial(_worth_another, repeatable)),
            wait=_wait,
            stop=_give_up,
            sleep=self._timing.sleep,
            before_sleep=self._before_sleep,
            retry_error_callback=_exhausted,
        )
        result: Result = tries(attempt)
        return result

    def once(self, method: str, url: str, *, binary: bool = False, writes: bool = False, **how: Any) -> Answer:  # noqa: ANN401 (as requests has it)
        """One attempt, for `insist`. Raises RequestFailed, also for a transient status."""
        if not self._gate.pass_within(LONGEST_WAIT):
            # Not transient: a longer wait has to be left to a later run.
            raise RequestFailed(f"{self.name}: the wait that it asked for is not over", status=_THROTTLED)
        if writes:
            require_permission()  # after the wait, which may have been long
        no_answer = None
        try:
            answer = self._send(method, url, **how)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            no_answer = self._no_answer(error)
        if no_answer:  # raised out here, so that the cause, whose text has the address, is not its context
            raise no_answer
        if answer.status in TRANSIENT:
            raise self.trouble(answer)
        if method == "GET" and answer.status in SUCCESS and not (binary or answer.is_json):
            raise RequestFailed(f"{self.name}: the answer is no JSON", status=answer.status, transient=True)
        return answer

    def trouble(self, answer: Answer) -> RequestFailed:
        """The error for an answer with a transient status. If it asks for a wait, nothing is sent before its end."""
        wait = retry_after(answer.headers)
        if wait and answer.status in {_THROTTLED, _UNAVAILABLE}:
            self._gate.close(wait)
        uncertain = answer.status >= _SERVER_ERROR
        problem = (
            f"answered {answer.status}" if answer.status not in SUCCESS else "an answer inside a batch was cut off"
        )
        what = f"{self.name}: {problem}"
        code = answer.error_code
        return RequestFailed(what, status=answer.status, transient=True, uncertain=uncertain, wait=wait, code=code)

    def _written(self, body: object) -> bytes:
        try:
            return written(body)
        except RecursionError:
            why = "what is to be sent is nested too deeply"
        raise RequestFailed(f"{self.name}: {why}")

    def _send(self, method: str, url: str, **how: Any) -> Answer:  # noqa: ANN401
        latest = self._timing.monotonic() + ANSWER_SECONDS
        with self.session.request(
            method, url, timeout=(CONNECT_SECONDS, SILENCE_SECONDS), allow_redirects=False, stream=True, **how
        ) as response:
            parts = []
            while part := response.raw.read1(_CHUNK, decode_content=True):
                parts.append(part)
                if self._timing.monotonic() > latest:
                    raise requests.ReadTimeout
        content = b"".join(parts)
        with self._counting:
            self.requests += 1
            self.bytes += len(content)
        return Answer(response.status_code, content, response.headers)

    def _no_answer(self, error: Exception) -> RequestFailed:
        causes = list(_chain(error))
        if any(isinstance(each, ssl.SSLCertVerificationError) for each in causes):
            why = "CA_BUNDLE names another authority"
            if self._ca_bundle is None:
                why = "no authority that this machine trusts has signed it; one of your own is named in CA_BUNDLE"
            return RequestFailed(f"{self.name}: its certificate is not trusted: {why}")
        kinds = (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError)
        if not any(isinstance(each, urllib3.exceptions.NewConnectionError) for each in causes) and any(
            isinstance(each, kinds) for each in causes
        ):
            why = "no answer in time"
        else:
            why = "no answer, the connection failed"
        never_sent = any(isinstance(each, _NOT_SENT) for each in causes)
        why += f" (check {self._variable} and the network)" if never_sent else ""
        return RequestFailed(f"{self.name}: {why}", transient=True, uncertain=not never_sent)

    def _before_sleep(self, state: RetryCallState) -> None:
        error, seconds = _failure(state), state.upcoming_sleep
        if error.status == _THROTTLED:  # also without a Retry-After, so that other threads wait, too
            self._gate.close(seconds)
        _log.info("%s; attempt %d of %d in %.1f s", error, state.attempt_number + 1, ATTEMPTS, seconds)


# --- retries ----------------------------------------------------------------------------------------------------------


def _failure(state: RetryCallState) -> RequestFailed:
    error = state.outcome.exception() if state.outcome else None
    if not isinstance(error, RequestFailed):
        raise AssertionError("only a RequestFailed is ever tried again")
    return error


def _worth_another(repeatable: bool, error: BaseException) -> bool:
    return isinstance(error, RequestFailed) and error.transient and (repeatable or not error.uncertain)


def _wait(state: RetryCallState) -> float:
    """The wait that Retry-After asks for, but at least the backoff: a throttled service may ask for 0 seconds."""
    return max(_backoff(state), _failure(state).wait or 0)


def _give_up(state: RetryCallState) -> bool:
    return stop_after_attempt(ATTEMPTS)(state) or state.idle_for + state.upcoming_sleep > LONGEST_WAIT


def _exhausted(state: RetryCallState) -> None:
    error = _failure(state)
    if error.wait and error.wait > LONGEST_WAIT:
        error.args = (f"{error} and asks to wait for {error.wait:.0f} s; a later run tries again",)
    elif state.attempt_number > 1:
        error.args = (f"{error}, also at attempt {state.attempt_number}",)
    raise error


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and the errors it wraps: requests and urllib3 wrap by argument, `reason`, cause and context."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        each = waiting.pop()
        if isinstance(each, BaseException) and id(each) not in seen:
            seen.add(id(each))
            yield each
            waiting += [*each.args, getattr(each, "reason", None), each.__cause__, each.__context__]
