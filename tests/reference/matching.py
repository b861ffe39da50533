"""M: which Emply user is which Entra user's."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from tests.reference.terms import (
    Inputs,
    Person,
    Row,
    action,
    addresses,
    email_of_entra_user,
    finding,
    is_enabled,
    is_guest,
    key,
    make_person,
    own_addresses,
    principal_name,
    status,
)

KeyOf = Callable[[Row], str | None]


@dataclass
class Everybody:
    """All Entra users that matter and all Emply users, each once."""

    people: list[Person]  # linked, matched or in scope: whom the other letters speak about
    external: list[Person]  # M6: Emply users that are nobody's
    alone: list[Person]  # M4: Emply users that are left alone; the Entra users that are so are among the people


def everybody_of(inputs: Inputs) -> Everybody:
    users = {user["id"]: user for user in inputs.entra("users")}
    logins = {login["id"]: login for login in inputs.emply("users")}
    old_link = {link["emplyUserId"]: link["entraId"] for link in inputs.recorded("links")}

    # M1: a link holds while both ends exist.
    everybody = []
    for link in inputs.recorded("links"):
        user, login = users.get(link["entraId"]), logins.get(link["emplyUserId"])
        if user is not None and login is not None:
            everybody.append(make_person(inputs, entra_id=user["id"], user=user, login=login, linked=True))
    _trace_links(inputs, everybody, users, logins)

    seeking, offered = _who_takes_part(inputs, everybody)
    pairs, alone_users, alone_logins = _match(inputs, seeking, offered)
    for user, login, matched_by in pairs:
        replaces = login["id"] in old_link
        inputs.trace["M1 link replaced"] += replaces
        everybody.append(
            make_person(
                inputs, entra_id=user["id"], user=user, login=login, matched_by=matched_by, replaces_link=replaces
            )
        )
    # Entra users without an Emply user.
    known = {person.entra_id for person in everybody}
    for user in seeking:
        if user["id"] not in known:
            alone = user["id"] in alone_users
            everybody.append(make_person(inputs, entra_id=user["id"], user=user, login=None, left_alone=alone))
    # Emply users whose Entra end is gone and was not made again: they stay linked.
    known = {person.login_id for person in everybody} | alone_logins
    for login_id, entra_id in old_link.items():
        if login_id in logins and login_id not in known:
            login = logins[login_id]
            everybody.append(make_person(inputs, entra_id=entra_id, user=None, login=login, linked=True))
    inputs.trace["M4 Entra end gone"] += sum(login_id in old_link for login_id in alone_logins)
    known = {person.login_id for person in everybody} | alone_logins
    external = [_only_login(inputs, login) for login in logins.values() if login["id"] not in known]
    inputs.trace["M6"] += len(external)
    left_alone = [_only_login(inputs, logins[login_id], left_alone=True) for login_id in alone_logins]
    return Everybody(everybody, external, left_alone)


def linked_only(inputs: Inputs) -> Everybody:
    """X: nobody is matched, links stay recorded."""
    users = {user["id"]: user for user in inputs.entra("users")}
    links = {link["emplyUserId"]: link["entraId"] for link in inputs.recorded("links")}
    linked, external = [], []
    for login in inputs.emply("users"):
        entra_id = links.get(login["id"])
        if entra_id is None:
            external.append(_only_login(inputs, login))
        else:
            user = users.get(entra_id)
            linked.append(make_person(inputs, entra_id=entra_id, user=user, login=login, linked=True))
    return Everybody(linked, external, [])


def _only_login(inputs: Inputs, login: Row, *, left_alone: bool = False) -> Person:
    return make_person(inputs, entra_id=None, user=None, login=login, left_alone=left_alone)


def _who_takes_part(inputs: Inputs, linked: list[Person]) -> tuple[list[Row], list[Row]]:
    """The Entra and the Emply users of M2, M3 and M3b: without a link that holds; in scope; not a leaver's login."""
    linked_users = {person.entra_id for person in linked}
    linked_logins = {person.login_id for person in linked}
    seeking = [user for user in inputs.entra("users") if user["id"] not in linked_users and inputs.in_scope(user)]
    offered = []
    for login in inputs.emply("users"):
        if login["id"] in linked_logins:
            continue
        if is_leavers_login(inputs, login):
            inputs.trace["M1 leaver's login"] += 1
            continue
        offered.append(login)
    return seeking, offered


def _match(
    inputs: Inputs, seeking: list[Row], offered: list[Row]
) -> tuple[list[tuple[Row, Row, str]], set[str], set[str]]:
    """M2, M3 and M3b, each among those that the one before left, with M4: the pairs, the ids of who is left alone."""
    by_username, alone_users, alone_logins = _pair(
        inputs,
        seeking,
        offered,
        key_of_user=principal_name,
        key_of_login=lambda login: key(login.get("username")),
    )
    seeking, offered = _unmatched(seeking, offered, by_username)
    by_email, more_users, more_logins = _pair(
        inputs,
        seeking,
        offered,
        key_of_user=email_of_entra_user,
        key_of_login=lambda login: key(login.get("email")),
        alone=alone_users | alone_logins,
        keys_of_members=_keys_of_other_members(inputs, seeking),
    )
    inputs.trace["M4 in M2"] += len(alone_users)
    inputs.trace["M4 in M3"] += len(more_users - alone_users)
    alone_users, alone_logins = alone_users | more_users, alone_logins | more_logins
    seeking, offered = _unmatched(seeking, offered, by_email)
    by_address = _pair_by_address(inputs, seeking, offered, alone_users | alone_logins)
    pairs = [(*pair, "username") for pair in by_username] + [(*pair, "email") for pair in by_email]
    pairs += [(*pair, "address") for pair in by_address]
    return pairs, alone_users, alone_logins


def _unmatched(seeking: list[Row], offered: list[Row], pairs: list[tuple[Row, Row]]) -> tuple[list[Row], list[Row]]:
    users, logins = {user["id"] for user, _ in pairs}, {login["id"] for _, login in pairs}
    return [row for row in seeking if row["id"] not in users], [row for row in offered if row["id"] not in logins]


def _keys_of_other_members(inputs: Inputs, seeking: list[Row]) -> set[str]:
    """M4: the UPNs and e-mails of enabled Members who are out of scope or matched already."""
    seekers = {user["id"] for user in seeking}
    others = [user for user in inputs.entra("users") if is_enabled(user) and not is_guest(user)]
    return {address for user in others if user["id"] not in seekers for address in own_addresses(user)}


def _pair_by_address(
    inputs: Inputs, seeking: list[Row], offered: list[Row], alone: Collection[str]
) -> list[tuple[Row, Row]]:
    """M3b. Those left alone match nobody, and still count as people that somebody shares with."""
    shared = [(user, login) for user in seeking for login in offered if share_address(inputs, user, login)]
    pairs = []
    for user, login in shared:
        logins = [other for each, other in shared if each is user]
        users = [each for each, other in shared if other is login]
        several = len(logins) > 1 or len(users) > 1
        inputs.trace["M3b several"] += several
        if not several and user["id"] not in alone and login["id"] not in alone:
            pairs.append((user, login))
    return pairs


def share_address(inputs: Inputs, user: Row, login: Row) -> bool:
    """M3b: an address of the Entra user that counts is the Emply user's or its carried employee's; not refused."""
    if is_linked(inputs, login) or is_refused(inputs, user, login):
        return False
    return bool(addresses_that_count(inputs, user) & addresses_of_login(inputs, login))


def is_linked(inputs: Inputs, login: Row) -> bool:
    """Its Entra end may be gone, too."""
    return any(link["emplyUserId"] == login["id"] for link in inputs.recorded("links"))


def is_refused(inputs: Inputs, user: Row, login: Row) -> bool:
    """A person said that the two are not the same."""
    found = any((row["entraId"], row["emplyUserId"]) == (user["id"], login["id"]) for row in inputs.recorded("refused"))
    inputs.trace["M3b refused"] += found
    return found


def addresses_that_count(inputs: Inputs, user: Row) -> set[str]:
    """M3b: without those that are the UPN or e-mail of another enabled Entra user."""
    if user["id"] not in inputs.counting:
        others = [row for row in inputs.entra("users") if row["id"] != user["id"] and is_enabled(row)]
        mine, theirs = addresses(user), {address for row in others for address in own_addresses(row)}
        inputs.trace["M3b another's address"] += bool(mine & theirs)
        inputs.counting[user["id"]] = mine - theirs
    return inputs.counting[user["id"]]


def addresses_of_login(inputs: Inputs, login: Row) -> set[str]:
    """M3b: the username, the e-mail, and the e-mail of the employee whose id it carries."""
    carried = [row for row in inputs.emply("employees") if row["id"] == login.get("employeeId")]
    found = {key(login.get("username")), key(login.get("email")), *(key(row.get("email")) for row in carried)}
    return {address for address in found if address is not None}


def is_leavers_login(inputs: Inputs, login: Row) -> bool:
    """M1: the employee, by the carried id or the Emply user's own e-mail, is archived."""
    return status(inputs.best_employee(login.get("employeeId"), key(login.get("email")))) == "archived"


def _pair(
    inputs: Inputs,
    seeking: list[Row],
    offered: list[Row],
    *,
    key_of_user: KeyOf,
    key_of_login: KeyOf,
    alone: Collection[str] = (),
    keys_of_members: Collection[str] = (),
) -> tuple[list[tuple[Row, Row]], set[str], set[str]]:
    """M2 or M3, with M4: the pairs of equal keys, and the ids of the users and logins that are left alone.

    `alone`, ids of both kinds, were left alone before: they still count, and make their keys ambiguous; so does a Guest
    whose key is among `keys_of_members`.
    """
    pairs: list[tuple[Row, Row]] = []
    alone_users: set[str] = set()
    alone_logins: set[str] = set()
    for wanted in {key_of_user(user) for user in seeking} - {None}:
        carriers = [user for user in seeking if key_of_user(user) == wanted]
        candidates = [login for login in offered if key_of_login(login) == wanted]
        was_left_alone = any(row["id"] in alone for row in carriers + candidates)
        is_a_members = wanted in keys_of_members and any(map(is_guest, carriers))
        if len(carriers) > 1 or len(candidates) > 1 or was_left_alone or is_a_members:
            inputs.trace["M4 a member's address"] += is_a_members
            alone_users |= {user["id"] for user in carriers}
            alone_logins |= {login["id"] for login in candidates}
        elif candidates:
            pairs.append((carriers[0], candidates[0]))
    return pairs, alone_users, alone_logins


def links(inputs: Inputs, person: Person) -> list[Row]:
    """M5: what is planned for a person that this plan matches."""
    if person.matched_by is None:
        return []
    rule = {"username": "M2", "email": "M3", "address": "M3b"}[person.matched_by]
    inputs.trace[rule] += 1
    inputs.trace["M5"] += 1
    return [action(person, "ledger.link_user", rule, before=None, after={"matchedBy": person.matched_by})]


def ambiguous_match(inputs: Inputs, person: Person) -> list[Row]:
    """M4: the only finding for an Entra user that is left alone."""
    inputs.trace["M4"] += 1
    return [finding(person, "ambiguous_match", "M4")]


def _trace_links(inputs: Inputs, linked: list[Person], users: dict[str, Row], logins: dict[str, Row]) -> None:
    for person in linked:
        user, login = person.user or {}, person.login or {}
        renamed = key(user.get("userPrincipalName")) != key(login.get("username"))
        inputs.trace["M1 renamed" if renamed else "M1 kept"] += 1
    for link in inputs.recorded("links"):
        inputs.trace["M1 Entra end gone"] += link["entraId"] not in users and link["emplyUserId"] in logins
        inputs.trace["M1 Emply end gone"] += link["entraId"] in users and link["emplyUserId"] not in logins
