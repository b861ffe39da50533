"""`explain`: one person, from the stored frames of the last complete run and from the ledger. Only reads.

Neither Dagster nor anything else that is slow to import is needed for it. What is said is decided in
`assets.reconciliation.explain`; here the person's rows are fetched.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
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
from assets.reconciliation.plan import make_plan
from assets.reconciliation.settings import Settings, load
from assets.reconciliation.world import World
from assets.storage import FrameStore, StoredRun
from pipelines.ledger import ledger_if_any

_OF_GROUPS = ("group_renamed", "dynamic_group_guests", "nested_group_ignored")
_NEARLY = "email_nearly_matches"


@dataclass(frozen=True)
class Told:
    """What a plan and the ledger say of these people."""

    actions: Sequence[Row]
    findings: Sequence[Row]
    links: Sequence[Row] = ()
    recorded: Recorded = field(default_factory=Recorded)


def explain(environment: Environment, asked: str) -> dict[str, Any]:
    """The document of whoever `asked` (an address, a username, an id) finds; docs/explain.md describes it.

    Raises SettingsError where no run was ever completed.
    """
    run = FrameStore(environment.frames_url).last_complete()
    if run is None:
        raise SettingsError("nothing was planned here yet: run entra-emply sync first")
    settings = _settings_of(environment, run)
    with ledger_if_any(environment) as ledger:
        told = partial(_told, run, ledger)
        people = _People(run, settings, asked)
        return {
            "asked": asked,
            "source": "run",
            "run_id": run.run_id,
            "read_at": run.whole("sync_state/clock")["read_at"].iloc[0].to_pydatetime(),
            "settings_changed": _changed(environment, settings),
            **people.document(told, ledger),
        }


def explain_live(environment: Environment, asked: str) -> dict[str, Any]:
    """As `explain`, from fresh reads and the settings as they are now. Raises what reading raises."""
    from pipelines.live import read_live  # noqa: PLC0415 (clients are slow to import)

    settings = load(environment.settings)
    run = FrameStore(environment.frames_url).last_complete()
    with ledger_if_any(environment) as ledger:
        frames = read_live(environment, settings, asked, ledger)
        people = _People(frames, settings, asked)
        return {
            "asked": asked,
            "source": "live",
            "run_id": None,
            "read_at": frames.whole("sync_state/clock")["read_at"].iloc[0].to_pydatetime(),
            "settings_changed": False,
            **people.document(partial(_told_now, people, run, ledger), ledger),
        }


class _People:
    """Whoever was asked for, and the small world around them."""

    def __init__(self, frames: Frames, settings: Settings, asked: str) -> None:
        self._frames = frames
        self._settings = settings
        self._asked = asked
        self._directory = Directory(frames)
        self._who = self._directory.carriers(asked)
        self.around = self._directory.around(self._who)

    def world(self, employees: Collection[str] = ()) -> World:
        """The small world, with these employees in it too."""
        near = Ids(self.around.entra, self.around.emply, self.around.employees | frozenset(employees))
        return small_world(self._frames, self._settings, near)

    def document(self, told: Callable[[Ids], Told], ledger: Ledger | None) -> dict[str, Any]:
        """The explanations, or in a sentence that there is nobody."""
        if not self._who:
            return _nobody(self._directory, self._asked, ledger)
        said = told(self.around)
        near = {str(row["employee_id"]) for row in said.findings if row["code"] == _NEARLY}
        people = gather(self.world(near), self._who, said.actions, said.findings, said.links)
        several = f"{len(people)} people carry {self._asked.strip()}." if len(people) > 1 else ""
        documents = [explanation(each, said.recorded) | {"history": _history(each, ledger)} for each in people]
        return {"sentence": several, "near": [], "people": documents, "history": []}


def _nobody(directory: Directory, asked: str, ledger: Ledger | None) -> dict[str, Any]:
    """That there is nobody, with nearly matching addresses and what the ledger knows."""
    near = directory.near(asked)
    history = ledger.history(asked) if ledger is not None else []
    sentence = f"Nobody in Entra or Emply has {asked.strip()!r} as e-mail, sign-in name, username or id."
    if near:
        sentence += f" Nearly the same: {', '.join(near)}."
    if history:
        sentence += " The ledger knows what was done about it in the past."
    return {"sentence": sentence, "near": near, "people": [], "history": history}


def _told(run: StoredRun, ledger: Ledger | None, around: Ids) -> Told:
    """What the run planned, and where that stands."""
    frames = (_about(run, name, around) for name in ("reconciliation_actions", "reconciliation_findings"))
    actions, findings = planned_rows(*frames)
    if ledger is None:
        return Told(actions, findings)
    stands = ledger.standing(run.run_id, [str(row["action_id"]) for row in actions])
    recorded = Recorded((stands.plan or {}).get("plan_id", ""), stands.tried, stands.failed, stands.approved)
    return Told(actions, findings, ledger.links_of(around.entra, around.emply), recorded)


def _told_now(people: "_People", run: StoredRun | None, ledger: Ledger | None, around: Ids) -> Told:
    """What would be planned now. Guards count everybody, so what holds an action is taken from the last run's plan; one
    that was done since is planned anew.
    """
    plan = make_plan(people.world())
    actions, findings = planned_rows(plan.actions, plan.findings)
    last = Told((), ()) if run is None else _told(run, ledger, around)
    done = {identity for identity, tried in last.recorded.tried.items() if tried["result"] == "applied"}
    held = {row["action_id"]: row["held_by"] for row in last.actions if row["action_id"] not in done}
    known = [{**row, "held_by": held.get(row["action_id"], []), "new": row["action_id"] not in held} for row in actions]
    return Told(known, findings, last.links, replace(last.recorded, tried={}))


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
