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


def state_of(scenario: Row, sync: Row, now: datetime) -> Row:
    """`sync` has no owner of a pair and of a detached calendar: whose link or whose mailbox it is says it."""
    links: dict[str, str] = get(sync, "links", {})
    owners = {login_id: entra_id for entra_id, login_id in links.items()}
    mailboxes = get(get(scenario, "entra", {}), "calendars", {})
    calendars = {row["id"]: row for row in get(get(scenario, "emply", {}), "calendars", [])}
    events = {row["id"]: row for row in get(get(scenario, "emply", {}), "events", [])}

    def whose_mailbox(external_id: str, *, with_events: bool = False) -> str | None:
        for entra_id in sorted(mailboxes):
            ids = {row["id"] for row in get(mailboxes, entra_id, [])}
            if with_events:
                ids = {event["id"] for row in get(mailboxes, entra_id, []) for event in get(row, "events", [])}
            if external_id in ids:
                return entra_id
        return None

    def whose_pair(emply_id: str, pair: Row) -> str | None:
        calendar = calendars.get(get(events.get(emply_id, {}), "calendarId", ""), {})
        return (
            owners.get(get(calendar, "userId", ""))
            or whose_mailbox(pair["externalId"], with_events=True)
            or whose_mailbox(pair["calendarExternalId"])
        )

    def whose_calendar(calendar_id: str, external_id: str) -> str | None:
        return owners.get(get(calendars.get(calendar_id, {}), "userId", "")) or whose_mailbox(external_id)

    rooms = [
        {"calendarId": row["id"], "externalId": row["externalId"], "entraId": sync["room_calendars"][row["externalId"]]}
        for row in calendars.values()
        if row.get("userId") is None and row.get("externalId") in get(sync, "room_calendars", {})
    ]
    detached = [
        {"calendarId": calendar_id, "externalId": external_id, "entraId": whose_calendar(calendar_id, external_id)}
        for external_id, calendar_id in get(sync, "detached", {}).items()
    ]
    return {
        "links": [{"entraId": user, "emplyUserId": login} for user, login in links.items()],
        "roleStates": [
            {"emplyUserId": links[entra_id], "groupId": group, "roleId": get(state, "mapping", {}).get(group)}
            for entra_id, state in get(sync, "roles", {}).items()
            if entra_id in links
            for group in get(state, "groups", []) or [""]  # a role state without groups is not none
        ],
        "groupIds": [{"groupName": name, "groupId": group} for name, group in get(sync, "group_ids", {}).items()],
        "groupCounts": [{"groupId": group, "members": n} for group, n in get(sync, "member_counts", {}).items()],
        "photoEtags": [
            {"emplyUserId": links[entra_id], "etag": etag}
            for entra_id, etag in get(sync, "photos", {}).items()
            if entra_id in links
        ],
        "eventPairs": [
            {"emplyEventId": emply_id, **pair, "entraId": whose_pair(emply_id, pair)}
            for emply_id, pair in get(sync, "event_pairs", {}).items()
        ],
        "calendars": [{**row, "detached": False} for row in rooms] + [{**row, "detached": True} for row in detached],
        "deactivations": [{"emplyUserId": login, **row} for login, row in get(sync, "deactivations", {}).items()],
        "grants": [
            {"entraId": who if who in links else owners.get(who, who), **row}
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
