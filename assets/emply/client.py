"""Emply: lists read whole or not at all, single users, and the two writes there are: create and update a user.

What the operations are is `operations`, retries are `assets.http`, what the frames look like is `frames`.
"""

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote

import pandas as pd

from assets.emply import frames
from assets.emply.operations import NO_SUCH_OBJECT, OPERATIONS, PAGE, REQUESTS_PER_SECOND
from assets.environment import Environment
from assets.errors import CredentialsError, SourceUnreadable, TargetRefused
from assets.frames import Read, Row
from assets.http import TRANSIENT, Answer, RequestFailed, Service
from assets.reading import Pages, ReadAgain, read_of, whole
from assets.text import key_of
from assets.throttle import Timing

_OK, _UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND = range(200, 300), 401, 403, 404


class EmplyClient:
    """A customer's users, employees, roles and departments.

    Every method may raise CredentialsError; reads raise SourceUnreadable, writes TargetRefused.
    """

    def __init__(self, environment: Environment, timing: Timing | None = None) -> None:
        self._environment = environment.emply
        self.customer = self._environment.customer
        self.service = Service(
            "Emply", ca_bundle=self._environment.ca_bundle, threads=4, per_second=REQUESTS_PER_SECOND, timing=timing
        )

    def close(self) -> None:
        """Close the connections."""
        self.service.session.close()

    def users(self) -> Read:
        """Every user, active or not: frame `Users`."""
        return self._list("emply_users", "list_users", frames.users)

    def employees(self) -> Read:
        """Every employee: frame `Employees`."""
        return self._list("emply_employees", "list_employees", frames.employees)

    def roles(self) -> Read:
        """Every role: frame `Roles`."""
        return self._list("emply_roles", "list_roles", frames.roles)

    def departments(self) -> Read:
        """Every department: frame `Departments`."""
        return self._list("emply_departments", "list_departments", frames.departments)

    def user(self, emply_user_id: str) -> Mapping[str, object] | None:
        """The user as it is now; None where there is none."""
        answer = self._read("emply_users", "get_user", emply_user_id)
        # A 404 from something in between is no proof that the user is gone.
        if answer.status == _NOT_FOUND and answer.error_code == NO_SUCH_OBJECT:
            return None
        self._require_ok("emply_users", answer)
        found: Mapping[str, object] = answer.json()
        if not isinstance(found, dict) or found.get("id") != emply_user_id:
            raise SourceUnreadable("emply_users", "Emply answered with something else than the user asked for")
        return found

    def find_user(self, username: str | None, email: str | None) -> Mapping[str, object] | None:
        """The user of this username or, failing that, of this e-mail; reads all of them."""
        rows = self._pages("emply_users", "list_users").rows
        for name, value in (("username", username), ("email", email)):
            found = [row for row in rows if value and key_of(str(row.get(name) or "")) == key_of(value)]
            if found:
                return found[0]
        return None

    def create_user(self, fields: Mapping[str, object]) -> str:
        """Create a user; its id. Sent once: whether a lost answer meant success is for the caller to look up."""
        answer = self._write("create_user", fields)
        try:
            return str(answer.json()["id"])
        except (RequestFailed, KeyError, TypeError):
            raise TargetRefused(
                "Emply: create_user: the answer names no id",
                status=answer.status,
                code="no_id",
                transient=True,
                uncertain=True,
            ) from None

    def update_user(self, emply_user_id: str, fields: Mapping[str, object]) -> None:
        """Change fields of a user. Sent once, too: a repetition could overwrite what somebody changed meanwhile."""
        self._write("update_user", fields, emply_user_id)

    def _list(self, source: str, operation: str, build: Callable[[Sequence[Row]], pd.DataFrame]) -> Read:
        return read_of(self._pages(source, operation), build)

    def _pages(self, source: str, operation: str) -> Pages:
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
                answer = self._read(source, operation, params={"skip": str(skip), "take": str(PAGE)})
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

    def _read(self, source: str, operation: str, identity: str = "", params: Mapping[str, str] | None = None) -> Answer:
        try:
            return self._send(operation, identity, params=params)
        except RequestFailed as failure:
            raise SourceUnreadable(source, str(failure)) from None

    def _write(self, operation: str, fields: Mapping[str, object], identity: str = "") -> Answer:
        what = f"Emply: {operation}"
        try:
            answer = self._send(operation, identity, body=fields, repeatable=False)
        except RequestFailed as failure:
            code = f"http_{failure.status}" if failure.status else "no_answer"
            raise TargetRefused(
                f"{what}: {failure}", status=failure.status, code=code, transient=True, uncertain=failure.uncertain
            ) from None
        if answer.status in _OK:
            return answer
        code = answer.error_code
        raise TargetRefused(
            f"{what}: answered {answer.status} {code}",
            status=answer.status,
            code=code or f"http_{answer.status}",
            transient=answer.status in TRANSIENT,
            uncertain=False,
        )

    def _send(
        self,
        operation: str,
        identity: str,
        *,
        params: Mapping[str, str] | None = None,
        body: object = None,
        repeatable: bool = True,
    ) -> Answer:
        """One operation. Raises RequestFailed, CredentialsError."""
        known = OPERATIONS[operation]
        path = known.path.format(id=quote(identity, safe=""))
        answer = self.service.request(
            known.method,
            f"{self._environment.url}/{quote(self.customer, safe='')}/{path}",
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
        if answer.status not in _OK:
            hint = ": is EMPLY_CUSTOMER right?" if answer.status == _NOT_FOUND else ""
            raise SourceUnreadable(source, f"Emply answered {answer.status} {answer.error_code}{hint}")
