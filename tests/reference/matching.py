"""M: which Emply user is which Entra user's."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from tests.reference.terms import Inputs, Person, Row, action, email_of_entra_user, finding, key, make_person, status

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
    # Emply users whose Entra end is gone and was not made anew: they stay linked.
    known = {person.login_id for person in everybody} | alone_logins
    for login_id, entra_id in old_link.items():
        if login_id in logins and login_id not in known:
            login = logins[login_id]
            everybody.append(make_person(inputs, entra_id=entra_id, user=None, login=login, linked=True))
    inputs.trace["M4 Entra end gone"] += sum(login_id in old_link for login_id in alone_logins)
    known = {person.login_id for person in everybody} | alone_logins
    external = [_only_login(inputs, login) for login in logins.values() if login["id"] not in known]
    inputs.trace["M6"] += len(external)
    alone = [_only_login(inputs, logins[login_id], left_alone=True) for login_id in alone_logins]
    return Everybody(everybody, external, alone)


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
    """The Entra and the Emply users of M2 and M3: without a link that holds; in scope; not a leaver's login."""
    linked_users = {person.entra_id for person in linked}
    linked_logins = {person.login_id for person in linked}
    seeking = [user for user in inputs.entra("users") if user["id"] not in linked_users and inputs.in_scope(user)]
    offered = []
    for login in inputs.emply("users"):
        if login["id"] in linked_logins:
            continue
        if status(inputs.best_employee(login.get("employeeId"), key(login.get("email")))) == "archived":
            inputs.trace["M1 leaver's login"] += 1
            continue
        offered.append(login)
    return seeking, offered


def _match(
    inputs: Inputs, seeking: list[Row], offered: list[Row]
) -> tuple[list[tuple[Row, Row, str]], set[str], set[str]]:
    """M2, then M3 among those that M2 left; M4 in both. The pairs, and the ids of who is left alone."""
    by_username, alone_users, alone_logins = _pair(
        seeking,
        offered,
        key_of_user=lambda user: key(user.get("userPrincipalName")),
        key_of_login=lambda login: key(login.get("username")),
    )
    matched_users = {user["id"] for user, _ in by_username}
    matched_logins = {login["id"] for _, login in by_username}
    by_email, more_users, more_logins = _pair(
        [user for user in seeking if user["id"] not in matched_users],
        [login for login in offered if login["id"] not in matched_logins],
        key_of_user=email_of_entra_user,
        key_of_login=lambda login: key(login.get("email")),
        alone=alone_users | alone_logins,
    )
    inputs.trace["M4 in M2"] += len(alone_users)
    inputs.trace["M4 in M3"] += len(more_users - alone_users)
    pairs = [(*pair, "username") for pair in by_username] + [(*pair, "email") for pair in by_email]
    return pairs, alone_users | more_users, alone_logins | more_logins


def _pair(
    seeking: list[Row],
    offered: list[Row],
    *,
    key_of_user: KeyOf,
    key_of_login: KeyOf,
    alone: Collection[str] = (),
) -> tuple[list[tuple[Row, Row]], set[str], set[str]]:
    """M2 or M3, with M4: the pairs of equal keys, and the ids of the users and logins that are left alone.

    `alone`, ids of both kinds, were left alone before: they still count, and make their keys ambiguous.
    """
    pairs: list[tuple[Row, Row]] = []
    alone_users: set[str] = set()
    alone_logins: set[str] = set()
    for wanted in {key_of_user(user) for user in seeking} - {None}:
        carriers = [user for user in seeking if key_of_user(user) == wanted]
        candidates = [login for login in offered if key_of_login(login) == wanted]
        was_left_alone = any(row["id"] in alone for row in carriers + candidates)
        if len(carriers) > 1 or len(candidates) > 1 or was_left_alone:
            alone_users |= {user["id"] for user in carriers}
            alone_logins |= {login["id"] for login in candidates}
        elif candidates:
            pairs.append((carriers[0], candidates[0]))
    return pairs, alone_users, alone_logins


def links(inputs: Inputs, person: Person) -> list[Row]:
    """M5: what is planned for a person that this plan matches."""
    if person.matched_by is None:
        return []
    rule = "M2" if person.matched_by == "username" else "M3"
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
