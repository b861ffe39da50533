"""Graph: what changed among users and groups (`users/delta`, `groups/delta`). Tokens and rounds are `delta`.

What was touched since a token is told, also where it is by now what it was before. A first round also tells who is in
the deleted items, as Graph may; a property that was never set is left out; and a large group comes in several parts,
over several pages, each with other members. Who is in the deleted items stays a member of groups until gone for good.
With `delta_disorder` a round is as bad as Graph allows: any order, repeats, replays, parts and pages of a few.
"""

from collections.abc import Callable, Iterable, Iterator
from random import Random

import orjson

from sandbox.exchange import Answer, Row
from sandbox.graph.call import Call, Route
from sandbox.graph.delta import DeltaTokenError, Snapshot, Tracked
from sandbox.graph.errors import GraphError, bad_request
from sandbox.graph.kinds import GROUP, USER
from sandbox.graph.membership import HIDDEN
from sandbox.graph.odata import check_select
from sandbox.graph.paging import ODATA_JSON, Kind
from sandbox.history import ForgottenError, Touched
from sandbox.state import Entra

_USERS_A_PAGE, _GROUPS_A_PAGE, _MEMBERS_A_PART = 200, 20, 100
_DISORDERED_PAGE, _DISORDERED_PART, _REPLAYED = 3, 2, 3
_OPTIONS = frozenset({"$select", "$skiptoken", "$deltatoken"})
_SOFT_DELETED: Row = {"@removed": {"reason": "changed"}}
_GONE: Row = {"@removed": {"reason": "deleted"}}
_MEMBERS = "members@delta"

Select = tuple[str, ...]
Tell = Callable[[Call, Select, Touched | None], Iterator[Row]]


def _users(call: Call) -> Answer:
    return _answer(call, "users", USER, _tell_users, _USERS_A_PAGE)


def _groups(call: Call) -> Answer:
    return _answer(call, "groups", GROUP, _tell_groups, _GROUPS_A_PAGE)


def _select(call: Call, kind: Kind) -> Select:
    """What is tracked: what `$select` names, else what comes without it; of groups the members too."""
    text = call.request.query.get("$select", "")
    select = tuple(name.strip() for name in text.split(",") if name.strip())
    members = ("members",) if kind is GROUP else ()
    check_select(select, kind.known | {*members}, kind.name)
    return select or (*kind.default, *members)


def _tell_users(call: Call, select: Select, touched: Touched | None) -> Iterator[Row]:
    users, deleted = call.state.entra["users"], call.state.entra["deletedUsers"]
    before = None if touched is None else touched["users"]
    for name in (*users, *deleted) if touched is None else dict.fromkeys((*touched["users"], *touched["deletedUsers"])):
        if name in users:
            head = _head(select, users[name], None if before is None else before.get(name, []))
            if head is not None:
                yield {**head, "id": name}
        else:
            yield {"id": name, **(_SOFT_DELETED if name in deleted else _GONE)}


def _tell_groups(call: Call, select: Select, touched: Touched | None) -> Iterator[Row]:
    groups = call.state.entra["groups"]
    came_or_went = set() if touched is None else _came_or_went(call.state.entra, touched)
    for name, row in groups.items():
        before = None if touched is None else touched["groups"].get(name, [])
        head = _head(tuple(each for each in select if each != "members"), row, before)
        members = list(_members(call, row, before, came_or_went)) if "members" in select else []
        if members and touched is not None:
            back = {who for who, rows in touched["deletedUsers"].items() if any(_was_in(name, old) for old in rows)}
            members = [member for member in members if "@removed" in member or member["id"] not in back]
        if head is not None or members:
            yield from _parts(call, {**(head or {}), "id": name}, members)
    if touched is not None:
        yield from ({"id": name, **_GONE} for name in touched["groups"] if name not in groups)


def _head(select: Select, row: Row, before: list[Row | None] | None) -> Row | None:
    """The selected properties that are set, and null for those that were; None where they were never others.

    `before` is what the object was before each change (None: all of it is told).
    """
    now = _set(row, select)
    were = [None] if before is None else [old and _set(old, select) for old in before]
    if all(old == now for old in were):
        return None
    return {**{name: None for old in were for name in old or () if name not in now}, **now}


def _set(row: Row, select: Select) -> Row:
    return {name: row[name] for name in select if row.get(name) is not None}


def _members(call: Call, row: Row, before: list[Row | None] | None, came_or_went: set[str]) -> Iterator[Row]:
    """Who is a member now and was not always, and who is not any more."""
    now = _links(call, row)
    lists = [{}] if before is None else [{} if old is None else _links(call, old) for old in before]
    gone = {name: kind for old in lists for name, kind in old.items()} | {
        name: kind for name, kind in _links(call, row, all_of_them=True).items() if name in came_or_went
    }
    for name, kind in now.items():
        if name in came_or_went or any(name not in old for old in lists):
            yield {"@odata.type": kind, "id": name}
    for name, kind in gone.items():
        if name not in now:
            yield {"@odata.type": kind, "id": name, **_GONE}


def _links(call: Call, group: Row, *, all_of_them: bool = False) -> dict[str, str]:
    """The kinds of a group's members by id, the deleted ones included; with `all_of_them`, also those of nobody."""
    entra = call.state.entra
    if not call.sees_hidden and str(group.get("visibility")).lower() == HIDDEN:
        return {}
    found = {}
    away = (who for who, row in entra["deletedUsers"].items() if _was_in(group["id"], row))
    for member in (*(group.get("members") or ()), *away):
        name, kind = (member["id"], member.get("@odata.type")) if isinstance(member, dict) else (member, None)
        if kind or all_of_them or _exists(entra, name):
            found[name] = str(kind or f"#microsoft.graph.{'group' if name in entra['groups'] else 'user'}")
    return found


def _was_in(group: str, deleted: Row | None) -> bool:
    """Whether a deleted user, when deleted, was a member: no delta tells that they are one again."""
    return deleted is not None and group in (deleted.get("memberOf") or ())


def _exists(entra: Entra, name: str) -> bool:
    return any(name in entra[table] for table in ("users", "deletedUsers", "groups"))


def _came_or_went(entra: Entra, touched: Touched) -> set[str]:
    """Those who were not there at some time, not even among the deleted users, or are not there now."""
    came = {name for table in ("users", "groups") for name, before in touched[table].items() if None in before}
    every = {name for table in touched.values() for name in table}
    return (came - touched["deletedUsers"].keys()) | {name for name in every if not _exists(entra, name)}


def _parts(call: Call, head: Row, members: list[Row]) -> Iterator[Row]:
    if not members:
        yield head
    size = _DISORDERED_PART if call.settings.delta_disorder else _MEMBERS_A_PART
    for at in range(0, len(members), size):
        yield {**head, _MEMBERS: members[at : at + size]}


def _disordered(call: Call, rows: list[Row], replays: Iterable[Row]) -> list[Row]:
    """The rows in another order, some twice, and with them some objects that did not change."""
    random = Random(call.settings.delta_disorder + len(rows))  # noqa: S311 - not for secrets
    told = {row["id"] for row in rows}
    others = [row for row in replays if row["id"] not in told]
    rows = rows + random.sample(rows, len(rows) // 2) + random.sample(others, min(_REPLAYED, len(others)))
    random.shuffle(rows)
    return rows


def _answer(call: Call, name: str, kind: Kind, tell: Tell, size: int) -> Answer:
    history, disorder = call.state.history, call.settings.delta_disorder

    def rows(select: Select, before: Snapshot | None, _after: Snapshot) -> list[Row]:
        told = list(tell(call, select, None if before is None else history.since(before["number"])))
        return _disordered(call, told, tell(call, select, None)) if disorder and before is not None else told

    def now(_select: Select) -> Snapshot:
        return {"number": history.number(call.state.entra)}

    tracked = Tracked(name, lambda: _select(call, kind), now, rows)
    for option in call.request.query:
        if option.startswith("$") and option not in _OPTIONS:
            raise bad_request(f"The query option '{option}' is not supported with change tracking.")
    address = f"{call.root}/{name}/delta"
    try:
        page, link, query = call.deltas.page(call.request, tracked, _DISORDERED_PAGE if disorder else size)
    except (DeltaTokenError, ForgottenError) as error:
        if isinstance(error, ForgottenError) or error.expired:
            raise GraphError(
                410, "resyncRequired", "Resync required. The delta token has expired.",
                {"Location": f"{address}?$deltatoken="},
            ) from None  # fmt: skip
        raise bad_request("The sync state generation is not found.", "syncStateNotFound") from None
    body = {"@odata.context": f"{call.root}/$metadata#{name}", "value": page, link: f"{address}?{query}"}
    return Answer(200, orjson.dumps(body), content_type=ODATA_JSON)


ROUTES = (
    Route("GET", "users/delta", _users),
    Route("GET", "groups/delta", _groups),
)
