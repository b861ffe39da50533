"""The `sync` of the interfaces (plan --offline) as the rows that the reference remembers; no rule is decided here."""

from datetime import datetime, timedelta

from tests.reference.guards import action_id
from tests.reference.rules import plan
from tests.reference.terms import Row, get, moment

__all__ = ["action_id", "plan_offline", "state_of"]


def plan_offline(line: Row) -> Row:
    """The plan of one line of the file. Raises ConfigurationError."""
    now = moment(line["now"])
    state = state_of(line["scenario"], get(line, "sync", {}), now)
    hidden = bool(get(line, "member_read_hidden", False))
    return plan(line["scenario"], line["settings"], state, now, get(line, "unreadable", {}), hidden)


class _Owners:
    """Whose a pair and a calendar are: `sync` does not say it, links and mailboxes do."""

    def __init__(self, scenario: Row, links: dict[str, str]) -> None:
        emply = get(scenario, "emply", {})
        self.of_login = {login_id: entra_id for entra_id, login_id in links.items()}
        self.mailboxes: dict[str, list[Row]] = get(get(scenario, "entra", {}), "calendars", {})
        self.calendars = {row["id"]: row for row in get(emply, "calendars", [])}
        self.events = {row["id"]: row for row in get(emply, "events", [])}

    def of_pair(self, emply_id: str, pair: Row) -> str | None:
        calendar = self.calendars.get(get(self.events.get(emply_id, {}), "calendarId", ""), {})
        return (
            self.of_login.get(get(calendar, "userId", ""))
            or self._of_mailbox(pair["externalId"], with_events=True)
            or self._of_mailbox(pair["calendarExternalId"])
        )

    def of_calendar(self, calendar_id: str, external_id: str) -> str | None:
        login = get(self.calendars.get(calendar_id, {}), "userId", "")
        return self.of_login.get(login) or self._of_mailbox(external_id)

    def _of_mailbox(self, external_id: str, *, with_events: bool = False) -> str | None:
        for entra_id in sorted(self.mailboxes):
            rows = get(self.mailboxes, entra_id, [])
            if with_events:
                rows = [event for row in rows for event in get(row, "events", [])]
            if external_id in {row["id"] for row in rows}:
                return entra_id
        return None


def state_of(scenario: Row, sync: Row, now: datetime) -> Row:
    """What is recorded, of a line's `sync`."""
    links: dict[str, str] = get(sync, "links", {})
    owners = _Owners(scenario, links)
    return {
        "links": [{"entraId": user, "emplyUserId": login} for user, login in links.items()],
        "roleStates": _role_states(sync, links),
        "groupIds": [{"groupName": name, "groupId": group} for name, group in get(sync, "group_ids", {}).items()],
        "groupCounts": [{"groupId": group, "members": n} for group, n in get(sync, "member_counts", {}).items()],
        "photoEtags": [
            {"emplyUserId": links[user], "etag": etag}
            for user, etag in get(sync, "photos", {}).items()
            if user in links
        ],
        "eventPairs": [
            {"emplyEventId": emply_id, **pair, "entraId": owners.of_pair(emply_id, pair)}
            for emply_id, pair in get(sync, "event_pairs", {}).items()
        ],
        "calendars": _calendars(sync, owners),
        "deactivations": [{"emplyUserId": login, **row} for login, row in get(sync, "deactivations", {}).items()],
        "grants": [
            {"entraId": who if who in links else owners.of_login.get(who, who), **row}
            for who, row in get(sync, "recent_grants", {}).items()
        ],
        "deletedUsers": [{"entraId": user, "employeeId": file} for user, file in get(sync, "deleted_for", [])],
        "refused": [{"entraId": user, "emplyUserId": login} for user, login in get(sync, "refused", [])],
        "holds": [{"action": action, "guards": guards} for action, guards in get(sync, "held", {}).items()],
        "approvals": [
            {"action": action, "expiresAt": (now + timedelta(hours=72)).isoformat()}
            for action in get(sync, "approved", [])
        ],
    }


def _role_states(sync: Row, links: dict[str, str]) -> list[Row]:
    return [
        {"emplyUserId": links[entra_id], "groupId": group, "roleId": get(state, "mapping", {}).get(group)}
        for entra_id, state in get(sync, "roles", {}).items()
        if entra_id in links
        for group in get(state, "groups", []) or [""]  # a role state without groups is not none
    ]


def _calendars(sync: Row, owners: _Owners) -> list[Row]:
    """Those of rooms, by whose they are; and those that were detached."""
    of_rooms = get(sync, "room_calendars", {})
    rooms = [
        {"calendarId": row["id"], "externalId": row["externalId"], "entraId": of_rooms[row["externalId"]]}
        for row in owners.calendars.values()
        if row.get("userId") is None and row.get("externalId") in of_rooms
    ]
    detached = [
        {"calendarId": calendar_id, "externalId": external_id, "entraId": owners.of_calendar(calendar_id, external_id)}
        for external_id, calendar_id in get(sync, "detached", {}).items()
    ]
    return [{**row, "detached": False} for row in rooms] + [{**row, "detached": True} for row in detached]
