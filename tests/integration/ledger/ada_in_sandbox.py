"""Ada Öz and her calendars in the sandbox, and whole runs about them."""

from collections.abc import Callable
from datetime import date, timedelta

from entra_emply import clock
from entra_emply.ledger.ledger import Ledger
from sandbox import Sandbox
from tests.integration.ledger.runs_in_sandbox import Row, RunsInSandbox
from tests.integration.ledger.systems import ROLES, SETTINGS, make_scenario

ALL_YEAR = {"synchronize_calendars": True, "calendar_window": {"days_back": 400, "days_ahead": 400}}


def day(in_days: int) -> date:
    """The day that is so many days from today."""
    return clock.now().date() + timedelta(days=in_days)


def midnight(of: date) -> str:
    """Midnight UTC of a day, as Emply and a plan write it."""
    return f"{of}T00:00:00Z"


class AdaInSandbox(RunsInSandbox):
    """Ada's default calendar, which Emply has and holds enabled, and her private one, which is off in Emply."""

    def __init__(self, ledger: Ledger, sandbox: Sandbox, zone: str | None, *, own: Row, outlook: list[Row]) -> None:
        scenario = make_scenario({"ada": ["g-staff"]})
        scenario["emply"]["users"][0]["timeZone"] = zone
        scenario["emply"]["roles"] = [{"id": f"r-{title}", "title": title} for title in ROLES]
        scenario["emply"]["departments"] = [{"id": "d", "title": "København"}]
        scenario["entra"]["calendars"]["ada"] = [
            _outlook("own", isDefaultCalendar=True, events=outlook),
            _outlook("private", events=[]),
        ]
        scenario["emply"]["calendars"] = [_emply("own", isDefault=True, enabled=True), _emply("private", enabled=False)]
        scenario["emply"]["events"] = [{"calendarId": "E-own", "origin": "emply", "externalId": None, **own}]
        super().__init__(ledger, sandbox, scenario, SETTINGS | ALL_YEAR)

    def outlook(self, calendar: str = "own") -> dict[str, Row]:
        """Outlook's events of a calendar, by title."""
        (found,) = (each for each in self.sandbox.state()["entra"]["calendars"]["ada"] if each["id"] == calendar)
        return {event["subject"]: event for event in found["events"]}

    def in_emply(self) -> dict[str, Row]:
        """Emply's events, by title."""
        return {event["title"]: event for event in self.sandbox.state()["emply"]["events"]}

    def change_own(self, change: Callable[[Row], None]) -> None:
        """Change the event that was made in Emply, as people do there."""
        with self.edited() as state:
            change(next(event for event in state["emply"]["events"] if event["origin"] == "emply"))


def _outlook(name: str, **more: object) -> Row:
    return {"id": name, "name": name, "canEdit": True, "isDefaultCalendar": False, **more}


def _emply(name: str, **more: object) -> Row:
    ids = {"id": f"E-{name}", "userId": "emply-ada", "externalId": name, "kind": "user", "name": name}
    return {**ids, "isDefault": False, "canDisable": True, "shareDatesAndTitles": False, **more}
