"""Emply itself: lets requests in (customer, key, rate, area) and finds their route."""

import hmac
import time

from sandbox.emply import calendars, events, lists, users
from sandbox.emply.call import Call, Route
from sandbox.emply.errors import EmplyError, error_answer
from sandbox.exchange import Answer, Request
from sandbox.settings import Settings
from sandbox.state import State

PREFIX = "/emply/v1/"
ROUTES: tuple[Route, ...] = (*users.ROUTES, *calendars.ROUTES, *events.ROUTES, *lists.ROUTES)
"""One module an area; a new area adds its routes here."""


class EmplyService:
    """Emply's API v1 for one customer and one key."""

    def __init__(self, settings: Settings, state: State) -> None:
        self._settings = settings
        self._state = state
        self.reset()

    def reset(self) -> None:
        """Forget what was counted."""
        self._second, self._requests = 0.0, 0

    def answer(self, request: Request) -> Answer:
        """Answer one request."""
        customer, *segments = request.segments[2:] or ("",)
        try:
            self._check_key(customer, request.query.get("apiKey", ""))
            self._count()
            route, variables = _find(request.method, segments)
            self._check_area(route)
            emply = self._state.emply_at(request.fault.stale_ms / 1000 if request.fault else 0)
            # A write works on what is, whatever a stale read would show.
            emply = emply if route.access == "read" else self._state.emply
            return route.handler(Call(request, emply, self._state, variables))
        except EmplyError as error:
            return error_answer(error)

    def _check_key(self, customer: str, key: str) -> None:
        settings = self._settings
        if customer.casefold() != settings.customer.casefold():
            raise EmplyError(404, f"There is no customer {customer}.", code="unknown_customer")
        if not hmac.compare_digest(key.encode(), settings.api_key.encode()) or not settings.api_key_active:
            raise EmplyError(401)

    def _count(self) -> None:
        """So many requests in a second, counted from the first one."""
        now = time.monotonic()
        if now - self._second >= 1:
            self._second, self._requests = now, 0
        self._requests += 1
        if self._requests > self._settings.emply_per_second:
            raise EmplyError(429, headers={"Retry-After": "1"})

    def _check_area(self, route: Route) -> None:
        granted = self._settings.areas.get(route.area)
        if granted not in ("write", route.access):
            raise EmplyError(403, f"The API key's roles do not let it {route.access} {route.area}.")


def _find(method: str, segments: list[str]) -> tuple[Route, dict[str, str]]:
    other_method = False
    for route in ROUTES:
        variables = route.variables(segments)
        if variables is not None:
            if route.method == method:
                return route, variables
            other_method = True
    raise EmplyError(405 if other_method else 404)
