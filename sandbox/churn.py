"""Life going on in a sandbox: people join, move and leave, events come, move and go. No requests, no new company.

Everything happens between two requests, in the server's own loop, so that nobody ever reads half a change.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random

from sandbox import moments
from sandbox.company.names import OFFICES, guid, phone, plain
from sandbox.company.people import Person
from sandbox.company.tenant import EXTRA_GROUPS, TITLES, user_row
from sandbox.exchange import Row
from sandbox.state import State

SECONDS = 30.0
"""Between two things that happen, where nothing else is said."""


class Churn:
    """What happens next: for one state and one seed the same things to the same people."""

    def __init__(self, state: State, seed: int) -> None:
        self._state = state
        self._rng = Random(f"{seed}, churn")  # noqa: S311 - no secrets, and the same for the same seed
        self._weights: dict[Callable[[], bool], int] = {
            self.join: 3, self.move: 4, self.leave: 1, self.make_event: 5, self.move_event: 4, self.drop_event: 3,
        }  # fmt: skip

    async def go_on(self, seconds: float) -> None:
        """One thing after the other, for ever."""
        while True:
            await asyncio.sleep(seconds)
            self.step()

    def step(self) -> None:
        """Let one thing happen; somebody can always join."""
        self._state.before_change()
        (happens,) = self._rng.choices(list(self._weights), list(self._weights.values()))
        if not happens():
            self.join()

    def join(self) -> bool:
        """Somebody new has an account, is in the employees' group where there is one, and has a mailbox."""
        rng, entra = self._rng, self._state.entra
        office = rng.choice(OFFICES)
        first, last = rng.choice(office.first), rng.choice(office.last)
        address = f"{plain(first)}.{plain(last)}.{rng.getrandbits(24):06x}@{office.domain}"
        title, mobile = rng.choice(TITLES), phone(rng, office.prefix)
        person = Person(guid(rng), office, first, last, f"{first} {last}", address, address, title, mobile)
        entra.put("users", user_row(person))
        self._put_into("Employees", person.id)
        calendar = {"id": guid(rng), "name": "Calendar", "canEdit": True, "isDefaultCalendar": True, "events": []}
        entra.put_of_user("calendars", person.id, [calendar])
        return True

    def move(self) -> bool:
        """Somebody has another job, and comes into one of the smaller groups or leaves it."""
        user = self._somebody()
        if user is None:
            return False
        self._state.entra.put("users", {**user, "jobTitle": self._rng.choice(TITLES)})
        group = self._rng.choice(list(EXTRA_GROUPS))
        if not self._take_out_of(group, user["id"]):
            self._put_into(group, user["id"])
        return True

    def leave(self) -> bool:
        """Somebody's account is disabled or taken out of all groups, and the employee is archived."""
        user = self._somebody()
        if user is None:
            return False
        if self._rng.random() < 0.5:  # noqa: PLR2004 - half and half
            self._state.entra.put("users", {**user, "accountEnabled": False})
        else:
            for group in list(self._state.entra["groups"].values()):
                self._take_out_of(group["displayName"], user["id"])
        emply, mail = self._state.emply, str(user.get("mail")).casefold()
        today = datetime.now(UTC).date().isoformat()
        for employee in [row for row in emply["employees"].values() if str(row.get("email")).casefold() == mail]:
            emply.put("employees", {**employee, "status": "archived", "resignationDate": today})
        return True

    def make_event(self) -> bool:
        """Somebody has an appointment in the next weeks."""
        owners = [(user, held) for user, held in self._calendars() if held]
        if not owners:
            return False
        user, (first, *others) = self._rng.choice(owners)
        event = {
            "id": f"AAMkAG{self._rng.getrandbits(96):024x}=", "subject": "Ad hoc", "sensitivity": "normal",
            "isAllDay": False, "showAs": "busy", "type": "singleInstance",
            **self._times(datetime.now(UTC) + timedelta(hours=self._rng.randrange(24 * 28))),
        }  # fmt: skip
        calendars = [{**first, "events": [*(first.get("events") or ()), event]}, *others]
        self._state.entra.put_of_user("calendars", user, calendars)
        return True

    def move_event(self) -> bool:
        """An appointment is at another time."""
        return self._edit_event(lambda event: [{**event, **self._times(_start(event) + timedelta(days=1))}])

    def drop_event(self) -> bool:
        """An appointment does not take place."""
        return self._edit_event(lambda _event: [])

    def _edit_event(self, edit: Callable[[Row], list[Row]]) -> bool:
        events = [
            (user, event["id"])
            for user, held in self._calendars()
            for calendar in held
            for event in calendar.get("events") or ()
            if event.get("type") != "seriesMaster"
        ]
        if not events:
            return False
        user, chosen = self._rng.choice(events)

        def edited(calendar: Row) -> Row:
            old = calendar.get("events") or []
            return {**calendar, "events": [new for event in old
                                           for new in (edit(event) if event["id"] == chosen else [event])]}  # fmt: skip

        calendars = [edited(calendar) for name, held in self._calendars() if name == user for calendar in held]
        self._state.entra.put_of_user("calendars", user, calendars)
        return True

    def _calendars(self) -> list[tuple[str, list[Row]]]:
        """The mailboxes that are open, with their calendars."""
        held: dict[str, object] = dict(self._state.entra["calendars"])
        return [(user, calendars) for user, calendars in held.items() if isinstance(calendars, list)]

    def _somebody(self) -> Row | None:
        """One of the company's own people with an enabled account."""
        users = self._state.entra["users"].values()
        people = [row for row in users if row.get("accountEnabled") is not False and row.get("userType") != "Guest"]
        return self._rng.choice(people) if people else None

    def _put_into(self, name: str, user: str) -> None:
        for group in [row for row in self._state.entra["groups"].values() if row.get("displayName") == name]:
            self._state.entra.put("groups", {**group, "members": [*(group.get("members") or ()), user]})

    def _take_out_of(self, name: str, user: str) -> bool:
        """Whether the user was in a group of this name."""
        groups = [row for row in self._state.entra["groups"].values()
                  if row.get("displayName") == name and user in (row.get("members") or ())]  # fmt: skip
        for group in groups:
            members = [member for member in group["members"] if member != user]
            self._state.entra.put("groups", {**group, "members": members})
        return bool(groups)

    def _times(self, start: datetime) -> Row:
        end = start + timedelta(minutes=30)
        key = f"{self._rng.getrandbits(48):012X}"
        return {"start": moments.written(start), "end": moments.written(end), "changeKey": key}


def _start(event: Row) -> datetime:
    """When an event begins, as far as it says so in plain text; else now."""
    return moments.read(event.get("start")) or datetime.now(UTC)
