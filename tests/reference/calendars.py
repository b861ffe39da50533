"""C: which of Outlook's calendars Emply has. What is in them is events.py."""

from collections.abc import Iterable
from dataclasses import dataclass

from tests.reference.matching import Everybody
from tests.reference.planned import Planned
from tests.reference.terms import Inputs, Person, Row, action, finding, get, make_person, trimmed, written


@dataclass
class Calendar:
    """A calendar of Outlook that Emply has or gets in this plan."""

    owner: Person
    kind: str  # "user" or "room"
    outlook: Row
    emply: Row | None  # None: it is added in this plan
    enabled: bool  # in Emply, or as it is added

    @property
    def external_id(self) -> str:
        return self.outlook["id"]


class Owners:
    """Whose the Emply calendars are. Everybody is one `Person` here, however many calendars there are."""

    def __init__(self, inputs: Inputs, persons: Iterable[Person]) -> None:
        self.inputs = inputs
        self.by_login: dict[str, Person] = {}
        self.by_entra_id: dict[str, Person] = {}
        for person in persons:
            if person.login_id is not None:
                self.by_login[person.login_id] = person
            if person.entra_id is not None:
                self.by_entra_id[person.entra_id] = person
        self.recorded = {
            row["calendarId"]: row["entraId"] for row in inputs.recorded("calendars") if not get(row, "detached", False)
        }

    def of_user(self, entra_id: str) -> Person:
        if entra_id not in self.by_entra_id:
            user = next((user for user in self.inputs.entra("users") if user["id"] == entra_id), None)
            self.by_entra_id[entra_id] = make_person(self.inputs, entra_id=entra_id, user=user, login=None)
        return self.by_entra_id[entra_id]

    def of(self, calendar: Row) -> Person:
        """The Emply user's; without one the room's that the ledger says (C5), else whose default calendar it is."""
        login_id, entra_id = written(calendar.get("userId")), self._room_of(calendar)
        if login_id is not None and login_id not in self.by_login:  # Emply does not list this user any more
            self.by_login[login_id] = Person(None, None, {"id": login_id})
        if login_id is not None:
            return self.by_login[login_id]
        return self.of_user(entra_id) if entra_id is not None else Person(None, None, None)

    def _room_of(self, calendar: Row) -> str | None:
        if calendar["id"] in self.recorded:
            return self.recorded[calendar["id"]]
        for room in (user["id"] for user in self.inputs.entra("users") if self.inputs.is_room(user["id"])):
            for outlook in self.inputs.of_user("calendars", room) or []:
                if get(outlook, "isDefaultCalendar", False) and outlook["id"] == calendar["externalId"]:
                    return room
        return None


def from_entra(inputs: Inputs) -> list[Row]:
    """The Emply calendars that came from Entra, in a fixed order."""
    rows = [row for row in inputs.emply("calendars") if trimmed(row.get("externalId")) is not None]
    return sorted(rows, key=lambda row: row["id"])


def switched_off(inputs: Inputs, owners: Owners, planned: Planned) -> None:
    """C6: C4 for every Emply calendar that came from Entra, and nothing else."""
    for calendar in from_entra(inputs):
        owner = owners.of(calendar)
        if not planned.kept_from_calendars(owner):
            planned.actions.append((owner, _take_away(inputs, owner, calendar, "C6")))


def plan_calendars(inputs: Inputs, everybody: Everybody, planned: Planned) -> list[Calendar]:
    """C1 to C8; the calendars whose events are planned are given back."""
    owners = Owners(inputs, [*everybody.people, *everybody.external, *everybody.alone])
    if not inputs.switch("synchronize_calendars"):
        switched_off(inputs, owners, planned)
        return []
    wanted = _wanted(inputs, everybody, owners, planned)
    stay: list[Calendar] = []
    for row in from_entra(inputs):
        owner = owners.of(row)
        if planned.kept_from_calendars(owner):
            inputs.trace["C8"] += 1
            inputs.trace["C8 left alone"] += owner.left_alone
            inputs.trace["C8 unmanaged"] += planned.told(owner, "unmanaged")
            inputs.trace["C8 held"] += any(row["held_by"] for row in planned.of(owner, "link_user", "deactivate_user"))
        elif owner not in wanted:
            planned.actions.append((owner, _take_away(inputs, owner, row, "C4")))
            inputs.trace["C4 of an external user" if owner in everybody.external else "C4 of somebody"] += 1
        elif (calendars := wanted[owner]) is not None:  # C7: what is in Emply stays
            kind = "room" if written(row.get("userId")) is None else "user"
            outlook = next((each for each in calendars if each["id"] == row["externalId"]), None)
            if kind == ("room" if owner.is_room else "user") and outlook is not None:
                stay.append(Calendar(owner, kind, outlook, row, bool(get(row, "enabled", False))))
            else:
                planned.actions.append((owner, _take_away(inputs, owner, row, "C4")))
                there = row["externalId"] in {each["id"] for each in inputs.of_user("calendars", owner.entra_id)}
                inputs.trace["C4 not editable" if there else "C4 gone"] += 1
    known = stay + _add(inputs, wanted, stay, planned)
    for calendar in known:
        planned.actions += [(calendar.owner, row) for row in _update(inputs, calendar)]
    inputs.trace["C1 of two people"] += len({calendar.external_id for calendar in known}) < len(known)
    return known


def _wanted(inputs: Inputs, everybody: Everybody, owners: Owners, planned: Planned) -> dict[Person, list[Row] | None]:
    """C1, C5: the calendars that Emply should have, of everybody who is considered; None: no mailbox (C7)."""
    rooms = [owners.of_user(user["id"]) for user in inputs.entra("users") if inputs.is_room(user["id"])]
    considered = [person for person in everybody.people if planned.may_have_calendars(person)]
    considered += [room for room in rooms if not planned.of(room, "delete_user")]
    wanted: dict[Person, list[Row] | None] = {}
    for person in considered:
        if planned.kept_from_calendars(person):
            continue
        calendars = inputs.of_user("calendars", person.entra_id)
        if calendars is None or any(get(row, "closed", False) for row in calendars):
            wanted[person] = None
            inputs.trace["C7 closed"] += calendars is not None
            guest = get(person.user or {}, "userType", "Member") == "Guest"
            inputs.trace["C7 Guest"] += guest
            if not guest:
                planned.findings.append((person, finding(person, "mailbox_unavailable", "C7")))
        elif person.is_room:
            wanted[person] = [row for row in calendars if get(row, "isDefaultCalendar", False)]
        else:
            wanted[person] = [row for row in calendars if get(row, "canEdit", False)]
    return wanted


def _add(
    inputs: Inputs, wanted: dict[Person, list[Row] | None], stay: list[Calendar], planned: Planned
) -> list[Calendar]:
    """C1 and C5: what Emply does not have under this person is added, or attached again."""
    there = {(calendar.owner, calendar.external_id) for calendar in stay}
    added = []
    for owner, calendars in wanted.items():
        for outlook in calendars or []:
            if (owner, outlook["id"]) in there:
                continue
            kind, rule = ("room", "C5") if owner.is_room else ("user", "C1")
            detached = _detached(inputs, owner, outlook["id"])
            if detached is None:
                after = _new_calendar(inputs, owner, kind, outlook)
                row = _row(owner, "add_calendar", rule, kind, None, after)
                added.append(Calendar(owner, kind, outlook, None, after["enabled"]))
            else:
                before = {"externalId": None}
                after = {"externalId": outlook["id"], "name": _name(owner, outlook)}
                row = _row(owner, "attach_calendar", rule, kind, before, after)
                added.append(Calendar(owner, kind, outlook, detached, bool(get(detached, "enabled", False))))
            planned.actions.append((owner, row))
    return added


def _detached(inputs: Inputs, owner: Person, external_id: str) -> Row | None:
    """The Emply calendar that C4 detached, of this Entra user, this Entra calendar and this Emply user."""
    recorded = {
        row["calendarId"]
        for row in inputs.recorded("calendars")
        if get(row, "detached", False) and (row["entraId"], row["externalId"]) == (owner.entra_id, external_id)
    }
    login_id = None if owner.is_room else owner.login_id
    found = [
        row
        for row in inputs.emply("calendars")
        if row["id"] in recorded and written(row.get("externalId")) is None and written(row.get("userId")) == login_id
    ]
    return min(found, key=lambda row: row["id"], default=None)


def _new_calendar(inputs: Inputs, owner: Person, kind: str, outlook: Row) -> Row:
    default = bool(get(outlook, "isDefaultCalendar", False))
    return {
        "userId": None if kind == "room" else owner.login_id,
        "externalId": outlook["id"],
        "name": _name(owner, outlook),
        "isDefault": default,
        "enabled": default,
        "canDisable": not default,
        "shareDatesAndTitles": inputs.switch("always_share_dates_and_titles"),
    }


def _name(owner: Person, outlook: Row) -> str | None:
    """A room's calendar is named after the room (C5)."""
    return written((owner.user or {}).get("displayName") if owner.is_room else outlook.get("name"))


def _update(inputs: Inputs, calendar: Calendar) -> list[Row]:
    """C3: a changed name, and sharing that has to be on; one that is attached again has got its name already."""
    if calendar.emply is None:
        return []
    emply = calendar.emply
    before: Row = {}
    after: Row = {}
    attached = trimmed(emply.get("externalId")) is None
    name = _name(calendar.owner, calendar.outlook)
    if not attached and name is not None and trimmed(name) != trimmed(emply.get("name")):
        before["name"], after["name"] = written(emply.get("name")), name
        inputs.trace["C3 name"] += 1
    if inputs.switch("always_share_dates_and_titles") and not get(emply, "shareDatesAndTitles", False):
        inputs.trace["C3 attached"] += attached
        before["shareDatesAndTitles"], after["shareDatesAndTitles"] = emply.get("shareDatesAndTitles"), True
        inputs.trace["C3 sharing"] += 1
    if not after:
        return []
    inputs.trace["C5 C3"] += calendar.kind == "room"
    external = {"externalId": calendar.external_id}
    return [_row(calendar.owner, "update_calendar", "C3", calendar.kind, external | before, external | after)]


def _take_away(inputs: Inputs, owner: Person, calendar: Row, rule: str) -> Row:
    """C4: removed, or only detached where Emply's own events are in it."""
    before = {"externalId": calendar["externalId"], "name": written(calendar.get("name"))}
    kind = get(calendar, "kind", "room" if written(calendar.get("userId")) is None else "user")
    inputs.trace["C5 C4"] += kind == "room"
    own = [
        event
        for event in inputs.emply("events")
        if event.get("calendarId") == calendar["id"] and get(event, "origin", "outlook") == "emply"
    ]
    if own:
        return _row(owner, "detach_calendar", rule, kind, before, {"externalId": None})
    return _row(owner, "remove_calendar", rule, kind, before, None)


def _row(owner: Person, kind: str, rule: str, calendar_kind: str, before: Row | None, after: Row | None) -> Row:
    """An action of C; `before` and `after` hold the calendar's kind, a room's row no Emply user."""
    row = action(
        owner,
        f"emply.{kind}",
        rule,
        before=None if before is None else {"kind": calendar_kind, **before},
        after=None if after is None else {"kind": calendar_kind, **after},
    )
    return row if calendar_kind == "user" else {**row, "emply_user_id": None}
