"""Person: search while typing, a short explanation with the rest to open, why not, and a timeline."""

from typing import Any

from starlette.responses import Response

from entra_emply.console.audit import audit
from entra_emply.console.page_request import PageRequest
from entra_emply.console.queries.rows import action_shown, events_shown
from entra_emply.errors import SettingsError
from entra_emply.ledger import history, plans
from entra_emply.person.stored import explain_known
from entra_emply.reconciliation.explain.wishes import Wish
from entra_emply.reconciliation.report.wording import answer

_FOUND = 20
_EVENTS = 200
_OWN = ("entra_id", "emply_user_id", "employee_id")


def search(request: PageRequest) -> Response:
    """The page with the field; with what was typed also who is found. htmx asks for these alone."""
    text = request.form.get("who", "").strip()
    if text and not request.console.security.searches.allows(request.who.number):
        return request.page(
            "too_many.html.jinja" if request.part else "people.html.jinja", 429, **_nobody(text, many=True)
        )
    run = request.console.newest_run()
    found, count = ([], 0) if run is None else run.people.find(text, _FOUND)
    template = "found.html.jinja" if request.part else "people.html.jinja"
    gone = _gone(request, text) if not found and "@" in text else None
    return request.page(template, text=text, found=found, count=count, there=run is not None, many=False, gone=gone)


def show(request: PageRequest) -> Response:
    """Everything about one person, who is named by an id."""
    console, person = request.console, request.named("person")
    run = console.newest_run()
    if run is None:
        return request.to("/people")
    audit(request, "looked_up", person)
    document = explain_known(console.environment, run.known, console.ledger, person)
    plan = console.ledger.read(plans.newest_plan)
    return request.page(
        "person.html.jinja",
        person=person,
        document=document,
        people=[_person(each, run.names) for each in document["people"]],
        history=events_shown(document["history"][:_EVENTS], run.names),
        roles=run.roles,
        newest=plan is not None and plan.run_id == run.frames.run_id,
    )


def why_not(request: PageRequest) -> Response:
    """What would have to be different for a wish."""
    console, person = request.console, request.named("person")
    run = console.newest_run()
    if run is None:
        return request.to("/people")
    template = "answers.html.jinja" if request.part else "why_not.html.jinja"
    kind = request.form.get("wish", "")
    name = request.form.get("role" if kind == "role" else "calendar", "")
    try:
        wish = Wish.parsed(f"{kind}:{name}" if kind in ("role", "calendar") else kind)
    except SettingsError:
        return request.page(template, person=person, answers=[], missing=True)
    audit(request, "looked_up", person)
    document = explain_known(console.environment, run.known, console.ledger, person, wish)
    answers = [each["why_not"] for each in document["people"]]
    return request.page(template, person=person, answers=answers, missing=False)


def _nobody(text: str, *, many: bool) -> dict[str, object]:
    return {"text": text, "found": [], "count": 0, "there": True, "many": many, "gone": None}


def _gone(request: PageRequest, address: str) -> str | None:
    """An id of somebody who is in neither system any more, but whom the ledger knows by this address."""
    known = request.console.ledger.read(history.known_as, address)
    return next(iter(sorted((known.entra_ids | known.emply_user_ids) - {address})), None)


def _person(document: dict[str, Any], names: Any) -> dict[str, Any]:  # noqa: ANN401 (names by id)
    """The parts of an explanation, as the page has them."""
    findings = document["findings"]
    own = [row for row in findings if any(row[name] for name in _OWN)]
    stated = {verdict: [] for verdict in ("decided", "might_have", "not")}  # type: dict[str, list[Any]]
    for statement in document["statements"]:
        stated[statement["verdict"]].append(statement)
    actions = [
        action_shown(row, names) | {name: row[name] for name in ("state", "sentence", "held_because")}
        for row in document["actions"]
    ]
    return {
        **{name: document[name] for name in ("name", "subject", "found", "match", "scope", "groups", "questions")},
        "actions": actions,
        "findings": [{**row, "answer": answer(row)} for row in own],
        "of_groups": [row for row in findings if row not in own],
        "stated": stated,
        "history": events_shown(document["history"][:_EVENTS], names),
        "more": max(0, len(document["history"]) - _EVENTS),
    }
