"""What would have to be different for a condition to hold: each condition's smallest change of one person's facts.

Only facts that somebody can change are here. Which conditions stand in the way, and in which order, is `why_not`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from entra_emply.reconciliation.arrays import is_among
from entra_emply.reconciliation.identities import Identities
from entra_emply.reconciliation.inputs import Inputs

_NEW_ADDRESS = "new.address@example.com"


@dataclass(frozen=True)
class Person:
    """Whose facts are changed, where, and the group that the wish is about (None: any)."""

    identities: Identities
    row: int
    group_id: str | None = None
    calendar: str | None = None

    @property
    def inputs(self) -> Inputs:
        """What the plan is made of."""
        return self.identities.inputs

    def id_of(self, side: str) -> str | None:
        """The person's id on a side: entra_id, emply_user_id, employee_id."""
        return self.identities.value(side, self.row)


Lever = Callable[[Person], Inputs]


def _setting(**change: Any) -> Lever:  # noqa: ANN401 (any setting)
    return lambda person: replace(person.inputs, settings=person.inputs.settings.model_copy(update=change))


def _cell(frame: str, key: str, column: str, value: object) -> Lever:
    """Set a column of the person's row in a frame."""

    def changed(person: Person) -> Inputs:
        rows = getattr(person.inputs, frame)
        mine = (rows[key] == person.id_of(key)).to_numpy(dtype=bool)
        values = rows[column].astype(object)
        values[mine] = value
        return person.inputs.with_frames({frame: rows.assign(**{column: values.astype(rows[column].dtype)})})

    return changed


def _join_group(person: Person) -> Inputs:
    group = person.group_id or person.identities.mapping.groups["group_id"].iloc[0]
    member = {"group_id": group, "member_id": person.id_of("entra_id"), "member_type": "user"}
    members = person.inputs.entra_group_members
    return person.inputs.with_frames({"entra_group_members": _with_row(members, member)})


def _leave_rooms(person: Person) -> Inputs:
    members, rooms = person.inputs.entra_group_members, pd.Series(person.identities.mapping.rooms, dtype="str")
    leaves = (members["member_id"] == person.id_of("entra_id")) & is_among(members["group_id"], rooms)
    return person.inputs.with_frames({"entra_group_members": members[~leaves].reset_index(drop=True)})


def _no_employee(person: Person) -> Inputs:
    employees, logins = person.inputs.emply_employees, person.inputs.emply_users
    email = person.identities.email_of_employee(person.row)
    mine = (employees["employee_id"] == person.id_of("employee_id")) | (
        employees["email"].str.casefold().str.strip() == (email or "")
    ).fillna(False)
    carried = logins["employee_id"].where(logins["emply_user_id"] != person.id_of("emply_user_id"))
    frames = {
        "emply_employees": employees[~mine.to_numpy(dtype=bool)].reset_index(drop=True),
        "emply_users": logins.assign(employee_id=carried.astype(logins["employee_id"].dtype)),
    }
    return person.inputs.with_frames(frames)


def _nobody_has_the_address(person: Person) -> Inputs:
    """The logins that are nobody's lose the names that are the user's addresses."""
    logins, users = person.inputs.emply_users, person.identities.entra_users
    mine = users.addresses_of(_only(person.row)).address
    mine = pd.concat([mine, users.upn.iloc[[person.row]].dropna()])
    names = {
        name: logins[name].where(~is_among(logins[name].str.casefold().str.strip(), mine))
        for name in ("username", "email")
    }
    return person.inputs.with_frames({"emply_users": logins.assign(**names)})


def _without_protected_roles(person: Person) -> Inputs:
    logins, protected = person.inputs.emply_users, set(person.identities.mapping.protected_roles)
    mine = (logins["emply_user_id"] == person.id_of("emply_user_id")).to_numpy(dtype=bool)
    kept = [
        [role for role in roles if not (own and role in protected)]
        for roles, own in zip(logins["role_ids"].tolist(), mine, strict=True)
    ]
    roles = pd.Series(kept, index=logins.index).astype(logins["role_ids"].dtype)
    return person.inputs.with_frames({"emply_users": logins.assign(role_ids=roles)})


def _a_picture(person: Person) -> Inputs:
    photos = person.inputs.entra_photos
    photo = {"entra_id": person.id_of("entra_id"), "etag": "another"}
    others = photos[photos["entra_id"] != photo["entra_id"]]
    return person.inputs.with_frames({"entra_photos": _with_row(others, photo)})


def _may_edit(person: Person) -> Inputs:
    calendars = person.inputs.entra_calendars
    mine = (calendars["entra_id"] == person.id_of("entra_id")) & (calendars["name"] == person.calendar).fillna(False)
    can_edit = calendars["can_edit"].astype(bool) | mine.astype(bool)
    return person.inputs.with_frames({"entra_calendars": calendars.assign(can_edit=can_edit)})


def _with_row(frame: pd.DataFrame, row: Mapping[str, object]) -> pd.DataFrame:
    added = pd.DataFrame([row]).reindex(columns=frame.columns).astype(frame.dtypes.to_dict())
    return pd.concat([frame, added], ignore_index=True)


def _only(row: int) -> Any:  # noqa: ANN401 (an array of one)
    return pd.Index([row]).to_numpy()


LEVERS: Mapping[str, Lever] = {
    "integration_on": _setting(enabled=True),
    "roles_synchronized": _setting(synchronize_roles=True),
    "profile_pictures": _setting(profile_pictures=True),
    "calendars_on": _setting(synchronize_calendars=True),
    "may_activate": _setting(reactivate="all"),
    "enabled": _cell("entra_users", "entra_id", "account_enabled", value=True),
    "has_email": _cell("entra_users", "entra_id", "mail", _NEW_ADDRESS),
    "not_left_alone": _cell("entra_users", "entra_id", "mail", _NEW_ADDRESS),
    "stays_active": _cell("emply_users", "emply_user_id", "active", value=True),
    "employee_not_archived": _cell("emply_employees", "employee_id", "status", "active"),
    "in_group": _join_group,
    "in_giving_group": _join_group,
    "not_in_room": _leave_rooms,
    "without_employee": _no_employee,
    "address_free": _nobody_has_the_address,
    "no_protected_role": _without_protected_roles,
    "photo_in_entra": _a_picture,
    "photo_changed": _a_picture,
    "may_edit_named": _may_edit,
}
"""The change, by the condition that holds with it."""
WITHOUT_VALUE = {
    "has_email": "the user has an e-mail address in Entra",
    "not_left_alone": "the user has an e-mail in Entra that nobody else has",
    "without_employee": "no employee controls the user",
}
"""What is needed, where its value is nothing to tell."""
