"""The demo as a user meets it: the daemon, the sensor, a mapping change, a backfill, the pages in a real browser.

One demo serves the module: its tests are in the order in which an operator would do these things, and each can be run
alone. After the schedule's own test it is off.
"""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from entra_emply.storage.postgres import database
from tests.system.browser import PATIENCE_MS, needs_chromium
from tests.system.demo import ASSETS, BACKFILL, PLAN, STATUS, Demo, running_demo, until
from tests.system.installation import Row, made
from tests.system.leaks import files, found, graphql_places, tables
from tests.system.snapshots import changed
from tests.waiting import PATIENCE

SCHEDULE = "every_30_minutes"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo that has applied its first sync."""
    with running_demo(tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.fixture(scope="module")
def quiet(demo: Demo) -> None:
    """The schedule is off, and what it began has ended: what follows is the same at every minute of the hour."""
    if demo.schedule(SCHEDULE)["status"] == "RUNNING":
        demo.stop_schedule(SCHEDULE)
    until(lambda: ended(demo, *scheduled(demo)), "the end of a run that the schedule began before, and of its applying")


def test_the_first_sync_runs_through_the_daemon_and_the_sensor_applies_it(demo: Demo) -> None:
    applied = [run for run in demo.runs() if run["jobName"] == "apply"]
    tags = {tag["key"]: tag["value"] for tag in applied[-1]["tags"]}  # the newest comes first
    assert (applied[-1]["status"], tags["dagster/sensor_name"]) == ("SUCCESS", "apply_after_sync")


def test_the_schedule_is_on_until_somebody_switches_it_off(demo: Demo) -> None:
    assert demo.schedule(SCHEDULE)["status"] == "RUNNING"
    demo.stop_schedule(SCHEDULE)
    assert demo.schedule(SCHEDULE)["status"] == "STOPPED"


@pytest.mark.usefixtures("quiet")
def test_two_commands_the_daemon_and_materialize_all_at_once_make_every_write_once(demo: Demo) -> None:
    demo.put_state(changed(demo.state()))
    before, logged = demo.state()["emply"], len(demo.log())
    commands = [demo.start("sync"), demo.start("sync")]
    everything = [node["assetKey"]["path"][0] for node in demo.ask(ASSETS)["assetNodes"]]
    launched = [demo.launch("sync", []), demo.launch("__ASSET_JOB", everything)]
    said = [command.communicate(timeout=PATIENCE) for command in commands]
    until(lambda: ended(demo, *launched), "the end of all runs")
    for command, (_, err) in zip(commands, said, strict=True):
        assert command.returncode == 2 or "makes a new plan" in err or "the newest" in err, err
    last = demo.start("sync")
    assert re.search(r": (\d+) actions; \1 held", last.communicate(timeout=PATIENCE)[0])
    writes, after = made(demo.log()[logged:]), demo.state()["emply"]
    created = {name: len(ids(after[name]) - ids(before[name])) for name in ("users", "calendars")}
    assert created["users"] > 0
    posted = {name: writes.pop(("POST", f"/emply/v1/contoso/{name}"), 0) for name in created}
    assert posted == created, writes
    assert set(writes.values()) == {1}, writes


def ids(rows: list[Row]) -> set[str]:
    return {row["id"] for row in rows}


def scheduled(demo: Demo) -> list[str]:
    """The runs that the schedule began."""
    return [run["runId"] for run in demo.runs() if "dagster/schedule_name" in {tag["key"] for tag in run["tags"]}]


def ended(demo: Demo, *run_ids: str) -> bool:
    """Whether nothing runs any more, and what was to follow a sync did."""
    runs = {run["runId"]: run for run in demo.runs()}
    applied = {tag["value"] for run in runs.values() for tag in run["tags"] if tag["key"] == "entra-emply/sync_run"}
    synced = {one for one in run_ids if runs[one]["jobName"] == "sync" and runs[one]["status"] == "SUCCESS"}
    return synced <= applied and {run["status"] for run in runs.values()} <= {"SUCCESS", "FAILURE", "CANCELED"}


@pytest.mark.usefixtures("quiet")
def test_a_mapping_change_shows_plans_as_unsynced_and_a_backfill_shows_what_it_would_have_changed(demo: Demo) -> None:
    assert demo.stale() == set()
    applied, planned = applies(demo), len(plans(demo))
    change_mapping(demo)
    assert demo.stale() == {"identities", "reconciliation_actions", "reconciliation_findings"}

    before = demo.log()
    launch = {"partitionNames": [demo.day], "assetSelection": [{"path": ["reconciliation_actions"]}]}
    backfill = demo.ask(BACKFILL, backfill=launch)["launchPartitionBackfill"]["backfillId"]
    until(lambda: "COMPLETED" in demo.ask(STATUS, id=backfill)["partitionBackfillOrError"]["status"], "the backfill")
    again, *ordinary = [
        {entry["label"]: entry.get("intValue") for entry in each["metadataEntries"]} for each in plans(demo)
    ]
    assert again["only_now"] > 0
    assert not any("only_now" in each for each in ordinary)
    assert len(ordinary) == planned
    assert [entry for entry in demo.log()[len(before) :] if entry["method"] != "GET"] == []
    assert applies(demo) == applied


def change_mapping(demo: Demo) -> None:
    """Another role for employees, unless that was changed before; the sensor has noticed."""
    demo.settings.write_text(demo.settings.read_text().replace("role: Employee\n", "role: Consultant\n"))
    until(lambda: "reconciliation_findings" in demo.stale(), "the sensor's notice")


def plans(demo: Demo) -> list[Row]:
    """The plan's materialisations, the newest first."""
    found: list[Row] = demo.ask(PLAN)["assetOrError"]["assetMaterializations"]
    return found


def applies(demo: Demo) -> int:
    """How many runs applied, or wanted to."""
    return [run["jobName"] for run in demo.runs()].count("apply")


@pytest.fixture(scope="module")
def browser(chromium: Browser) -> Page:
    """A wide page."""
    page = chromium.new_page(viewport={"width": 1500, "height": 900})
    page.set_default_timeout(PATIENCE_MS)
    return page


@needs_chromium
@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize(
    ("address", "seen"),
    [
        ("/asset-groups", ["state", "entra", "emply", "identities", "mailboxes", "reconciliation", "provisioning"]),
        ("/assets/reconciliation_actions?view=events", ["plan_id", "actions_link_user", "Show Markdown"]),
        ("/assets/emply_users?view=checks", ["source_did_not_shrink"]),
        ("/assets/reconciliation_findings?view=partitions&partition=TODAY", ["Unsynced"]),
    ],
    ids=["lineage", "plan", "check", "unsynced partition"],
)
def test_the_ui_shows(demo: Demo, browser: Page, address: str, seen: list[str]) -> None:
    if seen == ["Unsynced"]:
        change_mapping(demo)
    browser.goto(demo.url + address.replace("TODAY", demo.day))
    for text in seen:
        browser.get_by_text(text).first.wait_for()


@pytest.mark.usefixtures("quiet")
def test_a_run_of_the_daemon_that_cannot_read_fails_and_nothing_is_applied(demo: Demo) -> None:
    """The rows that are refused have somebody's name and address in them."""
    person = demo.state()["entra"]["users"][0]
    rows = [{"id": person["mail"], "firstName": [person["displayName"]], "roleIds": person["mail"]}]
    demo.put_faults({"path": "^/emply/.*/users$", "fault": {"status": 200, "body": rows}})
    applied = applies(demo)
    launched = demo.launch("sync", [])
    until(lambda: ended(demo, launched), "the end of the run")
    demo.put_faults()
    assert next(run["status"] for run in demo.runs() if run["runId"] == launched) == "FAILURE"
    assert applies(demo) == applied


def test_no_secret_and_nobody_is_where_they_do_not_belong(demo: Demo) -> None:
    """The daemon's and the webserver's logs, the runs' logs, the tables, and what the webserver serves."""
    secrets = {name: demo.environment[name] for name in ("ENTRA_CLIENT_SECRET", "EMPLY_API_KEY")}
    people = demo.state()["entra"]["users"]
    names = [person[name] for person in people for name in ("mail", "mobilePhone", "displayName") if person.get(name)]
    with database(demo.home / "demo", None) as address:
        places = [*files(demo.home / "demo"), *tables(str(address)), *graphql_places(demo.ask)]
    assert found(secrets, [place for place in places if place.where != "sandbox.env"]) == []
    assert found({name: name for name in names}, [place for place in places if not place.names]) == []
