"""G5 for what follows the lists: what the ledger recorded of Emply's calendars and events must mostly be there."""

import pytest

from entra_emply.errors import SourceUnreadable
from entra_emply.reconciliation.completeness import require_recorded_calendars, require_recorded_events
from entra_emply.reconciliation.inputs import Inputs
from tests.reference.builders import scenario
from tests.reference.subject import Row
from tests.reference.vectorised import inputs_of

TEN = range(10)


def recorded(*, gone: int, percent: float = 80) -> Inputs:
    """Ten calendars with an event each were made; so many of them Emply does not list any more."""
    left = TEN[gone:]
    calendars = [{"id": f"k{n}", "userId": "u", "externalId": f"c{n}"} for n in TEN]
    events = [{"id": f"m{n}", "calendarId": f"k{n}", "origin": "emply"} for n in left]
    pairs = [
        {"emplyEventId": f"m{n}", "externalId": f"x{n}", "entraId": "e", "calendarExternalId": f"c{n}"} for n in TEN
    ]
    made = [{"calendarId": f"k{n}", "entraId": "e", "externalId": f"c{n}", "detached": False} for n in TEN]
    state: Row = {"eventPairs": pairs, "calendars": made}
    guards: Row = {"guards": {"min_rows_percent": percent}}
    return inputs_of(*scenario([], emply={"calendars": calendars, "events": events}, state=state, **guards))


@pytest.mark.parametrize("gone", [0, 1, 3])
def test_a_few_calendars_and_events_may_be_gone(gone: int) -> None:
    there = recorded(gone=gone)
    require_recorded_events(there, there.emply_events)
    require_recorded_calendars(there, there.emply_calendars.iloc[gone:])


def test_exactly_the_share_is_enough() -> None:
    there = recorded(gone=4, percent=60)
    require_recorded_events(there, there.emply_events)
    require_recorded_calendars(there, there.emply_calendars.iloc[4:])


def test_most_of_the_events_gone_is_not_believed() -> None:
    there = recorded(gone=4)
    with pytest.raises(SourceUnreadable, match=r"6 of the 10 .*--accept-shrink emply_events"):
        require_recorded_events(there, there.emply_events)


def test_most_of_the_calendars_gone_is_not_believed() -> None:
    there = recorded(gone=0)
    with pytest.raises(SourceUnreadable, match=r"6 of the 10 .*--accept-shrink emply_calendars"):
        require_recorded_calendars(there, there.emply_calendars.iloc[4:])


def test_events_of_calendars_that_are_not_there_say_nothing() -> None:
    there = recorded(gone=10)
    require_recorded_events(there.with_frames({"emply_calendars": there.emply_calendars[:0]}), there.emply_events)
