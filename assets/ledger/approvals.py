"""What a person decides: letting held actions go, and letting a quarantined one be tried again."""

from collections.abc import Collection
from datetime import timedelta

import pandas as pd
from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from assets import clock
from assets.errors import PlanRefused
from assets.ledger.plans import newest_plan, one_at_a_time
from assets.ledger.state import valid_approval
from assets.ledger.tables import actions, approvals, failures, group_counts, releases
from assets.text import key, key_of

VALID_FOR = timedelta(hours=72)

_HELD = ["action_id", "target", "kind", "rule", "entra_id", "emply_user_id", "subject", "own_guards", "groups"]


def approve(
    connection: Connection,
    plan_id: str,
    *,
    kind: str | None,
    domain: str | None,
    group: str | None,
    person: str | None,
    by: str,
    reason: str,
) -> list[str]:
    """Approve held actions of the newest plan, and return the ids of all that are released by it.

    All of them, or those that fit every filter given: `kind` ("set_roles" or "emply.set_roles"), `domain` of the
    subject, `group` (its id; its emptying is approved with it, G4), `person` (the subject, or an id of either side).
    Deleting somebody in Entra and deactivating him in Emply (W3) is one decision: who approves either approves both.
    Raises PlanRefused for a plan that is not the newest.
    """
    one_at_a_time(connection)
    plan = newest_plan(connection)
    if plan is None or plan.plan_id != plan_id:
        newest = "there is none yet" if plan is None else f"the newest is {plan.plan_id}"
        raise PlanRefused(f"plan {plan_id} is not the newest plan: {newest}; look at that one first")
    held = _held(connection, plan.plan_no)
    wanted = _with_other_half(held, chosen(held, kind=kind, domain=domain, group=group, person=person))
    _record(connection, plan_id, held.loc[wanted & (held["own_guards"] != ""), "action_id"], by, reason)
    if group is not None:
        # Not counted in the newest plan, so it has no members now: its count is forgotten, and G4 with it.
        emptied = (group_counts.c.group_id == group) & (group_counts.c.plan_no != plan.plan_no)
        connection.execute(delete(group_counts).where(emptied))
    return held.loc[_released(held, wanted), "action_id"].tolist()


def chosen(
    held: pd.DataFrame, *, kind: str | None, domain: str | None, group: str | None, person: str | None
) -> "pd.Series[bool]":
    """Which of the held actions fit all the filters that are given."""
    fits = pd.Series(True, index=held.index)
    subject = key(held["subject"]).fillna("")
    if kind is not None:
        fits &= (held["kind"] == kind) | (held["target"] + "." + held["kind"] == kind)
    if domain is not None:
        fits &= subject.str.endswith("@" + key_of(domain).removeprefix("@"))
    if group is not None:
        fits &= (" " + held["groups"] + " ").str.contains(f" {group} ", regex=False)
    if person is not None:
        fits &= (subject == key_of(person)) | (held["entra_id"] == person) | (held["emply_user_id"] == person)
    return fits


def release(connection: Connection, action_id: str, by: str) -> None:
    """Let a quarantined action be tried again at the next run. Raises PlanRefused for one that is not quarantined."""
    lifted = delete(failures).where(failures.c.action_id == action_id, failures.c.quarantined_at.is_not(None))
    failed = connection.execute(lifted.returning(failures.c.failures)).scalar_one_or_none()
    if failed is None:
        raise PlanRefused(f"action {action_id} is not quarantined: nothing to release")
    row = {"action_id": action_id, "failures": failed, "by": by, "at": clock.now()}
    connection.execute(insert(releases).values(row))


def _held(connection: Connection, plan_no: int) -> pd.DataFrame:
    """Held actions of a plan that wait for an approval of their own, or only for that of the person's link."""
    query = select(*(actions.c[name] for name in _HELD)).where(
        actions.c.plan_no == plan_no,
        actions.c.held_by != "",
        actions.c.action_id.not_in(valid_approval(clock.now())),
    )
    rows = connection.execute(query.order_by(actions.c.position)).all()
    return pd.DataFrame(rows, columns=_HELD, dtype="str")


def _with_other_half(held: pd.DataFrame, wanted: "pd.Series[bool]") -> "pd.Series[bool]":
    """What is wanted, and the other action of W3 of the same person."""
    halves = held["rule"] == "W3"
    return wanted | (halves & held["entra_id"].isin(held.loc[wanted & halves, "entra_id"]))


def _released(held: pd.DataFrame, wanted: "pd.Series[bool]") -> "pd.Series[bool]":
    """The approved ones, and what waited for nothing but an approved link of its person."""
    approved = wanted & (held["own_guards"] != "")
    links = held.loc[approved & (held["kind"] == "link_user"), "entra_id"]
    return approved | ((held["own_guards"] == "") & held["entra_id"].isin(links))


def _record(connection: Connection, plan_id: str, action_ids: Collection[str], by: str, reason: str) -> None:
    now = clock.now()
    expired = update(approvals).where(approvals.c.used_at.is_(None), approvals.c.expires_at <= now)
    connection.execute(expired.values(used_at=now, ending="expired"))
    common = {"plan_id": plan_id, "by": by, "reason": reason, "at": now, "expires_at": now + VALID_FOR}
    rows = [{"action_id": action_id} | common for action_id in action_ids]
    if rows:
        connection.execute(insert(approvals), rows)
