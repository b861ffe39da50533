"""`explain`: one person, from the stored frames of the last complete run and from the ledger. Only reads.

Neither Dagster nor anything else that is slow to import is needed for it. What is said is decided in
`reconciliation.explain`; here the person's rows are fetched.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import pandas as pd
import pyarrow as pa

from entra_emply import clock
from entra_emply.environment import Environment
from entra_emply.errors import SettingsError
from entra_emply.ledger import action_status, history, sync_state
from entra_emply.ledger.history import Event, Person
from entra_emply.ledger.installed import ledger_if_any
from entra_emply.ledger.ledger import Ledger
from entra_emply.person.history import in_words
from entra_emply.reconciliation.explain import document
from entra_emply.reconciliation.explain.action_state import Recorded
from entra_emply.reconciliation.explain.explanation import explanation
from entra_emply.reconciliation.explain.facts import Facts, Row
from entra_emply.reconciliation.explain.gathering import gather, planned_rows
from entra_emply.reconciliation.explain.in_memory import InMemory
from entra_emply.reconciliation.explain.inputs_around import inputs_around, named_near
from entra_emply.reconciliation.explain.neighbourhood import Directory, Ids
from entra_emply.reconciliation.explain.why_not import why_not
from entra_emply.reconciliation.explain.wishes import Wish
from entra_emply.reconciliation.inputs import Inputs, SyncState
from entra_emply.reconciliation.plan import Plan
from entra_emply.reconciliation.settings import Settings, load
from entra_emply.storage.frame_store import FrameStore, StoredRun

_NEARLY = "email_nearly_matches"
_OF_GROUPS = ("group_renamed", "dynamic_group_guests", "nested_group_ignored", "hidden_membership")


@dataclass(frozen=True)
class PlanRows:
    """What a plan and the ledger say of these people."""

    actions: Sequence[Row]
    findings: Sequence[Row]
    links: Sequence[Row] = ()
    recorded: Recorded = field(default_factory=Recorded)
    guard_counts: pd.DataFrame | None = None


@contextmanager
def _frames_in_words() -> Iterator[None]:
    """A last run whose frames are not all there (a folder that was tidied, an address that changed) is said so."""
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        raise SettingsError(
            f"the frames of the last run are not all there, or cannot be read ({type(error).__name__}): "
            "check FRAMES_URL, and run entra-emply sync"
        ) from None


@dataclass(frozen=True)
class Known:
    """A run's frames, and everybody's ids and keys of them: what does not depend on who is asked for."""

    run: StoredRun
    directory: Directory

    @classmethod
    def of(cls, run: StoredRun) -> "Known":
        """Read the directory of a run."""
        return cls(run, Directory(run))


@_frames_in_words()
def explain(environment: Environment, asked: str, wish: Wish | None = None) -> dict[str, Any]:
    """The document of the people whom `asked` (an address, a username, an id) finds; docs/explain.md describes it.

    With a `wish` also why each of them does not have it.

    Raises SettingsError where no run was ever completed, or its frames cannot be read.
    """
    run = FrameStore(environment.frames_url).require_last()
    with ledger_if_any(environment) as ledger:
        return explain_known(environment, Known.of(run), ledger, asked, wish)


@_frames_in_words()
def explain_known(
    environment: Environment, known: Known, ledger: Ledger | None, asked: str, wish: Wish | None = None
) -> dict[str, Any]:
    """As `explain`, of a run and a ledger that are at hand: where many people are asked about.

    Raises SettingsError where the run's frames cannot be read.
    """
    run = known.run
    settings = settings_of(environment, run)
    found = _found(known.directory, asked, ledger)
    read_at = run.whole("sync_state/clock")["read_at"].iloc[0].to_pydatetime()
    source = document.source(
        asked, "run", run_id=run.run_id, read_at=read_at, settings_changed=_changed(environment, settings)
    )
    if not found.who:
        return source | _nobody(found, ledger)
    told = _told(run, ledger, found.around)
    near = inputs_around(run, settings, named_near(found.around, told.findings))
    return source | _people(found, near, told, ledger, wish)


@_frames_in_words()
def explain_live(environment: Environment, asked: str, wish: Wish | None = None) -> dict[str, Any]:
    """As `explain`, from fresh reads and the settings as they are now. Raises what reading raises.

    Guards, and the signs that compare a person with everybody, are told as the last run found them.
    """
    from entra_emply.extraction.settings_in_force import in_force  # noqa: PLC0415 (slow to import, as clients are)
    from entra_emply.person.live import Live  # noqa: PLC0415

    settings, now = in_force(load(environment.settings), environment), clock.now()
    source = document.source(asked, "live", run_id=None, read_at=now)
    run = FrameStore(environment.frames_url).last_complete()
    with ledger_if_any(environment) as ledger, Live.opened(environment) as live:
        before = _found(Directory(run), asked, ledger) if run is not None else None
        state = SyncState.of({}, read_at=now) if ledger is None else ledger.read(sync_state.read_state, now)
        frames = _with_nested(live.read(settings, state, {asked.strip()} | (before.texts if before else set())), run)
        found = _Found.by(Directory(frames), asked, *(before.ids if before else ()))
        if not found.who:
            return source | _nobody(found, ledger)
        last = PlanRows((), ()) if run is None else _told(run, ledger, found.around)
        made = live.plan(inputs_around(frames, settings, named_near(found.around, last.findings)))
        return source | _people(found, made.inputs, _told_now(made.plan, last), ledger, wish)


def _with_nested(frames: InMemory, run: StoredRun | None) -> InMemory:
    """With the groups that were members of groups when the last run read: nobody asks for a person's groups' groups."""
    name = "entra_group_members/members"
    if run is None:
        return frames
    nested = run.rows(name, "member_type", frozenset({"group"}))
    return InMemory({**frames.frames, name: pd.concat([frames.whole(name), nested], ignore_index=True)})


@dataclass(frozen=True)
class _Found:
    """The people asked for, and everybody around them."""

    asked: str
    directory: Directory
    who: Ids
    around: Ids

    @classmethod
    def by(cls, directory: Directory, asked: str, *also: str) -> "_Found":
        """Who carries `asked`; or one of the ids `also`, by which they were known before."""
        who = directory.carriers(asked, *also)
        return cls(asked.strip(), directory, who, directory.around(who))

    @property
    def texts(self) -> set[str]:
        """Every id and address by which they may be found in Entra."""
        return self.directory.texts_of(self.who)

    @property
    def ids(self) -> frozenset[str]:
        """Their ids, which stay when addresses change."""
        return self.who.entra | self.who.emply | self.who.employees


def _found(directory: Directory, asked: str, ledger: Ledger | None) -> _Found:
    """Who carries `asked`; where nobody does, whom the action of this id is about."""
    found = _Found.by(directory, asked)
    action = ledger.read(history.action_named, asked) if ledger is not None and not found.who else None
    ids = [action[name] for name in ("entra_id", "emply_user_id") if action[name]] if action else []
    return _Found.by(directory, asked, *ids) if ids else found


def _people(found: _Found, inputs: Inputs, told: PlanRows, ledger: Ledger | None, wish: Wish | None) -> dict[str, Any]:
    done = [identity for identity, tried in told.recorded.tried.items() if tried["result"] == "applied"]
    people = gather(inputs, found.who, told.actions, told.findings, told.links, done, told.guard_counts)
    documents = [
        explanation(each, told.recorded) | {"history": _history(each, ledger)} | _why_not(inputs, each, wish)
        for each in people
    ]
    return document.somebody(found.asked, documents)


def _why_not(inputs: Inputs, facts: Facts, wish: Wish | None) -> dict[str, Any]:
    if wish is None:
        return {}
    ids = facts.identity.get("entra_id"), (facts.login or {}).get("emply_user_id")
    return {"why_not": asdict(why_not(inputs, ids, wish))}


def _nobody(found: _Found, ledger: Ledger | None) -> dict[str, Any]:
    events = in_words(ledger.read(history.told, found.asked), {}) if ledger is not None else []
    return document.nobody(found.asked, found.directory.near(found.asked), events)


def _told(run: StoredRun, ledger: Ledger | None, around: Ids) -> PlanRows:
    """What the run planned, and where that stands."""
    frames = (_about(run, name, around) for name in ("reconciliation_actions", "reconciliation_findings"))
    actions, findings = planned_rows(*frames)
    if ledger is None:
        return PlanRows(actions, findings)
    status = ledger.read(action_status.action_status, run.run_id, [str(row["action_id"]) for row in actions])
    recorded = Recorded((status.plan or {}).get("plan_id", ""), status.tried, status.failed, status.approved)
    return PlanRows(actions, findings, ledger.read(sync_state.links_of, around.entra, around.emply), recorded)


def _told_now(plan: Plan, last: PlanRows) -> PlanRows:
    """What would be planned now. Guards count everybody, so what holds an action is taken from the last run's plan; one
    that was done since is planned again.
    """
    actions, findings = planned_rows(plan.actions, plan.findings)
    done = {identity for identity, tried in last.recorded.tried.items() if tried["result"] == "applied"}
    held: dict[str, Row] = {
        str(row["action_id"]): {name: row[name] for name in ("held_by", "held_because")}
        for row in last.actions
        if row["action_id"] not in done
    }
    free: Row = {"held_by": [], "held_because": []}
    known = [{**row, **held.get(str(row["action_id"]), free), "new": row["action_id"] not in held} for row in actions]
    compared = [row for row in last.findings if row["code"] in (_NEARLY, *_OF_GROUPS)]
    found = [row for row in findings if row["code"] not in (_NEARLY, *_OF_GROUPS)]
    return PlanRows(known, [*found, *compared], last.links, replace(last.recorded, tried={}))


def _about(run: StoredRun, name: str, around: Ids) -> pd.DataFrame:
    """The rows of a plan's frame that are about these people, groups, or sources."""
    columns = [("entra_id", around.entra), ("emply_user_id", around.emply)]
    if name == "reconciliation_findings":
        columns += [("employee_id", around.employees), ("code", frozenset((*_OF_GROUPS, "source_unreadable")))]
    return pd.concat([run.rows(name, column, ids) for column, ids in columns]).drop_duplicates(ignore_index=True)


def _history(facts: Facts, ledger: Ledger | None) -> list[Event]:
    if ledger is None:
        return []
    entra_id, login_id = facts.identity.get("entra_id"), (facts.login or {}).get("emply_user_id")
    entra, emply = (frozenset([str(each)] if each is not None else []) for each in (entra_id, login_id))
    return in_words(ledger.read(history.of_person, Person(entra, emply)), facts.names)


def settings_of(environment: Environment, run: StoredRun) -> Settings:
    """The settings that the run planned with."""
    stored = run if run.has("settings") else FrameStore(environment.frames_url).latest("settings")
    if stored is None:
        raise SettingsError("the last run stored no settings: run entra-emply sync first")
    return Settings.model_validate_json(stored.whole("settings")["document"].iloc[0])


def _changed(environment: Environment, settings: Settings) -> bool:
    """Whether the settings file says something else now; False where it cannot be read."""
    try:
        now = load(environment.settings)
        if now.version == settings.version:
            return False
        from entra_emply.extraction.settings_in_force import in_force  # noqa: PLC0415 (slow to import)

        return in_force(now, environment).version != settings.version
    except SettingsError:
        return False
