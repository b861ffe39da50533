"""Graph itself: lets requests in (token, throttling, permission) and finds their route. Batches are `batch`."""

import re
import secrets
import uuid
from functools import lru_cache
from urllib.parse import unquote

from sandbox.entra import AccessTokenError, SignIn
from sandbox.exchange import Answer, Request
from sandbox.graph import directory, groups, photos, users
from sandbox.graph.call import Call, Route
from sandbox.graph.errors import GraphError, bad_request, error_answer
from sandbox.graph.throttle import Bucket, bucket_size
from sandbox.settings import Settings
from sandbox.state import State

ROUTES: tuple[Route, ...] = (*users.ROUTES, *photos.ROUTES, *groups.ROUTES, *directory.ROUTES)
"""One module an area; a new area adds its routes here."""

_KEY = re.compile(r"(\w+)\('([^']*)'\)")
_CHALLENGE = {
    "WWW-Authenticate": 'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize",'
                        ' client_id="00000003-0000-0000-c000-000000000000"'
}  # fmt: skip


class Graph:
    """Microsoft Graph v1.0 over one tenant's state, for one app."""

    def __init__(self, settings: Settings, state: State, sign_in: SignIn) -> None:
        self._settings = settings
        self._state = state
        self._sign_in = sign_in
        self._secret = secrets.token_bytes(16)
        self._bucket = Bucket()

    def reset(self) -> None:
        """Forget what was charged."""
        self._bucket = Bucket()

    def answer(self, request: Request) -> Answer:
        """Answer one request, or one item of a batch."""
        try:
            permissions = self.permissions(request)
            segments = _segments(request.raw_path)
            route, variables = _find(request.method, segments)
            charged = {**_ids(request), **self._charge(request, route)}
            try:
                answer = self._serve(request, segments, permissions, route, variables)
            except GraphError as error:
                answer = error_answer(request, error)
            answer.headers = {**charged, **answer.headers}
        except GraphError as error:
            return error_answer(request, error)
        return answer

    def permissions(self, request: Request) -> frozenset[str]:
        """The application roles in the request's token; raises `GraphError` 401."""
        try:
            return frozenset(self._sign_in.claims(request.headers.get("authorization"))["roles"])
        except AccessTokenError as error:
            raise GraphError(401, "InvalidAuthenticationToken", str(error), _CHALLENGE) from None

    def _charge(self, request: Request, route: Route) -> dict[str, str]:
        units = max(1, route.units - ("$select" in request.query) + ("$expand" in request.query))
        size = self._settings.graph_units or bucket_size(len(self._state.entra["users"]))
        headers, allowed = self._bucket.take(units, size)
        if not allowed:
            raise GraphError(429, "TooManyRequests", "Too Many Requests", headers)
        return headers

    def _serve(
        self, request: Request, segments: tuple[str, ...], permissions: frozenset[str], route: Route,
        variables: dict[str, str],
    ) -> Answer:  # fmt: skip
        if permissions.isdisjoint(route.roles):
            raise GraphError(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
        entra = self._state.entra_at(request.fault.stale_ms / 1000 if request.fault else 0)
        return route.handler(Call(request, entra, self._settings, self._secret, segments, permissions, variables))


def _ids(request: Request) -> dict[str, str]:
    request_id = str(uuid.uuid4())
    return {"request-id": request_id, "client-request-id": request.headers.get("client-request-id", request_id)}


@lru_cache(maxsize=4096)
def _segments(path: str) -> tuple[str, ...]:
    """The path's parts after the version: casts in their long form, functions without brackets, keys as parts."""
    parts: list[str] = []
    for part in map(unquote, path.split("/")[2:]):
        if key := _KEY.fullmatch(part):
            parts += key.groups()
        elif part:
            name = part.removesuffix("()")
            parts.append(f"microsoft.{name}" if name.startswith("graph.") else name)
    return tuple(part.removeprefix("microsoft.graph.") if part == "microsoft.graph.delta" else part for part in parts)


def _find(method: str, segments: tuple[str, ...]) -> tuple[Route, dict[str, str]]:
    other_method = False
    for route in ROUTES:
        variables = route.variables(segments)
        if variables is not None:
            if route.method == method:
                return route, variables
            other_method = True
    if other_method:
        raise GraphError(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")
    raise bad_request(f"Resource not found for the segment '{_unknown(segments)}'.", "BadRequest")


def _unknown(segments: tuple[str, ...]) -> str:
    """The first part of the path that no route has at its place."""
    known = {route.segments[: n + 1] for route in ROUTES for n in range(len(route.segments))}
    for n in range(len(segments)):
        if not any(_starts(pattern, segments[: n + 1]) for pattern in known if len(pattern) == n + 1):
            return segments[n]
    return segments[-1] if segments else ""


def _starts(pattern: tuple[str, ...], segments: tuple[str, ...]) -> bool:
    return all(p.startswith("{") or p.lower() == s.lower() for p, s in zip(pattern, segments, strict=True))
