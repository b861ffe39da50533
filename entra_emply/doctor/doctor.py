"""`doctor`: is everything there that a run needs, and what is to be done where it is not. Nothing is changed."""

from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryFile

from rich.console import Console
from rich.text import Text

from entra_emply import clock
from entra_emply.alerts.receivers import receivers_of
from entra_emply.connectors.emply.client import EmplyClient
from entra_emply.connectors.entra.client import GraphClient
from entra_emply.doctor import emply, entra, openapi
from entra_emply.doctor.checks import Check, failed, note, ok, skipped
from entra_emply.environment import Environment
from entra_emply.errors import EntraEmplyError, LedgerError, SettingsError
from entra_emply.ledger import migrate, sync_state
from entra_emply.ledger.installed import ledger_if_any
from entra_emply.printing import counted, line
from entra_emply.reconciliation.inputs import SyncState
from entra_emply.reconciliation.mapping import GroupMapping, require_application, resolve
from entra_emply.reconciliation.settings import Settings, load
from entra_emply.storage.frame_store import FrameStore

_NEEDED = (
    "settings", "entra: environment", "entra: sign-in", "entra: GroupMember.Read.All", "emply: environment",
    "emply: API description", "emply: list_roles", "emply: list_departments", "database",
)  # fmt: skip
"""The checks without which no name can be looked up."""
_COLOURS = {"ok": "green", "failed": "bold red", "note": "yellow", "skipped": "dim"}


def doctor(environment: Environment, emply_openapi: Path | None = None) -> list[Check]:
    """Every check, in the order in which they depend on each other.

    `emply_openapi`: a file with Emply's own OpenAPI document, which the API description is compared with.
    """
    settings, found = _settings(environment)
    found += _entra(environment, settings)
    found += _emply(environment, settings)
    if emply_openapi is not None:
        found += openapi.checks(environment.emply_api, emply_openapi)
    found += [_database(environment), _home(environment), _frames(environment), _alerts(environment)]
    return [*found, _names(environment, settings, found)]


def show_checks(checks: Sequence[Check], console: Console) -> None:
    """Print every check, and what to do."""
    for check in checks:
        line(console, Text.assemble((f"{check.status:7}", _COLOURS[check.status]), f" {check.name}: {check.said}"))
        if check.remedy:
            line(console, f"do {check.remedy}", 8, "dim")
    counts = Counter(check.status for check in checks)
    notes = f", {counts['note']} of them with a note to read" if counts["note"] else ""
    all_ = counted(len(checks), "check")
    wrong = f"{counts['failed']} of {all_} failed"
    console.print()
    line(console, wrong if counts["failed"] else f"All is well: {all_}{notes}")


def _settings(environment: Environment) -> tuple[Settings | None, list[Check]]:
    """The settings; None where they are not valid, so that nothing is advised by settings that nobody made."""
    try:
        settings = load(environment.settings)
    except SettingsError as error:
        return None, [failed("settings", str(error), "Correct the file; each message names its line.")]
    state = "switched on" if settings.enabled else "switched off (enabled: false)"
    return settings, [ok("settings", f"{environment.settings} is valid; the integration is {state}")]


def _entra(environment: Environment, settings: Settings | None) -> list[Check]:
    try:
        variables = environment.entra
    except SettingsError as error:
        return [_variable("entra: environment", error), skipped("entra", "its environment variables are wrong")]
    return [ok("entra: environment", f"tenant {variables.tenant_id}"), *entra.checks(variables, settings)]


def _emply(environment: Environment, settings: Settings | None) -> list[Check]:
    try:
        variables = environment.emply
    except SettingsError as error:
        return [_variable("emply: environment", error), skipped("emply", "its environment variables are wrong")]
    return [ok("emply: environment", f"customer {variables.customer}"), *emply.checks(variables, settings)]


def _variable(name: str, error: SettingsError) -> Check:
    return failed(name, str(error), "Set it in the environment; the README lists the variables.")


def _database(environment: Environment) -> Check:
    name = "database"
    try:
        with ledger_if_any(environment) as ledger:
            if ledger is None:
                return note(name, "there is none yet: the first sync sets the embedded one up")
            if not ledger.read(migrate.exists):
                return note(name, "answers; the ledger's tables are made by the first sync")
            if not ledger.read(migrate.fits):
                return note(name, "answers; the next sync brings the ledger to this version")
    except (LedgerError, SettingsError) as error:
        return failed(name, str(error), "Check DATABASE_URL and that PostgreSQL runs; unset it for the embedded one.")
    return ok(name, "answers, and the ledger is of this version")


def _home(environment: Environment) -> Check:
    """Of the embedded database, the frames and the demo."""
    return _writable("home", environment.home, "set ENTRA_EMPLY_HOME to another")


def _frames(environment: Environment) -> Check:
    name, remedy = (
        "frames",
        "Set FRAMES_URL, and what it needs, as docs/production.md tells; unset it for the home folder.",
    )
    try:
        store = FrameStore(environment.frames_url)
        store.require()
        if store.files.local:
            return _writable(name, Path(store.files.where), "set FRAMES_URL to another")
        store.try_to_write()
    except SettingsError as error:
        return failed(name, str(error), remedy)
    return ok(name, f"{store.files.where} can be written to")


def _writable(name: str, folder: Path, otherwise: str) -> Check:
    """Whether a file can be made in the folder, or in what it will be made in; none stays."""
    there = next(each for each in (folder, *folder.parents) if each.exists())
    try:
        with TemporaryFile(dir=there) as file:
            file.write(b"doctor")
    except OSError as error:
        return failed(
            name, f"{folder} cannot be written to ({error.strerror})", f"Give this user the folder, or {otherwise}."
        )  # fmt: skip
    return ok(name, f"{folder} can be written to")


def _alerts(environment: Environment) -> Check:
    """Whether Apprise knows the addresses; whether they take anything, `alerts --test` tries."""
    name = "alerts"
    try:
        receivers = receivers_of(environment.alert_urls)
    except SettingsError as error:
        return failed(name, str(error), "Correct ALERT_URLS; docs/alerts.md has examples.")
    if not receivers:
        return note(name, "ALERT_URLS is not set: nobody is told of what fails or waits")
    services = ", ".join(receiver.service for receiver in receivers)
    return ok(name, f"go to {services}; entra-emply alerts --test sends each of them one")


def _names(environment: Environment, settings: Settings | None, found: Sequence[Check]) -> Check:
    """Whether groups, roles and departments of the settings exist (R8); skipped where what it needs is not well."""
    name = "names in the settings (R8)"
    broken = next((check for check in found if check.status in ("failed", "skipped") and check.name in _NEEDED), None)
    if settings is None or broken is not None:
        broken = broken or found[0]
        return skipped(name, f"{broken.name} {'failed' if broken.status == 'failed' else 'was not looked at'}")
    try:
        resolved = _resolved(environment, settings).resolved
    except SettingsError as error:
        return failed(name, str(error), "Correct the names in the settings, or make what they name.")
    except EntraEmplyError as error:
        return skipped(name, str(error))
    groups, new = len(settings.groups), len(resolved.renamed)
    exist = "its role and department exists" if groups == 1 else "their roles and departments exist"
    known = "was renamed since and is known by id" if new == 1 else "were renamed since and are known by id"
    return ok(name, f"{counted(groups, 'group')} with {exist}{f'; {new} {known}' if new else ''}")


def _resolved(environment: Environment, settings: Settings) -> GroupMapping:
    with ledger_if_any(environment) as ledger, closing(GraphClient(environment)) as graph:
        at = clock.now()
        state = (
            ledger.read(sync_state.read_state, at)
            if ledger is not None and ledger.read(migrate.fits)
            else SyncState.of({}, read_at=at)
        )
        with closing(EmplyClient(environment)) as customer:
            roles, departments = customer.roles().frame, customer.departments().frame
        application = settings.sso.service_principal_id
        if application is not None:
            require_application(settings, graph.directory.application(application).frames["entra_application"])
        return resolve(settings, graph.directory.groups().frame, roles, departments, state.group_ids)
