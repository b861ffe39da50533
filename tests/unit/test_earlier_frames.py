"""Frames that version 0.1.0 stored lack columns: a past day of its is still planned and explained."""

import pandas as pd
import pytest

from entra_emply.reconciliation.inputs import Inputs
from entra_emply.reconciliation.plan import make_plan
from entra_emply.storage.frame_store import FrameStore
from tests.reference.builders import login, person, scenario
from tests.reference.calendar_builders import calendar, calendars, event, imported, in_emply
from tests.reference.vectorised import inputs_of

NEWER = {
    "entra_groups": ["hidden", "mail", "proxy_addresses"],
    "entra_deleted_users": ["mail", "other_mails", "proxy_addresses"],
    "entra_events": ["cancelled", "declined"],
}


def as_stored_by_0_1_0(inputs: Inputs) -> Inputs:
    """The same, of frames that were written without the newer columns."""
    store = FrameStore("memory:///earlier")
    for name, columns in NEWER.items():
        store.write("run", name, getattr(inputs, name).drop(columns=columns))
    stored = {name: pd.DataFrame(store.read("run", name)) for name in NEWER}
    return inputs.with_frames(stored)


@pytest.mark.parametrize("name", NEWER)
def test_what_such_a_frame_lacks_has_the_type_that_it_has_now(name: str) -> None:
    made = inputs_of(*calendars([calendar(events=[event()])], [in_emply()], [imported(changeKey="0")]))
    earlier = as_stored_by_0_1_0(made)
    types = getattr(earlier, name).dtypes.sort_index()
    pd.testing.assert_series_equal(types, getattr(made, name).dtypes.sort_index())


def test_a_day_of_such_frames_has_the_same_plan_where_nothing_newer_matters() -> None:
    made = inputs_of(*calendars([calendar(events=[event()])], [in_emply()], [imported(changeKey="0")]))
    assert len(make_plan(made).actions) > 0
    assert make_plan(as_stored_by_0_1_0(made)).plan_id == make_plan(made).plan_id


def test_its_cancelled_events_take_place_and_its_groups_show_their_members() -> None:
    cancelled = [calendar(events=[event(isCancelled=True)])]
    earlier = as_stored_by_0_1_0(inputs_of(*calendars(cancelled, [in_emply()])))
    assert "upsert_event" in set(make_plan(earlier).actions["kind"])
    hidden = [{"id": "g-hidden", "displayName": "Hemmelig", "visibility": "HiddenMembership", "members": []}]
    made = inputs_of(*scenario([person("ada")], [login("ada")], entra={"groups": hidden}))
    assert not as_stored_by_0_1_0(made).entra_groups["hidden"].any()
