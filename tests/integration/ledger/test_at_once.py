"""Several that apply at the same time, and one that loses its lock: every write is made once."""

import threading
import time
from collections.abc import Callable

import pytest

from entra_emply.errors import EntraEmplyError, LedgerError, PlanRefused
from entra_emply.ledger.ledger import Ledger
from entra_emply.provisioning import apply as applying
from entra_emply.provisioning.apply import apply
from tests.integration.ledger.company import Company, kinds, make_scenario
from tests.integration.ledger.conftest import Rows
from tests.postgres import Server

END_LOCK = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
NEWCOMERS = [f"çağla-{number}" for number in range(6)]


@pytest.fixture
def company(ledger: Ledger) -> Company:
    """Six newcomers, and an Emply that takes its time."""
    made = Company(ledger, make_scenario({name: ["g-staff"] for name in NEWCOMERS}, without_login=tuple(NEWCOMERS)))
    made.emply.changed = lambda: time.sleep(0.02)
    return made


def test_four_that_apply_one_plan_apply_it_once(company: Company) -> None:
    plan = company.plan()
    errors = _at_once(4, lambda: company.apply(plan))
    assert [type(error) for error in errors] == [PlanRefused] * 3
    assert sorted(kind for kind, _ in company.emply.written) == ["create"] * 6


def test_four_whole_runs_at_once_make_every_write_once(company: Company) -> None:
    errors = _at_once(4, company.sync)
    assert all(isinstance(error, PlanRefused) for error in errors)
    company.sync()
    assert sorted(kind for kind, _ in company.emply.written) == ["create"] * 6
    assert kinds(company.plan()) == {}


def test_who_reads_while_another_applies_plans_from_stale_reads_and_is_refused(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "SETTLE_WAIT", 1)
    plan = company.plan()
    read = []
    company.emply.changed = lambda: read.append(company.world()) if not read else None
    company.apply(plan)
    stale = company.record(read[0])
    assert kinds(stale) == {"create_user": 5, "link_user": 1}
    with pytest.raises(PlanRefused, match="another run applied changes"):
        company.apply(stale)


def test_who_lost_the_lock_writes_no_more_and_the_next_run_goes_on(
    company: Company, server: Server, rows: Rows
) -> None:
    def end_the_session() -> None:
        if len(company.emply.written) == 3:
            server.execute(END_LOCK)

    company.emply.changed = end_the_session
    with pytest.raises(LedgerError, match="was lost"):
        company.sync()
    assert len(company.emply.written) == 3
    assert rows("SELECT count(*) FROM outcomes") == [(2,)]
    company.emply.changed = lambda: None
    company.sync()
    assert len(company.emply.written) == 6
    assert rows("SELECT count(*) FROM links") == [(6,)]
    assert rows("SELECT ending FROM plans ORDER BY plan_no") == [("interrupted",), ("done",)]


def test_reads_made_while_a_run_was_dying_are_stale_though_it_left_nothing_open(
    company: Company, server: Server, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "SETTLE_WAIT", 1)
    plan, read = company.plan(), []

    def read_then_end_the_session(done: int, _of: int) -> None:
        if done == 1:
            read.append(company.world())
        if done == 2:
            server.execute(END_LOCK)

    with pytest.raises(LedgerError):
        apply(
            company.ledger, plan.plan_id, graph=company.graph, emply=company.emply, progress=read_then_end_the_session
        )
    assert rows("SELECT count(*) FROM attempts") == rows("SELECT count(*) FROM outcomes") == [(2,)]
    with pytest.raises(PlanRefused, match="another run applied changes"):
        company.apply(company.record(read[0]))
    assert len(company.emply.written) == 2


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
