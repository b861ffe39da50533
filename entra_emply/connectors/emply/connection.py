"""Emply over HTTP: one operation at a time, lists whole or not at all, writes sent once, and what a refusal means to an
operator. What is asked is `client`'s business, what the operations are `operations`'.
"""

from collections.abc import Mapping
from urllib.parse import quote

from entra_emply.connectors.emply.operations import NO_SUCH_OBJECT, OPERATIONS, PAGE, REQUESTS_PER_SECOND
from entra_emply.connectors.frames import Row
from entra_emply.connectors.http import SUCCESS, Answer, RequestFailed, Service
from entra_emply.connectors.pages import Pages, ReadAgain, whole
from entra_emply.connectors.throttle import Timing
from entra_emply.environment import EmplyEnvironment
from entra_emply.errors import CredentialsError, SourceUnreadable, TargetRefused

THREADS = 4
_TWICE = 2

_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND = 401, 403, 404


class Connection:
    """One customer's Emply. Every method may raise CredentialsError."""

    def __init__(self, environment: EmplyEnvironment, timing: Timing | None = None) -> None:
        self._environment = environment
        self.service = Service(
            "Emply", ca_bundle=environment.ca_bundle, threads=THREADS, per_second=REQUESTS_PER_SECOND, timing=timing,
            variable="EMPLY_URL",
        )  # fmt: skip

    def one(self, source: str, operation: str, identity: str) -> Row | None:
        """One object; None where Emply itself says that there is none: a 404 from something in between is no proof."""
        answer = self._read(source, operation, identity)
        if answer.status == _NOT_FOUND and answer.error_code == NO_SUCH_OBJECT:
            return None
        self._require_ok(source, answer)
        found: Row = answer.json()
        if not isinstance(found, dict) or found.get("id") != identity:
            raise SourceUnreadable(source, "Emply answered with something else than what was asked for")
        return found

    def pages(self, source: str, operation: str, identity: str = "", params: Mapping[str, str] | None = None) -> Pages:
        """All pages of a list, each of which begins with the last row of the one before.

        So no row comes or goes unnoticed between two pages, and a page that is empty by mistake is not taken for the
        end: that is a page with nothing but this one row. A list that is empty altogether must say so twice, and never
        have had a row.
        """
        had_rows = False

        def attempt() -> Pages:
            nonlocal had_rows
            pages = Pages(source)
            while True:
                begun, skip = bool(pages.rows), max(len(pages.rows) - 1, 0)
                place = {"skip": str(skip), "take": str(PAGE)}
                answer = self._read(source, operation, identity, {**(params or {}), **place})
                self._require_ok(source, answer)
                brought = pages.add(answer, answer.json(), continues=begun)
                had_rows = had_rows or bool(brought)
                if not brought and (begun or pages.pages > 1):
                    if had_rows and not begun:
                        raise ReadAgain
                    pages.rows = pages.distinct()
                    return pages
                if begun and brought and pages.rows[-1] == pages.rows[skip]:
                    raise SourceUnreadable(source, "a page brought only rows that had come before")

        return whole(source, attempt)

    def at_once(
        self, source: str, operation: str, identity: str = "", params: Mapping[str, str] | None = None
    ) -> Pages:
        """A list in one answer: for many short lists, of which none is acted upon before it was read by `pages`.

        A list that is empty must say so twice.
        """

        def attempt() -> Pages:
            pages = Pages(source)
            while not pages.rows and pages.pages < _TWICE:
                answer = self._read(source, operation, identity, params)
                self._require_ok(source, answer)
                pages.add(answer, answer.json())
            pages.rows = pages.distinct()
            return pages

        return whole(source, attempt)

    def write(
        self, operation: str, fields: Mapping[str, object] | None = None, identity: str = "", external_id: str = ""
    ) -> Answer:
        """One write, sent once. Raises TargetRefused."""
        what = f"Emply: {operation}"
        try:
            answer = self._send(operation, identity, external_id, body=fields, repeatable=False)
        except RequestFailed as failure:
            code = f"http_{failure.status}" if failure.status else "no_answer"
            raise TargetRefused(
                f"{what}: {failure}", status=failure.status, code=code, transient=True, uncertain=failure.uncertain
            ) from None
        if answer.status in SUCCESS:
            return answer
        code = answer.error_code
        raise TargetRefused(
            f"{what}: answered {answer.status} {code}".rstrip(),
            status=answer.status,
            code=code or f"http_{answer.status}",
            transient=False,
            uncertain=False,
        )

    def create(self, operation: str, fields: Mapping[str, object]) -> str:
        """Make something; its id. Whether a lost answer meant success is for the caller to look up."""
        answer = self.write(operation, fields)
        made = answer.json() if answer.is_json else None
        identity = made.get("id") if isinstance(made, dict) else None
        if isinstance(identity, str):
            return identity
        raise TargetRefused(
            f"Emply: {operation}: the answer names no id",
            status=answer.status,
            code="no_id",
            transient=True,
            uncertain=True,
        )

    def ask(self, operation: str, identity: str = "", params: Mapping[str, str] | None = None) -> Answer:
        """The answer to one reading operation, whatever it says. Raises RequestFailed where none came."""
        return self._send(operation, identity, params=params)

    def _read(self, source: str, operation: str, identity: str, params: Mapping[str, str] | None = None) -> Answer:
        try:
            return self.ask(operation, identity, params)
        except RequestFailed as failure:
            raise SourceUnreadable(source, str(failure), down=failure.transient) from None

    def _send(
        self,
        operation: str,
        identity: str,
        external_id: str = "",
        *,
        params: Mapping[str, str] | None = None,
        body: object = None,
        repeatable: bool = True,
    ) -> Answer:
        """One operation. Raises RequestFailed, CredentialsError."""
        known, customer = OPERATIONS[operation], self._environment.customer
        path = known.path.format(id=quote(identity, safe=""), external_id=quote(external_id, safe=""))
        answer = self.service.request(
            known.method,
            f"{self._environment.url}/{quote(customer, safe='')}/{path}",
            params={"apiKey": self._environment.api_key} | dict(params or {}),
            body=body,
            repeatable=repeatable,
        )
        if answer.status == _UNAUTHORIZED:
            raise CredentialsError("Emply refuses the key: check EMPLY_API_KEY, and that the key is activated in Emply")
        if answer.status == _FORBIDDEN:
            raise CredentialsError(f"Emply refuses {operation}: the key's roles lack the access {known.access}")
        return answer

    def _require_ok(self, source: str, answer: Answer) -> None:
        if answer.status not in SUCCESS:
            said = f"Emply answered {answer.status} {answer.error_code}".rstrip()
            hint = ": are EMPLY_CUSTOMER and EMPLY_URL right?" if answer.status == _NOT_FOUND else ""
            raise SourceUnreadable(source, said + hint)
