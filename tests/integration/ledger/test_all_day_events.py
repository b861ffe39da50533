"""E0 through both systems: events of whole days, of owners in several zones, across a change of summer time."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from entra_emply.ledger.ledger import Ledger
from sandbox import Sandbox
from tests.integration.ledger.ada_in_sandbox import AdaInSandbox, day, midnight
from tests.integration.ledger.fakes.system import Row

ZONES = {
    "in Copenhagen": ("Europe/Copenhagen", "Europe/Copenhagen"),
    "in Copenhagen, as Windows says": ("Romance Standard Time", "Europe/Paris"),
    "in New York": ("America/New_York", "America/New_York"),
    "without a zone": (None, "UTC"),
    "with a zone that nobody knows": ("Mars/Olympus_Mons", "UTC"),
}
Make = Callable[[str | None, str], AdaInSandbox]


def change_of_summer_time(zone: str) -> date:
    """The next day that is not as long as others; any day where there is none."""
    there = ZoneInfo(zone)
    offsets = [datetime(*at.timetuple()[:3], tzinfo=there).utcoffset() for at in map(day, range(1, 250))]
    changed = (n for n in range(len(offsets) - 1) if offsets[n] != offsets[n + 1])
    return day(1 + next(changed, 7))


def instant(of: date, zone: str) -> str:
    """Midnight of a day there, in UTC, as Outlook may show it."""
    there = datetime(of.year, of.month, of.day, tzinfo=ZoneInfo(zone))
    return f"{there.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def whole_days(title: str, start: str, end: str) -> Row:
    return {"id": title, "subject": title, "start": start, "end": end, "isAllDay": True, "showAs": "oof",
            "changeKey": "1"}  # fmt: skip


@pytest.fixture
def made(ledger: Ledger, sandbox: Sandbox) -> Iterator[Make]:
    """Ada, with a holiday across a change of summer time, a birthday that ends when it begins, and a course that was
    made in Emply on the holiday's days."""
    opened: list[AdaInSandbox] = []

    def make(named: str | None, zone: str) -> AdaInSandbox:
        changes = change_of_summer_time(zone)
        first, last = changes - timedelta(1), changes + timedelta(2)
        born = instant(first, zone)
        outlook = [whole_days("Ferie", instant(first, zone), instant(last, zone)), whole_days("Født", born, born)]
        course = {"id": "E-course", "title": "Kursus i Łódź", "start": midnight(first), "end": midnight(last),
                  "isAllDay": True, "showAs": "busy"}  # fmt: skip
        opened.append(AdaInSandbox(ledger, sandbox, named, own=course, outlook=outlook))
        return opened[-1]

    yield make
    for each in opened:
        each.close()


def settled(made: Make, named: str | None, zone: str) -> AdaInSandbox:
    ada = made(named, zone)
    for _ in range(2):
        ada.run()
    return ada


@pytest.mark.parametrize(("named", "zone"), ZONES.values(), ids=ZONES)
def test_e0_whole_days_are_the_same_days_on_both_sides_and_the_third_run_is_empty(
    made: Make, named: str | None, zone: str
) -> None:
    ada, changes = settled(made, named, zone), change_of_summer_time(zone)
    first, last = changes - timedelta(1), changes + timedelta(2)
    times = {title: (each["start"], each["end"]) for title, each in ada.in_emply().items()}
    assert times["Ferie"] == (midnight(first), midnight(last))
    assert times["Født"] == (midnight(first), midnight(first + timedelta(1)))
    course = ada.outlook()["Kursus i Łódź"]
    assert (course["start"], course["end"]) == tuple(
        {"dateTime": f"{each}T00:00:00", "timeZone": zone} for each in (first, last)
    )
    assert ada.run() == []


@pytest.mark.parametrize(("named", "zone"), list(ZONES.values())[1:4], ids=list(ZONES)[1:4])
def test_e0_what_emply_changes_is_changed_in_its_owners_zone_however_outlook_shows_it(
    made: Make, named: str | None, zone: str
) -> None:
    ada, changes = settled(made, named, zone), change_of_summer_time(zone)
    with ada.edited() as state:  # as Exchange keeps it: by its instants
        events = state["entra"]["calendars"]["ada"][0]["events"]
        course = next(event for event in events if event["subject"] == "Kursus i Łódź")
        course |= {"start": instant(changes - timedelta(1), zone), "end": instant(changes + timedelta(2), zone)}
    assert ada.run() == []
    ada.change_own(lambda course: course.update(end=midnight(changes + timedelta(4))))
    assert ada.run() == ["entra.update_event applied"]
    course = ada.outlook()["Kursus i Łódź"]
    assert course["start"] == {"dateTime": f"{changes - timedelta(1)}T00:00:00", "timeZone": zone}
    assert course["end"] == {"dateTime": f"{changes + timedelta(4)}T00:00:00", "timeZone": zone}
    assert ada.run() == []


def test_e0_an_event_that_becomes_one_of_hours_and_whole_again_is_so_in_outlook(made: Make) -> None:
    ada, changes = settled(made, "Europe/Copenhagen", "Europe/Copenhagen"), change_of_summer_time("Europe/Copenhagen")
    ada.change_own(lambda course: course.update(isAllDay=False))
    assert ada.run() == ["entra.update_event applied"]
    course = ada.outlook()["Kursus i Łódź"]
    assert (course["isAllDay"], course["start"]["timeZone"]) == (False, "UTC")
    assert ada.run() == []
    ada.change_own(lambda course: course.update(isAllDay=True, end=midnight(changes)))
    assert ada.run() == ["entra.update_event applied"]
    course = ada.outlook()["Kursus i Łódź"]
    assert (course["isAllDay"], course["start"]["timeZone"]) == (True, "Europe/Copenhagen")
    assert ada.run() == []


def test_e0_an_owner_without_a_zone_has_that_of_the_main_group(made: Make) -> None:
    ada = made(None, "America/New_York")
    staff = {"group": "Çalışanlar", "default_role": "Employee", "time_zone": "America/New_York"}
    ada.run(groups=[staff])
    assert ada.outlook()["Kursus i Łódź"]["start"]["timeZone"] == "America/New_York"
    assert ada.run(groups=[staff]) == []


def test_e1_a_cancelled_holiday_leaves_emply_and_one_in_the_window_by_its_dates_stays(made: Make) -> None:
    ada = settled(made, "Europe/Copenhagen", "Europe/Copenhagen")
    with ada.edited() as state:
        events = state["entra"]["calendars"]["ada"][0]["events"]
        next(event for event in events if event["subject"] == "Ferie")["isCancelled"] = True
    assert ada.run() == ["emply.delete_event applied"]
    assert {"Født", "Kursus i Łódź"} == set(ada.in_emply())
