"""Reads that are under way at the same time, each with its own result or error."""

import threading
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pandas as pd
import pytest
from dagster import build_init_resource_context

from assets.resources import Connections
from entra_emply.connectors.emply.client import EmplyClient
from entra_emply.connectors.entra.client import GraphClient
from entra_emply.connectors.reads import MultiRead
from entra_emply.errors import SettingsError, SourceUnreadable
from entra_emply.extraction import side_by_side, sources
from entra_emply.extraction.side_by_side import Announced, SideBySide, in_turn
from entra_emply.extraction.sources import LISTS, MEMBERS, Systems, announced_lists
from entra_emply.reconciliation.inputs import SyncState
from entra_emply.reconciliation.settings import Settings
from tests.reference.builders import NOW
from tests.waiting import PATIENCE


def _of(read: Callable[[], object], *needs: str) -> Announced:
    return Announced(lambda _: read(), needs)


def _alone() -> object:
    return "read alone"


def _refused() -> object:
    raise SourceUnreadable("users", "Graph answered 500")


@pytest.fixture
def reads() -> SideBySide:
    return SideBySide()


def test_announced_reads_are_under_way_at_the_same_time(reads: SideBySide) -> None:
    everybody = threading.Barrier(5)
    reads.announce({str(n): _of(lambda: everybody.wait(PATIENCE)) for n in range(5)})
    assert {reads.result(str(n), lambda: -1) for n in range(5)} == {0, 1, 2, 3, 4}


def test_nothing_is_read_before_the_first_is_asked_for(reads: SideBySide) -> None:
    asked: list[str] = []
    reads.announce({"users": _of(lambda: asked.append("users"))})
    assert not asked
    reads.result("users", lambda: None)
    assert asked == ["users"]


def test_what_was_not_announced_is_read_when_it_is_asked_for(reads: SideBySide) -> None:
    reads.announce({"users": _of(dict)})
    assert reads.result("groups", _alone) == "read alone"


def test_a_result_is_given_once(reads: SideBySide) -> None:
    reads.announce({"users": _of(lambda: "side by side")})
    assert [reads.result("users", _alone) for _ in "ab"] == ["side by side", "read alone"]


def test_after_the_last_result_the_memory_that_reading_needed_is_given_back(
    reads: SideBySide, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_back: list[str] = []
    monkeypatch.setattr(side_by_side, "give_back", lambda: given_back.append("now"))
    reads.announce({"users": _of(lambda: "users"), "groups": _of(lambda: "groups")})
    reads.result("users", _alone)
    assert given_back == []
    reads.result("groups", _alone)
    assert given_back == ["now"]


def test_a_read_is_given_the_results_of_those_that_it_needs(reads: SideBySide) -> None:
    def members(lists: Mapping[str, Any]) -> object:
        return [*lists["groups"], "members"]

    reads.announce({"members": Announced(members, ("groups",)), "groups": _of(lambda: ["groups"])})
    assert reads.result("members", list) == ["groups", "members"]


def test_a_read_that_needs_what_is_not_announced_is_made_alone(reads: SideBySide) -> None:
    reads.announce({"events": _of(dict, "calendars"), "deltas": _of(dict, "events"), "users": _of(dict)})
    assert reads.result("users", _alone) == {}
    assert [reads.result(name, _alone) for name in ("events", "deltas")] == ["read alone"] * 2


def test_a_failed_read_is_the_failure_of_whoever_asks_for_it(reads: SideBySide) -> None:
    reads.announce({"users": _of(_refused), "groups": _of(lambda: "groups"), "roles": _of(lambda: "roles")})
    assert reads.result("groups", _alone) == "groups"
    with pytest.raises(SourceUnreadable, match="users"):
        reads.result("users", _alone)
    assert reads.result("roles", _alone) == "roles"


def test_reads_in_turn_are_told_of_and_end_with_the_one_that_fails() -> None:
    told: list[tuple[str, int]] = []
    stopped = threading.Event()
    turns = {"groups": _of(lambda: "groups"), "users": _of(_refused), "roles": _of(lambda: stopped.wait(PATIENCE))}
    reading = in_turn(turns, stopped.set, lambda name, done: told.append((name, done)))
    assert next(reading) == ("groups", "groups")
    with pytest.raises(SourceUnreadable):
        next(reading)
    assert told == [("groups", 0), ("users", 1)]
    assert stopped.is_set()


def test_reads_in_turn_that_are_all_done_stop_nothing() -> None:
    stopped = threading.Event()
    turns = {str(n): _of(lambda: "done") for n in range(100)}
    assert len(dict(in_turn(turns, stopped.set))) == len(turns)
    assert not stopped.is_set()


def test_a_run_that_ends_ends_its_reads() -> None:
    connections, stopped = Connections(), threading.Event()
    connections._opened.graph = Mock(spec=GraphClient, service=Mock(stop=stopped.set))
    connections._opened.emply = Mock(spec=EmplyClient, service=Mock())
    connections.reads.announce({"users": _of(lambda: stopped.wait(PATIENCE)), "groups": _of(lambda: "groups")})
    connections.reads.result("groups", _alone)
    connections.teardown_after_execution(build_init_resource_context())
    assert connections.reads.result("users", _alone) is True


# --- the lists --------------------------------------------------------------------------------------------------------


class _Meeting:
    """Stands for both systems: a list of them is answered once all are asked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, members_of: Callable[[list[str]], object]) -> None:
        self._everybody = threading.Barrier(len(LISTS))
        names = ("tenant", "users", "groups", "employees", "roles", "departments")
        lists = SimpleNamespace(**dict.fromkeys(names, self._list))
        service = SimpleNamespace(stop=self._everybody.abort)
        self.systems: Any = Systems(
            Mock(spec=GraphClient, directory=lists, service=service),
            Mock(spec=EmplyClient, **vars(lists), service=service),
        )
        monkeypatch.setattr(sources, "read_members", lambda _systems, _settings, groups, _all: members_of(groups))

    def _list(self, *_how: object) -> object:
        self._everybody.wait(PATIENCE)
        return SimpleNamespace(frame=pd.DataFrame({"group_id": ["g1"], "display_name": ["Employees"]}))


def _state() -> SyncState:
    return SyncState.of({}, read_at=NOW)


def test_the_lists_of_both_systems_are_read_at_the_same_time_and_then_the_members(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    groups: list[list[str]] = []
    meeting = _Meeting(monkeypatch, groups.append)
    settings = Settings.model_validate({"groups": [{"group": "Employees", "default_role": "Employee"}]})
    read = dict(in_turn(announced_lists(meeting.systems, lambda: settings, _state()), meeting.systems.stop))
    assert [*read] == [*(source.name for source in LISTS), MEMBERS]
    assert groups == [["g1"]]


def test_wrong_settings_fail_the_members_alone(monkeypatch: pytest.MonkeyPatch, reads: SideBySide) -> None:
    meeting = _Meeting(monkeypatch, lambda _groups: MultiRead)

    def settings() -> Settings:
        raise SettingsError("settings.yaml, line 3: wrong")

    reads.announce(announced_lists(meeting.systems, settings, _state()))
    for source in LISTS:
        reads.result(source.name, _alone)
    with pytest.raises(SettingsError, match="line 3"):
        reads.result(MEMBERS, _alone)
