"""U: requests to undo what was applied: which of them become actions of the plan, and what stops the others.

A request is an action that restores what a plan took: roles (U1), fields (U2) or a deactivated login (U3) of an Emply
user. It is planned where the login still has what was set, and no rule would set it again; whether one would is asked
of the rules themselves, of the logins as they would be then. All of it is held until a person approves it (G8).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import orjson
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, Rows, as_frame, marked, positions, take_flag
from entra_emply.reconciliation.changed_logins import COLUMNS, with_logins_changed
from entra_emply.reconciliation.drafts import Drafts, actions, together
from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.rule import Condition, Looked, Part, Rule, Values, failed
from entra_emply.reconciliation.rules import attributes, lifecycle_actions, roles
from entra_emply.reconciliation.rules.conditions import employee_not_archived, without_employee
from entra_emply.reconciliation.rules.roles import no_protected_role
from entra_emply.reconciliation.rules.scope import PersonCondition
from entra_emply.reconciliation.subjects import Subjects, once

_FIRST = {
    "L5": "restore_in_entra",
    "L6": "enable_in_entra",
    "L7": "add_to_group",
    "L7a": "leave_room_group",
    "W3": "bring_employee_back",
    "A1": "change_in_entra",
    "A2": "change_in_entra",
}
"""What has to be changed before a rule does not do the same again; of R, the mapping or the groups."""


@dataclass(frozen=True, eq=False)
class Undoing(Subjects):
    """Requests to undo, a row each, and what the rules plan without them.

    planned: the drafts of L, R and A. requests: action_id, kind, entra_id, emply_user_id, before (what was set), after
    (what it was before that), both as JSON text, and cause; the open ones where none are given.
    """

    identities: Identities
    planned: Drafts
    requests: pd.DataFrame

    @classmethod
    def of(cls, identities: Identities, requests: pd.DataFrame | None = None) -> "Undoing":
        """These requests, or the open ones."""
        asked = identities.inputs.state.undos if requests is None else requests.reset_index(drop=True)
        return cls(identities, planned(identities), asked)

    def __len__(self) -> int:
        """How many requests."""
        return len(self.requests)

    @cached_property
    def person(self) -> Rows:
        """Whom each is about: who is linked as they were; -1 for nobody."""
        frame = self.identities.frame
        row = positions(self.requests["emply_user_id"], frame["emply_user_id"])
        same = frame["entra_id"].to_numpy(dtype=object)[row] == self.requests["entra_id"].to_numpy(dtype=object)
        return np.where(take_flag(pd.Series(self.identities.linked), row) & same, row, -1)

    @cached_property
    def values(self) -> pd.DataFrame:
        """What is to be restored, a row a field: request (row), field, before, after."""
        texts = zip(self.requests["before"], self.requests["after"], strict=True)
        objects = [(orjson.loads(before), orjson.loads(after)) for before, after in texts]
        rows = [(row, name, old[name], new[name]) for row, (old, new) in enumerate(objects) for name in new]
        return pd.DataFrame(rows, columns=["request", "field", "before", "after"], dtype=object)

    def marked(self, values: pd.DataFrame) -> Mask:
        """The requests with one of these rows of `values`."""
        return marked(values["request"].to_numpy(dtype=np.int64), len(self))

    def of_kind(self, kind: str) -> Mask:
        """The requests of a kind."""
        return (self.requests["kind"] == kind).to_numpy(dtype=bool)


def planned(identities: Identities) -> Drafts:
    """What L, R and A plan for logins, drafted."""
    drafts = [
        lifecycle_actions.actions_of(identities),
        roles.role_changes(identities).actions,
        attributes.actions_of(identities),
    ]
    return together(drafts)


# --- what is asked ----------------------------------------------------------------------------------------------------


@once
def _still_set(undoing: Undoing) -> Mask:
    """The login has what was set, in every field."""
    changed = [_different(undoing, str(name), of) for name, of in undoing.values.groupby("field")]
    return (undoing.person >= 0) & ~undoing.marked(pd.concat([undoing.values[:0], *changed]))


def _different(undoing: Undoing, name: str, of: pd.DataFrame) -> pd.DataFrame:
    users = undoing.identities.inputs.emply_users
    row = undoing.identities.frame["emply_row"].to_numpy()[undoing.person[of["request"].to_numpy(dtype=np.int64)]]
    present = users[COLUMNS[name]].take(row).tolist() if len(users) else [None] * len(of)
    differs = [_plain(now) != _plain(then) for now, then in zip(present, of["before"], strict=True)]
    return of[np.array(differs, dtype=bool)]


def _plain(value: Any) -> object:  # noqa: ANN401 (what a login has)
    """A value as it is compared: lists in any order, text trimmed, blank is none."""
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, bool | np.bool_):
        return bool(value)
    return tuple(sorted(set(value))) if isinstance(value, list | tuple | np.ndarray) else None


@once
def _roles_there(undoing: Undoing) -> Mask:
    there = set(undoing.identities.inputs.emply_roles["role_id"])
    wanted = undoing.values[undoing.values["field"] == "roleIds"]
    gone = np.array([not there.issuperset(after) for after in wanted["after"]], dtype=bool)
    return ~undoing.marked(wanted[gone])


@once
def _acting(undoing: Undoing) -> pd.DataFrame:
    """What the rules plan anyway about what is to be restored: `values`, with rule and now."""
    return _about(undoing, undoing.planned)


@once
def _again(undoing: Undoing) -> pd.DataFrame:
    """What the rules would plan about it once it was restored."""
    possible = undoing.values[_still_set(undoing)[undoing.values["request"].to_numpy(dtype=np.int64)]]
    logins = undoing.requests["emply_user_id"].take(possible["request"].to_numpy(dtype=np.int64))
    changes = pd.DataFrame(
        {"emply_user_id": logins.array, "field": possible["field"].array, "value": possible["after"].array}
    )
    identities = undoing.identities
    then = Identities(with_logins_changed(identities.inputs, changes), identities.mapping, identities.frame)
    return _about(undoing, planned(then))


def _about(undoing: Undoing, of: Drafts) -> pd.DataFrame:
    """The rows of `values` that a draft is about, too: with its rule, and the value that it gives."""
    drafts = as_frame(of)
    theirs = drafts[drafts["person"].isin(undoing.person) & drafts["after"].notna() & (drafts["target"] == "emply")]
    rows = [
        (person, name, rule, value)
        for person, rule, after in zip(theirs["person"], theirs["rule"], theirs["after"], strict=True)
        for name, value in orjson.loads(after).items()
    ]
    fields = pd.DataFrame(rows, columns=["person", "field", "rule", "now"], dtype=object)
    asked = undoing.values.assign(person=undoing.person[undoing.values["request"].to_numpy(dtype=np.int64)])
    return asked.astype({"person": object}).merge(fields, on=["person", "field"])


def _first_of(rows: pd.DataFrame, request: int) -> "pd.Series[Any] | None":
    mine = rows[rows["request"] == request]
    return None if mine.empty else mine.iloc[0]


def _who_acts(undoing: Undoing, request: int) -> Values:
    row = _first_of(_acting(undoing), request)
    if row is None:
        return {}
    alike = _plain(row["now"]) == _plain(row["after"])
    return {"rule": row["rule"], "does": Part("restores_it" if alike else "changes_it")}


def _who_would(undoing: Undoing, request: int) -> Values:
    row = _first_of(_again(undoing), request)
    return {} if row is None else {"rule": row["rule"], "first": Part(_FIRST.get(row["rule"], "change_the_groups"))}


def _kind(name: str, kind: str) -> Condition[Undoing]:
    return Condition(name, lambda undoing, rows: undoing.of_kind(kind)[rows])


def _of_person(condition: PersonCondition) -> Condition[Undoing]:
    return condition.of(lambda undoing: undoing.identities, lambda undoing: undoing.person)


restores_roles = _kind("restores_roles", "set_roles")
restores_fields = _kind("restores_fields", "update_user")
restores_login = _kind("restores_login", "activate_user")
still_linked = Condition[Undoing]("still_linked", lambda undoing, rows: (undoing.person >= 0)[rows])
still_set = Condition[Undoing]("still_set", lambda undoing, rows: _still_set(undoing)[rows])
roles_there = Condition[Undoing]("roles_there", lambda undoing, rows: _roles_there(undoing)[rows])
no_rule_acts = Condition[Undoing](
    "no_rule_acts", lambda undoing, rows: ~undoing.marked(_acting(undoing))[rows], _who_acts
)
would_stay = Condition[Undoing]("would_stay", lambda undoing, rows: ~undoing.marked(_again(undoing))[rows], _who_would)

# --- rules ------------------------------------------------------------------------------------------------------------

_STANDS = (still_linked, still_set)
_LASTS = (no_rule_acts, would_stay)

U1 = Rule(
    "U1",
    (restores_roles,),
    (*_STANDS, roles_there, _of_person(without_employee), _of_person(no_protected_role), *_LASTS),
)
U2 = Rule("U2", (restores_fields,), (*_STANDS, _of_person(without_employee), *_LASTS))
U3 = Rule("U3", (restores_login,), (*_STANDS, _of_person(employee_not_archived), *_LASTS))

RULES = (U1, U2, U3)
BY_KIND: Mapping[str, Rule[Undoing]] = {"set_roles": U1, "update_user": U2, "activate_user": U3}


def actions_of(undoing: Undoing) -> Drafts:
    """The requests that can be met, drafted; `reason` is their cause."""
    drafts = [_drafts(undoing, kind) for kind in BY_KIND] if len(undoing) else []
    return together([undoing.planned[:0], *drafts])


def _drafts(undoing: Undoing, kind: str) -> Drafts:
    rule = BY_KIND[kind]
    rows = np.flatnonzero(rule.acts(undoing))
    of = undoing.requests.take(rows)
    return actions(
        undoing.person[rows], f"emply.{kind}", rule.name, reason=of["cause"], before=of["before"], after=of["after"]
    )


def stopped(undoing: Undoing) -> dict[int, Looked]:
    """The requests that are not met, by row: the first condition that fails."""
    met = np.logical_or.reduce([rule.acts(undoing) for rule in RULES])
    rows = [int(row) for row in np.flatnonzero(~met)]
    looked = {row: failed(BY_KIND[undoing.requests["kind"].iloc[row]].look(undoing, row)) for row in rows}
    return {row: found for row, found in looked.items() if found is not None}


def giving(undos: pd.DataFrame, wanted: Collection[str]) -> "pd.Series[str]":
    """The ids of the requests that give one of these roles."""
    of = undos[undos["kind"] == "set_roles"]
    texts = zip(of["before"], of["after"], strict=True)
    given = [set(orjson.loads(after)["roleIds"]) - set(orjson.loads(before)["roleIds"]) for before, after in texts]
    return of.loc[[bool(roles_ & set(wanted)) for roles_ in given], "action_id"]
