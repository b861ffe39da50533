"""The conditions of M. `M2` and `M3` compare those that the rule before left; M4 looks at the same ones."""

from collections.abc import Callable

from tests.reference.conditions.case import Case
from tests.reference.conditions.common import Answer, has_no_link
from tests.reference.matching import addresses_of_login, addresses_that_count
from tests.reference.terms import (
    Person,
    Row,
    email_of_entra_user,
    is_enabled,
    is_guest,
    key,
    own_addresses,
    principal_name,
)

KeyOf = Callable[[Row], str | None]


def username_of(login: Row) -> str | None:
    return key(login.get("username"))


def email_of_login(login: Row) -> str | None:
    return key(login.get("email"))


def nothing_before_m2(_case: Case, person: Person) -> Answer:
    return not person.linked


def nothing_before_m3(_case: Case, person: Person) -> Answer:
    return not person.linked and person.matched_by != "username"


def nothing_before_m3b(_case: Case, person: Person) -> Answer:
    return not person.linked and person.matched_by not in ("username", "email")


def has_sign_in_name(_case: Case, person: Person) -> Answer:
    return principal_name(person.user or {}) is not None


def has_address(_case: Case, person: Person) -> Answer:
    return email_of_entra_user(person.user or {}) is not None


def sign_in_name_once(case: Case, person: Person) -> Answer:
    users, logins = _carriers(case, "M2", principal_name, username_of, person)
    return len(users) <= 1 and len(logins) <= 1


def address_once(case: Case, person: Person) -> Answer:
    return email_of_entra_user(person.user or {}) not in _unclear_emails(case)


def _unclear_emails(case: Case) -> set[str]:
    """M4 in M3: what several carry, what somebody carries whom M2 left alone, a Guest's that is a Member's, too."""
    users, logins, alone = case.seeking("M3"), case.offered("M3"), alone_in_m2(case)
    unclear = set()
    for wanted in {email_of_entra_user(user) for user in users} - {None}:
        of_users = [user for user in users if email_of_entra_user(user) == wanted]
        of_logins = [login for login in logins if email_of_login(login) == wanted]
        several = len(of_users) > 1 or len(of_logins) > 1
        was_alone = any(row["id"] in alone for row in of_users + of_logins)
        if several or was_alone or (wanted in _emails_of_others(case) and any(map(is_guest, of_users))):
            unclear.add(wanted or "")
    return unclear


def alone_in_m2(case: Case) -> set[str]:
    """The ids of those whose sign-in name or username is not theirs alone."""
    users, logins = case.seeking("M2"), case.offered("M2")
    found: set[str] = set()
    for wanted in {principal_name(user) for user in users} - {None}:
        of_users = [user["id"] for user in users if principal_name(user) == wanted]
        of_logins = [login["id"] for login in logins if username_of(login) == wanted]
        if len(of_users) > 1 or len(of_logins) > 1:
            found |= {*of_users, *of_logins}
    return found


def alone_in_m3(case: Case) -> set[str]:
    """The ids of those whose e-mail is not clearly theirs."""
    unclear = _unclear_emails(case)
    found = {user["id"] for user in case.seeking("M3") if email_of_entra_user(user) in unclear}
    return found | {login["id"] for login in case.offered("M3") if email_of_login(login) in unclear}


def _emails_of_others(case: Case) -> set[str]:
    """M4: the UPNs and e-mails of enabled Members who take no part."""
    return {address for user in members_apart(case) for address in own_addresses(user)}


def members_apart(case: Case) -> list[Row]:
    """The enabled Members who take no part in M3."""
    seeking = {user["id"] for user in case.seeking("M3")}
    members = [user for user in case.inputs.entra("users") if is_enabled(user) and not is_guest(user)]
    return [user for user in members if user["id"] not in seeking]


def sign_in_name_in_emply(case: Case, person: Person) -> Answer:
    return bool(_carriers(case, "M2", principal_name, username_of, person)[1])


def address_in_emply(case: Case, person: Person) -> Answer:
    return bool(_carriers(case, "M3", email_of_entra_user, email_of_login, person)[1])


def _carriers(
    case: Case, rule: str, key_of_user: KeyOf, key_of_login: KeyOf, person: Person
) -> tuple[list[Row], list[Row]]:
    """Those who take part and carry the person's key, the person too."""
    wanted = key_of_user(person.user or {})
    users = [user for user in case.seeking(rule) if key_of_user(user) == wanted]
    return users, [login for login in case.offered(rule) if key_of_login(login) == wanted]


def shares_address(case: Case, person: Person) -> Answer:
    return bool(_sharing(case, person))


def shares_with_one(case: Case, person: Person) -> Answer:
    logins = _sharing(case, person)
    others = [user for user, login in case.shared if login in logins and user is not person.user]
    return len(logins) == 1 and not others


def both_clear(case: Case, person: Person) -> Answer:
    return not {person.entra_id, *(login["id"] for login in _sharing(case, person))} & case.alone


def _sharing(case: Case, person: Person) -> list[Row]:
    return [login for user, login in case.shared if user is person.user]


# What is compared


def sign_in_name(_case: Case, person: Person) -> dict[str, object]:
    return {"key": principal_name(person.user or {})}


def address(_case: Case, person: Person) -> dict[str, object]:
    return {"key": email_of_entra_user(person.user or {})}


def shared_addresses(case: Case, person: Person) -> dict[str, object]:
    """M3b: the addresses of each login that shares one; of several a login may name any."""
    if len(_sharing(case, person)) != 1 or person.user is None:
        return {}
    (login,) = _sharing(case, person)
    both = addresses_that_count(case.inputs, person.user) & addresses_of_login(case.inputs, login)
    return {"address": [*both]} if len(both) == 1 else {}


CONDITIONS = {
    "not_linked": has_no_link,
    "not_linked_yet": nothing_before_m2,
    "not_matched_yet": nothing_before_m3,
    "not_matched_by_key": nothing_before_m3b,
    "has_sign_in_name": has_sign_in_name,
    "sign_in_name_once": sign_in_name_once,
    "sign_in_name_in_emply": sign_in_name_in_emply,
    "has_address": has_address,
    "address_once": address_once,
    "address_in_emply": address_in_emply,
    "shares_address": shares_address,
    "shares_with_one": shares_with_one,
    "both_clear": both_clear,
}

COMPARED = {
    **dict.fromkeys(("has_sign_in_name", "sign_in_name_once", "sign_in_name_in_emply"), sign_in_name),
    **dict.fromkeys(("has_address", "address_once", "address_in_emply"), address),
    "shares_address": shared_addresses,
}
