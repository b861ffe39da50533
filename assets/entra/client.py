"""Microsoft Graph, read: lists whole or not at all, and single objects when an action looks at its cause again.

Signing in is `sign_in`, retries are `assets.http`, what the frames look like is `frames`. Nothing is written.
Limits: page sizes and permissions as in Graph's reference of "List users", "List groups", "List group members".
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote, urlsplit

import pandas as pd

from assets.entra import frames
from assets.entra.sign_in import SignIn
from assets.environment import Environment
from assets.errors import CredentialsError, SourceUnreadable
from assets.frames import Read, Row, properties
from assets.http import Answer, RequestFailed, Service
from assets.reading import Pages, ReadAgain, read_of, whole
from assets.throttle import Timing

_PAGE = "999"
_THREADS = 8
_USER = ("id", "accountEnabled", "userPrincipalName", "mail", "userType")
_MOST_FOLLOWED = 3
_EXPIRED = {"directory_expiredpagetoken", "syncstatenotfound", "resyncrequired"}
_PERMISSION = {
    "users": "User.Read.All",
    "groups": "GroupMember.Read.All",
    "organization": "Organization.Read.All",
    "directory": "User.Read.All",
}
_OK, _UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _GONE = 200, 401, 403, 404, 410


class GraphClient:
    """A tenant's users, groups and members. Every method may raise CredentialsError; reads raise SourceUnreadable."""

    def __init__(self, environment: Environment, timing: Timing | None = None) -> None:
        self._environment = environment.entra
        base = self._environment.graph_url
        self.base = base if base.endswith("/v1.0") else f"{base}/v1.0"
        self.service = Service("Graph", ca_bundle=self._environment.ca_bundle, threads=_THREADS, timing=timing)
        self._sign_in = SignIn(self._environment, timing)

    def close(self) -> None:
        """Close the connections."""
        self.service.session.close()
        self._sign_in.service.session.close()

    def tenant(self) -> Read:
        """The organization: frame `Tenant`."""
        return self._list("entra_tenant", "organization", frames.Tenant, frames.tenant, top=None)

    def users(self) -> Read:
        """Every user: frame `Users`."""
        return self._list("entra_users", "users", frames.Users, frames.users)

    def groups(self) -> Read:
        """Every group: frame `Groups`."""
        select = [*properties(frames.Groups), "groupTypes"]
        return self._list("entra_groups", "groups", select, frames.groups)

    def members(self, group_ids: Sequence[str], *, transitive: bool) -> Read:
        """The members of these groups (of members too, with `transitive`), side by side: frame `GroupMembers`."""
        source = "entra_group_members"
        group_ids = sorted(set(group_ids))
        which = "transitiveMembers" if transitive else "members"

        def attempt(group_id: str) -> Pages:
            pages = Pages(source)
            self._collect(pages, f"groups/{quote(group_id, safe='')}/{which}", {"$select": "id", "$top": _PAGE})
            pages.rows = pages.distinct()
            return pages

        total = Pages(source)
        with ThreadPoolExecutor(max_workers=_THREADS) as threads:
            each = list(threads.map(lambda group_id: whole(source, lambda: attempt(group_id)), group_ids))
        for pages in each:
            total.pages += pages.pages
            total.digest.update(pages.digest.digest())
        frame = frames.members({group_id: pages.rows for group_id, pages in zip(group_ids, each, strict=True)})
        return Read(frame, total.certificate(len(frame)))

    def user(self, entra_id: str) -> Mapping[str, object] | None:
        """The user as it is now; None where it is gone."""
        return self._one("entra_users", f"users/{quote(entra_id, safe='')}", {"$select": ",".join(_USER)})

    def deleted_user(self, entra_id: str) -> bool:
        """Whether the user is among the deleted."""
        path = f"directory/deletedItems/{quote(entra_id, safe='')}"
        return self._one("entra_users", path, {"$select": "id"}) is not None

    def member_of(self, entra_id: str) -> frozenset[str]:
        """The groups (and directory roles) the user is a direct member of; none where the user is gone."""
        rows = self._rows(f"users/{quote(entra_id, safe='')}/memberOf", may_be_gone=True)
        return frozenset(str(row.get("id")) for row in rows)

    def transitive_groups(self, group_id: str) -> frozenset[str]:
        """The groups inside a group, at any depth; none where the group is gone."""
        rows = self._rows(f"groups/{quote(group_id, safe='')}/transitiveMembers", may_be_gone=True)
        return frozenset(str(row.get("id")) for row in rows if row.get("@odata.type") == "#microsoft.graph.group")

    def _rows(self, path: str, *, may_be_gone: bool) -> list[Row]:
        source = "entra_group_members"

        def attempt() -> list[Row]:
            pages = Pages(source)
            self._collect(pages, path, {"$select": "id", "$top": _PAGE}, may_be_gone=may_be_gone)
            return pages.distinct()

        return whole(source, attempt)

    def _list(
        self,
        source: str,
        path: str,
        select: "type[Any] | Sequence[str]",
        build: Callable[[Sequence[Row]], pd.DataFrame],
        top: str | None = _PAGE,
    ) -> Read:
        names = select if isinstance(select, Sequence) else properties(select)
        params = {"$select": ",".join(names)} | ({} if top is None else {"$top": top})

        def attempt() -> Read:
            pages = Pages(source)
            self._collect(pages, path, params)
            return read_of(pages, build)

        return whole(source, attempt)

    def _collect(self, pages: Pages, path: str, params: Mapping[str, str] | None, *, may_be_gone: bool = False) -> None:
        """All pages of a list into `pages`. Raises ReadAgain where the chain of pages expired."""
        url: str | None = f"{self.base}/{path}"
        followed: Counter[str] = Counter()
        while url is not None:
            answer = self._get(pages.source, url, params)
            if may_be_gone and not followed and _is_gone(answer):
                return
            if answer.status != _OK:
                raise self._unreadable(pages.source, answer, chain=bool(followed))
            body = answer.json()
            if not isinstance(body, dict):
                raise SourceUnreadable(pages.source, "a page is no object: the answer is not Graph's")
            pages.add(answer, body.get("value"))
            url, params = self._next(pages.source, body, followed), None

    def _next(self, source: str, body: Mapping[str, Any], followed: "Counter[str]") -> str | None:
        """The next page's address, whole, as Graph gave it: never another host's, and no circle without end.

        An empty page may lead to where it was asked for, so an address is followed a few times.
        """
        link = body.get("@odata.nextLink")
        if link is None:
            return None
        if not isinstance(link, str) or urlsplit(link)[:2] != urlsplit(self.base)[:2]:
            raise SourceUnreadable(source, "a nextLink leads to another host")
        followed[link] += 1
        if followed[link] > _MOST_FOLLOWED:
            raise SourceUnreadable(source, "the pages lead in a circle: a nextLink came again and again")
        return link

    def _one(self, source: str, path: str, params: Mapping[str, str]) -> Mapping[str, object] | None:
        answer = self._get(source, f"{self.base}/{path}", params)
        if _is_gone(answer):
            return None
        if answer.status != _OK:
            raise self._unreadable(source, answer, chain=False)
        found: Mapping[str, object] = answer.json()
        if not isinstance(found, dict) or not isinstance(found.get("id"), str):
            raise SourceUnreadable(source, "the answer is not an object of Graph's")
        return found

    def _get(self, source: str, url: str, params: Mapping[str, str] | None) -> Answer:
        """One GET, signed in; once more with a new token where Graph no longer takes the old one."""
        failed = None
        try:
            answer, token = self._signed(url, params)
            if answer.status == _UNAUTHORIZED:
                answer, _ = self._signed(url, params, instead_of=token)
        except RequestFailed as failure:
            failed = str(failure)
        if failed:
            raise SourceUnreadable(source, failed)
        if answer.status == _UNAUTHORIZED:
            raise CredentialsError("Graph refuses the token: check that ENTRA_AUTHORITY and GRAPH_URL are of one cloud")
        if answer.status == _FORBIDDEN:
            area = urlsplit(url).path.removeprefix(urlsplit(self.base).path).strip("/").split("/")[0]
            raise CredentialsError(
                f"Graph refuses to read {source}: the application lacks {_PERMISSION.get(area, 'a permission')} "
                "(application permission, with admin consent)"
            )
        return answer

    def _signed(self, url: str, params: Mapping[str, str] | None, instead_of: str | None = None) -> tuple[Answer, str]:
        token = self._sign_in.token(instead_of=instead_of)
        return self.service.request("GET", url, headers=lambda: _bearer(token), params=params), token

    def headers(self) -> Mapping[str, str]:
        """What every request carries: a token that is good for a while."""
        return _bearer(self._sign_in.token())

    def _unreadable(self, source: str, answer: Answer, *, chain: bool) -> Exception:
        code = answer.error_code
        if chain and (answer.status == _GONE or code.casefold() in _EXPIRED):
            return ReadAgain()
        return SourceUnreadable(source, f"Graph answered {answer.status} {code}".rstrip())


def _bearer(token: str) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {token}", "Accept": "application/json"}


def _is_gone(answer: Answer) -> bool:
    """Whether Graph itself says that there is no such object: a 404 from something in between is no proof."""
    return answer.status == _NOT_FOUND and answer.error_code.casefold() == "request_resourcenotfound"
