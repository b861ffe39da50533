"""`explain`: one person, from the stored frames of the last complete run and from the ledger. Only reads.

Neither Dagster nor anything else that is slow to import is needed for it. What is said is decided in
`assets.reconciliation.explain`; here the person's rows are fetched.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from assets.environment import Environment
from assets.errors import SettingsError
from assets.ledger.history import Event, Person
from assets.ledger.ledger import Ledger
from assets.reconciliation.explain.explanation import explanation
from assets.reconciliation.explain.facts import Facts, Row
from assets.reconciliation.explain.gathering import gather, planned_rows
from assets.reconciliation.explain.neighbourhood import Directory, Frames, Ids, small_world
from assets.reconciliation.explain.standing import Recorded
from assets.reconciliation.settings import Settings, load
from assets.storage import FrameStore, StoredRun
from pipelines.ledger import ledger_if_any

_OF_GROUPS = ("group_renamed", "dynamic_group_guests", "nested_group_ignored")
_NEARLY = "email_nearly_matches"


@dataclass(frozen=True)
class Told:
    """What the plan and the ledger say, to be looked up by person."""

    actions: Sequence[Row]
    findings: Sequence[Row]
    links: Sequence[Row]
    recorded: Recorded


def explain(environment: Environment, asked: str) -> dict[str, Any]:
    """The document of whoever `asked` (an address, a username, an id) finds; docs/explain.md describes it.

    Raises SettingsError where no run was ever completed.
    """
    run = FrameStore(environment.frames_url).last_complete()
    if run is None:
        raise SettingsError("nothing was planned here yet: run entra-emply sync first")
    settings = _settings_of(environment, run)
    directory = Directory(run)
    who = directory.carriers(asked)
    with ledger_if_any(environment) as ledger:
        people = _people(run, settings, directory, who, ledger)
        read_at = run.whole("sync_state/clock")["read_at"].iloc[0].to_pydatetime()
        return {
            "asked": asked,
            "source": "run",
            "run_id": run.run_id,
            "read_at": read_at,
            "settings_changed": _changed(environment, settings),
            **found_or_not(directory, asked, people, ledger),
        }


def found_or_not(
    directory: Directory, asked: str, people: Sequence[dict[str, Any]], ledger: Ledger | None
) -> dict[str, Any]:
    """The people, or in a sentence that there is nobody: with nearly matching addresses and what the ledger knows."""
    if people:
        several = f"{len(people)} people carry {asked.strip()}." if len(people) > 1 else ""
        return {"sentence": several, "near": [], "people": list(people), "history": []}
    near = directory.near(asked)
    history = ledger.history(asked) if ledger is not None else []
    sentence = f"Nobody in Entra or Emply has {asked.strip()!r} as e-mail, sign-in name, username or id."
    if near:
        sentence += f" Nearly the same: {', '.join(near)}."
    if history:
        sentence += " The ledger knows what was done about it in the past."
    return {"sentence": sentence, "near": near, "people": [], "history": history}


def documents(facts: Sequence[Facts], told: Told, ledger: Ledger | None) -> list[dict[str, Any]]:
    """Each person's explanation with its history."""
    return [explanation(each, told.recorded) | {"history": _history(each, ledger)} for each in facts]


def _people(
    run: StoredRun, settings: Settings, directory: Directory, who: Ids, ledger: Ledger | None
) -> list[dict[str, Any]]:
    if not who:
        return []
    around = directory.around(who)
    told = _told(run, around, ledger)
    near = {str(row["employee_id"]) for row in told.findings if row["code"] == _NEARLY}
    world = small_world(run, settings, Ids(around.entra, around.emply, around.employees | near))
    return documents(gather(world, who, told.actions, told.findings, told.links), told, ledger)


def _told(run: StoredRun, around: Ids, ledger: Ledger | None) -> Told:
    rows = planned_rows(_about(run, "reconciliation_actions", around), _about(run, "reconciliation_findings", around))
    actions, findings = rows
    if ledger is None:
        return Told(actions, findings, (), Recorded())
    stands = ledger.standing(run.run_id, [str(row["action_id"]) for row in actions])
    recorded = Recorded((stands.plan or {}).get("plan_id", ""), stands.tried, stands.failed, stands.approved)
    return Told(actions, findings, ledger.links_of(around.entra, around.emply), recorded)


def _about(run: Frames, name: str, around: Ids) -> pd.DataFrame:
    """The rows of a plan's frame that are about these people, or about groups."""
    columns = [("entra_id", around.entra), ("emply_user_id", around.emply)]
    if name == "reconciliation_findings":
        columns += [("employee_id", around.employees), ("code", frozenset(_OF_GROUPS))]
    return pd.concat([run.rows(name, column, ids) for column, ids in columns]).drop_duplicates(ignore_index=True)


def _history(facts: Facts, ledger: Ledger | None) -> list[Event]:
    if ledger is None:
        return []
    ids = [
        {str(each)} - {"None"} for each in (facts.identity.get("entra_id"), (facts.login or {}).get("emply_user_id"))
    ]
    return ledger.history_of(Person(frozenset(ids[0]), frozenset(ids[1])))


def _settings_of(environment: Environment, run: StoredRun) -> Settings:
    """The settings that the run planned with."""
    stored = run if run.has("settings") else FrameStore(environment.frames_url).latest("settings")
    if stored is None:
        raise SettingsError("the last run stored no settings: run entra-emply sync first")
    return Settings.model_validate_json(stored.whole("settings")["document"].iloc[0])


def _changed(environment: Environment, settings: Settings) -> bool:
    """Whether the settings file says something else now; False where it cannot be read."""
    try:
        return load(environment.settings).version != settings.version
    except SettingsError:
        return False
