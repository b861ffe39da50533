"""A request for a page, and the way to each page: who may see it, and which forms are believed.

Every page goes through `endpoint`: without a session, without the role, or with a form that is not of the session, the
page's own function is not called. What it raises becomes a page in words; a fault of ours is logged by its type alone,
because its text may name people.
"""

import logging
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import ImmutableMultiDict
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from entra_emply.console.console import Console
from entra_emply.console.rendering import render
from entra_emply.console.security.sessions import Session
from entra_emply.errors import EntraEmplyError

Who = Literal["anybody", "reader", "approver"]
_LARGEST = 1_000_000
"""Bytes of a form: two hundred chosen rows, or settings, are far less."""
_NUMBER = re.compile(r"[0-9]{1,15}")
"""More digits than the ledger will ever count to are none of its numbers."""
_log = logging.getLogger(__name__)


def number(text: str) -> int:
    """A number of an address. 404 for what is none."""
    if not _NUMBER.fullmatch(text):
        raise HTTPException(404)
    return int(text)


@dataclass(frozen=True)
class PageRequest:
    """One request for a page, with who sent it."""

    http: Request
    console: Console
    session: Session | None
    form: ImmutableMultiDict[str, str]

    @property
    def who(self) -> Session:
        """Whose session it is; pages for anybody must not ask."""
        if self.session is None:
            raise HTTPException(403)
        return self.session

    @property
    def query(self) -> dict[str, str]:
        """What stands behind the question mark, each name once."""
        return dict(self.http.query_params)

    @property
    def part(self) -> bool:
        """Whether a part of a page is asked for, by htmx."""
        return self.http.headers.get("HX-Request") == "true"

    @cached_property
    def root(self) -> str:
        """What every address of the console begins with."""
        return self.console.where.prefix

    def named(self, name: str) -> str:
        """A part of the path. 404 where it has a zero character, which no id has and no database takes."""
        found = str(self.http.path_params[name])
        if "\0" in found:
            raise HTTPException(404)
        return found

    def number(self, name: str) -> int:
        """A number of the query, 0 where it is not there. 404 for what is none."""
        return number(self.query.get(name, "0"))

    def page(self, template: str, status: int = 200, **values: object) -> Response:
        """The page that a template makes of these values."""
        session, forms = self.session, self.console.security.forms
        shared = {
            "root": self.root,
            "path": self.http.url.path.removeprefix(self.root),
            "session": session,
            "form_token": forms.token(session) if session else "",
            "once": (lambda: forms.once(session)) if session else None,
            "team": self.console.security.entra is not None,
        }
        return HTMLResponse(render(template, **shared, **values), status)

    def to(self, path: str) -> Response:
        """Send the browser to another page."""
        return RedirectResponse(f"{self.root}{path}", 303)

    def refused(self, status: int, title: str, text: str) -> Response:
        """A page that says why not, and what to do."""
        return self.page("refused.html.jinja", status, title=title, text=text)


Function = Callable[[PageRequest], Response]


def endpoint(
    function: Function, who: Who, *, changes: bool = False, elsewhere: bool = False
) -> Callable[[Request], Awaitable[Response]]:
    """The page of a function, for these people. changes: a form posted to it is good once. elsewhere: it is posted by
    another site, which nothing but Entra's answer is.
    """

    async def answer(http: Request) -> Response:
        console: Console = http.app.state.console
        session = console.security.sessions.of(http)
        request = PageRequest(http, console, session, ImmutableMultiDict())
        try:
            if http.method == "POST":
                request = PageRequest(http, console, session, await _form(http))
            denied = None if elsewhere else _denied(request, who, changes=changes)
            return await run_in_threadpool(function, request) if denied is None else denied
        except HTTPException:
            raise
        except EntraEmplyError as error:
            return request.refused(409, "That did not work", _sentence(error))
        except Exception as error:  # noqa: BLE001 (its text may name people: it goes nowhere)
            _log.error("console: %s failed (%s)", function.__name__, type(error).__name__)
            return request.refused(500, "Something went wrong", "The console's log says which kind of fault it was.")

    return answer


def _denied(request: PageRequest, who: Who, *, changes: bool) -> Response | None:
    """The answer to somebody who may not do this; None for somebody who may."""
    if request.session is None and who != "anybody":
        return _to_sign_in(request)
    refusal = next(_refusals(request, who, changes=changes), None)
    return None if refusal is None else request.refused(*refusal)


def _refusals(request: PageRequest, who: Who, *, changes: bool) -> Iterator[tuple[int, str, str]]:
    """Why somebody may not do this: status, title, text. The last test uses the form up."""
    posted, session, forms = request.http.method == "POST", request.session, request.console.security.forms
    if posted and request.http.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        yield 403, "Not from here", "Another site sent this form. Nothing was done."
    if who == "anybody" or session is None:
        return
    if posted and not forms.is_of(session, request.form.get("form_token", "")):
        yield 403, "Not a form of this session", "Open the page again and repeat it. Nothing was done."
    if who == "approver" and not session.approver:
        yield 403, "For approvers only", "You may read. To decide, you need the application role Approver."
    if posted and changes and not forms.use(session, request.form.get("once", "")):
        yield 409, "Sent before", "This form was sent already, or is too old. Look at the page again."


def _to_sign_in(request: PageRequest) -> Response:
    if request.part:
        return Response(status_code=403, headers={"HX-Redirect": f"{request.root}/sign-in"})
    return request.to("/sign-in")


async def _form(http: Request) -> ImmutableMultiDict[str, str]:
    """The fields of a posted form; files are taken as text."""
    length = http.headers.get("Content-Length", "")
    if not length.isdecimal() or int(length) > _LARGEST:
        raise HTTPException(413)
    fields = []
    async with http.form(max_files=1, max_fields=1000) as form:
        for name, value in form.multi_items():
            fields.append((name, value if isinstance(value, str) else (await value.read()).decode("utf-8", "replace")))
    if any("\0" in value for _, value in fields):
        raise HTTPException(400)
    return ImmutableMultiDict(fields)


def _sentence(error: Exception) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."
