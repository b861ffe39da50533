"""One person's explanation as a document: what `explain --json` prints, and what its text is made of."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from entra_emply.reconciliation.explain import by_rows, matching
from entra_emply.reconciliation.explain.action_state import Recorded, link_held, state_of
from entra_emply.reconciliation.explain.facts import Facts, Row
from entra_emply.reconciliation.explain.questions import answers
from entra_emply.reconciliation.explain.statement import listed
from entra_emply.reconciliation.explain.statements import statements
from entra_emply.reconciliation.report.wording import changes, why
from entra_emply.text import address_of


def explanation(facts: Facts, recorded: Recorded) -> dict[str, Any]:
    """The document of one person; docs/explain.md describes it."""
    return {
        "name": facts.name,
        "subject": facts.subject,
        "found": {"entra": _entra(facts), "emply": _emply(facts), "employee": _employee(facts)},
        "match": {
            "by": facts.matched_by,
            "sentence": matching.counterpart(facts),
            "same_address": [asdict(other) for other in facts.rivals],
            "candidates": [asdict(other) for other in facts.candidates],
        },
        "scope": {"in_scope": facts.in_scope, "sentence": _scope(facts)},
        "groups": [asdict(group) | {"main": group == facts.main} for group in facts.groups],
        "roles": list(facts.roles),
        "statements": [asdict(statement) for statement in statements(facts)],
        "actions": [
            _action(facts, row, recorded, because)
            for row, because in zip(facts.actions, by_rows.held_because(facts), strict=True)
        ],
        "findings": [dict(row) for row in facts.findings],
        "questions": [asdict(answer) for answer in answers(facts)],
    }


def _action(facts: Facts, row: Row, recorded: Recorded, held_because: Mapping[str, str]) -> dict[str, Any]:
    told = {"changes": changes(row, facts.names), "why": why(row), "held_because": dict(held_because)}
    behind = None if row["kind"] == "link_user" else link_held(facts.actions, recorded)
    return {**row, **told, **state_of(row, recorded, facts.subject, held_because, link_held=behind)}


def _entra(facts: Facts) -> dict[str, Any]:
    user = facts.entra
    if user is None:
        gone = "The login is linked to an Entra user who is gone." if facts.gone else "There is no Entra user."
        return {"found": False, "sentence": gone}
    kind = "guest" if facts.guest else "member"
    state = "an enabled" if user["account_enabled"] else "a disabled"
    name = address_of(user["user_principal_name"] or "") or "without a sign-in name"
    address = address_of(user["mail"] or "")
    mail = f", mail {address}" if address else ", without a mail address"
    return {
        "found": True,
        "sentence": f"The Entra user {name} is {state} {kind}{mail}.",
        "user": dict(user),
    }


def _emply(facts: Facts) -> dict[str, Any]:
    login = facts.login
    if login is None:
        since = " when this was read; the run has made one since" if facts.made_since else ""
        return {"found": False, "sentence": f"There {'was' if since else 'is'} no login in Emply{since}."}
    state = "active" if login["active"] else "deactivated"
    by = " by the pipeline" if facts.deactivated and not login["active"] else ""
    turned = facts.action(kind="deactivate_user") or facts.action(kind="activate_user")
    if turned and turned["action_id"] in facts.done:
        by = f", and was {'de' if login['active'] else ''}activated by the run since"
    named = next(filter(None, (address_of(login[name] or "") for name in ("username", "email"))), "without username")
    return {
        "found": True,
        "sentence": f"The Emply user {named} is {state}{by}; roles: {listed(facts.roles)}.",
        "user": dict(login),
    }


def _employee(facts: Facts) -> dict[str, Any]:
    employee = facts.employee
    if employee is None:
        none = f"No employee carries the e-mail {facts.email}." if facts.email else "Without an e-mail, no employee."
        return {"found": False, "sentence": none}
    leaving = (employee["resignation_date"] or "").strip()
    date = f"resignation date {leaving}" if leaving else "no resignation date"
    several = f" {len(facts.carried)} employees carry this e-mail." if len(facts.carried) > 1 else ""
    who = "The employee" if employee["number"] is None else f"Employee no. {employee['number']}"
    return {
        "found": True,
        "sentence": f"{who} is {employee['status']}, {date}.{several}",
        "employee": dict(employee),
    }


def _scope(facts: Facts) -> str:
    if not facts.in_scope:
        return f"Not in scope: {facts.out_of_scope}."
    names = listed([group.name for group in facts.groups])
    return f"In scope: enabled and in {names}; the main group is {facts.groups[0].name}."
