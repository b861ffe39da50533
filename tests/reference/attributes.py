"""A: names, titles and addresses of Emply users."""

from tests.reference.planned import Found, Planned
from tests.reference.terms import (
    Inputs,
    Person,
    Row,
    action,
    as_address,
    email_as_written,
    finding,
    key,
    trimmed,
    written,
)

FOLLOWS = {"firstName": "givenName", "lastName": "surname", "jobTitle": "jobTitle", "mobilePhone": "mobilePhone"}


def plan_attributes(inputs: Inputs, person: Person, planned: Planned) -> Found:
    """The `update_user` and the finding of A for one person."""
    if not person.matched:
        return [], []
    if person.employee is not None:  # A3
        inputs.trace["A3"] += 1
        return [], []
    assert person.user is not None
    assert person.login is not None
    before: Row = {}
    after: Row = {}
    for emply_name, entra_name in FOLLOWS.items():  # A1
        value = written(person.user.get(entra_name))
        if value is not None and trimmed(value) != trimmed(person.login.get(emply_name)):
            before[emply_name] = written(person.login.get(emply_name))
            after[emply_name] = value
    rule = "A1" if after else "A2"

    taken = False
    for name, value in wanted_addresses(person).items():  # A2
        if is_taken(inputs, person, value, planned):
            taken = True
        else:
            before[name], after[name] = None, value
            inputs.trace["A2"] += 1

    findings = [finding(person, "address_taken", "A2")] if taken else []
    if not after:
        return [], findings
    inputs.trace["A1"] += rule == "A1"
    inputs.trace["A4"] += 1
    return [action(person, "emply.update_user", rule, before=before, after=after)], findings


def wanted_addresses(person: Person) -> Row:
    """A2: what Emply lacks, with the values of L1."""
    if not person.matched or person.left_alone or person.employee is not None:
        return {}
    user, login = person.user or {}, person.login or {}
    values = {"email": email_as_written(user), "username": as_address(user.get("userPrincipalName"))}
    return {name: value for name, value in values.items() if value is not None and key(login.get(name)) is None}


def is_taken(inputs: Inputs, person: Person, value: str, planned: Planned) -> bool:
    """A2: another Emply user carries it, somebody gets it by L1 in this plan, or another is to be filled with it."""
    others = [login for login in inputs.emply("users") if login["id"] != person.login_id]
    created = [row["after"] for _, row in planned.actions if row["rule"] == "L1"]
    filled = [wanted_addresses(other) for other in planned.people if other is not person]
    by = {
        "carried": _has(others, value),
        "created": _has(created, value),
        "wanted twice": _has(filled, value),
    }
    for what, holds in by.items():
        inputs.trace[f"A2 {what}"] += holds
    return any(by.values())


def _has(rows: list[Row], value: str) -> bool:
    """As username or as e-mail."""
    return any(key(row.get(name)) == key(value) for row in rows for name in ("username", "email"))
