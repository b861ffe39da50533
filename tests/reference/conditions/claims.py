"""What a clause says of the values that it names, beyond that the condition holds or does not: "no employee has the
e-mail X". Judged with the values as the product compared them.
"""

from collections.abc import Mapping
from typing import Any

from tests.reference.conditions.case import Case
from tests.reference.conditions.matching import alone_in_m2, alone_in_m3
from tests.reference.terms import Person, email_of_entra_user, key, principal_name

Values = Mapping[str, Any]


def nobody_employed_has(case: Case, _person: Person, values: Values) -> bool:
    """No employee has the e-mail that is named."""
    return not case.inputs.employees_by_email(key(values["email"]))


def is_not_clear(case: Case, person: Person, values: Values) -> bool:
    """The address that is named is one for which M4 leaves the person alone."""
    shared = key(values["shared"])
    by_name, by_email = alone_in_m2(case), alone_in_m3(case)
    mine = {person.entra_id, person.login_id}
    user, login = person.user or {}, person.login or {}
    names = {principal_name(user), key(login.get("username"))} if mine & by_name else set()
    emails = {email_of_entra_user(user), key(login.get("email"))} if mine & by_email else set()
    return shared in names | emails


def employee_found_has(_case: Case, person: Person, values: Values) -> bool:
    """An employee has the Entra user's e-mail, which is named, and the login has another one (L12)."""
    carried = key((person.employee or {}).get("email"))
    mine = email_of_entra_user(person.user or {})
    return carried == mine == key(values["email"]) != key(values["login_email"])


CLAIMS = {
    ("with_employee", False): nobody_employed_has,
    ("without_employee", True): nobody_employed_has,
    ("left_alone", True): is_not_clear,
    ("not_left_alone", False): is_not_clear,
    ("employee_by_entra_email", True): employee_found_has,
}
"""By condition, and whether it holds."""
