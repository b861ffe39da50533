"""The calendars and events of a random scenario, in Outlook and in Emply, and what was recorded of them."""

from datetime import UTC, datetime, timedelta
from random import Random

from tests.reference.random_tenant import RandomTenant
from tests.reference.terms import Row

NOW = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
TODAY = datetime(2026, 11, 22, tzinfo=UTC)
EVENTS = {
    "imported": 8,
    "changed": 8,
    "new": 8,
    "gone in Outlook": 6,
    "moved in Outlook": 6,
    "moved in Emply": 3,
    "imported twice": 2,
    "own": 8,
    "own, with an id": 4,
    "paired": 8,
    "paired, moved": 6,
    "paired, gone in Emply": 6,
    "paired, dragged": 8,
    "paired, dragged, gone in Emply": 4,
    "paired, gone in Outlook": 4,
    "paired, both gone": 4,
    "paired and imported": 3,
}
OUTLOOK_ONLY = ("new", "paired, gone in Emply", "paired, dragged, gone in Emply", "paired, both gone")


class RandomCalendars(RandomTenant):
    """The people with their calendars."""

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self.mailboxes: Row = {}
        self.emply_calendars: list[Row] = []
        self.emply_events: list[Row] = []
        self.pairs: list[Row] = []
        self.recorded_calendars: list[Row] = []
        self.numbers = 0

    def number(self) -> int:
        self.numbers += 1
        return self.numbers

    def fill_calendars(self) -> None:
        self.choose_calendar_settings()
        self.build_rooms()
        for user in self.users:
            if self.chance(0.55 if user.get("userType") == "Guest" else 0.87):
                self.mailboxes[user["id"]] = self.make_mailbox(user["id"])
        if len(self.mailboxes) > 1 and self.chance(0.4):
            for entra_id in self.random.sample(list(self.mailboxes), 2):
                self.mailboxes[entra_id].append(self.make_calendar("c-shared", can_edit=self.chance(0.9)))
        for entra_id, login_id in self.couples:
            self.give_user_calendars(entra_id, login_id)
        rooms = [entra_id for group in self.groups if group["id"] in self.rooms for entra_id in group["members"]]
        if self.chance(0.05):
            rooms.append(self.random.choice(["e0", "e1", "e-gone"]))  # a room no more
        for entra_id in dict.fromkeys(rooms):
            self.give_room_calendars(entra_id)

    def choose_calendar_settings(self) -> None:
        if self.chance(0.85):
            self.settings["synchronize_calendars"] = self.chance(0.93)
        if self.chance(0.5):
            self.settings["always_share_dates_and_titles"] = self.chance(0.6)
        self.window = {"days_back": 30, "days_ahead": 180}
        if self.chance(0.5):
            chosen = {"days_back": self.random.randint(0, 2), "days_ahead": self.random.randint(0, 3)}
            self.settings["calendar_window"] = {name: days for name, days in chosen.items() if self.chance(0.8)}
            self.window |= self.settings["calendar_window"]

    # Calendars

    def build_rooms(self) -> None:
        """Rooms that are nothing else; Exchange disables their accounts."""
        for number in range(self.random.choice([0, 0, 1, 2]) if self.rooms else 0):
            name = self.random.choice(["Lokale Æ", "Sala Łódź ", None, "Lokale Æ"])
            address = f"lokale{number}@contoso.com"
            room: Row = {"id": f"room-{number}", "userPrincipalName": address, "displayName": name}
            room["mail"] = self.random.choice([None, f"Lokale{number}@contoso.com"])
            if self.chance(0.7):
                room["accountEnabled"] = False
            self.users.append(room)
            self.groups[-1]["members"].append(room["id"])

    def make_mailbox(self, entra_id: str) -> list[Row]:
        default = self.make_calendar(f"c-{entra_id}", can_edit=self.chance(0.92))
        calendars = [{**default, "name": "Calendar", "isDefaultCalendar": True}] if self.chance(0.97) else []
        others = range(self.random.choice([0, 0, 1, 2]))
        return calendars + [self.make_calendar(f"c-{entra_id}-{n}", can_edit=self.chance(0.7)) for n in others]

    def make_calendar(self, calendar_id: str, *, can_edit: bool) -> Row:
        name = self.random.choice(["Kalender", "Çalışma", "Praca ", None])
        return self.sparse({"id": calendar_id, "name": name, "canEdit": can_edit, "events": []})

    def give_user_calendars(self, entra_id: str, login_id: str) -> None:
        """What Emply has of a mailbox, of calendars that are no more, and of its own."""
        outlook: list[Row] = list(self.mailboxes.get(entra_id, []))
        if self.chance(0.2):
            outlook.append(self.make_calendar(f"c-{entra_id}-gone", can_edit=True))
        for calendar in outlook:
            fate = self.random.choices(["there", "detached", "missing", "renewed"], [60, 14, 16, 10])[0]
            emply = None
            if fate != "missing":
                emply = self.make_emply_calendar(calendar, login_id, detached=fate == "detached")
                self.record(emply, entra_id, calendar, detached=fate == "detached")
            self.fill(entra_id, calendar, emply)
            if fate == "renewed":
                self.renew(calendar)
        if self.chance(0.1):
            own = self.make_emply_calendar({"id": None, "name": "Ferie"}, login_id)
            self.emply_events.append(self.make_emply_event(own, None, "emply", self.slot()))

    def renew(self, calendar: Row) -> None:
        """It was made again by Exchange: everything that is recorded has the id of before."""
        was, now = calendar["id"], f"{calendar['id']}-new"
        if self.chance(0.3):
            detached = {"id": f"k{self.number()}", "userId": None, "externalId": None, "name": "Detached"}
            mine = next((row for row in self.emply_calendars if row.get("externalId") == was), None)
            self.emply_calendars.append({**detached, "userId": (mine or {}).get("userId")})
            owner = next((user for user, rows in self.mailboxes.items() if calendar in rows), None)
            row = {"calendarId": detached["id"], "entraId": owner, "externalId": now, "detached": True}
            self.recorded_calendars.append(row)
        if self.chance(0.4):
            twice = [row for row in self.emply_calendars if row.get("externalId") == was][:1]
            self.emply_calendars += [{**row, "id": f"k{self.number()}", "externalId": f"{was}-older"} for row in twice]
        calendar["id"] = now

    def give_room_calendars(self, entra_id: str) -> None:
        calendars = self.mailboxes.get(entra_id) or [self.make_calendar(f"c-{entra_id}", can_edit=False)]
        calendar = calendars[0] if self.chance(0.95) else calendars[-1]
        fate = self.random.choices(["there", "detached", "missing", "renewed"], [56, 14, 15, 15])[0]
        emply = None
        if fate != "missing":
            emply = self.make_emply_calendar(calendar, None, detached=fate == "detached")
            if self.chance(0.8):
                self.record(emply, entra_id, calendar, detached=fate == "detached", always=True)
        if not calendar.get("events"):
            self.fill(entra_id, calendar, emply)
        if fate == "renewed" and calendar["id"] == f"c-{entra_id}":
            calendar["id"] += "-new"

    def make_emply_calendar(self, outlook: Row, login_id: str | None, *, detached: bool = False) -> Row:
        default = outlook.get("isDefaultCalendar", False) or login_id is None
        row = {
            "id": f"k{self.number()}",
            "userId": login_id,
            "externalId": None if detached else outlook["id"],
            "kind": "room" if login_id is None else "user",
            "name": outlook.get("name") if self.chance(0.7) else "Old name",
            "isDefault": default,
            "enabled": self.chance(0.9 if default else 0.6),
            "canDisable": not default,
            "shareDatesAndTitles": self.chance(0.5),
        }
        if self.chance(0.03):
            del row["shareDatesAndTitles"]
        if self.chance(0.05):
            del row["kind"]
        self.emply_calendars.append(self.sparse(row))
        return row

    def record(self, emply: Row, entra_id: str, outlook: Row, *, detached: bool, always: bool = False) -> None:
        """The ledger's row of an Emply calendar; now and then it is of another Entra user, or there is none."""
        whose = "e-old" if detached and self.chance(0.1) else entra_id
        if detached and self.chance(0.05):  # somebody removed it in Emply
            self.emply_calendars = [row for row in self.emply_calendars if row["id"] != emply["id"]]
        if detached or always or self.chance(0.7):
            row = {"calendarId": emply["id"], "entraId": whose, "externalId": outlook["id"], "detached": detached}
            self.recorded_calendars.append(row)

    # Events

    def fill(self, entra_id: str, outlook: Row, emply: Row | None) -> None:
        for _ in range(self.random.choice([0, 1, 2, 3])):
            case = self.random.choices(list(EVENTS), list(EVENTS.values()))[0]
            if emply is not None or case in OUTLOOK_ONLY:
                self.make_event_case(case, entra_id, outlook, emply or {})

    def make_event_case(self, case: str, entra_id: str, outlook: Row, emply: Row) -> None:
        """One event on both sides."""
        event = self.make_event(self.slot())
        events = outlook.setdefault("events", [])
        if case.startswith("paired, dragged"):
            others = [row for row in self.mailboxes.get(entra_id, []) if row["id"] != outlook["id"]]
            self.random.choice(others or [outlook]).setdefault("events", []).append(event)
        elif case not in {"gone in Outlook", "own", "paired, gone in Outlook", "paired, both gone"}:
            events.append(event)
        if case in {"imported", "changed", "gone in Outlook", "moved in Outlook", "moved in Emply", "imported twice"}:
            times = self.slot() if case.startswith("moved") else (event["start"]["dateTime"], event["end"]["dateTime"])
            copy = self.make_emply_event(emply, event["id"], "outlook", times)
            copy["changeKey"] = "k0" if case in {"changed", "moved in Outlook"} else event.get("changeKey")
            self.emply_events.append(self.sparse(copy))
            if case == "imported twice":
                again = {**copy, "id": f"{copy['id']}-2", "changeKey": self.random.choice(["k0", copy["changeKey"]])}
                self.emply_events.append(again)
        elif case == "own":
            self.emply_events.append(self.make_emply_event(emply, None, "emply", self.slot()))
        elif case != "new":
            self.make_pair_case(case, entra_id, outlook, emply, event)

    def make_pair_case(self, case: str, entra_id: str, outlook: Row, emply: Row, event: Row) -> None:
        times = self.slot() if case == "paired, moved" else (event["start"]["dateTime"], event["end"]["dateTime"])
        own = self.make_emply_event(emply, event["id"], "emply", times)
        if self.chance(0.6):
            own |= {"title": event.get("subject"), "isAllDay": event.get("isAllDay"), "showAs": event.get("showAs")}
        if case not in {"paired, gone in Emply", "paired, dragged, gone in Emply", "paired, both gone"}:
            self.emply_events.append(own)
        if case != "own, with an id":
            if self.chance(0.2):
                own["externalId"] = None  # the crash between the pair and the Emply event
            pair = {"emplyEventId": own["id"], "externalId": event["id"]}
            self.pairs.append({**pair, "entraId": entra_id, "calendarExternalId": outlook["id"]})
        if case == "paired and imported":
            self.emply_events.append(self.make_emply_event(emply, event["id"], "outlook", times))

    def make_event(self, times: tuple[str, str]) -> Row:
        """An Outlook event in Graph's form."""
        event: Row = {
            "id": f"x{self.number()}",
            "subject": self.random.choice(["Møde", "Spotkanie", "Görüşme ", None]),
            "start": {"dateTime": times[0].replace("Z", ".0000000"), "timeZone": "UTC"},
            "end": {"dateTime": times[1].replace("Z", ".0000000"), "timeZone": "UTC"},
            "isAllDay": "T00:00:00" in times[0] and "T00:00:00" in times[1] and times[0] != times[1],
            "showAs": self.random.choice(["busy", "free", "oof"]),
            "changeKey": self.random.choice(["k1", "k1", "k2", None]),
        }
        if self.chance(0.12):
            event["isCancelled"] = self.chance(0.8)
        if self.chance(0.15):
            event["responseStatus"] = {"response": self.random.choice(["declined", "declined", "accepted", None])}
        if self.chance(0.15):
            self.make_all_day(event)
        if self.chance(0.3):
            event["sensitivity"] = self.random.choice(["normal", "private", "personal", "confidential"])
        return event

    def make_all_day(self, event: Row) -> None:
        """At midnight of Copenhagen, of New York or of UTC; now and then it ends when it starts."""
        start = TODAY + timedelta(days=self.random.choice([-1, 0, 1, 4]), hours=self.random.choice([-1, 5, 0]))
        end = start + timedelta(days=self.random.choice([0, 1, 1, 2]))
        for name, at in (("start", start), ("end", end)):
            event[name] = {"dateTime": at.strftime("%Y-%m-%dT%H:%M:%S.0000000"), "timeZone": "UTC"}
        event["isAllDay"] = True

    def make_emply_event(self, calendar: Row, external_id: str | None, origin: str, times: tuple[str, str]) -> Row:
        return self.sparse(
            {
                "id": f"m{self.number()}",
                "calendarId": calendar.get("id"),
                "externalId": external_id,
                "origin": origin,
                "title": self.random.choice(["Møde", "Spotkanie", "Ferie", None]),
                "start": times[0][:19] + "Z",
                "end": times[1][:19] + "Z",
                "isAllDay": self.random.choice([True, False, False, None]),
                "showAs": self.random.choice(["busy", "free", None]),
                "changeKey": None,
            }
        )

    def slot(self) -> tuple[str, str]:
        """Start and end: in the window, around its edges, far from it; an hour, all day, or no time at all."""
        first = TODAY - timedelta(days=self.window["days_back"])
        last = TODAY + timedelta(days=self.window["days_ahead"] + 1)
        hour, day = timedelta(hours=1), timedelta(days=1)
        noon = TODAY + timedelta(hours=12)
        start, end = self.random.choice(
            [
                *[(noon, noon + hour), (noon + hour, noon + 2 * hour), (TODAY, TODAY + day), (noon, noon)],
                *[(first - hour, first), (first - hour, first + hour), (first, first), (first - day, first)],
                *[(last, last + hour), (last - hour, last + hour), (last - day, last), (last, last + day)],
                *[(first - day, last + day), (first - 9 * day, first - 8 * day), (last + 8 * day, last + 9 * day)],
            ]
        )
        return start.strftime("%Y-%m-%dT%H:%M:%SZ"), end.strftime("%Y-%m-%dT%H:%M:%SZ")
