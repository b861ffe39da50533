"""`demo`: a whole installation on this machine: sandbox, embedded PostgreSQL, console, Dagster's webserver and daemon.

It starts processes, waits until they answer, has the daemon run the first sync and tells what came of it. Nothing of
it outlives the command.
"""

import os
import re
import shlex
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import requests
from dagster import AssetKey, DagsterInstance, DagsterRun, RunsFilter
from rich.console import Console
from rich.table import Table

from assets.reconciliation import PLAN_TAG, SYNC_RUN_TAG
from entra_emply import clock
from entra_emply.environment import Environment, leave_installation
from entra_emply.ledger import migrate
from entra_emply.ledger.ledger import Ledger
from entra_emply.printing import SHORT_ID
from pipelines import configuration
from pipelines.commands.demo_company import Company, DemoFailed, alone, demo_home
from pipelines.commands.demo_ports import free_port, kept_free, on_free_port
from pipelines.commands.processes import Processes
from pipelines.commands.progress import progress
from pipelines.dagster_private import NOT_FINISHED_STATUSES, PARTITION_NAME_TAG, SensorInstigatorData
from pipelines.installation import installation, instance
from pipelines.timeline import CODE_LOCATION, REPOSITORY
from sandbox.client import read_environment
from sandbox.server import write_environment

_LOGS = "output"
"""Not `logs`, which Dagster's telemetry has in the same home, and whose files it takes away."""
_CONSOLE_PORT, _DAGSTER_PORT = 3100, 3000
_LAUNCH = """
mutation($execution: ExecutionParams!) {
  launchRun(executionParams: $execution) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
  }
}
"""


def run_demo(*, once: bool, users: int, seed: int, port: int | None, churn: bool = False, fresh: bool = False) -> None:
    """Run the demo until Ctrl-C or SIGTERM, or with `once` until the first sync was applied.

    It goes on with the company and the history of the last demo in this home, unless it is to be `fresh`. With `churn`
    life goes on in the sandbox, and now and then somebody edits the settings, a copy of the demo's own.

    Raises DemoFailed naming the log to look at, or where a demo is running in this home.
    """
    console = Console()
    home = demo_home(Environment.load().home)
    company = Company(home, users, seed)
    for interrupting in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # a shell's background ignores SIGINT
        signal.signal(interrupting, signal.default_int_handler)
    with alone(home):
        free_port(_DAGSTER_PORT, port)  # that it is taken is said before anything is started
        said = company.prepare(fresh=fresh)
        if said:
            console.print(said, soft_wrap=True)
        try:
            with Processes(home / _LOGS) as processes:
                _run(console, processes, company, once=once, port=port, churn=churn)
        except KeyboardInterrupt:
            console.print("The demo has stopped. Started again, it goes on from here.")


def _run(
    console: Console, processes: Processes, company: Company, *, once: bool, port: int | None, churn: bool
) -> None:
    with progress("Making the people and starting the sandbox"):
        environment = _start_sandbox(processes, company, churn=churn)
    kept = company.kept(os.environ["SANDBOX_URL"], os.environ["CA_BUNDLE"])
    with kept, installation(environment) as address, instance() as dagster:
        _fail_stopped(dagster)
        Ledger.open(address).write(migrate.migrate)
        with progress("Starting the console and Dagster"):
            with kept_free(port):
                page = _start_console(processes)
            console.print(f"The console is at {page}", soft_wrap=True)
            url = _start_dagster(processes, port)
        console.print(f"The Dagster UI is at {url} …")
        with progress("Waiting for the daemon, then for its first sync"):
            processes.wait_for(lambda: _first_tick(dagster), "the daemon's sensor")
            sync = _launch_sync(processes, url)
            _wait_until_applied(processes, dagster, sync)
        plan = _tell_first_sync(console, dagster, sync)
        if once:
            console.print("The demo has stopped. Started again without --once, it goes on from here and stays.")
        else:
            _tell_where(console, (page, url), environment, plan)
            console.print("Stop with Ctrl-C; the next sync is at the next half hour.")
            random = Random(company.seed)  # noqa: S311 - no secrets, and the same for the same seed
            try:
                processes.wait_for_ever((lambda: edit_mapping(environment.settings, random)) if churn else None)
            except KeyboardInterrupt:
                console.print("Stopping …")
                raise


def _fail_stopped(dagster: DagsterInstance) -> None:
    """Nothing of an earlier demo runs any more: its runs would be waited for otherwise."""
    for run in dagster.get_runs(RunsFilter(statuses=NOT_FINISHED_STATUSES)):
        dagster.report_run_failed(run, "the demo that ran it was stopped")


def edit_mapping(settings: Path, random: Random) -> None:
    """Swap the default roles of two groups of the settings, but never the first group's: that is most people."""
    lines = settings.read_text(encoding="utf-8").splitlines(keepends=True)
    roles = [number for number, line in enumerate(lines) if line.lstrip().startswith("default_role:")][1:]
    if len(roles) >= 2:  # noqa: PLR2004 - two are needed to swap them
        one, other = random.sample(roles, 2)
        lines[one], lines[other] = lines[other], lines[one]
    partial = settings.with_name(f".{settings.name}.{os.getpid()}")
    partial.write_text("".join(lines), encoding="utf-8")
    partial.replace(settings)  # a run that reads them meanwhile sees the old ones or the new ones


def _start_sandbox(processes: Processes, company: Company, *, churn: bool) -> Environment:
    """The environment of the sandbox, in this process's environment too, for all children."""
    env_file = company.home / "sandbox.env"
    env_file.unlink(missing_ok=True)
    arguments = [*company.arguments, "--env-file", str(env_file)]
    processes.start("sandbox", "-m", "sandbox", *arguments, *(["--churn"] if churn else []))
    processes.wait_for(env_file.exists, "the sandbox")
    settings = Path(os.environ.get("ENTRA_EMPLY_SETTINGS", configuration.SETTINGS.resolve()))
    if churn:
        edited = company.home / "settings.yaml"
        settings = edited if edited.exists() else Path(shutil.copy(settings, edited))
    environment = read_environment(env_file) | {
        "ENTRA_EMPLY_HOME": str(company.home),
        "ENTRA_EMPLY_SETTINGS": str(settings.absolute()),
    }
    write_environment(env_file, environment)  # so that commands beside the demo need nothing but this file
    leave_installation(os.environ)
    os.environ.update(environment)
    return Environment.load()


def _start_console(processes: Processes) -> str:
    """The address that signs in to the console, once it is there."""
    log = processes.logs / "console.log"

    def start(port: int) -> str:
        processes.start("console", "-m", "pipelines.commands.cli", "console", "--port", str(port))
        found = processes.wait_for(lambda: re.search(r"^http\S+$", log.read_text(), re.MULTILINE), "the console")
        return found[0]

    return on_free_port(start, _CONSOLE_PORT)


def _start_dagster(processes: Processes, port: int | None) -> str:
    """The address of the webserver, once it answers; the daemon comes up beside it."""
    workspace = str(configuration.WORKSPACE.resolve())
    server = ("-m", "dagster_webserver", "-h", "127.0.0.1", "-w", workspace, "-p")

    def start(chosen: int) -> str:
        processes.start("webserver", *server, str(chosen))
        url = f"http://localhost:{chosen}"
        processes.wait_for(lambda: _answers(url), "the webserver")
        return url

    processes.start("daemon", "-m", "dagster._daemon", "run", "-w", workspace)
    return on_free_port(start, _DAGSTER_PORT, port)


@contextmanager
def _local_http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False  # a proxy has no part in this
        yield session


def _answers(url: str) -> bool:
    with _local_http() as http:
        try:
            return http.get(f"{url}/server_info", timeout=5).ok
        except requests.RequestException:
            return False


def _first_tick(dagster: DagsterInstance) -> bool:
    """A run-status sensor's first tick only sets its cursor: a run that ends before it is never seen."""
    return any(
        state.instigator_name == "apply_after_sync"
        and isinstance(state.instigator_data, SensorInstigatorData)
        and state.instigator_data.cursor
        for state in dagster.all_instigator_state()
    )


def _launch_sync(processes: Processes, url: str) -> str:
    """Ask the webserver for a run of `sync`, which the daemon starts; its id."""
    execution = {
        "selector": {
            "repositoryLocationName": CODE_LOCATION,
            "repositoryName": REPOSITORY,
            "jobName": "sync",
        },
        "executionMetadata": {"tags": [{"key": PARTITION_NAME_TAG, "value": str(clock.now().date())}]},
    }
    with _local_http() as http:
        body = {"query": _LAUNCH, "variables": {"execution": execution}}
        answer = http.post(f"{url}/graphql", json=body, timeout=60).json()
    launched = (answer.get("data") or {}).get("launchRun") or {}
    if "run" not in launched:
        raise DemoFailed(f"the first sync was not launched ({launched.get('__typename')}): see {processes.logs}")
    return str(launched["run"]["runId"])


def _wait_until_applied(processes: Processes, dagster: DagsterInstance, sync: str) -> None:
    """Until the sync's plan was applied by the sensor's run."""

    def ended(run: DagsterRun | None) -> bool:
        if run is not None and run.is_failure_or_canceled:
            raise DemoFailed(f"{run.job_name} failed: run {run.run_id}, see {processes.logs}")
        return run is not None and run.is_success

    processes.wait_for(lambda: ended(dagster.get_run_by_id(sync)), "the first sync")
    processes.wait_for(lambda: ended(_apply_run(dagster, sync)), "the first apply")


def _apply_run(dagster: DagsterInstance, sync: str) -> DagsterRun | None:
    runs = dagster.get_runs(RunsFilter(job_name="apply", tags={SYNC_RUN_TAG: sync}), limit=1)
    return runs[0] if runs else None


def _tell_first_sync(console: Console, dagster: DagsterInstance, sync: str) -> str:
    """What the first sync did. Returns the first characters of its plan's id."""
    planned, applied = (_latest(dagster, asset) for asset in ("reconciliation_actions", "applied_changes"))
    kinds = [name.removeprefix("actions_") for name in planned if name.startswith("actions_")]
    table = Table("action", "planned", "applied", title="The first sync")
    for kind in kinds:
        table.add_row(kind, str(planned[f"actions_{kind}"]), str(applied.get(f"applied_{kind}", 0)))
    console.print(table)
    console.print(f"Held for approval: {applied['held']}; failed: {applied['failed']}")
    run = dagster.get_run_by_id(sync)
    return (run.tags.get(PLAN_TAG, "") if run else "")[:SHORT_ID]


def _tell_where(console: Console, addresses: tuple[str, str], environment: Environment, plan: str) -> None:
    """Where to look and what to try. addresses: the console's and Dagster's."""
    page, url = addresses
    console.print(f"Console      {page}", soft_wrap=True)
    console.print(
        f"             (good once; the next one is in {environment.home / _LOGS / 'console.log'})", soft_wrap=True
    )
    console.print(f"Dagster UI   {url}  (lineage: {url}/asset-groups)", soft_wrap=True)
    console.print(f"Sandbox      {os.environ['SANDBOX_URL']}/_sandbox/state", soft_wrap=True)
    env_file, command = (shlex.quote(str(path)) for path in (environment.home / "sandbox.env", _command()))
    console.print(f"Commands     set -a; . {env_file}; set +a; {command} plan", soft_wrap=True)
    console.print(f"Approve      {command} approve {plan} --by you --reason 'tried the demo'", soft_wrap=True)


def _command() -> Path:
    """The command line of this environment, as it is called from here: `.venv/bin/entra-emply` in the checkout."""
    program = Path(sys.executable).with_name("entra-emply")
    return program.relative_to(Path.cwd()) if program.is_relative_to(Path.cwd()) else program


def _latest(dagster: DagsterInstance, asset: str) -> dict[str, object]:
    """The metadata of an asset's latest materialisation."""
    event = dagster.get_latest_materialization_event(AssetKey(asset))
    found = event.asset_materialization if event else None
    return {name: value.value for name, value in found.metadata.items()} if found else {}
