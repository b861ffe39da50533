"""M, explained: whom the person was matched with, and why with nobody else."""

from collections.abc import Iterator

from entra_emply.reconciliation.explain.facts import Facts, Other
from entra_emply.reconciliation.explain.statement import Statement, decided, first_of, listed, might_have, no_part

_WHAT = {"username": "the sign-in name in Entra and the username in Emply", "email": "the e-mails in both systems"}
_CALLED = {
    ("entra", "username"): "sign-in name",
    ("emply", "username"): "username",
    ("entra", "email"): "e-mail",
    ("emply", "email"): "e-mail",
}
_HOW = {
    "username": "the sign-in name in Entra equalled the username in Emply",
    "email": "the e-mails were equal",
    "created": "the pipeline made this login for this Entra user",
}


def statements(facts: Facts) -> Iterator[Statement]:
    """M1 to M6, in order."""
    yield _link(facts)
    yield _by_key(facts, "M2", "username")
    yield _by_key(facts, "M3", "email")
    yield _ambiguous(facts)
    linking = facts.action(kind="link_user")
    if linking:
        yield decided("M5", "This plan records the link between the Entra user and the Emply user.")
    else:
        yield no_part("M5", "There is no new match to record.")
    yield _external(facts)


def counterpart(facts: Facts) -> str:
    """How the two systems' users belong together, in one sentence."""
    return (
        first_of(
            (facts.left_alone, "More than one user carries the address, so nobody of them is matched or changed."),
            (not facts.settings.enabled and not facts.linked, "The integration is switched off, so nobody is matched."),
            (facts.gone, "The Emply user is linked to an Entra user that is gone."),
            (facts.linked, _since(facts)),
            (facts.matched_by == "username", "They match: the sign-in name in Entra equals the username in Emply."),
            (facts.matched_by == "email", "They match: the e-mails are equal."),
            (facts.made_since, "The run made a login for this Entra user and linked the two."),
            (facts.entra is not None, "No Emply user belongs to this Entra user."),
            (facts.login is not None, "No Entra user belongs to this Emply user: it is external."),
        )
        or "There is only an employee: no user in Entra and no login in Emply."
    )


def _since(facts: Facts) -> str:
    if facts.link is None:
        return "The two users are linked."
    how = _HOW.get(str(facts.link["matched_by"]), "somebody linked them")
    return f"The two users are linked since {facts.link['at']:%Y-%m-%d}: {how}."


def _link(facts: Facts) -> Statement:
    if facts.linked and facts.entra is not None:
        return decided("M1", f"{counterpart(facts)} A link holds while both users exist, whatever they are renamed to.")
    if facts.gone:
        return decided("M1", "The Emply user stays linked although the Entra user is gone, so that it is deactivated.")
    if facts.identity.get("replaces_link"):
        return decided(
            "M1", "The Emply user was linked to an Entra user that is gone; the new match replaces that link."
        )
    if facts.login is not None and facts.archived:
        return might_have("M1", "The employee of this Emply user is archived, so the login is matched with nobody new.")
    if facts.link is not None and facts.login is None and not facts.made_since:
        return might_have("M1", "The linked Emply user does not exist any more; the Entra user counts as not linked.")
    return no_part("M1", "No link is recorded.")


def _by_key(facts: Facts, rule: str, key: str) -> Statement:
    """M2 and M3."""
    if facts.matched_by == key:
        return decided(rule, f"Matched, because {_WHAT[key]} are equal.")
    needless = first_of(
        (facts.linked, "Not needed: there is a link already (M1)."),
        (facts.matched_by is not None, "Not needed: the other comparison has matched already."),
        (facts.entra is None and facts.login is None, "There is no user to match."),
    )
    if needless:
        return no_part(rule, needless)
    missed = [other for other in facts.candidates if key in other.shares]
    if missed:
        return might_have(rule, f"Equal, but not matched: {_told(missed)}.")
    if facts.entra is None:
        carried = str((facts.login or {}).get(key) or "such an address")
        return no_part(rule, f"No Entra user has {carried} as its {_CALLED['entra', key]}.")
    own = facts.entra["user_principal_name"] if key == "username" else facts.address
    if not own:
        return no_part(rule, f"The Entra user has no {_CALLED['entra', key]} to compare.")
    return might_have(rule, f"No Emply user has {own} as its {_CALLED['emply', key]}.")


def _ambiguous(facts: Facts) -> Statement:
    if facts.left_alone:
        sharing = [*facts.rivals, *facts.candidates]
        shared = f" Also carried by: {listed([named(other) for other in sharing])}." if sharing else ""
        return decided("M4", f"More than one user carries the same address, so all of them are left alone.{shared}")
    if facts.rivals:
        return might_have(
            "M4", f"Others carry the same address, but the match is clear all the same: {_told(list(facts.rivals))}."
        )
    return no_part("M4", "Nobody else in the same system carries this address.")


def _external(facts: Facts) -> Statement:
    if facts.external:
        return decided("M6", "This Emply user belongs to no Entra user: it is external, and nothing of it is changed.")
    return no_part("M6", "The login is not external." if facts.login is not None else "There is no login in Emply.")


def _told(others: list[Other]) -> str:
    return listed([named(other) for other in others])


def named(other: Other) -> str:
    """Somebody else, and why it is not the person's counterpart."""
    system = "Entra user" if other.system == "entra" else "Emply user"
    return f"the {system} {other.who} ({other.why})"
