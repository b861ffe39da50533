"""A: names, titles and addresses of Emply users."""

from tests.reference.lifecycle import carries_email, carries_username
from tests.reference.planned import Found, Planned
from tests.reference.terms import Inputs, Person, Row, action, email_as_written, finding, key, trimmed, written

FOLLOWS = {"firstName": "givenName", "lastName": "surname", "jobTitle": "jobTitle", "mobilePhone": "mobilePhone"}


def plan_attributes(inputs: Inputs, person: Person, planned: Planned) -> Found:
    """The `update_user` and the finding of A for one person."""
    del planned
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

    taken = False  # A2
    others = [login for login in inputs.emply("users") if login["id"] != person.login_id]
    email, username = email_as_written(person.user), written(person.user.get("userPrincipalName"))
    if key(person.login.get("email")) is None and email is not None:
        if any(carries_email(login, person.user) for login in others):
            taken = True
        else:
            before["email"], after["email"] = None, email
            inputs.trace["A2"] += 1
    if key(person.login.get("username")) is None and username is not None:
        if any(carries_username(login, person.user) for login in others):
            taken = True
        else:
            before["username"], after["username"] = None, username
            inputs.trace["A2"] += 1

    findings = [finding(person, "address_taken", "A2")] if taken else []
    if not after:
        return [], findings
    inputs.trace["A1"] += rule == "A1"
    inputs.trace["A4"] += 1
    return [action(person, "emply.update_user", rule, before=before, after=after)], findings
