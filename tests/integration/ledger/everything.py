"""Both systems and a plan for it, made by hand: an action of every kind but those of Emply's users, each called for."""

from entra_emply.ledger.ledger import Ledger
from tests.integration.ledger.fakes.system import Row
from tests.integration.ledger.mailbox_systems import (
    calendar,
    emply_calendar,
    emply_event,
    furnish,
    in_emply,
    make_systems,
    outlook,
    outlook_event,
)
from tests.integration.ledger.planned import action
from tests.integration.ledger.systems import Systems


def everything(ledger: Ledger) -> Systems:
    """People who are linked, and what there is besides in the systems for which each of `actions` is called for."""
    systems = make_systems(ledger)
    systems.sync()
    furnish(systems)
    entra, emply = systems.scenario["entra"], systems.scenario["emply"]
    for owner in ("łukasz", "søren"):
        entra["calendars"][owner] = [calendar(f"{owner}-cal")]
    emply["calendars"] += [emply_calendar("łukasz"), emply_calendar("søren"), emply_calendar("ipek")]
    emply["events"].append(emply_event("E-søren-own", "E-søren", origin="emply"))
    emply["events"].append(emply_event("E-ada-old", "E-ada", origin="emply", externalId="ada-old"))
    outlook(systems, "ada")["events"] += [outlook_event("ada-old", subject="Gammel"), outlook_event("ada-void")]
    with systems.ledger._database.writing() as connection:
        connection.exec_driver_sql(
            "SET search_path = entra_emply;"
            "INSERT INTO event_pairs VALUES ('E-ada-void', 'ada-void', 'ada', 'ada-cal');"
            "INSERT INTO calendars VALUES ('E-łukasz', 'łukasz', 'łukasz-cal', false),"
            " ('E-søren', 'søren', 'søren-cal', false), ('E-ipek', 'ipek', 'ipek-cal', true)"
        )
    outlook(systems, "łukasz")["id"] = "another"
    in_emply(systems, "calendars")["E-ipek"]["externalId"] = None
    outlook(systems, "ada")["events"].pop(0)
    return systems


def actions() -> list[Row]:
    """An action of every kind."""
    return [*_calendars(), *_events(), *_people()]


def _calendars() -> list[Row]:
    ada = {"kind": "user", "externalId": "ada-cal"}
    added = emply_calendar("ada", externalId="ada-team", isDefault=False, enabled=False)
    added.pop("id")
    ipek, removed, detached = (
        {"kind": "user", "externalId": external_id, "name": "Kalender"}
        for external_id in ("ipek-cal", "łukasz-cal", "søren-cal")
    )
    free = {"kind": "user", "externalId": None}
    return [
        action("emply.remove_calendar", "C4", "łukasz", removed, None),
        action("emply.detach_calendar", "C4", "søren", detached, free),
        action("emply.add_calendar", "C1", "ada", None, added),
        action("emply.attach_calendar", "C1", "ipek", free, ipek),
        action("emply.update_calendar", "C3", "ada", ada | {"name": "Kalender"}, ada | {"name": "Møder"}),
    ]


def _events() -> list[Row]:
    here = {"calendarExternalId": "ada-cal"}
    tea = {"title": "Çay", "start": "2026-11-26T11:00:00Z", "end": "2026-11-26T11:30:00Z", "showAs": "free"}
    old, void = ({"emplyEventId": f"E-ada-{name}", "externalId": f"ada-{name}", **here} for name in ("old", "void"))
    return [
        action("emply.delete_event", "E1", "ada", {"externalId": "ada-lunch", **here}, None),
        action("emply.upsert_event", "E1", "ada", None, {"externalId": "ada-tea", "changeKey": "v1", **tea, **here}),
        action("entra.create_event", "E2", "ada", None, {"emplyEventId": "E-ada-own", **tea, **here}),
        action("entra.update_event", "E2", "ada", old | {"title": "Gammel"}, old | {"title": "Frokost"}),
        action("entra.delete_event", "E2", "ada", void, None),
    ]


def _people() -> list[Row]:
    named = {"userPrincipalName": "søren@contoso.com"}
    archived = {"employee_id": "søren-file"}
    zofia = {
        "accountEnabled": True,
        "displayName": "Zofia Żółć",
        "mailNickname": "zofia",
        "userPrincipalName": "zofia@contoso.com",
    }
    off = {"active": True}, {"active": False}
    return [
        action("emply.set_photo", "P1", "ada", {"etag": None}, {"etag": "W/1"}),
        action("emply.deactivate_user", "W3", "søren", *off, reason="deleted_in_entra", **archived),
        action("entra.create_user", "W1", None, None, zofia, emply_user_id="emply-zofia"),
        action("entra.update_user", "W2", "ada", {"jobTitle": None}, {"jobTitle": "Mühendis"}),
        action("entra.delete_user", "W3", "søren", named, None, **archived),
    ]
