"""From a neighbourhood and its plan to the `Facts` of each person who was asked for."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from entra_emply.reconciliation.arrays import Mask, positions
from entra_emply.reconciliation.explain.facts import Facts, Group, Row
from entra_emply.reconciliation.explain.inputs_around import as_read
from entra_emply.reconciliation.explain.neighbourhood import Ids
from entra_emply.reconciliation.explain.others import others
from entra_emply.reconciliation.explain.rows import records
from entra_emply.reconciliation.holds import waiting
from entra_emply.reconciliation.identify import identify
from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.inputs import Inputs
from entra_emply.reconciliation.rules.calendar_subjects import Calendars
from entra_emply.text import key, key_of

_NEARLY = "email_nearly_matches"
_JOINED = ("entra_id", "matched_by", "address")


def gather(
    inputs: Inputs,
    who: Ids,
    actions: Sequence[Row],
    findings: Sequence[Row],
    links: Sequence[Row] = (),
    done: Collection[str] = (),
    guard_counts: pd.DataFrame | None = None,
) -> list[Facts]:
    """The facts of everybody of `who`: first the people of the join, then employees who are nobody's.

    `actions` and `findings` are rows of the plan as JSON has them; those about other people are left out. `links` are
    rows of the ledger's links (entra_id, emply_user_id, matched_by, at), `done` ids of actions applied meanwhile.
    `guard_counts` are the plan's (`Plan.guard_counts`), None where they were not kept.
    """
    inputs = as_read(inputs, findings)
    identities = identify(inputs)
    asked = identities.frame["entra_id"].isin(who.entra) | identities.frame["emply_user_id"].isin(who.emply)
    gathering = _Gathering(identities, actions, findings, links, frozenset(done), guard_counts)
    found = [gathering.person(int(person)) for person in identities.frame.index[asked]]
    known = {facts.employee["employee_id"] for facts in found if facts.employee}
    known |= {row["employee_id"] for facts in found for row in facts.carried}
    return found + [gathering.employee_alone(each) for each in sorted(who.employees - known)]


class _Gathering:
    """What is the same for every person of a neighbourhood."""

    def __init__(
        self,
        identities: Identities,
        actions: Sequence[Row],
        findings: Sequence[Row],
        links: Sequence[Row],
        done: frozenset[str],
        guard_counts: pd.DataFrame | None,
    ) -> None:
        self.calendars, self.guard_counts = Calendars(identities, _waiting(identities, actions)), guard_counts
        self.identities = identities
        self.actions, self.findings, self.links, self.done = actions, findings, links, done
        inputs = identities.inputs
        self.names = inputs.names
        self.users = records(inputs.entra_users)
        self.logins = records(inputs.emply_users)
        self.employees = records(inputs.emply_employees)
        groups = records(identities.mapping.groups)
        self.configured = [
            Group(row["group_id"], self._name(row["group_id"]), row["role_id"], self._name(row["role_id"]))
            for row in groups
        ]

    def person(self, person: int) -> Facts:
        """The facts of a row of `identities`."""
        joined = self.identities.frame.loc[person]
        entra = _at(self.users, joined["entra_row"])
        login = _at(self.logins, joined["emply_row"])
        mine = self._memberships(joined["entra_id"])
        rivals, candidates = others(self.identities, person)
        ids = {"entra_id": _value(joined["entra_id"]), "emply_user_id": _value(joined["emply_user_id"])}
        return Facts(
            **self._shared(),
            row=person,
            subject=_value(joined["subject"]) or ids["entra_id"] or ids["emply_user_id"] or "",
            entra=entra,
            login=login,
            employee=_at(self.employees, joined["employee_row"]),
            identity={name: _value(joined[name]) for name in _JOINED},
            carried=self._carried(joined["address"], login),
            groups=tuple(group for group in self.configured if group.group_id in mine),
            rooms=tuple(self._name(room) for room in self.identities.mapping.rooms if room in mine),
            deactivated=_first(
                records(self.identities.inputs.state.deactivations), "emply_user_id", ids["emply_user_id"]
            ),
            link=_first(self.links, "emply_user_id", ids["emply_user_id"])
            or _first(self.links, "entra_id", ids["entra_id"]),
            rivals=tuple(rivals),
            candidates=tuple(candidates),
            near=self._near(ids),
            actions=tuple(row for row in self.actions if _about(row, ids)),
            findings=tuple(row for row in self.findings if _about(row, ids) or row["object"] in mine),
        )

    def employee_alone(self, employee_id: str) -> Facts:
        """The facts of an employee who has no user in either system."""
        employee = _first(self.employees, "employee_id", employee_id)
        email = key_of((employee or {}).get("email") or "")
        findings = tuple(row for row in self.findings if row["employee_id"] == employee_id)
        return Facts(**self._shared(), subject=email or employee_id, employee=employee, findings=findings)

    def _shared(self) -> dict[str, Any]:
        inputs = self.identities.inputs
        return {
            "identities": self.identities,
            "calendars": self.calendars,
            "guard_counts": self.guard_counts,
            "settings": inputs.settings,
            "done": self.done,
            "now": inputs.now,
            "names": self.names,
            "configured": tuple(self.configured),
            "protected": self.identities.mapping.protected_roles,
            "hybrid_tenant": bool(inputs.entra_tenant["on_premises_sync_enabled"].any()),
        }

    def _memberships(self, entra_id: object) -> set[str]:
        members = self.identities.inputs.entra_group_members
        return set(members.loc[members["member_id"] == entra_id, "group_id"])

    def _carried(self, address: object, login: Row | None) -> tuple[Row, ...]:
        """The employees that carry the person's e-mail (rules.md, "employee of a person")."""
        email = key_of((login or {}).get("email") or "") or _value(address)
        carriers = key(self.identities.inputs.emply_employees["email"])
        return tuple(self.employees[at] for at, each in enumerate(carriers) if email and each == email)

    def _near(self, ids: Mapping[str, str | None]) -> tuple[Row, ...]:
        """S: the employees that findings about this person name."""
        named = [row["employee_id"] for row in self.findings if row["code"] == _NEARLY and _about(row, ids)]
        return tuple(row for row in self.employees if row["employee_id"] in named)

    def _name(self, identity: str) -> str:
        return self.names.get(identity, identity)


def _waiting(identities: Identities, actions: Sequence[Row]) -> Mask:
    """C8, as the plan says it."""
    columns = {name: [row[name] for row in actions] for name in ("kind", "entra_id", "emply_user_id")}
    told = pd.DataFrame(columns, dtype="str").assign(held_by=[" ".join(row["held_by"]) for row in actions])
    by_entra = positions(told["entra_id"], identities.frame["entra_id"])
    by_login = positions(told["emply_user_id"], identities.frame["emply_user_id"])
    return waiting(identities, told.assign(person=np.where(by_entra >= 0, by_entra, by_login)))


def planned_rows(actions: pd.DataFrame, findings: pd.DataFrame) -> tuple[list[Row], list[Row]]:
    """A plan's actions and findings as JSON has them: `held_by` and `held_because` are lists. A plan that an earlier
    version stored has no `held_because`.
    """
    lists = ("held_by", "held_because")
    told = [{**row, **{name: (row.get(name) or "").split() for name in lists}} for row in records(actions)]
    return [*told], [*records(findings)]


def _about(row: Row, ids: Mapping[str, str | None]) -> bool:
    """Whether a row of the plan is about the person with these ids."""
    return any(value is not None and row[name] == value for name, value in ids.items())


def _at(found: Sequence[Row], row: Any) -> Row | None:  # noqa: ANN401 (as pandas has it)
    return found[int(row)] if row >= 0 else None


def _first(found: Iterable[Row], name: str, value: object) -> Row | None:
    return next((row for row in found if value is not None and row[name] == value), None)


def _value(value: Any) -> Any:  # noqa: ANN401 (what pandas holds)
    if isinstance(value, str):
        return value
    if value is None or pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value
