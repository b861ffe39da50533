"""What a person decides: approving held actions, refusing a link, and releasing quarantined actions."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, delete, or_, select, update
from sqlalchemy.dialects.postgresql import distinct_on, insert

from entra_emply import clock
from entra_emply.errors import PlanRefused
from entra_emply.ledger.claims import raise_epoch
from entra_emply.ledger.database import copy_in
from entra_emply.ledger.plans import RecordedPlan, group_id, newest_plan, one_at_a_time
from entra_emply.ledger.tables import actions, approvals, failures, group_counts, refused, releases, undo_requests
from entra_emply.ledger.which import ANY, Which
from entra_emply.printing import SHORT_ID
from entra_emply.reconciliation.kinds import UNDO_RULES, require_kind
from entra_emply.text import address_of

VALID_FOR = timedelta(hours=72)
SHORTEST_ID = 6
"""The least number of its first characters by which a plan or an action can be named."""

_DECIDING = [
    "action_id", "target", "kind", "rule", "entra_id", "emply_user_id", "subject", "own_guards", "groups",
]  # fmt: skip
"""What says which actions an approval covers: all that is read of them where nobody is shown them."""
_SHOWN = [*_DECIDING, "reason", "held_by", "held_because", "before", "after"]


@dataclass(frozen=True)
class Wanted:
    """What an approval covers: the ids of the actions that get one, and of all that are no longer held then.

    again: whether some of the actions that fit are approved already. actions: the rows of all that get one or are no
    longer held, in the plan's order.
    """

    approved: list[str]
    freed: list[str]
    again: bool
    actions: list[dict[str, Any]]


def approve(connection: Connection, plan_id: str, which: Which = ANY, *, by: str, reason: str) -> list[str]:
    """Approve held actions of the newest plan. Returns the ids of all actions that are no longer held.

    Where a group is given, it is approved, too, that it was emptied (G4). `plan_id` may also be the id of one held
    action of the newest plan, which is approved alone; either may be cut short. Deleting a user in Entra and
    deactivating them in Emply (W3) is one decision: approving either approves both. An action whose user's link is held
    is approved, too, but stays held until the link is free.

    Raises PlanRefused for a plan that is not the newest, for a filter that means nothing, and where nothing matches: an
    approval covers neither more nor less than its author believes. Earlier approvals stay valid.
    """
    require_filled(by=by, reason=reason)
    which = understood(connection, which)
    one_at_a_time(connection)
    covered = _covered(connection, plan_id, which)
    plan = covered.plan
    _record(connection, plan.plan_id, covered.ids(covered.new), by, reason)
    if not _forget_emptied(connection, which.group, plan) and not (covered.again or covered.new.any()):
        fitting = "" if which == ANY else "that fits all these filters, and "
        raise PlanRefused(
            f"plan {plan.plan_id[:SHORT_ID]} holds nothing {fitting}that waits for an approval of its own"
        )
    return covered.ids(covered.freed)


def would_approve(connection: Connection, plan_id: str, which: Which = ANY) -> Wanted:
    """What `approve` would do now, given the same. Raises PlanRefused as it does, but where nothing matches."""
    covered = _covered(connection, plan_id, understood(connection, which), _SHOWN)
    return Wanted(
        approved=covered.ids(covered.new),
        freed=covered.ids(covered.freed),
        again=covered.again,
        actions=covered.shown(),
    )


def refuse(connection: Connection, plan_id: str, *, person: str, by: str, reason: str) -> None:
    """Record that a held link by another address (M3b) of the newest plan is not the same person: no plan matches these
    two by such an address again.

    `person` is the subject, or an id of either system; `plan_id` may be cut short. Raises PlanRefused for a plan that
    is not the newest, and where not just one such link is the person's.
    """
    require_filled(person=person, by=by, reason=reason)
    one_at_a_time(connection)
    plan = _newest(connection, plan_id)
    held, _ = _held(connection, plan.plan_no, _DECIDING)
    found = held[(held["rule"] == "M3b") & Which(kind="link_user", person=person).fits(held)]
    if len(found) != 1:
        count = f"{len(found)} links" if len(found) else "no link"
        more = ": name one by the id of a user" if len(found) else ""
        raise PlanRefused(f"plan {plan.plan_id[:SHORT_ID]} holds {count} by another address (M3b) of that person{more}")
    pair = {name: found[name].iloc[0] for name in ("entra_id", "emply_user_id")}
    new = insert(refused).values({**pair, "by": by, "reason": reason, "at": clock.now()})
    connection.execute(new.on_conflict_do_nothing())
    raise_epoch(connection)  # a plan may have been made meanwhile in which an earlier approval frees this link


def is_valid(at: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    """Whether an approval is not used, and had not expired then."""
    return and_(approvals.c.used_at.is_(None), approvals.c.expires_at > at)


def valid_approval(now: datetime) -> Select[str]:
    """The ids of actions with an approval that is neither used nor expired."""
    return select(approvals.c.action_id).where(is_valid(now))


def withdrawn() -> Select[str]:
    """The ids of actions that an undo asked for, of which the last request was withdrawn."""
    last = select(undo_requests.c.action_id, undo_requests.c.ending).ext(distinct_on(undo_requests.c.action_id))
    of = last.order_by(undo_requests.c.action_id, undo_requests.c.request_no.desc()).subquery()
    return select(of.c.action_id).where(of.c.ending == "withdrawn")


def undos_withdrawn(connection: Connection) -> frozenset[str]:
    """The ids of actions of which the last request to undo was withdrawn."""
    return frozenset(connection.scalars(withdrawn()))


def release(connection: Connection, named: str, by: str) -> str:
    """Let the next run try a quarantined action again; its id. `named` is that id, or its first characters.

    Raises PlanRefused where it is not the id of just one quarantined action.
    """
    require_filled(by=by, action=named)
    quarantined = select(failures.c.action_id).where(failures.c.quarantined_at.is_not(None))
    whole = failures.c.action_id == named.strip()
    fits = whole if len(named.strip()) < SHORTEST_ID else begins(failures.c.action_id, named)
    found = connection.scalars(quarantined.where(fits)).all()
    if not found:
        raise PlanRefused(f"action {named} is not quarantined: nothing to release")
    if len(found) > 1:
        raise PlanRefused(f"{named} names {len(found)} quarantined actions: give more of the id's characters")
    lifted = delete(failures).where(failures.c.action_id == found[0]).returning(failures.c.failures)
    failed = connection.execute(lifted).scalar_one()
    row = {"action_id": found[0], "failures": failed, "by": by, "at": clock.now()}
    connection.execute(insert(releases).values(row))
    return found[0]


def begins(column: ColumnElement[str], named: str) -> ColumnElement[bool]:
    """Whether an id begins with these characters, whatever they are."""
    return column.startswith(named.strip().casefold(), autoescape=True)


def require_filled(**given: str | None) -> None:
    """A blank argument is no filter: it would match everybody without a value. Nor is it a name or a reason."""
    blank = next((name for name, text in given.items() if text is not None and not address_of(text)), None)
    if blank is not None:
        raise PlanRefused(f"{blank} is blank: expected a text")


def _newest(connection: Connection, named: str) -> RecordedPlan:
    """The newest plan, if it is the one that was named."""
    plan, named = newest_plan(connection), named.strip()
    if plan is not None and named == plan.plan_id[: max(len(named), SHORTEST_ID)]:
        return plan
    newest = "there is none yet" if plan is None else f"the newest is {plan.plan_id}"
    if len(named) < SHORTEST_ID:
        raise PlanRefused(f"{named!r} names no plan: give {SHORTEST_ID} or more of its id's first characters; {newest}")
    raise PlanRefused(f"plan {named} is not the newest plan: {newest}; look at that one first")


def understood(connection: Connection, which: Which) -> Which:
    """The same with the id of the group, which may be given by its name. Raises PlanRefused where something is blank,
    or there is no such kind or group.
    """
    require_filled(**which.typed)
    require_kind(which.kind)
    if which.group is None:
        return which
    found = group_id(connection, which.group.strip())
    if found is None:
        raise PlanRefused(f"no plan knows a group {which.group!r}: give its name as in the settings, or its id")
    return replace(which, group=found)


def _forget_emptied(connection: Connection, group: str | None, plan: RecordedPlan) -> bool:
    """Accept that a group is empty (G4). Returns whether it was: the newest plan has not counted any members."""
    if group is None:
        return False
    emptied = (group_counts.c.group_id == group) & (group_counts.c.plan_no != plan.plan_no)
    forgotten = connection.execute(delete(group_counts).where(emptied).returning(group_counts.c.group_id))
    return bool(forgotten.all())


def _held(connection: Connection, plan_no: int, names: list[str]) -> tuple[pd.DataFrame, list[RowMapping]]:
    """The held actions of a plan, but for an undo that was withdrawn since: _DECIDING, and `approved`, whether an
    action has a valid approval; and the same actions with these columns.

    One without `own_guards` is held only because the link of its user is.
    """
    approved = actions.c.action_id.in_(valid_approval(clock.now())).label("approved")
    query = select(*(actions.c[name] for name in names), approved).where(
        actions.c.plan_no == plan_no,
        actions.c.held_by != "",
        or_(actions.c.rule.not_in(UNDO_RULES), actions.c.action_id.not_in(withdrawn())),
    )
    rows = list(connection.execute(query.order_by(actions.c.position)).mappings())
    types = dict.fromkeys(_DECIDING, "str") | {"approved": "bool"}
    return pd.DataFrame({name: [row[name] for row in rows] for name in types}, dtype=object).astype(types), rows


@dataclass(frozen=True)
class _Covered:
    """The newest plan, its held actions (see `_held`), and which of them get an approval (`new`) or are no longer held
    (`freed`). again: whether some of those that fit are approved already.
    """

    plan: RecordedPlan
    held: pd.DataFrame
    rows: list[RowMapping]
    new: "pd.Series[bool]"
    freed: "pd.Series[bool]"
    again: bool

    def ids(self, which: "pd.Series[bool]") -> list[str]:
        """Those of these actions."""
        return self.held.loc[which, "action_id"].tolist()

    def shown(self) -> list[dict[str, Any]]:
        """What is shown of all that get an approval or are no longer held."""
        told = zip(self.rows, self.new | self.freed, strict=True)
        return [{name: row[name] for name in _SHOWN} for row, shown in told if shown]


def _covered(connection: Connection, named: str, which: Which, names: list[str] = _DECIDING) -> _Covered:
    """What an approval of the held actions that fit covers. names: which columns of theirs are read."""
    plan, action_id = _newest_or_action(connection, named)
    held, rows = _held(connection, plan.plan_no, names)
    fits = which.fits(held)
    if action_id is not None:
        fits &= held["action_id"] == action_id
    before = held["approved"]
    wanted = _with_other_half(held, fits) & (before | (held["own_guards"] != ""))
    freed = free(held, before | wanted) & ~free(held, before)
    return _Covered(plan, held, rows, new=wanted & ~before, freed=freed, again=bool((wanted & before).any()))


def _newest_or_action(connection: Connection, named: str) -> tuple[RecordedPlan, str | None]:
    """The newest plan where it is the one that was named; else with the id of its one held action that was."""
    plan, named = newest_plan(connection), named.strip()
    if plan is None or len(named) < SHORTEST_ID:
        return _newest(connection, named), None
    held = (actions.c.plan_no == plan.plan_no, actions.c.held_by != "")
    found = connection.scalars(select(actions.c.action_id).where(*held, begins(actions.c.action_id, named))).all()
    if not found:
        return _newest(connection, named), None
    if len(found) > 1 or plan.plan_id.startswith(named):
        raise PlanRefused(f"{named} names more than one: give more of the id's characters")
    return plan, found[0]


def _with_other_half(held: pd.DataFrame, wanted: "pd.Series[bool]") -> "pd.Series[bool]":
    """The wanted actions, each with the other action of W3 for the same user."""
    halves = held["rule"] == "W3"
    return wanted | (halves & held["entra_id"].isin(held.loc[wanted & halves, "entra_id"]))


def free(held: pd.DataFrame, approved: "pd.Series[bool]") -> "pd.Series[bool]":
    """Which held actions (kind, entra_id, own_guards) nothing holds any more: approved ones, and those without guards
    of their own; but of a person whose link is held, none.
    """
    links = held.loc[(held["kind"] == "link_user") & ~approved, "entra_id"]
    return (approved | (held["own_guards"] == "")) & ~held["entra_id"].isin(links)


def _record(connection: Connection, plan_id: str, action_ids: Collection[str], by: str, reason: str) -> None:
    now = clock.now()
    expired = update(approvals).where(approvals.c.used_at.is_(None), approvals.c.expires_at <= now)
    connection.execute(expired.values(used_at=now, ending="expired"))
    new = pd.DataFrame({"action_id": list(action_ids)}, dtype="str")
    common = {"plan_id": plan_id, "by": by, "reason": reason}
    copy_in(connection, approvals, new.assign(**common, at=now, expires_at=now + VALID_FOR))
