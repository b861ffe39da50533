"""Tiny scenarios for tests of one rule: people by first name, groups and roles by title, defaults for everything else.

Ids are made of the kind and the name: `entra-megan`, `login-megan`, `employee-megan`, `group-HR`, `role-HR`.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypedDict, Unpack

from tests.reference.subject import Row, Scenario

NOW = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
ROLES = ("Employee", "HR", "Manager", "Payroll", "New employee", "Administrator")
EMPLOYEES = {"Employees": "Employee"}  # the mapping where a test says nothing else
ROOMS = "Meeting rooms"


class SomeSettings(TypedDict, total=False):
    """Keys of settings.yaml; one that is None counts as absent."""

    enabled: bool | None
    synchronize_roles: bool | None
    reactivate: str | None
    synchronize_calendars: bool | None
    always_share_dates_and_titles: bool | None
    profile_pictures: bool | None
    nested_groups: bool | None
    protected_roles: Iterable[str] | None
    groups: Iterable[Row] | None
    calendar_window: Mapping[str, int] | None
    entra_write_back: Mapping[str, bool] | None
    sso: Mapping[str, str | None] | None
    guards: Mapping[str, float | Mapping[str, float]] | None


def address(name: str) -> str:
    return f"{name}@contoso.com"


def person(name: str = "megan", /, *, groups: Iterable[str] = ("Employees",), **graph: Any) -> Row:  # noqa: ANN401
    """An enabled Entra user, with Graph's own property names, and the groups it is in."""
    return {"id": f"entra-{name}", "userPrincipalName": address(name), "groups": list(groups), **graph}


def login(name: str = "megan", /, *, roles: Iterable[str] = ("Employee",), **emply: Any) -> Row:  # noqa: ANN401
    """An active Emply user."""
    roles = [f"role-{title}" for title in roles]
    return {"id": f"login-{name}", "username": address(name), "email": address(name), "roleIds": roles, **emply}


def employee(name: str = "megan", /, **emply: Any) -> Row:  # noqa: ANN401
    """An active employee."""
    return {"id": f"employee-{name}", "number": 1, "email": address(name), **emply}


def scenario(
    people: Iterable[Row] = (),
    logins: Iterable[Row] = (),
    employees: Iterable[Row] = (),
    *,
    linked: Iterable[str | tuple[str, str]] = (),
    mapping: Mapping[str, str] = EMPLOYEES,
    nested: Mapping[str, Iterable[str]] | None = None,
    reconciled: Mapping[str, Mapping[str, str | None]] | None = None,
    state: Row | None = None,
    entra: Row | None = None,
    emply: Row | None = None,
    unreadable: Row | None = None,
    member_read_hidden: bool = False,
    **settings: Unpack[SomeSettings],
) -> Scenario:
    """The arguments of an implementation.

    `linked` are names, or pairs of an Entra user's and an Emply user's name; `mapping` is group to role; `nested` are
    groups in groups; `reconciled` are role states: name of the Emply user to group to role; `entra` and `emply` are
    more of the scenario; `unreadable` is {"photos", "mailboxes", "sources"}. All groups anybody is in exist; those of
    `mapping`, and the rooms, are in the settings.
    """
    people, nested = list(people), nested or {}
    names = list(dict.fromkeys([*mapping, *nested, *(group for row in people for group in row["groups"]), ROOMS]))
    members = {
        name: [row["id"] for row in people if name in row["groups"]]
        + [f"group-{inner}" for inner in nested.get(name, [])]
        for name in names
    }
    systems = {
        "entra": {
            "users": [{name: value for name, value in row.items() if name != "groups"} for row in people],
            "groups": [{"id": f"group-{name}", "displayName": name, "members": members[name]} for name in names],
            **(entra or {}),
        },
        "emply": {
            "users": list(logins),
            "employees": list(employees),
            "roles": [{"id": f"role-{title}", "title": title} for title in ROLES],
            "departments": [{"id": "department-Copenhagen", "title": "Copenhagen"}],
            **(emply or {}),
        },
    }
    groups: list[Row] = [{"group": name, "default_role": role} for name, role in mapping.items()]
    groups.append({"group": ROOMS, "meeting_rooms": True})
    pairs = [(name, name) if isinstance(name, str) else name for name in linked]
    recorded = {
        "links": [{"entraId": f"entra-{user}", "emplyUserId": f"login-{login}"} for user, login in pairs],
        "roleStates": [
            {"emplyUserId": f"login-{name}", "groupId": f"group-{group}", "roleId": role and f"role-{role}"}
            for name, groups_then in (reconciled or {}).items()
            for group, role in groups_then.items()
        ],
        **(state or {}),
    }
    document: Row = {"synchronize_roles": True, "groups": groups, **settings}
    return systems, document, recorded, NOW, unreadable or {}, member_read_hidden


def ago(**time: float) -> str:
    """A moment before the plan, ISO 8601."""
    return (NOW - timedelta(**time)).isoformat().replace("+00:00", "Z")


def deactivated(name: str, at: str, *, approved: bool = False) -> Row:
    """A row of the state's `deactivations`."""
    return {"emplyUserId": f"login-{name}", "at": at, "approved": approved}


def granted(name: str, at: str, *, approved: bool = False) -> Row:
    """A row of the state's `grants`."""
    return {"entraId": f"entra-{name}", "at": at, "approved": approved}


def told(plan: Row) -> list[str]:
    """The whole plan in short lines, sorted: "L6 deactivate_user megan (account_disabled) held by G1"."""
    lines = []
    for row in plan["actions"]:
        reason = f" ({row['reason']})" if row["reason"] else ""
        held = f" held by {' '.join(row['held_by'])}" if row["held_by"] else ""
        lines.append(f"{row['rule']} {row['kind']} {_who(row)}{reason}{held}")
    for row in plan["findings"]:
        rule = f"{row['rule']} " if row["rule"] else ""
        lines.append(f"{rule}{row['code']} {_who(row) or row['subject']}")
    return sorted(lines)


def change(plan: Row, kind: str) -> tuple[Row | None, Row | None]:
    """`before` and `after` of the plan's only action of this kind."""
    (row,) = [row for row in plan["actions"] if row["kind"] == kind]
    return row["before"], row["after"]


def after_of(plan: Row, kind: str) -> Row:
    """`after` of the plan's only action of this kind, which has one."""
    _, after = change(plan, kind)
    assert after is not None
    return after


def _who(row: Row) -> str:
    ends = [(row["entra_id"] or "").removeprefix("entra-"), (row["emply_user_id"] or "").removeprefix("login-")]
    return "/".join(dict.fromkeys(filter(None, ends)))
