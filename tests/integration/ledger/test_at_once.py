"""Several that apply at the same time, and one that loses its lock: every write is made once."""

import threading
import time
from collections.abc import Callable

import pytest

from entra_emply.errors import EntraEmplyError, LedgerError, PlanRefused
from entra_emply.ledger.ledger import Ledger
from entra_emply.provisioning import apply as applying
from entra_emply.provisioning.apply import apply
from entra_emply.reconciliation.inputs import Inputs
from tests.integration.conftest import Rows
from tests.integration.ledger.killing import END_LOCK
from tests.integration.ledger.systems import Systems, kinds, make_scenario
from tests.postgres import Server

NEWCOMERS = [f"çağla-{number}" for number in range(6)]


@pytest.fixture
def systems(ledger: Ledger) -> Systems:
    """Six newcomers, and an Emply that takes its time."""
    made = Systems(ledger, make_scenario({name: ["g-staff"] for name in NEWCOMERS}, without_login=tuple(NEWCOMERS)))
    made.emply.changed = lambda: time.sleep(0.02)
    return made


def test_four_that_apply_one_plan_apply_it_once(systems: Systems) -> None:
    plan = systems.plan()
    errors = _at_once(4, lambda: systems.apply(plan))
    assert [type(error) for error in errors] == [PlanRefused] * 3
    assert sorted(kind for kind, _ in systems.emply.written) == ["create"] * 6


def test_four_whole_runs_at_once_make_every_write_once(systems: Systems) -> None:
    errors = _at_once(4, systems.sync)
    assert all(isinstance(error, PlanRefused) for error in errors)
    systems.sync()
    assert sorted(kind for kind, _ in systems.emply.written) == ["create"] * 6
    assert kinds(systems.plan()) == {}


def test_who_reads_while_another_applies_plans_from_stale_reads_and_is_refused(
    systems: Systems, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "SETTLE_WAIT", 1)
    plan = systems.plan()
    read = _read_at_the_first_change(systems)
    systems.apply(plan)
    stale = systems.record(read[0])
    assert kinds(stale) == {"create_user": 5, "link_user": 1}
    with pytest.raises(PlanRefused, match="another run applied changes"):
        systems.apply(stale)


def test_who_lost_the_lock_writes_no_more_and_the_next_run_goes_on(
    systems: Systems, server: Server, rows: Rows
) -> None:
    def end_the_session() -> None:
        if len(systems.emply.written) == 3:
            server.execute(END_LOCK)

    systems.emply.changed = end_the_session
    with pytest.raises(LedgerError, match="was lost"):
        systems.sync()
    assert len(systems.emply.written) == 3
    [(recorded,)] = rows("SELECT count(*) FROM outcomes")
    assert recorded in range(3), "the third, at least, was not"
    systems.emply.changed = lambda: None
    systems.sync()
    assert len(systems.emply.written) == 6
    assert rows("SELECT count(*) FROM links") == [(6,)]
    assert rows("SELECT ending FROM plans ORDER BY plan_no") == [("interrupted",), ("done",)]


def test_reads_made_while_a_run_was_dying_are_stale_though_it_left_nothing_open(
    systems: Systems, server: Server, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "SETTLE_WAIT", 1)
    plan, read = systems.plan(), _read_at_the_first_change(systems)

    def end_the_session(done: int, of: int) -> None:
        if done == of:
            server.execute(END_LOCK)

    with pytest.raises(LedgerError):
        apply(systems.ledger, plan.plan_id, graph=systems.graph, emply=systems.emply, progress=end_the_session)
    assert rows("SELECT count(*) FROM attempts") == rows("SELECT count(*) FROM outcomes") == [(6,)]
    with pytest.raises(PlanRefused, match="another run applied changes"):
        systems.apply(systems.record(read[0]))
    assert len(systems.emply.written) == 6


def _read_at_the_first_change(systems: Systems) -> list[Inputs]:
    """What another run reads as soon as something was changed."""
    read: list[Inputs] = []

    def changed() -> None:
        if not read:
            read.append(systems.inputs())

    systems.emply.changed = changed
    return read


def _at_once(number: int, run: Callable[[], object]) -> list[Exception]:
    """Run it in so many threads; what they raised."""
    errors: list[Exception] = []

    def guarded() -> None:
        try:
            run()
        except EntraEmplyError as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors
