"""Mapping: the settings in force, their versions; and what a draft would change, person by person. Nothing is saved."""

import json
from typing import Any

import yaml
from starlette.responses import Response

from entra_emply.console.page_request import PageRequest
from entra_emply.console.pages.plan import sides
from entra_emply.console.pages.today import people_in
from entra_emply.console.queries.actions import MOST
from entra_emply.console.queries.difference import difference
from entra_emply.console.queries.draft import plan_of
from entra_emply.console.queries.rows import differences_shown
from entra_emply.errors import NOTHING_PLANNED, SettingsError
from entra_emply.ledger import overview, plans


def show(request: PageRequest) -> Response:
    """The settings in force, and the versions before them."""
    versions = request.console.ledger.read(overview.versions_of_mapping)
    plan = request.console.ledger.read(plans.newest_plan)
    rows = versions.where(versions.notna(), None).to_dict("records")
    in_force = next((row for row in rows if plan is not None and row["version"] == plan.mapping_version), None)
    return request.page(
        "mapping.html.jinja",
        version=None if in_force is None else in_force["version"],
        text="" if in_force is None else _yaml(in_force["document"]),
        versions=[{name: row[name] for name in ("version", "first_seen_at", "last_used_at")} for row in rows],
        draft=_of_file(request) or ("" if in_force is None else _yaml(in_force["document"])),
    )


def draft(request: PageRequest) -> Response:
    """What the draft in the form would change: its plan of the newest frames, against the plan of that run."""
    console = request.console
    run = console.newest_run()
    text = request.form.get("file", "").strip() or request.form.get("draft", "")
    if run is None:
        raise SettingsError(NOTHING_PLANNED)
    try:
        plan = plan_of(console.environment, console.frames, run.frames.run_id, text)
    except SettingsError as error:
        return _drafted(request, text, error=str(error))
    in_force = run.frames.whole("reconciliation_actions")
    found = difference(plan.actions, in_force)
    return _drafted(
        request,
        text,
        rows=differences_shown(found.head(MOST), run.names),
        count=len(found),
        people=people_in(found),
        only=sides(found),
        actions=len(plan.actions),
        held=int((plan.actions["held_by"] != "").sum()),
        in_force=len(in_force),
    )


def _drafted(request: PageRequest, text: str, **values: object) -> Response:
    nothing: dict[str, Any] = {
        "error": "",
        "rows": [],
        "count": 0,
        "people": 0,
        "only": {},
        "actions": 0,
        "held": 0,
        "in_force": 0,
    }
    template = "drafted.html.jinja" if request.part else "draft.html.jinja"
    settings = request.console.environment.settings.name
    return request.page(template, draft=text, most=MOST, settings=settings, **(nothing | values))


def _yaml(document: str) -> str:
    """Settings as people write them."""
    settings: dict[str, Any] = json.loads(document)
    return str(yaml.safe_dump(settings, allow_unicode=True, sort_keys=False, width=100))


def _of_file(request: PageRequest) -> str:
    """The settings file as it is now, to begin a draft with; "" where it cannot be read."""
    try:
        return request.console.environment.settings.read_text(encoding="utf-8")
    except (OSError, UnicodeError):
        return ""
