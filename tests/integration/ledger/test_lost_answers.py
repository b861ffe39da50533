"""Applying: an answer that was lost is followed by a look, and a service that is down is not asked for ever."""

import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from entra_emply import clock, provisioning
from entra_emply.errors import SourceUnreadable
from entra_emply.provisioning.apply import settle
from tests.integration.conftest import Rows
from tests.integration.ledger.fakes.faults import Fault, comes_late, lost_after, lost_after_and, lost_before
from tests.integration.ledger.fakes.system import Row
from tests.integration.ledger.mailbox_systems import OUTCOMES
from tests.integration.ledger.staff import hire, leave
from tests.integration.ledger.systems import Systems, kinds


@pytest.fixture
def systems(staff: Systems) -> Systems:
    return staff


@pytest.mark.parametrize("fault", [lost_after, lost_before])
@pytest.mark.parametrize("change", ["create", "deactivate", "roles"])
def test_a_lost_answer_is_followed_by_a_look_and_the_write_is_made_once(
    systems: Systems, change: str, fault: Fault
) -> None:
    changes: dict[str, Callable[[], object]] = {
        "create": lambda: hire(systems, "zofia"),
        "deactivate": lambda: leave(systems, "disabled"),
        "roles": lambda: systems.members("g-hr").append("ada"),
    }
    changes[change]()
    systems.emply.faults = [fault]
    assert systems.sync().count("applied") == 1
    assert len(systems.emply.written) == 1
    assert kinds(systems.plan()) == {}


def test_a_create_that_came_through_late_is_not_made_twice(systems: Systems, rows: Rows) -> None:
    hire(systems, "zofia")
    systems.emply.faults = comes_late()  # the second try finds the address taken by the first
    assert systems.sync().count("applied") == 1
    assert len(systems.emply.written) == 1
    assert rows("SELECT matched_by FROM links WHERE entra_id = 'zofia'") == [("created",)]


@pytest.mark.parametrize("when", ["changed", "changing"])
def test_what_a_killed_run_was_creating_is_looked_for_until_it_must_show(
    systems: Systems, rows: Rows, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    monkeypatch.setattr(provisioning, "_PAUSES", (0.0, 0.01))
    hire(systems, "zofia")

    def die() -> None:
        raise KeyboardInterrupt

    setattr(systems.emply, when, die)
    moment = clock.now()
    with clock.frozen(moment), pytest.raises(KeyboardInterrupt):
        systems.sync()
    setattr(systems.emply, when, lambda: None)
    seen, find = [], systems.emply.find_user

    def late(username: str | None, email: str | None) -> Row | None:
        """Reads lag behind writes: the first one does not show the user."""
        seen.append(username)
        return find(username, email) if len(seen) > 1 else None

    monkeypatch.setattr(systems.emply, "find_user", late)
    with clock.frozen(moment):
        assert settle(systems.ledger, graph=systems.graph, emply=systems.emply)
    assert len(seen) == 2
    assert rows(OUTCOMES)[-1] == ("create_user", "applied" if when == "changed" else "interrupted", None)
    systems.sync()
    assert [kind for kind, _ in systems.emply.written] == ["create"]


def test_a_clock_that_was_ahead_makes_nobody_wait_longer(systems: Systems, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provisioning, "_PAUSES", (0.0, 0.01))
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    hire(systems, "zofia")

    def die() -> None:
        raise KeyboardInterrupt

    systems.emply.changing = die
    with clock.frozen(clock.now() + timedelta(hours=1)), pytest.raises(KeyboardInterrupt):
        systems.sync()
    assert settle(systems.ledger, graph=systems.graph, emply=systems.emply)
    assert slept == [0.01]


def test_three_lost_answers_and_nothing_done_is_a_failure(systems: Systems, rows: Rows) -> None:
    hire(systems, "zofia")
    systems.emply.faults = [lost_before] * 3
    assert systems.sync().count("failed") == 1
    assert rows("SELECT code FROM failures") == [("connection",)]


def test_roles_that_somebody_changed_while_an_answer_was_lost_are_not_overwritten(systems: Systems) -> None:
    systems.members("g-hr").append("ada")

    def lost_meanwhile(make: Callable[[], object]) -> None:
        systems.login("ada")["roleIds"] = ["r-Manager"]
        lost_before(make)

    systems.emply.faults = [lost_meanwhile]
    assert systems.sync().count("superseded") == 1
    assert systems.login("ada")["roleIds"] == ["r-Manager"]


def test_a_service_that_is_down_is_not_asked_for_ever(systems: Systems, rows: Rows) -> None:
    for number in range(8):
        hire(systems, f"zofia-{number}")
    systems.emply.faults = [lost_before] * (3 * 8)
    report = systems.sync()
    assert (report.count("failed"), report.untried, report.troubled) == (5, 3, True)
    assert rows("SELECT ending FROM plans ORDER BY plan_no DESC LIMIT 1") == [("stopped",)]
    assert rows("SELECT count(*) FROM failures") == [(5,)]
    systems.emply.faults.clear()
    assert systems.sync().count("applied") == 8


def test_what_needs_only_the_other_service_goes_on(systems: Systems, rows: Rows) -> None:
    """Why somebody left is asked of Graph; a newcomer is Emply's alone."""
    systems.settings["guards"] = {"max_deactivations": {"min_count": 20, "percent": 100}}
    for number in range(8):
        hire(systems, f"ole-{number}")
    systems.sync()
    for number in range(8):
        systems.person(f"ole-{number}")["accountEnabled"] = False
    hire(systems, "zofia")
    plan = systems.plan()
    systems.graph.unreadable = True
    report = systems.apply(plan)
    assert (report.count("failed"), report.untried, report.count("applied")) == (5, 3, 1)
    assert list(report.results) == ["emply.deactivate_user", "emply.create_user"]
    systems.graph.unreadable = False
    assert systems.sync().count("applied") == 8
    assert rows("SELECT count(*) FROM failures") == [(0,)]


def test_a_user_who_cannot_be_looked_at_keeps_nobody_waiting(systems: Systems, rows: Rows) -> None:
    systems.members("g-hr").append("ada")
    plan = systems.plan()
    systems.emply.faults = [lost_after_and(lambda: setattr(systems.emply, "unreadable", True))]
    assert systems.apply(plan).count("unknown") == 1
    systems.person("søren")["jobTitle"] = "Başkan"
    assert systems.sync().count("applied") == 1
    systems.emply.unreadable = False
    assert kinds(systems.plan()) == {}
    assert ("set_roles", "applied", None) in rows(OUTCOMES)


def test_a_change_whose_answer_was_lost_is_no_failure_where_looking_is_forbidden(systems: Systems, rows: Rows) -> None:
    """Taken for one, a deactivation that was made would not count as ours (L4)."""
    leave(systems, "disabled")
    plan = systems.plan()
    systems.emply.faults = [lost_after_and(lambda: setattr(systems.emply, "closed", True))]
    report = systems.apply(plan)
    assert (report.count("unknown"), report.count("failed")) == (1, 0)
    assert rows("SELECT count(*) FROM failures") == [(0,)]
    systems.emply.closed = False
    assert kinds(systems.plan()) == {}


def test_a_target_that_will_not_say_is_asked_by_the_next_run(systems: Systems, rows: Rows) -> None:
    hire(systems, "zofia")
    plan = systems.plan()
    systems.emply.faults = [lost_after_and(lambda: setattr(systems.emply, "unreadable", True))]
    assert systems.apply(plan).count("unknown") == 1
    with pytest.raises(SourceUnreadable):
        systems.inputs()
    systems.emply.unreadable = False
    assert kinds(systems.plan()) == {}
    assert rows(OUTCOMES)[-1] == ("create_user", "applied", None)
    assert rows("SELECT matched_by FROM links WHERE entra_id = 'zofia'") == [("created",)]
