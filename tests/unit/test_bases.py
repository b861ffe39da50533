"""Which earlier read a list goes on from."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from entra_emply import clock
from entra_emply.connectors.reads import Base, WholeRead
from entra_emply.extraction.bases import Bases, cursor_of
from entra_emply.storage.frame_store import FrameStore

NOW = datetime(2026, 11, 29, 0, 10, tzinfo=UTC)
USERS, MEMBERS = "entra_users", "entra_group_members"
FRAME = pd.DataFrame({"entra_id": ["ayşe"]}, dtype="str")


@pytest.fixture
def store(request: pytest.FixtureRequest) -> FrameStore:
    return FrameStore(f"memory://bases/{request.node.name}")


def keep(store: FrameStore, run: str, *, hours_ago: float = 1, day: str | None = "2026-11-28") -> None:
    """A run that read its lists whole so long ago; complete, unless it has no day."""
    cursor = pd.DataFrame({"read_whole_at": [(NOW - timedelta(hours=hours_ago)).isoformat()]}, dtype="str")
    store.write(run, USERS, FRAME)
    store.write(run, MEMBERS, {"members": FRAME, "groups": FRAME})
    for source in (USERS, MEMBERS):
        store.write(run, cursor_of(source), cursor)
    if day:
        store.complete(run, day)


def how(store: FrameStore, source: str = USERS, **given: Any) -> Base | WholeRead | None:  # noqa: ANN401
    with clock.frozen(NOW):
        return Bases(store, 24, **given).of(source)


def why(store: FrameStore, **given: Any) -> str:  # noqa: ANN401
    found = how(store, **given)
    assert isinstance(found, WholeRead)
    return found.why


def test_a_list_goes_on_from_the_last_complete_run_also_after_midnight(store: FrameStore) -> None:
    keep(store, "one")
    keep(store, "failed later", day=None)
    for source, frames in ((USERS, {USERS}), (MEMBERS, {"members", "groups"})):
        found = how(store, source)
        assert isinstance(found, Base)
        assert (found.run_id, set(found.frames)) == ("one", frames)


def test_the_first_read_is_whole(store: FrameStore) -> None:
    assert "no earlier read" in why(store)


@pytest.mark.parametrize("hours_ago", [24, 200, -1])
def test_a_whole_read_is_continued_for_so_many_hours(store: FrameStore, hours_ago: float) -> None:
    """One of the future is of another clock."""
    keep(store, "one", hours_ago=hours_ago)
    assert "full_read_hours" in why(store)


def test_a_read_that_no_plan_was_made_of_is_followed_by_a_whole_one_of_that_source(store: FrameStore) -> None:
    keep(store, "one")
    assert "no plan" in why(store, refused={USERS})
    assert isinstance(how(store, refused={MEMBERS}), Base)


def test_what_is_asked_for_whole_is_read_whole(store: FrameStore) -> None:
    keep(store, "one")
    assert why(store, whole_because="it was asked for") == "it was asked for"


def test_frames_that_are_not_kept_any_more_are_not_continued(store: FrameStore) -> None:
    store.complete("pruned", "2026-11-28")
    assert "not stored any more" in why(store)


def test_of_other_lists_nobody_tells_changes(store: FrameStore) -> None:
    keep(store, "one")
    assert how(store, "emply_users") is None


def test_a_read_that_leaves_no_trace_needs_no_token(store: FrameStore) -> None:
    keep(store, "one")
    with clock.frozen(NOW):
        assert isinstance(Bases(store, 24).only_continued(USERS), Base)
        assert Bases(store, 24, whole_because="asked").only_continued(USERS) is None
