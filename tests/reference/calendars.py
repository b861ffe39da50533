"""C: which of Outlook's calendars Emply has. What is in them is events.py."""

from collections.abc import Iterable
from dataclasses import dataclass

from tests.reference.matching import Everybody
from tests.reference.planned import Planned
from tests.reference.terms import Inputs, Person, Row, action, finding, get, is_guest, make_person, trimmed, written
from tests.reference.unread import is_refused, most_frequent_where_too_many, source_unreadable

SOURCES = ("entra_calendars", "entra_events", "emply_calendars", "emply_events")


@dataclass
class Calendar:
    """A calendar of Outlook that Emply has or gets in this plan."""

    owner: Person
    kind: str  # "user" or "room"
    outlook: Row
    emply: Row | None  # None: it is added in this plan
    enabled: bool  # in Emply, or as it is added
    named: bool = False  # it gets its name in this plan by being attached

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
        for room in rooms(self.inputs):
            for outlook in self.inputs.mailbox(room) or []:
                if get(outlook, "isDefaultCalendar", False) and outlook["id"] == calendar["externalId"]:
                    return room
        return None


def rooms(inputs: Inputs) -> list[str]:
    return sorted(user["id"] for user in inputs.entra("users") if inputs.is_room(user["id"]))


def from_entra(inputs: Inputs) -> list[Row]:
    """The Emply calendars that came from Entra, in a fixed order."""
    rows = [row for row in inputs.emply("calendars") if trimmed(row.get("externalId")) is not None]
    return sorted(rows, key=lambda row: row["id"])


def switched_off(inputs: Inputs, owners: Owners, planned: Planned) -> None:
    """C6: C4 for every Emply calendar that came from Entra, and nothing else. It needs Emply's two sources alone."""
    unread = {source: inputs.not_read(source) for source in ("emply_calendars", "emply_events")}
    if any(unread.values()):
        inputs.trace["C6 not read"] += 1
        planned.findings += [
            (None, source_unreadable(inputs, source, code))
            for source, code in unread.items()
            if code is not None and not is_refused(inputs, source)
        ]
        return
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
    considered = _considered(inputs, everybody, owners, planned)
    planned.unread_sources = unread_sources(inputs, considered)
    if planned.unread_sources:
        found = [source_unreadable(inputs, source, code) for source, code in planned.unread_sources.items()]
        planned.findings += [(None, row) for row in found]
        return []
    wanted = _wanted(inputs, considered, planned)
    stay = _keep_or_take_away(inputs, everybody, owners, wanted, planned)
    known = stay + _add(inputs, wanted, stay, planned)
    for calendar in known:
        planned.actions += [(calendar.owner, row) for row in _update(inputs, calendar)]
    inputs.trace["C1 of two people"] += len({calendar.external_id for calendar in known}) < len(known)
    return known


def _keep_or_take_away(
    inputs: Inputs,
    everybody: Everybody,
    owners: Owners,
    wanted: dict[Person, list[Row] | None],
    planned: Planned,
) -> list[Calendar]:
    """C1a and C4 for what Emply has from Entra; what stays is given back."""
    renewed = _renewed(inputs, wanted, owners)
    stay: list[Calendar] = []
    for row in from_entra(inputs):
        owner = owners.of(row)
        if planned.kept_from_calendars(owner):
            _trace_kept(inputs, owner, planned)
        elif row["id"] in renewed:
            stay.append(_renew(owner, row, renewed[row["id"]], planned))
        elif is_nobodys(owner) and _a_room_is_unreadable(inputs):
            inputs.trace["C5 nobody's stays"] += 1
        elif owner not in wanted:
            inputs.trace["C5 nobody's"] += is_nobodys(owner)
            planned.actions.append((owner, _take_away(inputs, owner, row, "C4")))
            inputs.trace["C4 of an external user" if owner in everybody.external else "C4 of somebody"] += 1
        elif (calendars := wanted[owner]) is not None:  # C7: what is in Emply stays
            of_room = written(row.get("userId")) is None
            outlook = next((each for each in calendars if each["id"] == row["externalId"]), None)
            if of_room == owner.is_room and outlook is not None:
                stay.append(Calendar(owner, kind_of(row), outlook, row, bool(get(row, "enabled", False))))
            else:
                planned.actions.append((owner, _take_away(inputs, owner, row, "C4")))
                there = row["externalId"] in {each["id"] for each in inputs.mailbox(owner.entra_id) or []}
                inputs.trace["C4 not editable" if there else "C4 gone"] += 1
    return stay


def _trace_kept(inputs: Inputs, owner: Person, planned: Planned) -> None:
    inputs.trace["C8"] += 1
    inputs.trace["C8 left alone"] += owner.left_alone
    inputs.trace["C8 unmanaged"] += planned.told(owner, "unmanaged")
    for kind in ("link_user", "activate_user", "deactivate_user"):
        held = any(row["held_by"] for row in planned.of(owner, kind))
        inputs.trace["C8 held"] += held
        inputs.trace[f"C8 held {kind}"] += held


def is_nobodys(owner: Person) -> bool:
    """C5: a room's calendar of which nobody knows whose it is."""
    return owner.entra_id is None and owner.login_id is None


def _a_room_is_unreadable(inputs: Inputs) -> bool:
    return any(inputs.not_read_of("mailboxes", room) is not None for room in rooms(inputs))


def unread_sources(inputs: Inputs, considered: list[Person]) -> dict[str, str]:
    """G5b: the sources of C and E that could not be read, with their codes."""
    found = {source: code for source in SOURCES if (code := inputs.not_read(source)) is not None}
    code = most_frequent_where_too_many(inputs, "mailboxes", considered)
    return found if code is None else {"entra_calendars": code} | found


def _considered(inputs: Inputs, everybody: Everybody, owners: Owners, planned: Planned) -> list[Person]:
    """Whom C1 and C5 consider, without those whom C8 spares."""
    people = [person for person in everybody.people if planned.may_have_calendars(person)]
    people += [room for room in map(owners.of_user, rooms(inputs)) if not planned.of(room, "delete_user")]
    return [person for person in people if not planned.kept_from_calendars(person)]


def _renewed(inputs: Inputs, wanted: dict[Person, list[Row] | None], owners: Owners) -> dict[str, Row]:
    """C1a: Emply's calendars by id that stand for a default calendar which has another id now; that calendar."""
    renewed = {}
    for owner, calendars in wanted.items():
        default = next((row for row in calendars or [] if get(row, "isDefaultCalendar", False)), None)
        mine = [row for row in from_entra(inputs) if owners.of(row) is owner]
        if default is None or any(row["externalId"] == default["id"] for row in mine):
            continue
        there = {row["id"] for row in inputs.mailbox(owner.entra_id) or []}
        gone = [row["id"] for row in mine if stands_for_default(owner, row) and row["externalId"] not in there]
        if gone:
            renewed[min(gone)] = default
            inputs.trace["C1a of several"] += len(gone) > 1
            inputs.trace["C1a room"] += owner.is_room
            inputs.trace["C1a instead of attaching"] += _detached(inputs, owner, default["id"]) is not None
    return renewed


def stands_for_default(owner: Person, calendar: Row) -> bool:
    return bool(get(calendar, "isDefault", False)) and kind_of(calendar) == ("room" if owner.is_room else "user")


def kind_of(calendar: Row) -> str:
    return str(get(calendar, "kind", "user"))


def _renew(owner: Person, row: Row, outlook: Row, planned: Planned) -> Calendar:
    """C1a: the same calendar with a new id."""
    before = {"externalId": row["externalId"]}
    after = {"externalId": outlook["id"], "name": _name(owner, outlook) or written(row.get("name"))}
    kind = kind_of(row)
    planned.actions.append((owner, _row(owner, "attach_calendar", "C1a", kind, before, after)))
    planned.renewed_calendars[(owner.entra_id, row["externalId"])] = outlook["id"]
    return Calendar(owner, kind, outlook, row, bool(get(row, "enabled", False)), named=True)


def _wanted(inputs: Inputs, considered: list[Person], planned: Planned) -> dict[Person, list[Row] | None]:
    """C1, C5: the calendars that Emply should have, of everybody who is considered; None: C7."""
    wanted: dict[Person, list[Row] | None] = {}
    for person in considered:
        calendars = inputs.mailbox(person.entra_id)
        code = inputs.not_read_of("mailboxes", person.entra_id)
        if calendars is None or any(get(row, "closed", False) for row in calendars):
            wanted[person] = None
            guest = is_guest(person.user or {})
            inputs.trace["C7 closed"] += calendars is not None
            inputs.trace["C7 Guest"] += guest
            if code is not None:
                planned.findings.append((person, {**finding(person, "mailbox_unreadable", "C7"), "object": code}))
            elif not guest:
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
                after = {"externalId": outlook["id"], "name": _name(owner, outlook) or written(detached.get("name"))}
                row = _row(owner, "attach_calendar", rule, kind, before, after)
                added.append(
                    Calendar(owner, kind, outlook, detached, bool(get(detached, "enabled", False)), named=True)
                )
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
    """A room's calendar is named after the room: its displayName, else its mail, else its UPN (C5)."""
    room = owner.user or {}
    names = [room.get("displayName"), room.get("mail"), room.get("userPrincipalName")]
    return next(filter(None, map(written, names if owner.is_room else [outlook.get("name")])), None)


def _update(inputs: Inputs, calendar: Calendar) -> list[Row]:
    """C3: a changed name, and sharing that has to be on; one that is attached again has got its name already."""
    if calendar.emply is None:
        return []
    emply = calendar.emply
    before: Row = {}
    after: Row = {}
    attached = calendar.named
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
    kind = kind_of(calendar)
    inputs.trace["C5 C4"] += kind == "room"
    own = [
        event
        for event in inputs.emply("events")
        if event.get("calendarId") == calendar["id"] and get(event, "origin", "outlook") == "emply"
    ]
    verb, after = ("detach_calendar", {"externalId": None}) if own else ("remove_calendar", None)
    return _row(owner, verb, rule, kind, before, after) | {"emply_user_id": written(calendar.get("userId"))}


def _row(owner: Person, kind: str, rule: str, calendar_kind: str, before: Row | None, after: Row | None) -> Row:
    """An action of C; `before` and `after` hold the calendar's kind, a room's row no Emply user."""
    row = action(
        owner,
        f"emply.{kind}",
        rule,
        before=None if before is None else {"kind": calendar_kind, **before},
        after=None if after is None else {"kind": calendar_kind, **after},
    )
    return {**row, "emply_user_id": None} if owner.is_room else row
