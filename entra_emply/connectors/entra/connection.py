"""Graph over HTTP: signed requests, whole lists, and errors that say what an operator should do.

Not here: what is requested (`directory`, `mailboxes`, `events`, `writes`), many small reads in one request (`batch`),
signing in (`sign_in`), and retries (`connectors.http`).
"""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import quote, unquote

from entra_emply.connectors.answer import Answer, RequestFailed
from entra_emply.connectors.entra import permissions as needs
from entra_emply.connectors.entra.permissions import Permission
from entra_emply.connectors.entra.sign_in import SignIn
from entra_emply.connectors.frames import Row
from entra_emply.connectors.http import Service
from entra_emply.connectors.pages import Pages, ReadAgain, whole
from entra_emply.connectors.throttle import Gate, Timing
from entra_emply.environment import EntraEnvironment
from entra_emply.errors import NO_ANSWER, CredentialsError, SourceUnreadable

OK = 200
UNAUTHORIZED, FORBIDDEN, NOT_FOUND, GONE = 401, 403, 404, 410
NO_OBJECT = frozenset({"request_resourcenotfound"})
"""Graph's own code for an object that does not exist. A 404 without it may come from a proxy."""

_THREADS = 16
_USER_WRITES = 18
"""Writes to users a second: a tenth below the 3,000 in 150 s that Graph allows an application in a tenant.
https://learn.microsoft.com/graph/throttling-limits#identity-and-access-service-limits"""
_MOST_FOLLOWED = 3
_MOST_PAGES = 20_000
_EXPIRED = frozenset({"directory_expiredpagetoken", "syncstatenotfound", "resyncrequired"})
_OUTLOOK = frozenset({"calendar", "calendars", "events"})

MAILBOXES, WRITING_MAILBOXES, WRITING_USERS = "mailboxes", "writing mailboxes", "writing users"
DELETING_USERS = "deleting users"
PERMISSIONS = {
    "users": needs.USERS.sufficient,
    "groups": needs.MEMBERS.sufficient,
    "organization": needs.ORGANIZATION.sufficient,
    "directory": needs.USERS.sufficient,
    "servicePrincipals": needs.APPLICATIONS.sufficient,
    MAILBOXES: (needs.CALENDARS.name, "Calendars.Read"),
    WRITING_MAILBOXES: needs.CALENDARS.sufficient,
    WRITING_USERS: needs.WRITING_USERS.sufficient,
    DELETING_USERS: needs.DELETING_USERS.sufficient,
}
"""By area: the application permission that is needed, and others that include it."""


class Connection:
    """One tenant's Graph. Every method may raise CredentialsError."""

    def __init__(self, environment: EntraEnvironment, timing: Timing | None = None) -> None:
        base = environment.graph_url
        self.base = base if base.endswith("/v1.0") else f"{base}/v1.0"
        self.tenant = environment.tenant_id
        self.service = Service(
            "Graph", ca_bundle=environment.ca_bundle, threads=_THREADS, timing=timing, variable="GRAPH_URL"
        )
        self.user_writes = Gate(timing or Timing(), per_second=_USER_WRITES)
        self._sign_in = SignIn(environment, timing)

    def close(self) -> None:
        """Close the connections."""
        self.service.session.close()
        self._sign_in.service.session.close()

    def token(self, *, instead_of: str | None = None) -> str:
        """An access token, other than `instead_of`, which Graph refused. May also raise RequestFailed."""
        return self._sign_in.token(instead_of=instead_of)

    @property
    def permissions(self) -> frozenset[str]:
        """The application permissions that the current token names; none where it cannot be decoded."""
        return self._sign_in.permissions

    def ask(self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **how: Any) -> Answer:  # noqa: ANN401 (as Service.request has it)
        """One signed request, repeated once with a new token if Graph refuses the old one. Raises RequestFailed.

        path: relative to the base, or a full address that begins with the base.
        """
        url = path if path.startswith(self.base) else f"{self.base}/{path}"
        token = None
        for _ in ("the current token", "a new token"):
            token = self.token(instead_of=token)
            signed = signature(token) | dict(headers or {})
            answer = self.service.request(method, url, headers=signed.copy, **how)
            if answer.status != UNAUTHORIZED:
                return answer
        raise token_refused(answer)

    def get(self, source: str, path: str, params: Mapping[str, str] | None = None, **how: Any) -> Answer:  # noqa: ANN401
        """One GET. Raises SourceUnreadable without an answer."""
        try:
            answer = self.ask("GET", path, params=params, **how)
        except RequestFailed as failure:
            raise SourceUnreadable(source, str(failure), down=failure.transient, code=failure.said) from None
        if answer.status == FORBIDDEN:
            self.forbidden(f"read {source}", self._area(path), code=answer.said)
        return answer

    def require(self, permission: Permission, what: str) -> None:
        """Raise CredentialsError unless the token names this permission, or one that includes it: whatever an answer
        shows, nothing else is proof that it shows everything."""
        if permission.granted_as(self.permissions) is None:
            raise _lacks(f"the application may not {what}", permission.name)

    def forbidden(self, what: str, area: str, *, code: str = str(FORBIDDEN)) -> None:
        """Raise CredentialsError that names the permission missing for `what`, unless the application has it.

        Then only one object is forbidden: it may not change an administrator, the photo is a guest's, or the mailbox is
        outside its access policy. The same holds for writing to a mailbox that it could read without any permission in
        its token: Exchange grants that access mailbox by mailbox.
        """
        needed, *as_good = PERMISSIONS.get(area, ("a permission",))
        by_exchange = area == WRITING_MAILBOXES and needs.CALENDARS.from_elsewhere(self.permissions)
        if not by_exchange and self.permissions.isdisjoint([needed, *as_good]):
            raise _lacks(f"Graph refuses to {what}", needed, code)

    def one(
        self, source: str, path: str, params: Mapping[str, str] | None = None, *, gone: Collection[str] = NO_OBJECT,
        headers: Mapping[str, str] | None = None,
    ) -> Row | None:  # fmt: skip
        """One object; None where Graph says, by a code of `gone`, that it does not exist."""
        answer = self.get(source, path, params, headers=headers)
        if says(answer, gone):
            return None
        if answer.status != OK:
            raise unreadable(source, answer)
        found: Row = answer.json()
        if not isinstance(found, dict) or not isinstance(found.get("id"), str):
            raise SourceUnreadable(source, "the answer is not an object of Graph")
        return found

    def rows(
        self, source: str, path: str, params: Mapping[str, str], *, gone: Collection[str] = (),
        headers: Mapping[str, str] | None = None,
    ) -> list[Row]:  # fmt: skip
        """A whole list; empty where Graph says, by a code of `gone`, that it does not exist."""

        def attempt() -> list[Row]:
            pages = Pages(source)
            self.collect(pages, path, params, gone=gone, headers=headers)
            return pages.distinct()

        return whole(source, attempt)

    def collect(
        self, pages: Pages, path: str, params: Mapping[str, str] | None, *, gone: Collection[str] = (),
        headers: Mapping[str, str] | None = None,
    ) -> Row:  # fmt: skip
        """Read all pages of a list into `pages`; the last page, or an empty one where the list is `gone`.

        Raises ReadAgain where the chain of pages has expired.
        """
        body: Row = {}
        trail, link = Trail(pages.source, self), path
        while link:
            answer = self.get(pages.source, link, params, headers=headers)
            if not trail.followed and says(answer, gone):
                return {}
            if answer.status != OK:
                raise unreadable(pages.source, answer, chain=bool(trail.followed))
            body = page(pages.source, answer)
            pages.add(answer, body.get("value"))
            link, params = trail.next(body), None
        return body

    def below(self, link: object) -> str | None:
        """The part of an address after the base, with its slash; None for one that leads elsewhere."""
        if not isinstance(link, str) or not link.startswith(f"{self.base}/"):
            return None
        below = link.removeprefix(self.base)
        return None if {".", ".."}.intersection(unquote(below.partition("?")[0]).split("/")) else below

    def _area(self, path: str) -> str:
        """The area of a path, as PERMISSIONS names it."""
        parts = (self.below(path) or f"/{path}").split("?")[0].split("/")[1:]
        return MAILBOXES if parts[2:3] and parts[2] in _OUTLOOK else parts[0]


class Trail:
    """Follows one list from page to page."""

    def __init__(self, source: str, connection: Connection) -> None:
        self.followed: Counter[str] = Counter()
        self._source = source
        self._connection = connection

    def next(self, body: Row) -> str:
        """The full address of the next page; empty after the last page.

        Raises SourceUnreadable for another host's address, and for pages that lead in a circle. An empty page may lead
        to itself, so an address is followed a few times.
        """
        link = body.get("@odata.nextLink")
        if link is None:
            return ""
        if not isinstance(link, str) or self._connection.below(link) is None:
            raise SourceUnreadable(self._source, "a nextLink leads to another host")
        self.followed[link] += 1
        if self.followed[link] > _MOST_FOLLOWED or len(self.followed) > _MOST_PAGES:
            raise SourceUnreadable(self._source, "the pages lead in a circle: a nextLink came again and again")
        return link


def part(identity: str) -> str:
    """An id, quoted as a part of a path."""
    return quote(identity, safe="")


def signature(token: str) -> dict[str, str]:
    """The headers of every request."""
    return {"Authorization": f"Bearer {token}", "Accept": "application/json"}


def page(source: str, answer: Answer) -> Row:
    """The body of a page. Raises SourceUnreadable where it is not an object."""
    body = answer.json()
    if not isinstance(body, dict):
        raise SourceUnreadable(source, "a page is not an object: the answer is not Graph's")
    return body


def says(answer: Answer, codes: Collection[str]) -> bool:
    """Whether the answer is an error of Graph with one of these codes (in lower case)."""
    return answer.status != OK and answer.error_code.casefold() in codes


def unreadable(source: str, answer: Answer, *, chain: bool = False, whose: str = "") -> Exception:
    """The error for an answer of another status than 200; ReadAgain where a `chain` of pages has expired.

    whose: the id of the mailbox's owner.
    """
    if chain and (answer.status == GONE or says(answer, _EXPIRED)):
        return ReadAgain()
    hint = ": is GRAPH_URL right?" if answer.status == NOT_FOUND and not (answer.error_code or whose) else ""
    problem = f"Graph answered {answer.status} {answer.error_code}".rstrip() + hint
    return SourceUnreadable(source, f"{problem} for the mailbox of {whose}" if whose else problem, code=answer.said)


def token_refused(answer: Answer | None = None) -> CredentialsError:
    """The error for a new token that Graph refuses, too, by this answer."""
    what = "Graph refuses the token: check that ENTRA_AUTHORITY and GRAPH_URL are of one cloud"
    return CredentialsError(what, code=NO_ANSWER if answer is None else answer.said)


def _lacks(what: str, permission: str, code: str = NO_ANSWER) -> CredentialsError:
    why = f"{what}: the application lacks {permission} (application permission, with admin consent)"
    return CredentialsError(why, code=code)
