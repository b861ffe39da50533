"""Graph's directory: whole lists, several at a time where there are many, and single objects as they are now.

Not here: the form of the frames (`frames`). Page sizes and permissions are those of Graph's reference of "List users",
"List groups", "List group members", "List appRoleAssignments".
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import pandas as pd

from entra_emply.connectors.entra import frames, list_deltas, member_deltas
from entra_emply.connectors.entra.connection import NO_OBJECT, Connection, part
from entra_emply.connectors.entra.list_deltas import TrackedList
from entra_emply.connectors.entra.permissions import HIDDEN_MEMBERS, ORGANIZATION
from entra_emply.connectors.frames import FrameModel, Row, properties
from entra_emply.connectors.pages import Pages, read_of, whole
from entra_emply.connectors.reads import Base, MultiRead, Read, Tracking, WholeRead
from entra_emply.errors import SourceUnreadable

PAGE = "999"

_MEMBERS = "entra_group_members"
_THREADS = 8
_NAMES_AT_ONCE = 5
"""Graph takes 15 values in one filter, and each name is looked for in up to three properties."""
_USER = (
    *("id", "accountEnabled", "userPrincipalName", "mail", "userType", "displayName", "givenName", "surname"),
    *("jobTitle", "department", "mobilePhone", "mailNickname", "onPremisesSyncEnabled"),
)


class Directory:
    """Reads the directory. Every method may raise SourceUnreadable and CredentialsError."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def tenant(self) -> Read:
        """The organization: frame `Tenant`.

        Raises CredentialsError where the token does not name the permission for it: Graph answers all the same, but
        without `onPremisesSyncEnabled`, and a hybrid tenant would look like one in the cloud (W0).
        """

        def built(rows: Sequence[Row]) -> pd.DataFrame:
            allowed = self._connection.permissions
            return frames.tenant(rows, member_read_hidden=HIDDEN_MEMBERS.granted_as(allowed) is not None)

        found = _listed(self._connection, "entra_tenant", "organization", frames.Tenant, built, top=None)
        self._connection.require(ORGANIZATION, "read the tenant whole")
        return found

    def users(self, how: Tracking = None) -> Read:
        """Every user: frame `Users`."""
        return self._tracked(list_deltas.USERS, how)

    def groups(self, how: Tracking = None) -> Read:
        """Every group: frame `Groups`."""
        return self._tracked(list_deltas.GROUPS, how)

    def deleted_users(self) -> Read:
        """The users deleted in the last 30 days: frame `DeletedUsers`."""
        path = "directory/deletedItems/microsoft.graph.user"
        return _listed(self._connection, "entra_deleted_users", path, frames.DeletedUsers, frames.deleted_users)

    def members(self, group_ids: Iterable[str], *, transitive: bool) -> Read:
        """The members of these groups, with `transitive` also of the groups in them: frame `GroupMembers`."""
        which = "transitiveMembers" if transitive else "members"
        pages = _of_groups(self._connection, _MEMBERS, group_ids, which)
        frame = frames.members({group_id: each.rows for group_id, each in pages.items()})
        parts = {f"{group_id}/{which}": len(each.rows) for group_id, each in pages.items()}
        return Read(frame, Pages.total(_MEMBERS, pages.values()).certificate(len(frame), parts))

    def tracked_members(self, group_ids: Collection[str], hidden: Collection[str], how: Base | WholeRead) -> MultiRead:
        """The direct members of these groups, some of which are `hidden`: the frames of `member_deltas`."""

        def whole(groups: Iterable[str]) -> Mapping[str, Pages]:
            return _of_groups(self._connection, _MEMBERS, groups, "members")

        lists = member_deltas.MemberLists(group_ids, hidden, whole, self.all_groups_of)
        return member_deltas.read(self._connection, lists, how)

    def application(self, service_principal_id: str) -> MultiRead:
        """An enterprise application, and the users assigned to it directly or through a group.

        Frames `entra_application`, without a row where the application does not exist, and `entra_assigned`.
        """
        source, path = "entra_app", f"servicePrincipals/{part(service_principal_id)}"
        found = self._connection.one(source, path, {"$select": ",".join(properties(frames.Application))})
        params = {"$select": "id,principalId,principalType", "$top": PAGE}
        assignments = _pages(self._connection, source, f"{path}/appRoleAssignedTo", params, gone=NO_OBJECT)
        principals = _principals(source, assignments.rows)
        inside = _of_groups(self._connection, source, principals["Group"], "members", gone=NO_OBJECT)
        through = _users_among(source, [row for each in inside.values() for row in each.rows])
        assigned = frames.assigned([*principals["User"], *through])
        made = {
            "entra_application": frames.application([] if found is None else [found]),
            "entra_assigned": assigned if found is not None else frames.assigned([]),
        }
        total = Pages.total(source, [assignments, *inside.values()])
        return MultiRead(made, total.certificate(sum(map(len, made.values()))))

    def user(self, name: str) -> Row | None:
        """The user with this id or sign-in name, as they are now; None where there is none."""
        return self._connection.one("entra_users", f"users/{part(name)}", {"$select": ",".join(_USER)})

    def users_named(self, names: Collection[str]) -> Read:
        """The users who have one of these texts as id, sign-in name or address, ignoring case: frame `Users`."""
        source, wanted = "entra_users", sorted(names)
        select = ",".join(properties(frames.Users))

        def attempt() -> Read:
            pages = Pages(source)
            for first in range(0, len(wanted), _NAMES_AT_ONCE):
                for filtered in _carrying(wanted[first : first + _NAMES_AT_ONCE]):
                    self._connection.collect(pages, "users", {"$select": select, "$filter": filtered, "$top": PAGE})
            return read_of(pages, frames.users)

        return whole(source, attempt)

    def deleted_user(self, entra_id: str) -> bool:
        """Whether the user is among the deleted users."""
        found = self._connection.one("entra_users", f"directory/deletedItems/{part(entra_id)}", {"$select": "id"})
        return found is not None

    def all_groups_of(self, entra_id: str) -> frozenset[str]:
        """The ids of the groups (and directory roles) that the user is a member of, directly or through groups; none
        for an unknown user."""
        return _ids(self._connection, f"users/{part(entra_id)}/transitiveMemberOf")

    def direct_members(self, group_id: str) -> frozenset[str]:
        """The ids of the direct members of a group; none for an unknown group."""
        return _ids(self._connection, f"groups/{part(group_id)}/members")

    def _tracked(self, tracked: TrackedList, how: Tracking) -> Read:
        def whole() -> Read:
            return _listed(self._connection, tracked.source, tracked.path, tracked.model, tracked.build)

        return whole() if how is None else list_deltas.read(self._connection, tracked, how, whole)


def _listed(
    connection: Connection,
    source: str,
    path: str,
    model: type[FrameModel],
    build: Callable[[Sequence[Row]], pd.DataFrame],
    *,
    top: str | None = PAGE,
) -> Read:
    """A whole list, with the properties of the frame's `model`."""
    params = {"$select": ",".join(properties(model))} | ({} if top is None else {"$top": top})

    def attempt() -> Read:
        pages = Pages(source)
        connection.collect(pages, path, params)
        return read_of(pages, build)

    return whole(source, attempt)


def _carrying(names: Sequence[str]) -> Iterator[str]:
    """Filters for users with one of these texts as id (Graph accepts no address there), or as an address (W1)."""
    texts = ["'" + name.replace("'", "''") + "'" for name in names]
    addresses = [text for text in texts if "@" in text]
    if ids := ", ".join(text for text in texts if text not in addresses):
        yield f"id in ({ids})"
    if addresses:
        yield " or ".join(f"{name} in ({', '.join(addresses)})" for name in ("userPrincipalName", "mail"))
        yield " or ".join(
            f"otherMails/any(each:each eq {text}) or proxyAddresses/any(each:each eq 'smtp:{text[1:]})"
            for text in addresses
        )


def _ids(connection: Connection, path: str) -> frozenset[str]:
    rows = connection.rows(_MEMBERS, path, {"$select": "id", "$top": PAGE}, gone=NO_OBJECT)
    return frozenset(str(row["id"]) for row in rows)


def _of_groups(
    connection: Connection, source: str, group_ids: Iterable[str], which: str, *, gone: Collection[str] = ()
) -> Mapping[str, Pages]:
    """The members of each of these groups, by group id."""
    groups = sorted(set(group_ids))
    params = {"$select": "id", "$top": PAGE}
    paths = (f"groups/{part(group_id)}/{which}" for group_id in groups)
    with ThreadPoolExecutor(max_workers=_THREADS) as threads:
        each = threads.map(lambda path: _pages(connection, source, path, params, gone=gone), paths)
        return dict(zip(groups, each, strict=True))


def _principals(source: str, assignments: Sequence[Row]) -> dict[str, list[str]]:
    """The ids of the users and of the groups that are assigned."""
    if not all(isinstance(row, dict) and isinstance(row.get("principalId"), str) for row in assignments):
        raise SourceUnreadable(source, "an assignment names nobody: the answer is not Graph's")
    return {
        kind: [str(row["principalId"]) for row in assignments if row.get("principalType") == kind]
        for kind in ("User", "Group")
    }


def _users_among(source: str, members: Sequence[Row]) -> list[str]:
    if not all(isinstance(row, dict) and isinstance(row.get("id"), str) for row in members):
        raise SourceUnreadable(source, "a member of an assigned group has no id: the answer is not Graph's")
    return [str(row["id"]) for row in members if row.get("@odata.type") == frames.A_USER]


def _pages(
    connection: Connection, source: str, path: str, params: Mapping[str, str], *, gone: Collection[str] = ()
) -> Pages:
    """All pages of a list, without repeated rows; none where Graph says (by a code of `gone`) that there is no list."""

    def attempt() -> Pages:
        pages = Pages(source)
        connection.collect(pages, path, params, gone=gone)
        pages.rows = pages.distinct()
        return pages

    return whole(source, attempt)
