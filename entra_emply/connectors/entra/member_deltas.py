"""The members of groups: an earlier frame with the changes applied that Graph tells of them, or all lists whole.

Graph tells who joined and who left, in several parts for a large group. It does not tell of members who are deleted
(documented for those who can be restored, reported of all), while the list of a group does not show them any more, nor
of those who are restored. So the changes of users are asked for, too: a link to somebody who is gone is kept apart, in
the frame `away`, and is a member again once they are back. Somebody who comes, and had no link when last there, is
asked for their groups: links that they had before the whole read are unknown, and such a group is read whole. So is
somebody whom a group's changes link for the first time, for Graph tells old links of the deleted again. A group that
the settings name since the earlier read is read whole, and one with hidden members, which Graph may not tell about.

The argument is otherwise that of `list_deltas`: links are a set, to which a change says what is so now. Changes of
groups that nobody asked for are passed over. https://learn.microsoft.com/graph/delta-query-groups
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace

import pandas as pd

from entra_emply import clock
from entra_emply.connectors.entra import frames, tracking
from entra_emply.connectors.entra.connection import Connection
from entra_emply.connectors.entra.tracking import Doubt, Round
from entra_emply.connectors.frame_checks import validate
from entra_emply.connectors.frames import Row, empty
from entra_emply.connectors.pages import Pages
from entra_emply.connectors.reads import Base, MultiRead, WholeRead

SOURCE = "entra_group_members"
MEMBERS, GROUPS, AWAY = "members", "groups", "away"
"""The frames: the members, the groups that were read, and the links to those who are deleted."""

_LINK = ["group_id", "member_id"]
_USERS, _GROUPS = "users", "groups"
_SELECTED = {_USERS: "userType", _GROUPS: "displayName,members"}
"""What is tracked: of users only that they come and go. (With no property at all selected, all would be.)"""
_MOST_ASKED = 50


@dataclass(frozen=True)
class MemberLists:
    """What is read: the members of these groups. hidden: those that hide them; read: all pages of groups' lists;
    groups_of: the ids of all groups of a user, those through other groups included."""

    groups: Collection[str]
    hidden: Collection[str]
    read: Callable[[Iterable[str]], Mapping[str, Pages]]
    groups_of: Callable[[str], Collection[str]]


def read(connection: Connection, lists: MemberLists, how: Base | WholeRead) -> MultiRead:
    """The members as they are now: frames MEMBERS, GROUPS, AWAY, and the cursor. Raises SourceUnreadable."""

    def all_of_it() -> MultiRead:
        at = clock.now()
        links = {path: tracking.begin(connection, SOURCE, path, select) for path, select in _SELECTED.items()}
        pages = lists.read(lists.groups)
        made = _framed(_frame_of(pages), empty(frames.GroupMembers), lists.groups, list(pages.values()))
        return replace(made, cursor=tracking.cursor(connection, links, _SELECTED, at))

    def go_on(earlier: Base) -> MultiRead:
        links = {path: tracking.link_of(connection, earlier, path, select) for path, select in _SELECTED.items()}
        rounds = {path: tracking.changes(connection, SOURCE, path, link) for path, link in links.items()}
        made = _continued(lists, earlier.frames, rounds)
        certificate = tracking.certified(earlier, links.values(), made.certificate)
        newer = {path: each.link for path, each in rounds.items()}
        return replace(made, certificate=certificate, cursor=tracking.renewed(earlier, newer))

    return tracking.read(SOURCE, how, go_on, all_of_it)


@dataclass(frozen=True)
class _Changes:
    """links: for each group and member told about, the member where it is one now, else None. here, gone: who came or
    was told about, and who is deleted. removed: the groups that are."""

    links: Mapping[tuple[str, str], Row | None]
    here: Collection[str]
    gone: Collection[str]
    removed: Collection[str]


def _continued(lists: MemberLists, earlier: Mapping[str, pd.DataFrame], rounds: Mapping[str, Round]) -> MultiRead:
    """The earlier frames with the changes applied. Raises Doubt, ReadAgain, SourceUnreadable."""
    before = {name: validate(frames.GroupMembers, earlier[name], SOURCE) for name in (MEMBERS, AWAY)}
    changes = _changes(rounds, lists.groups)
    known = set(earlier[GROUPS]["group_id"]) - set(lists.hidden) - set(changes.removed)
    links = _applied(pd.concat(before.values(), ignore_index=True), changes)
    told = {row["id"] for row in rounds[_USERS].distinct()}
    came = (set(changes.here) - set(before[MEMBERS]["member_id"])) & told
    known -= _unsure_of_newcomers(lists, links, came)
    known -= _unsure_of_unheard(lists, links, _unheard(changes, {*told, *before[MEMBERS]["member_id"]}))
    pages = lists.read(set(lists.groups) - known)
    links = links[links["group_id"].isin(known & set(lists.groups))]
    away = links["member_id"].isin((set(before[AWAY]["member_id"]) | set(changes.gone)) - set(changes.here))
    parts = [links[~away], *([_frame_of(pages)] if pages else [])]
    read = [*(each.pages for each in rounds.values()), *pages.values()]
    return _framed(pd.concat(parts, ignore_index=True), links[away], lists.groups, read)


def _changes(rounds: Mapping[str, Round], groups: Collection[str]) -> _Changes:
    """What both rounds tell. Raises Doubt, ReadAgain where something is told in two ways."""
    users = {str(row["id"]): "@removed" in row for row in rounds[_USERS].distinct()}
    there: dict[str, bool] = {}
    links: dict[tuple[str, str], Row | None] = {}
    for row in rounds[_GROUPS].pages.rows:
        removed = "@removed" in row
        if there.setdefault(row["id"], removed) != removed:
            raise Doubt("a group is told to be there and to be deleted")
        for member in _members(row) if row["id"] in groups else ():
            link, told = (row["id"], str(member["id"])), None if "@removed" in member else member
            if links.setdefault(link, told) != told:
                raise Doubt("a member is told to be in a group and not to be")
    every = users | there
    gone = {name for name, is_gone in every.items() if is_gone}
    return _Changes(links, every.keys() - gone, gone, {name for name, is_gone in there.items() if is_gone})


def _members(row: Row) -> list[Row]:
    members = row.get("members@delta", [])
    if not isinstance(members, list) or not all(isinstance(each, dict) and each.get("id") for each in members):
        raise Doubt("a change of members does not say of whom")
    return members


def _applied(links: pd.DataFrame, changes: _Changes) -> pd.DataFrame:
    """The links after the changes of them."""
    if not changes.links:
        return links
    added: dict[str, list[Row]] = {}
    for (group, _), member in changes.links.items():
        if member is not None:
            added.setdefault(group, []).append(member)
    told = pd.MultiIndex.from_tuples(changes.links, names=_LINK)
    kept = links[~pd.MultiIndex.from_frame(links[_LINK]).isin(told)]
    return pd.concat([kept, frames.members(added)], ignore_index=True) if added else kept


def _unheard(changes: _Changes, known: Collection[str]) -> set[str]:
    """The users whom the changes of groups link, and of whom nothing else is known: they may be deleted."""
    linked = {str(member["id"]) for member in changes.links.values() if member and _is_user(member)}
    return linked - set(known)


def _is_user(member: Row) -> bool:
    return member.get("@odata.type") == frames.A_USER


def _unsure_of_newcomers(lists: MemberLists, links: pd.DataFrame, came: Collection[str]) -> set[str]:
    """The groups of which the links of those who came are not all known, or are too many. Raises Doubt for a crowd."""
    if len(came) > _MOST_ASKED:
        raise Doubt(f"{len(came)} people came or came back at once")
    return _asked(lists, links, came)


def _unsure_of_unheard(lists: MemberLists, links: pd.DataFrame, unheard: Collection[str]) -> set[str]:
    """The groups with a link to one of them who is deleted; for a crowd, all groups with a link to one of them."""
    if len(unheard) > _MOST_ASKED:
        return set(links.loc[links["member_id"].isin(unheard), "group_id"])
    return _asked(lists, links, unheard)


def _asked(lists: MemberLists, links: pd.DataFrame, names: Collection[str]) -> set[str]:
    """The groups where the links of these users are others than Graph answers now."""
    unsure: set[str] = set()
    for name in names:
        linked = set(links.loc[links["member_id"] == name, "group_id"])
        unsure |= linked ^ set(lists.groups_of(name)).intersection(lists.groups)
    return unsure


def _frame_of(pages: Mapping[str, Pages]) -> pd.DataFrame:
    return frames.members({group_id: each.rows for group_id, each in pages.items()})


def _framed(members: pd.DataFrame, away: pd.DataFrame, groups: Collection[str], read: Collection[Pages]) -> MultiRead:
    """The frames, validated, and what certifies them."""
    made = {MEMBERS: _sorted(members), GROUPS: group_frame(groups), AWAY: _sorted(away)}
    rows = made[MEMBERS]["group_id"].value_counts().to_dict()
    parts = {f"{group_id}/members": int(rows.get(group_id, 0)) for group_id in sorted(groups)}
    return MultiRead(made, Pages.total(SOURCE, read).certificate(len(made[MEMBERS]), parts))


def group_frame(groups: Collection[str]) -> pd.DataFrame:
    """The frame of the groups that were read: group_id."""
    return pd.DataFrame({"group_id": pd.Series(list(groups), dtype="str")})


def _sorted(links: pd.DataFrame) -> pd.DataFrame:
    return validate(frames.GroupMembers, links.sort_values(_LINK, ignore_index=True), SOURCE)
