"""S, explained: signs that only a person can act on. Here the code stands for the rule."""

from collections.abc import Iterator

from entra_emply.reconciliation.explain.calendars import not_editable, why_none
from entra_emply.reconciliation.explain.facts import Facts
from entra_emply.reconciliation.explain.statement import Statement, decided, listed, might_have, no_part


def statements(facts: Facts) -> Iterator[Statement]:
    """One for each code of S."""
    yield from (_sso(facts), _dynamic(facts), _nested(facts), _single(facts), _calendar(facts), _nearly(facts))


def _sso(facts: Facts) -> Statement:
    code = "sso_not_assigned"
    if facts.finding(code):
        return decided(
            code,
            "The application for single sign-on requires assignment, and neither the user nor a group it is a direct "
            "member of is assigned: it cannot sign in to Emply.",
        )
    if facts.settings.sso.service_principal_id is None:
        return no_part(code, "Single sign-on is not looked at: sso.service_principal_id is not set.")
    if facts.in_scope:
        return might_have(code, "The user may sign in: it is assigned, or the application requires no assignment.")
    return no_part(code, "It is about users in scope.")


def _dynamic(facts: Facts) -> Statement:
    code = "dynamic_group_guests"
    groups = _groups(facts, code)
    if groups:
        who = "As a guest this user" if facts.guest else "A guest"
        return decided(code, f"{listed(groups)} has dynamic membership. {who} may be left out by its rule: look at it.")
    return no_part(code, "No dynamic group of this person, or no guests in the tenant.")


def _nested(facts: Facts) -> Statement:
    code = "nested_group_ignored"
    groups = _groups(facts, code)
    if groups:
        return decided(code, f"{listed(groups)} has a group as a member; members of that one do not count.")
    return no_part(code, "No configured group of this person has groups as members, or nested_groups is on.")


def _single(facts: Facts) -> Statement:
    code = "multiple_groups_single_role"
    if facts.finding(code):
        return decided(
            code,
            f"The groups {listed([group.name for group in facts.groups])} give {listed(facts.wanted_roles)}, but "
            "synchronize_roles is off: only the main group's role was given at creation.",
        )
    return no_part(code, "synchronize_roles is on, or the groups give one role only.")


def _calendar(facts: Facts) -> Statement:
    code = "calendar_not_editable"
    names = not_editable(facts)
    count = sum(row["code"] == code for row in facts.findings)
    if count:
        return decided(
            code, f"{listed(names, f'{count} calendar(s)')} stays out of Emply: the user has no editing rights."
        )
    if why_none(facts):
        return no_part(code, f"Calendars are not looked at: {why_none(facts)}.")
    return no_part(code, "The user may edit every calendar.")


def _nearly(facts: Facts) -> Statement:
    code = "email_nearly_matches"
    if facts.entra is None and facts.login is None and facts.finding(code):
        users = listed([str(row["subject"]) for row in facts.findings if row["code"] == code])
        return decided(code, f"A user of Entra is nearly this employee: {users}. Make both e-mails identical if so.")
    if facts.finding(code):
        near = [
            f"{row['first_name'] or ''} {row['last_name'] or ''} <{row['email'] or 'no e-mail'}>" for row in facts.near
        ]
        whom = f": {listed([' '.join(each.split()) for each in near])}" if near else ""
        return decided(
            code,
            f"An employee is nearly this person{whom}. If they are the same, make both e-mails identical, because "
            "that is how they are connected.",
        )
    if facts.in_scope and facts.employee is None:
        return might_have(code, "No employee has nearly this e-mail or exactly this name.")
    return no_part(code, "It is about people in scope without employee.")


def _groups(facts: Facts, code: str) -> list[str]:
    return [str(row["subject"]) for row in facts.findings if row["code"] == code]
