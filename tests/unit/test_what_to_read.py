"""Of whom photos, mailboxes and events are read: of everybody about whom a plan may speak, and of nobody else."""

from typing import Unpack

import numpy as np
import pytest

from entra_emply.reconciliation import read_scope
from entra_emply.reconciliation.identify import identify
from entra_emply.reconciliation.identities import Identities
from tests.reference.builders import SomeSettings, employee, login, person, scenario
from tests.reference.calendar_builders import calendar, calendars, imported, in_emply, own, pair, recorded
from tests.reference.subject import Scenario
from tests.reference.vectorised import inputs_of

EVERYBODY = scenario(
    [
        person("ada"),
        person("ray"),
        person("ole", accountEnabled=False),
        person("newcomer"),
        person("room", groups=["Meeting rooms"]),
    ],
    [login("ada"), login("ray"), login("ole"), login("external")],
    [employee("ray")],
    linked=["ada", "ole"],
    synchronize_calendars=True,
    profile_pictures=True,
)


def people_of(made: Scenario, **settings: Unpack[SomeSettings]) -> Identities:
    scenario, given, state, now, *_ = made
    return identify(inputs_of(scenario, {**given, **settings}, state, now))


def test_photos_are_read_of_people_in_scope_and_matched_without_employee() -> None:
    assert read_scope.photos_of(people_of(EVERYBODY)) == ["entra-ada"]


def test_without_the_switch_no_photo_is_read() -> None:
    assert read_scope.photos_of(people_of(EVERYBODY, profile_pictures=False)) == []


def test_mailboxes_are_read_of_people_in_scope_and_matched_and_of_rooms() -> None:
    assert read_scope.mailboxes_of(people_of(EVERYBODY)) == ["entra-ada", "entra-ray", "entra-room"]


@pytest.mark.parametrize("off", [{"synchronize_calendars": False}, {"enabled": False}])
def test_switched_off_no_mailbox_is_read(off: SomeSettings) -> None:
    assert read_scope.mailboxes_of(people_of(EVERYBODY, **off)) == []


def test_events_are_read_of_emply_calendars_that_came_from_entra_or_were_detached_from_one() -> None:
    emply = [in_emply(), in_emply("Ferie", externalId=None), in_emply("Mine", externalId=" ")]
    made = inputs_of(*calendars([], emply, state={"calendars": [recorded("Ferie", detached=True)]}))
    assert read_scope.emply_calendars_with_events(made) == ["emply-Calendar", "emply-Ferie"]


def test_events_are_read_of_entra_calendars_that_emply_has_enabled_or_gets_enabled() -> None:
    outlook = [calendar(), calendar("Ferie"), calendar("Projekt"), calendar("New"), calendar("Theirs", canEdit=False)]
    emply = [in_emply("Ferie"), in_emply("Projekt", enabled=False), in_emply("Gone")]
    places, _ = read_scope.events_of(people_of(calendars(outlook, emply)))
    assert sorted(places.itertuples(index=False, name=None)) == [
        ("entra-megan", "outlook-Calendar"),
        ("entra-megan", "outlook-Ferie"),
    ]


def test_events_are_read_of_a_detached_calendar_as_it_was_enabled() -> None:
    outlook = [calendar("Ferie"), calendar("Projekt")]
    emply = [in_emply("Ferie", externalId=None), in_emply("Projekt", externalId=None, enabled=False)]
    state = {"calendars": [recorded("Ferie", detached=True), recorded("Projekt", detached=True)]}
    places, _ = read_scope.events_of(people_of(calendars(outlook, emply, state=state)))
    assert places["calendar_id"].tolist() == ["outlook-Ferie"]


def test_e0_paired_events_are_looked_up_by_their_ids_in_whatever_calendar_they_stand() -> None:
    past = {"start": "2020-01-01T09:00:00Z", "end": "2020-01-01T10:00:00Z"}
    events = [own("walk", externalId="outlook-walk"), own("lunch"), own("ball", **past), imported()]
    events.append(own("fair", externalId="outlook-fair", **past))
    state = {"eventPairs": [pair("lunch"), pair("gone"), pair("ball"), pair("other", calendar="Closed")]}
    made = calendars(
        [calendar(), calendar("Closed")], [in_emply(), in_emply("Closed", enabled=False)], events, state=state
    )
    _, paired = read_scope.events_of(people_of(made))
    assert np.unique(paired["event_id"]).tolist() == [
        "outlook-ball", "outlook-fair", "outlook-gone", "outlook-lunch", "outlook-walk"
    ]  # fmt: skip
    assert set(paired["entra_id"]) == {"entra-megan"}


def test_e0_what_emply_has_out_of_the_window_may_matter_only_in_a_calendar_that_is_not_read() -> None:
    past = {"start": "2020-01-01T09:00:00Z", "end": "2020-01-01T10:00:00Z"}
    state = {"eventPairs": [pair("lunch"), pair("ball")]}
    events = [own("lunch"), own("ball", **past)]
    made = calendars([calendar(), calendar("Theirs", canEdit=False)], [in_emply()], events, state=state)
    _, paired = read_scope.events_of(people_of(made))
    assert paired["event_id"].tolist() == ["outlook-lunch"]


def test_e0_a_paired_event_whose_recorded_calendar_is_gone_is_read_too() -> None:
    made = calendars([calendar()], [in_emply()], [], state={"eventPairs": [pair("other", calendar="Gone")]})
    _, paired = read_scope.events_of(people_of(made))
    assert paired["event_id"].tolist() == ["outlook-other"]


def test_c1a_a_paired_event_is_read_where_the_calendar_has_a_new_id() -> None:
    old = in_emply("old", isDefault=True)
    made = calendars([calendar()], [old], [], state={"eventPairs": [pair("lunch", calendar="old")]})
    places, paired = read_scope.events_of(people_of(made))
    assert places["calendar_id"].tolist() == ["outlook-Calendar"]
    assert paired.to_dict("records") == [{"entra_id": "entra-megan", "event_id": "outlook-lunch"}]
