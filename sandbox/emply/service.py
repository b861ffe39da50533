"""Emply itself: lets requests in (customer, credential, rate, area) and finds their route."""

import time
from collections.abc import Iterable

from sandbox.emply import calendars, events, lists, openapi, users
from sandbox.emply.access import AccessTokens
from sandbox.emply.call import Call, Route
from sandbox.emply.errors import EmplyError, error_answer, usual_error
from sandbox.emply.style import STYLES, Style
from sandbox.exchange import Answer, Request, json_answer
from sandbox.settings import Settings
from sandbox.state import State

PREFIX = "/emply/v1/"
OPENAPI = "/emply/openapi.json"
ROUTES: tuple[Route, ...] = (*users.ROUTES, *calendars.ROUTES, *events.ROUTES, *lists.ROUTES)
"""One module an area; a new area adds its routes here."""


class EmplyService:
    """Emply's API for one customer, in the style and with the credential that the settings say."""

    def __init__(self, settings: Settings, state: State, tokens: AccessTokens) -> None:
        self._settings = settings
        self._state = state
        self._tokens = tokens
        self.reset()

    def reset(self) -> None:
        """Forget what was counted."""
        self._second, self._requests = 0.0, 0

    def answer(self, request: Request) -> Answer:
        """Answer one request."""
        customer, *segments = request.segments[2:] or ("",)
        style = self._style
        try:
            self._check_customer(customer)
            self._tokens.authenticate(request)
            self._count()
            route, variables = _find(self._routes, request.method, segments, style)
            self._tokens.check(request, route.area, route.access)
            emply = self._state.emply_at(request.fault.stale_ms / 1000 if request.fault else 0)
            # A write works on what is, whatever a stale read would show.
            emply = emply if route.access == "read" else self._state.emply
            return route.handler(Call(request, emply, self._state, variables, style))
        except EmplyError as error:
            return error_answer(error, style)

    def document(self, request: Request) -> Answer:
        """The OpenAPI document of the API as it is now; anybody may read it."""
        return json_answer(200, openapi.document(self._routes, self._style, self._settings, request.host))

    def usual_error(self, status: int) -> Answer:
        """What Emply usually says with this status: the body of a fault that has none."""
        return usual_error(status, self._style)

    @property
    def _routes(self) -> tuple[Route, ...]:
        return (*ROUTES, events.ALL_EVENTS) if self._settings.emply_events == "all" else ROUTES

    @property
    def _style(self) -> Style:
        return STYLES[self._settings.emply_style]

    def _check_customer(self, customer: str) -> None:
        if customer.casefold() != self._settings.customer.casefold():
            raise EmplyError(404, f"There is no customer {customer}.", code="unknown_customer")

    def _count(self) -> None:
        """So many requests in a second, counted from the first one."""
        now = time.monotonic()
        if now - self._second >= 1:
            self._second, self._requests = now, 0
        self._requests += 1
        if self._requests > self._settings.emply_per_second:
            raise EmplyError(429, headers={"Retry-After": "1"})


def _find(routes: Iterable[Route], method: str, segments: list[str], style: Style) -> tuple[Route, dict[str, str]]:
    other_method = False
    for route in routes:
        variables = route.variables(segments)
        if variables is not None:
            if (style.change if route.method == "PATCH" else route.method) == method:
                return route, variables
            other_method = True
    raise EmplyError(405 if other_method else 404)
