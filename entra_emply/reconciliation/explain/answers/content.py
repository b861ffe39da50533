"""Answers about pictures and calendars, about what goes back to Entra, and about the integration as a whole."""

from entra_emply.reconciliation.explain import by_rows
from entra_emply.reconciliation.explain.facts import Facts
from entra_emply.reconciliation.explain.statement import first_of, listed
from entra_emply.reconciliation.rules import photos, write_back

_EVERY = 30  # minutes between two runs of the schedule


def pictures(facts: Facts) -> str | None:
    """How is the profile picture synchronised?"""
    if facts.login is None and facts.entra is None:
        return None
    employee = (
        "Not for this user: they are connected to an employee, who controls the user. Change the picture, like all "
        "master data, on the employee's profile in Emply."
    )
    why = facts.first_failed(*photos.P1.about)
    making = None if facts.login else facts.action("L1")
    return (
        first_of(
            (facts.employee is not None and not (facts.archived and facts.login is None), employee),
            (not facts.settings.profile_pictures, "Pictures are not synchronised: profile_pictures is off."),
            (making, f"Not yet: the login is made first {facts.fate(making) if making else ''}."),
            (why, f"Not for this user, because {why}."),
        )
        or "From Entra to Emply: this user has no employee, so the picture follows the one in Entra."
    )


def pictures_both_ways(facts: Facts) -> str | None:
    """Does the profile picture go from Emply to Entra?"""
    if facts.login is None:
        return None
    return "No. A picture never goes from Emply to Entra; Emply's own API can be used for that."


def calendar(facts: Facts) -> str | None:
    """How is the calendar synchronised with Microsoft 365?"""
    if facts.login is None and facts.entra is None:
        return None
    why = by_rows.why_no_calendars(facts)
    making = None if facts.login else facts.action("L1")
    return (
        first_of(
            (
                not facts.settings.synchronize_calendars
                and facts.not_reconciled
                and not (facts.rooms or facts.action("L1")),
                f"synchronize_calendars is off, and this user's would not come with it on: {facts.not_reconciled}.",
            ),
            (
                not facts.settings.synchronize_calendars,
                "Switch synchronize_calendars on; then calendars come to Emply, and events made there go to Outlook.",
            ),
            (making, f"It is switched on, and the login is made first {facts.fate(making) if making else ''}."),
            (why, f"It is switched on, but not for this user: {why}."),
        )
        or ("It is switched on: the room's default calendar comes to Emply." if facts.rooms else None)
        or "It is switched on: this user's calendars come to Emply, and events made in Emply go to Outlook."
    )


def calendar_missing(facts: Facts) -> str | None:
    """Why is Emply not synchronised with this user's calendar?"""
    if facts.login is None and facts.entra is None:
        return None
    why, making = by_rows.why_no_calendars(facts), None if facts.login else facts.action("L1")
    if why:
        first = making is not None and facts.settings.synchronize_calendars
        then = f" The login is made first {facts.fate(making)}." if making and first else ""
        return f"The user's calendar is not synchronised, because {why}.{then}"
    parts = []
    if by_rows.default_comes(facts) and not by_rows.default_is_off(facts):
        parts.append("The default calendar is synchronised and cannot be disabled.")
    off, barred = by_rows.off_in_emply(facts), by_rows.not_editable(facts)
    if off:
        parts.append(
            f"Disabled under the user in Emply: {listed(off)}. Additional calendars come disabled; the user clicks "
            "Enable in the user settings."
        )
    if barred:
        parts.append(f"Left out, because the user may not edit it in Outlook: {listed(barred)}.")
    return " ".join(parts) or "No calendar was found in the mailbox."


def written_to_entra(facts: Facts) -> str | None:
    """Does Emply change this user in Entra, and how is that avoided?"""
    if facts.entra is None:
        return None
    on_premises = facts.hybrid_tenant or facts.holds(write_back.on_premises)
    not_led = facts.first_failed(*write_back.W2.about)
    deleting = facts.action(kind="delete_user")
    return (
        first_of(
            (
                deleting,
                f"The employee is archived, so the Entra user is deleted {facts.fate(deleting) if deleting else ''}.",
            ),
            (on_premises, "Nothing is written to this user, who is mastered on-premises."),
            (
                not facts.settings.entra_write_back.update,
                "Emply does not change this user in Entra: entra_write_back.update is off.",
            ),
            (facts.employee is None, "Emply does not change this user in Entra: without an employee, Entra leads."),
            (not_led, f"Emply does not change this user in Entra: {not_led}."),
        )
        or "The employee leads this user's fields in Entra. Switch entra_write_back.update off to avoid it."
    )


def hybrid(facts: Facts) -> str | None:
    """Does it work with a hybrid setup?"""
    return first_of(
        (
            facts.hybrid_tenant,
            "Yes, from Entra to Emply only: the tenant is hybrid, so create, update and delete cannot be switched on.",
        ),
        (
            facts.holds(write_back.on_premises),
            "Yes, from Entra to Emply only: this user is mastered on-premises, so Entra is not written to.",
        ),
    )


def often(facts: Facts) -> str | None:
    """How often is it synchronised?"""
    return f"Every {_EVERY} minutes. What is told here was read on {facts.now:%Y-%m-%d at %H:%M} UTC."


def removed_integration(facts: Facts) -> str | None:
    """What happens when the integration is removed?"""
    off = (
        "The integration is switched off: nobody is created or updated, and what came from Outlook leaves Emply at the "
        "next run."
    )
    stays = (
        "The login and its roles would stay as they are and not be updated any more; calendars that came from Outlook "
        "would leave Emply at the next run."
    )
    return first_of(
        (not facts.settings.enabled, off),
        (facts.login is None and not facts.made_since, "No login would be made for this user."),
    ) or stays  # fmt: skip
