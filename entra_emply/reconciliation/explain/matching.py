"""M, explained: whom the person was matched with, and why with nobody else."""

from entra_emply.reconciliation.explain.facts import Facts, Other
from entra_emply.reconciliation.explain.statement import first_of

_HOW = {
    "username": "the sign-in name in Entra equalled the username in Emply",
    "email": "the e-mails were equal",
    "address": "they shared another address, and a person confirmed that they are the same one",
    "created": "the pipeline made this login for this Entra user",
}


def counterpart(facts: Facts) -> str:
    """How the two systems' users belong together, in one sentence."""
    return (
        first_of(
            (facts.left_alone, "More than one user carries the address, so none of them is matched or changed."),
            (not facts.settings.enabled and not facts.linked, "The integration is switched off, so nobody is matched."),
            (facts.gone, "The Emply user is linked to an Entra user who is gone."),
            (facts.linked, _since(facts)),
            (facts.matched_by == "username", "They match: the sign-in name in Entra equals the username in Emply."),
            (facts.matched_by == "email", "They match: the e-mails are equal."),
            (facts.matched_by == "address", _by_address(facts)),
            (facts.made_since, "The run made a login for this Entra user and linked the two."),
            (facts.entra is not None, "No Emply user belongs to this Entra user."),
            (facts.login is not None, "No Entra user belongs to this Emply user, who is external."),
        )
        or "There is only an employee: no user in Entra and no login in Emply."
    )


def _by_address(facts: Facts) -> str:
    linking = facts.action(kind="link_user")
    if linking and not linking["held_by"]:
        return "They share another address, and somebody said that they are the same person."
    return "They share another address: a person has to say whether they are the same person."


def _since(facts: Facts) -> str:
    if facts.link is None:
        return "The two users are linked."
    how = _HOW.get(str(facts.link["matched_by"]), "somebody linked them")
    return f"The two users have been linked since {facts.link['at']:%Y-%m-%d}: {how}."


def named(other: Other) -> str:
    """Somebody else, and why it is not the person's counterpart."""
    system = "Entra user" if other.system == "entra" else "Emply user"
    return f"the {system} {other.who} ({other.why})"
