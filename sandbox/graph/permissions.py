"""Graph's operations as Microsoft documents them: path, method, who may call it, its query options, what it costs.

One table, and each line names its source. Nothing is served that has no line here; a request that no line describes
is refused and noted (`GET /_sandbox/undocumented`). What an operation answers belongs into the area's own module.

Permissions are those of applications, from Microsoft's permissions database ("DB": `permissions/new/permissions.json`
of github.com/microsoftgraph/microsoft-graph-devx-content, August 2026), but where a line says otherwise. Left out are
those for other kinds of apps (Intune's `DeviceManagement…`, agents' `AgentIdUser…`) and those that show less than is
asked for (`User.ReadBasic.All`, `Calendars.ReadBasic`). Pages are those of the reference at
learn.microsoft.com/graph/api; costs are from its page on throttling limits, "Identity and access".
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Operation:
    """One operation. Any of the permissions will do; `units` are resource units before `$select` takes one off.

    A mailbox's operations cost no units: Outlook counts requests.
    """

    method: str
    path: str
    permissions: frozenset[str]
    options: frozenset[str]
    source: str
    units: int = 1

    def undocumented(self, query: Iterable[str]) -> list[str]:
        """The query options that this operation does not have, whatever letters they are written in."""
        return [name for name in query if name.lower() not in self.options]


def _line(method: str, path: str, permissions: str, options: str, source: str, units: int = 1) -> Operation:
    return Operation(
        method, path, frozenset(permissions.split()), frozenset(options.lower().split()), source, units
    )  # fmt: skip


_PAGES = "$skiptoken"
_LIST = f"$count $expand $filter $orderby $search $select $top {_PAGES}"
_OUTLOOK_LIST = "$count $expand $filter $orderby $select $skip $top"
_ONE = "$expand $select"
_DELTA = "$filter $select $deltatoken $skiptoken"
_WINDOW = "startDateTime endDateTime"

_USERS = "User.Read.All User.ReadWrite.All Directory.Read.All Directory.ReadWrite.All"
_GROUPS = (
    "GroupMember.Read.All Group.Read.All Group.ReadWrite.All Group.ReadBasic.All Directory.Read.All "
    "Directory.ReadWrite.All"
)
_MEMBERS = (
    "GroupMember.Read.All GroupMember.ReadWrite.All GroupMember.ReadBasic.All Group.Read.All Group.ReadWrite.All "
    "Group.ReadBasic.All Directory.Read.All"
)
_MEMBER_OF = "Directory.Read.All Directory.ReadWrite.All Group.ReadBasic.All GroupMember.ReadBasic.All"
_TRANSITIVE_MEMBER_OF = f"User.Read.All GroupMember.Read.All Group.Read.All {_MEMBER_OF}"
_CHECK_MEMBERS = (
    "User.Read.All User.ReadWrite.All GroupMember.Read.All GroupMember.ReadBasic.All Group.Read.All "
    "Group.ReadWrite.All Group.ReadBasic.All Directory.Read.All Directory.ReadWrite.All Application.Read.All "
    "Application.ReadWrite.All"
)
_ORGANIZATION = (
    "Organization.Read.All Organization.ReadWrite.All Directory.Read.All Directory.ReadWrite.All User.Read.All"
)
_DELETED = "User.Read.All User.ReadWrite.All Directory.Read.All Directory.ReadWrite.All"
_WRITE_USERS = "User.ReadWrite.All Directory.ReadWrite.All"
_DELETE_USERS = "User.ReadWrite.All User.DeleteRestore.All"
_APPLICATIONS = "Application.Read.All Application.ReadWrite.All Application.ReadWrite.OwnedBy Directory.Read.All"
_APPLICATION = f"{_APPLICATIONS} Directory.ReadWrite.All"
_PHOTOS = "ProfilePhoto.Read.All ProfilePhoto.ReadWrite.All User.Read.All"
_CALENDARS = "Calendars.Read Calendars.ReadWrite"
_EVENTS = "Calendars.ReadWrite"

_READ_AS_WRITTEN = "the permissions reference: Calendars.ReadWrite includes reading; DB has Calendars.Read alone"

_USER, _GROUP, _CALENDAR = "users/{user}", "groups/{group}", "users/{user}/calendars/{calendar}"


def _photo(path: str, source: str) -> Operation:
    return _line("GET", f"{_USER}/{path}", _PHOTOS, "", source)


def _membership(name: str, units: int) -> Iterable[Operation]:
    source = f"DB; page group-list-{name.lower()}"
    path = f"{_GROUP}/{name}"
    yield _line("GET", path, _MEMBERS, _LIST, source, units)
    yield _line("GET", f"{path}/$count", _MEMBERS, "$filter $search", source, units)
    for kind in ("user", "group"):
        yield _line("GET", f"{path}/microsoft.graph.{kind}", _MEMBERS, _LIST, source, units)


def _calendar(path: str) -> Iterable[Operation]:
    yield _line(
        "GET", f"{path}/calendarView", _CALENDARS, f"{_WINDOW} {_OUTLOOK_LIST}", "DB; page calendar-list-calendarview"
    )
    yield _line(
        "GET", f"{path}/calendarView/delta", _CALENDARS, f"{_WINDOW} $deltatoken $skiptoken",
        "DB; page event-delta, which names the primary calendar only",
    )  # fmt: skip


def _event(path: str) -> Iterable[Operation]:
    yield _line("GET", path, _CALENDARS, _ONE, f"page event-get; {_READ_AS_WRITTEN}")
    yield _line("PATCH", path, _EVENTS, "", "DB; page event-update")
    yield _line("DELETE", path, _EVENTS, "", "DB; page event-delete")


TABLE: tuple[Operation, ...] = (
    _line("GET", "users", _USERS, _LIST, "DB; page user-list", units=2),
    _line("GET", "users/$count", _USERS, "$filter $search", "DB as for users; page aad-advanced-queries"),
    _line("GET", "users/delta", _USERS, _DELTA, "DB; page user-delta"),
    _line("GET", _USER, _USERS, _ONE, "DB; page user-get"),
    _line("POST", "users", _WRITE_USERS, "", "DB; page user-post-users"),
    _line("PATCH", _USER, _WRITE_USERS, "", "DB; page user-update"),
    _line("DELETE", _USER, _DELETE_USERS, "", "DB; page user-delete: Directory.ReadWrite.All is not among them"),
    _line("GET", f"{_USER}/memberOf", _MEMBER_OF, _LIST, "DB; page user-list-memberof", units=2),
    _line("GET", f"{_USER}/memberOf/microsoft.graph.group", _MEMBER_OF, _LIST, "DB; page user-list-memberof", units=2),
    _line(
        "GET", f"{_USER}/transitiveMemberOf", _TRANSITIVE_MEMBER_OF, _LIST, "DB; page user-list-transitivememberof",
        units=2,
    ),
    _line(
        "GET", f"{_USER}/transitiveMemberOf/microsoft.graph.group", _TRANSITIVE_MEMBER_OF, _LIST,
        "DB; pages user-list-transitivememberof, aad-advanced-queries", units=2,
    ),
    _line(
        "POST", f"{_USER}/checkMemberGroups", _CHECK_MEMBERS, "", "DB; page directoryobject-checkmembergroups",
        units=4,
    ),
    _photo("photo", "DB; page profilephoto-get: User.ReadWrite.All is not among them"),
    _photo("photo/$value", "DB as for photo; page profilephoto-get"),
    _photo("photos", "DB; page profilephoto-get"),
    _photo("photos/{size}", "DB; page profilephoto-get"),
    _photo("photos/{size}/$value", "DB as for photos/{size}; page profilephoto-get"),
    _line("GET", "groups", _GROUPS, _LIST, "DB; page group-list"),
    _line("GET", "groups/$count", _GROUPS, "$filter $search", "DB as for groups; page aad-advanced-queries"),
    _line("GET", "groups/delta", _GROUPS, _DELTA, "DB; page group-delta"),
    _line("GET", _GROUP, _GROUPS, _ONE, "DB; page group-get"),
    *_membership("members", units=3),
    *_membership("transitiveMembers", units=5),
    _line("GET", "organization", _ORGANIZATION, _LIST, "DB; page organization-list"),
    _line("GET", "organization/{organization}", _ORGANIZATION, _ONE, "DB as for organization; page organization-get"),
    _line(
        "GET", "directory/deletedItems/microsoft.graph.user", _DELETED, _LIST,
        "page directory-deleteditems-list; DB has no line",
    ),
    _line(
        "GET", "directory/deletedItems/microsoft.graph.group", _GROUPS, _LIST,
        "page directory-deleteditems-list; DB has no line",
    ),
    _line("GET", "directory/deletedItems/{object}", _DELETED, _ONE, "page directory-deleteditems-get; DB has no line"),
    _line(
        "POST", "directory/deletedItems/{object}/restore", _DELETE_USERS, "", "DB; page directory-deleteditems-restore"
    ),
    _line("GET", "applications", _APPLICATIONS, _LIST, "DB; page application-list", units=2),
    _line("GET", "applications/{application}", _APPLICATION, _ONE, "DB; page application-get"),
    _line("GET", "applications/(appId)/{appId}", _APPLICATION, _ONE, "DB; page application-get"),
    _line("GET", "servicePrincipals", _APPLICATIONS, _LIST, "DB; page serviceprincipal-list"),
    _line(
        "GET", "servicePrincipals/{principal}", _APPLICATION, _ONE,
        "DB; page serviceprincipal-get",
    ),
    _line(
        "GET", "servicePrincipals/{principal}/appRoleAssignedTo", _APPLICATION, _LIST,
        "DB; page serviceprincipal-list-approleassignedto",
    ),
    _line("GET", f"{_USER}/calendars", _CALENDARS, _OUTLOOK_LIST, "DB; page user-list-calendars"),
    _line("GET", _CALENDAR, _CALENDARS, _ONE, "page calendar-get; DB has no line"),
    _line("GET", f"{_USER}/calendar", _CALENDARS, _ONE, "page calendar-get; DB has no line"),
    *_calendar(_CALENDAR),
    *_calendar(f"{_USER}/calendar"),
    *_calendar(_USER),
    _line("GET", f"{_CALENDAR}/events", _CALENDARS, _OUTLOOK_LIST, "DB; page calendar-list-events"),
    _line("POST", f"{_CALENDAR}/events", _EVENTS, "", "DB; page calendar-post-events"),
    _line("GET", f"{_USER}/events", _CALENDARS, _OUTLOOK_LIST, "DB; page user-list-events"),
    _line("POST", f"{_USER}/events", _EVENTS, "", "DB; page user-post-events"),
    *_event(f"{_USER}/events/{{event}}"),
    *_event(f"{_CALENDAR}/events/{{event}}"),
    _line(
        "GET", f"{_USER}/events/{{event}}/calendar", _CALENDARS, _ONE,
        "CSDL: navigation property calendar of event; DB has no line",
    ),
)  # fmt: skip

OPERATIONS = {(line.method, line.path): line for line in TABLE}
READ_ORGANIZATION = frozenset(_ORGANIZATION.split()) - {"User.Read.All"}
"""Without one of these the organization's answer lacks most of what there is (page organization-list)."""
READ_USERS = frozenset(_USERS.split())
READ_HIDDEN_MEMBERS = "Member.Read.Hidden"
"""Without it a group of hidden membership shows no members (permissions reference; page group-list-members)."""
