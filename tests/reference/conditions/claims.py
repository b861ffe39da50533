"""What a clause says of the values that it names, beyond that the condition holds or does not: "no employee has the
e-mail X". Judged with the values as the product compared them.
"""

from collections.abc import Mapping
from typing import Any

from tests.reference.conditions.case import Case
from tests.reference.conditions.matching import (
    KeyOf,
    alone_in_m2,
    alone_in_m3,
    email_of_login,
    members_apart,
    username_of,
)
from tests.reference.lifecycle import takes_address
from tests.reference.terms import Person, Row, email_of_entra_user, is_guest, key, own_addresses, principal_name

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


def they_take_an_address(case: Case, person: Person, values: Values) -> bool:
    """L1a: those who are named are among the logins that have one of the user's addresses."""
    others = case.planned.people
    logins = [row for row in case.inputs.emply("users") if takes_address(case.inputs, person, row, others)]
    named = {key(name) for name in values["carriers"]}
    return bool(named) and named <= {key(_called(row)) for row in logins}


def they_carry_the_name(case: Case, person: Person, values: Values) -> bool:
    """M2: those who are named are the others who carry the sign-in name."""
    return _others(values) == _carriers(case, "M2", principal_name, username_of, person)


def they_carry_the_address(case: Case, person: Person, values: Values) -> bool:
    """M3: those who are named are the others who carry the e-mail; of a Guest's, Members too who take no part (M4)."""
    user = person.user or {}
    members = members_apart(case) if is_guest(user) else []
    apart = [row.get("userPrincipalName") for row in members if email_of_entra_user(user) in own_addresses(row)]
    taking_part = _carriers(case, "M3", email_of_entra_user, email_of_login, person)
    return _others(values) == sorted([*taking_part, *filter(None, map(key, apart))])


def _carriers(case: Case, rule: str, of_user: KeyOf, of_login: KeyOf, person: Person) -> list[str]:
    wanted = of_user(person.user or {})
    users = [row for row in case.seeking(rule) if of_user(row) == wanted and row["id"] != person.entra_id]
    logins = [row for row in case.offered(rule) if of_login(row) == wanted]
    names = [row.get("userPrincipalName") for row in users]
    return sorted(filter(None, map(key, [*names, *map(_called, logins)])))


def _others(values: Values) -> list[str]:
    return sorted(filter(None, map(key, values["carriers"])))


def _called(login: Row) -> str:
    """Its username, else its e-mail, else its id."""
    names = (login.get("username"), login.get("email"))
    return next((name for name in names if name is not None and key(name) is not None), str(login["id"]))


CLAIMS = {
    ("address_taken", True): they_take_an_address,
    ("address_free", False): they_take_an_address,
    ("sign_in_name_once", False): they_carry_the_name,
    ("address_once", False): they_carry_the_address,
    ("with_employee", False): nobody_employed_has,
    ("without_employee", True): nobody_employed_has,
    ("left_alone", True): is_not_clear,
    ("not_left_alone", False): is_not_clear,
    ("employee_by_entra_email", True): employee_found_has,
}
"""By condition, and whether it holds."""
