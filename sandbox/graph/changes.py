"""Graph: what changed among users and groups (`users/delta`, `groups/delta`). Tokens and rounds are `delta`.

A first round also tells who is in the deleted items, as Graph may; a property that was never set is left out; and a
large group comes in several parts, over several pages, each with other members.
"""

from collections.abc import Iterable

import orjson

from sandbox.exchange import Answer, Row
from sandbox.graph.call import Call, Route
from sandbox.graph.delta import DeltaTokenError, Snapshot, Tracked
from sandbox.graph.errors import GraphError, bad_request
from sandbox.graph.kinds import GROUP, USER
from sandbox.graph.membership import members_of
from sandbox.graph.odata import check_select
from sandbox.graph.paging import ODATA_JSON, Kind

_USERS_A_PAGE, _GROUPS_A_PAGE, _MEMBERS_A_PART = 200, 20, 100
_OPTIONS = frozenset({"$select", "$skiptoken", "$deltatoken"})
_SOFT_DELETED: Row = {"@removed": {"reason": "changed"}}
_GONE: Row = {"@removed": {"reason": "deleted"}}
_MEMBERS = "members@delta"

Select = tuple[str, ...]


def _users(call: Call) -> Answer:
    def now(select: Select) -> Snapshot:
        there = {row["id"]: _set(row, select) for row in call.entra["users"].values()}
        return {**there, **dict.fromkeys(call.entra["deletedUsers"], _SOFT_DELETED)}

    return _answer(call, "users", Tracked("users", lambda: _select(call, USER), now, _tell), _USERS_A_PAGE)


def _groups(call: Call) -> Answer:
    def now(select: Select) -> Snapshot:
        return {row["id"]: _group(call, row, select) for row in call.entra["groups"].values()}

    return _answer(call, "groups", Tracked("groups", lambda: _select(call, GROUP), now, _tell), _GROUPS_A_PAGE)


def _select(call: Call, kind: Kind) -> Select:
    """What is tracked: what `$select` names, else what comes without it; of groups the members too."""
    text = call.request.query.get("$select", "")
    select = tuple(name.strip() for name in text.split(",") if name.strip())
    members = ("members",) if kind is GROUP else ()
    check_select(select, kind.known | {*members}, kind.name)
    return select or (*kind.default, *members)


def _set(row: Row, select: Select) -> Row:
    return {name: row[name] for name in select if row.get(name) is not None}


def _group(call: Call, row: Row, select: Select) -> Row:
    """The group's properties, and its members' kinds by id."""
    shown = _set(row, tuple(name for name in select if name != "members"))
    if "members" not in select:
        return shown
    members = members_of(call.entra, row["id"], hidden=call.sees_hidden)
    return {**shown, _MEMBERS: {member["id"]: _kind(call, member) for member in members}}


def _kind(call: Call, member: Row) -> str:
    kind = "user" if member["id"] in call.entra["users"] else "group"
    return str(member.get("@odata.type", f"#microsoft.graph.{kind}"))


def _tell(_select: Select, before: Snapshot | None, after: Snapshot) -> list[Row]:
    seen = before or {}
    rows = [part for name, row in after.items() if seen.get(name) != row for part in _parts(name, seen.get(name), row)]
    return rows + [{"id": name, **_GONE} for name in seen if name not in after]


def _parts(name: str, before: Row | None, after: Row) -> Iterable[Row]:
    """The rows that tell what one object is now. What it lost is null; only members that differ are told."""
    known = before or {}
    lost = {} if "@removed" in after else {key: None for key in known if key not in after and key != "@removed"}
    head = {**lost, **{key: value for key, value in after.items() if key != _MEMBERS}, "id": name}
    had, has = known.get(_MEMBERS, {}), after.get(_MEMBERS, {})
    members = [{"@odata.type": kind, "id": member} for member, kind in has.items() if member not in had]
    members += [{"@odata.type": kind, "id": member, **_GONE} for member, kind in had.items() if member not in has]
    if not members:
        yield head
    for at in range(0, len(members), _MEMBERS_A_PART):
        yield {**head, _MEMBERS: members[at : at + _MEMBERS_A_PART]}


def _answer(call: Call, name: str, tracked: Tracked[Select], size: int) -> Answer:
    for option in call.request.query:
        if option.startswith("$") and option not in _OPTIONS:
            raise bad_request(f"The query option '{option}' is not supported with change tracking.")
    address = f"{call.root}/{name}/delta"
    try:
        rows, kind, query = call.deltas.page(call.request, tracked, size)
    except DeltaTokenError as error:
        if error.expired:
            raise GraphError(
                410, "resyncRequired", "Resync required. The delta token has expired.",
                {"Location": f"{address}?$deltatoken="},
            ) from None  # fmt: skip
        raise bad_request("The sync state generation is not found.", "syncStateNotFound") from None
    body = {"@odata.context": f"{call.root}/$metadata#{name}", "value": rows, kind: f"{address}?{query}"}
    return Answer(200, orjson.dumps(body), content_type=ODATA_JSON)


ROUTES = (
    Route("GET", "users/delta", _users),
    Route("GET", "groups/delta", _groups),
)
