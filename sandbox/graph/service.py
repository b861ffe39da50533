"""Graph itself: lets requests in (token, throttling, permission) and finds their route. Batches are `batch`."""

import re
import secrets
import uuid
from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import lru_cache
from urllib.parse import unquote

from sandbox.entra import AccessTokenError, SignIn
from sandbox.exchange import Answer, Request
from sandbox.graph import accounts, applications, changes, directory, groups, photos, users
from sandbox.graph.call import Call, Route, mailbox_in
from sandbox.graph.delta import Deltas
from sandbox.graph.errors import GraphError, access_denied, bad_request, error_answer
from sandbox.graph.outlook import ROUTES as OUTLOOK
from sandbox.graph.throttle import WRITE_SECONDS, Bucket, Mailboxes, bucket_size
from sandbox.requestlog import RequestLog
from sandbox.settings import Settings
from sandbox.state import State

ROUTES: tuple[Route, ...] = (
    *changes.ROUTES, *users.ROUTES, *accounts.ROUTES, *photos.ROUTES, *OUTLOOK, *groups.ROUTES, *directory.ROUTES,
    *applications.ROUTES,
)  # fmt: skip
"""One module an area; a new area adds its routes here. Of two that fit a path the first is taken."""

_BY_LENGTH = {
    length: [route for route in ROUTES if len(route.segments) == length]
    for length in {len(route.segments) for route in ROUTES}
}
_KEY = re.compile(r"(\w+)\((\w+=)?'([^']*)'\)")
_CHALLENGE = {
    "WWW-Authenticate": 'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize",'
                        ' client_id="00000003-0000-0000-c000-000000000000"'
}  # fmt: skip


class Graph:
    """Microsoft Graph v1.0 over one tenant's state, for one app."""

    def __init__(self, settings: Settings, state: State, sign_in: SignIn, log: RequestLog) -> None:
        self._settings = settings
        self._state = state
        self._sign_in = sign_in
        self._log = log
        self._secret = secrets.token_bytes(16)
        self.reset()

    def reset(self) -> None:
        """Forget what was charged, and what delta tokens stand for."""
        self._bucket, self._writes, self._mailboxes = Bucket(), Bucket(WRITE_SECONDS), Mailboxes()
        self._deltas = Deltas(self._settings)

    def at_once(self, requests: Sequence[Request]) -> AbstractContextManager[None]:
        """While requests that arrived together are being served; marks those that are too many for their mailbox."""
        mailboxes = [(self._mailbox(_segments(request.raw_path)), request) for request in requests]
        return self._mailboxes.at_once(
            [(mailbox, request) for mailbox, request in mailboxes if mailbox], self._settings.mailbox_at_once
        )

    def answer(self, request: Request) -> Answer:
        """Answer one request, or one item of a batch."""
        try:
            permissions = self.permissions(request)
            segments = _segments(request.raw_path)
            route, variables = self._route(request, segments)
            charged = {**_ids(request), **self._charge(request, route)}
            try:
                answer = self._serve(request, segments, permissions, route, variables)
            except GraphError as error:
                answer = error_answer(request, error)
            answer.headers = {**charged, **answer.headers}
        except GraphError as error:
            return error_answer(request, error)
        return answer

    def _route(self, request: Request, segments: tuple[str, ...]) -> tuple[Route, dict[str, str]]:
        """The route and its variables; raises `GraphError` for, and notes, what Graph does not document."""
        try:
            route, variables = _find(request.method, segments)
            if unknown := route.operation.undocumented(request.query):
                raise _not_an_option(route, unknown[0])
        except GraphError as error:
            self._log.note(request, error.message)
            raise
        return route, variables

    def permissions(self, request: Request) -> frozenset[str]:
        """The application roles in the request's token; raises `GraphError` 401."""
        try:
            return frozenset(self._sign_in.claims(request.headers.get("authorization"))["roles"])
        except AccessTokenError as error:
            raise GraphError(401, "InvalidAuthenticationToken", str(error), _CHALLENGE) from None

    def _charge(self, request: Request, route: Route) -> dict[str, str]:
        if mailbox := self._mailbox(_segments(request.raw_path)):
            self._mailboxes.charge(mailbox, self._settings.mailbox_requests)
            self._mailboxes.check(request)
            return {}
        units = max(1, route.operation.units - ("$select" in request.query) + ("$expand" in request.query))
        size = self._settings.graph_units or bucket_size(len(self._state.entra["users"]))
        headers, allowed = self._bucket.take(units, size)
        if allowed and request.method != "GET":
            refused, allowed = self._writes.take(1, self._settings.graph_writes)
            headers = headers if allowed else refused
        if not allowed:
            raise GraphError(429, "TooManyRequests", "Too Many Requests", headers)
        return headers

    def _mailbox(self, segments: tuple[str, ...]) -> str | None:
        """The id of whose mailbox a path goes to; one mailbox has one, whichever name it is asked by."""
        name = mailbox_in(segments)
        if name is None:
            return None
        try:
            mailbox: str = users.find(self._state.entra, name)["id"]
        except GraphError:
            return name
        return mailbox

    def _serve(
        self, request: Request, segments: tuple[str, ...], permissions: frozenset[str], route: Route,
        variables: dict[str, str],
    ) -> Answer:  # fmt: skip
        if route.is_outlooks:
            permissions |= frozenset(self._settings.exchange_roles)
        if permissions.isdisjoint(route.operation.permissions):
            raise (
                access_denied()
                if route.is_outlooks
                else GraphError(
                    403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."
                )
            )
        # A write works on what is, whatever a stale read would show.
        stale = request.fault.stale_ms / 1000 if request.fault and request.method == "GET" else 0
        entra = self._state.entra_at(stale)
        return route.handler(
            Call(
                request,
                entra,
                self._state,
                self._deltas,
                self._settings,
                self._secret,
                segments,
                permissions,
                variables,
            )
        )


def _ids(request: Request) -> dict[str, str]:
    request_id = str(uuid.uuid4())
    return {"request-id": request_id, "client-request-id": request.headers.get("client-request-id", request_id)}


@lru_cache(maxsize=4096)
def _segments(path: str) -> tuple[str, ...]:
    """The path's parts after the version: casts in their long form, functions without brackets, keys as parts."""
    parts: list[str] = []
    for part in map(unquote, path.split("/")[2:]):
        if key := _KEY.fullmatch(part):
            name, other_key, value = key.groups()
            parts += [name, f"({other_key[:-1]})", value] if other_key else [name, value]
        elif part:
            name = part.removesuffix("()")
            parts.append(f"microsoft.{name}" if name.startswith("graph.") else name)
    return tuple(part.removeprefix("microsoft.graph.") if part == "microsoft.graph.delta" else part for part in parts)


def _find(method: str, segments: tuple[str, ...]) -> tuple[Route, dict[str, str]]:
    other_method = False
    for route in _BY_LENGTH.get(len(segments), ()):
        variables = route.variables(segments)
        if variables is not None:
            if route.method == method:
                return route, variables
            other_method = True
    if other_method:
        raise GraphError(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")
    raise bad_request(f"Resource not found for the segment '{_unknown(segments)}'.", "BadRequest")


def _not_an_option(route: Route, name: str) -> GraphError:
    if route.is_outlooks:
        return bad_request(f"The query option '{name}' is not supported.", "ErrorInvalidUrlQuery")
    return bad_request(f"'{name}' is not supported by the service.")


def _unknown(segments: tuple[str, ...]) -> str:
    """The first part of the path that no route has at its place."""
    known = {route.segments[: n + 1] for route in ROUTES for n in range(len(route.segments))}
    for n in range(len(segments)):
        if not any(_starts(pattern, segments[: n + 1]) for pattern in known if len(pattern) == n + 1):
            return segments[n]
    return segments[-1] if segments else ""


def _starts(pattern: tuple[str, ...], segments: tuple[str, ...]) -> bool:
    return all(p.startswith("{") or p.lower() == s.lower() for p, s in zip(pattern, segments, strict=True))
