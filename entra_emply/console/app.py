"""The application: which page is at which address, for whom; and what every answer goes through."""

from importlib.resources import files

from starlette.applications import Starlette
from starlette.datastructures import ImmutableMultiDict
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from entra_emply.console.console import BACK, Console
from entra_emply.console.page_request import Function, PageRequest, Who, endpoint
from entra_emply.console.pages import (
    approving,
    failures,
    findings,
    health,
    mapping,
    person,
    plan,
    sign_in,
    today,
    undoing,
)
from entra_emply.console.security.headers import Headers
from entra_emply.console.security.prefix import Prefix

_TITLES = {404: "There is no such page", 405: "Not in this way", 413: "Too much", 403: "Not allowed"}


def _page(path: str, function: Function, who: Who, *methods: str, changes: bool = False) -> Route:
    return Route(path, endpoint(function, who, changes=changes), methods=list(methods or ("GET",)))


def _routes() -> list[Route | Mount]:
    return [
        _page("/", today.show, "reader"),
        _page("/plan", plan.show, "reader"),
        _page("/plan/person", plan.to_person, "reader", "POST"),
        _page("/plan/csv", plan.table, "reader"),
        _page("/plan/html", plan.report, "reader"),
        _page("/plan/difference", plan.compare, "reader"),
        _page("/plan/confirm", approving.confirm, "approver", "POST"),
        _page("/plan/approve", approving.approve, "approver", "POST", changes=True),
        _page("/plan/refuse/confirm", approving.confirm_refusal, "approver", "POST"),
        _page("/plan/refuse", approving.refuse, "approver", "POST", changes=True),
        _page("/plan/undo/confirm", undoing.confirm, "approver", "POST"),
        _page("/plan/undo", undoing.undo, "approver", "POST", changes=True),
        _page("/plan/undos", undoing.requests, "reader"),
        _page("/plan/undo/withdraw", undoing.withdraw, "approver", "POST", changes=True),
        _page("/people", person.search, "reader", "GET", "POST"),
        _page("/people/{person:path}/why-not", person.why_not, "reader", "POST"),
        _page("/people/{person:path}", person.show, "reader"),
        _page("/failures", failures.show, "reader"),
        _page("/failures/release", failures.release, "approver", "POST", changes=True),
        _page("/findings", findings.show, "reader"),
        _page("/mapping", mapping.show, "reader"),
        _page("/mapping/draft", mapping.draft, "reader", "POST"),
        _page("/health", health.show, "reader", "GET", "POST"),
        _page("/sign-in", sign_in.show, "anybody", "GET", "POST"),
        _page("/sign-in/entra", sign_in.with_entra, "anybody"),
        Route(BACK, endpoint(sign_in.back, "anybody", elsewhere=True), methods=["POST"]),
        _page("/sign-out", sign_in.out, "reader", "POST"),
        Mount("/static", StaticFiles(directory=str(files("entra_emply.console") / "static"))),
    ]


def create_app(console: Console, hosts: list[str]) -> Starlette:
    """The application of a console. hosts: the names under which it may be asked for; other `Host` are refused."""
    where = console.where
    app = Starlette(
        routes=_routes(),
        middleware=[
            Middleware(Headers, static=f"{where.prefix}/static/", secure=where.for_a_team),
            Middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False),
            Middleware(Prefix, prefix=where.prefix),
        ],
        exception_handlers={HTTPException: _refused},
    )
    app.state.console = console
    return app


def _refused(http: Request, error: Exception) -> Response:
    """What is not there, or not allowed, in words."""
    console: Console = http.app.state.console
    status = error.status_code if isinstance(error, HTTPException) else 500
    request = PageRequest(http, console, console.security.sessions.of(http), ImmutableMultiDict())
    return request.refused(status, _TITLES.get(status, "That did not work"), "Nothing was done.")
