"""What the dependent sources are told of the lists is enough: they read the same as with everybody at hand."""

import random
from dataclasses import replace

import pandas as pd
import pytest

from entra_emply.connectors.entra.event_deltas import CALENDAR, IN_MAILBOX
from entra_emply.errors import SettingsError
from entra_emply.reconciliation.identify import identify
from entra_emply.reconciliation.inputs import DEPENDENT_SOURCES, Inputs
from entra_emply.reconciliation.plan import make_plan
from entra_emply.reconciliation.read_scope import ReadScope, events_of, mailboxes_of, photos_of, read_scope
from entra_emply.reconciliation.rules.event_window import is_within
from entra_emply.storage.frame_store import FrameStore
from tests.reference.builders import SomeSettings, login, person, scenario
from tests.reference.random_scenarios import random_scenario
from tests.reference.vectorised import inputs_of

SHARE, CAMPAIGN = range(10), range(200, 1_000)


def rows(frame: pd.DataFrame) -> list[tuple[str, ...]]:
    return sorted(frame.itertuples(index=False, name=None))


def same_events(seed: int) -> bool:
    """Whether the events asked for are the same; False where the settings are refused or none are."""
    try:
        everybody = identify(inputs_of(*random_scenario(random.Random(seed))))
    except SettingsError:
        return False
    wanted, paired = events_of(everybody)
    alone, alone_paired = events_of(read_scope(everybody).identities)
    assert (rows(alone), rows(alone_paired)) == (rows(wanted), rows(paired)), f"scenario {seed}"
    return not wanted.empty


def test_the_events_that_are_read_are_decided_by_the_people_in_scope_alone() -> None:
    assert sum(map(same_events, SHARE)) > 2


@pytest.mark.campaign
def test_the_events_that_are_read_are_decided_by_the_people_in_scope_alone_in_thousands_of_worlds() -> None:
    assert sum(map(same_events, CAMPAIGN)) > 200


def as_read(everything: Inputs) -> Inputs:
    """What a run has of Outlook's events: those that the calendars show that are read, and those of pairs by their ids
    (E0)."""
    places, paired = events_of(identify(everything))
    events, cursors = everything.entra_events, everything.entra_cursors
    shown = is_within(events, everything) & keys(events, *CALENDAR).isin(keys(places, *CALENDAR))
    looked_up = keys(events, *IN_MAILBOX).isin(keys(paired, *IN_MAILBOX))
    read = keys(cursors, *CALENDAR).isin(keys(places, *CALENDAR)) | cursors["delta_link"].isna()
    return everything.with_frames({
        "entra_events": events[shown | looked_up].reset_index(drop=True),
        "entra_cursors": cursors[read].reset_index(drop=True),
    })  # fmt: skip


def keys(frame: pd.DataFrame, owner: str, of: str) -> "pd.Series[str]":
    return frame[owner] + " " + frame[of]


def plans_the_same(seed: int) -> bool:
    """Whether the plan of what is read is that of everything; False where the settings are refused or nothing is
    paired."""
    try:
        everything = inputs_of(*random_scenario(random.Random(seed)))
        plan = make_plan(everything)
    except SettingsError:
        return False
    read = make_plan(as_read(everything))
    assert read.plan_id == plan.plan_id, f"scenario {seed}"
    assert rows(read.ended_pairs) == rows(plan.ended_pairs), f"scenario {seed}"
    return not everything.state.event_pairs.empty


def test_e0_what_is_read_of_events_is_enough_for_the_plan() -> None:
    assert sum(map(plans_the_same, SHARE)) > 2


@pytest.mark.campaign
def test_e0_what_is_read_of_events_is_enough_for_the_plan_in_thousands_of_worlds() -> None:
    assert sum(map(plans_the_same, CAMPAIGN)) > 200


@pytest.mark.parametrize("seed", [3, 7, 20])  # of 1 the settings are wrong on purpose
def test_a_scope_that_was_stored_is_the_same(seed: int) -> None:
    inputs = inputs_of(*random_scenario(random.Random(seed)))
    scope = read_scope(identify(inputs))
    store = FrameStore(f"memory:///read-scope-{seed}")
    store.write("run", "read_scope", scope.frames())
    stored = store.read("run", "read_scope")
    assert isinstance(stored, dict)
    again = ReadScope.from_frames(stored, inputs.state)
    for source in ("entra_photos", "entra_calendars", "entra_app", "entra_deleted_users", "emply_calendars"):
        assert (again.ids_of(source), again.asks_for(source)) == (scope.ids_of(source), scope.asks_for(source))
    later = {name: getattr(inputs, name) for names in DEPENDENT_SOURCES.values() for name in names}
    people = replace(again.identities, inputs=again.identities.inputs.with_frames(later))
    assert [rows(each) for each in events_of(people)] == [rows(each) for each in events_of(scope.identities)]


@pytest.mark.parametrize(
    ("settings", "asked"),
    [
        ({}, {"emply_calendars"}),
        ({"profile_pictures": True}, {"emply_calendars", "entra_photos"}),
        ({"synchronize_calendars": True}, {"emply_calendars", "entra_calendars"}),
        ({"entra_write_back": {"create": True}}, {"emply_calendars", "entra_deleted_users"}),
        ({"sso": {"service_principal_id": "emply"}}, {"emply_calendars", "entra_app"}),
        ({"enabled": False, "profile_pictures": True, "synchronize_calendars": True,
          "entra_write_back": {"create": True}, "sso": {"service_principal_id": "emply"}}, {"emply_calendars"}),
    ],
    ids=["nothing", "photos", "calendars", "write-back", "sso", "switched off"],
)  # fmt: skip
def test_the_settings_say_which_sources_are_read(settings: SomeSettings, asked: set[str]) -> None:
    given: SomeSettings = {"profile_pictures": False, "synchronize_calendars": False, **settings}
    made = scenario([person("ada")], [login("ada")], linked=["ada"], **given)
    scope = read_scope(identify(inputs_of(*made)))
    assert set(scope.asked["source"]) == asked


def test_the_people_alone_are_those_whose_mailboxes_are_read() -> None:
    people = [person("ada"), person("ole", accountEnabled=False), person("room", groups=["Meeting rooms"])]
    everybody = identify(inputs_of(*scenario(people, synchronize_calendars=True, profile_pictures=True)))
    scope = read_scope(everybody)
    assert scope.identities.frame["entra_id"].tolist() == mailboxes_of(everybody)
    assert scope.ids_of("entra_photos") == photos_of(everybody)
    assert scope.identities.inputs.entra_users["entra_id"].tolist() == mailboxes_of(everybody)
