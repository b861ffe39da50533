"""The migrations: what they make, that they run once, and which schema they refuse."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, Connection, create_engine, select, text

from entra_emply import clock
from entra_emply.errors import LedgerError
from entra_emply.ledger import approvals, certificates, history, migrate, plans, sync_state
from entra_emply.ledger.ledger import Ledger
from entra_emply.ledger.migrate import versions
from entra_emply.ledger.tables import SCHEMA, actions, metadata
from tests.integration.conftest import Rows
from tests.postgres import Server


def test_the_migrated_schema_is_the_one_the_code_describes(server: Server, database: str) -> None:
    engine = create_engine(server.url(database).replace("postgresql:", "postgresql+psycopg2:"))
    with engine.connect() as connection:
        assert compare_metadata(_context(connection), metadata) == []
    engine.dispose()


def test_the_migrated_checks_are_the_ones_the_code_describes(rows: Rows) -> None:
    described = {
        (str(constraint.name),)
        for table in metadata.tables.values()
        for constraint in [*table.constraints, *(each for column in table.c for each in column.constraints)]
        if isinstance(constraint, CheckConstraint)
    }
    found = "SELECT conname FROM pg_constraint WHERE contype = 'c' AND connamespace = 'entra_emply'::regnamespace"
    assert set(rows(found)) == described


def test_an_action_is_found_by_its_first_characters_with_an_index_whatever_the_locale(
    server: Server, database: str
) -> None:
    query = select(actions.c.plan_no).where(approvals.begins(actions.c.action_id, "3f9c12ab"))
    asked = str(query.compile(create_engine("postgresql+psycopg2://"), compile_kwargs={"literal_binds": True}))
    found = server.execute(f"SET enable_seqscan = off; EXPLAIN {asked.replace('%%', '%')}", database)
    # These compare bytes, as `>=` and `<` do in the locale C alone.
    assert "Index Cond: ((action_id ~>=~ '3f9c12ab'::text) AND (action_id ~<~ '3f9c12ac'::text))" in str(found)


def test_the_versions_are_those_that_alembic_finds() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).with_name("migrations")))
    found = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    assert versions() == found[::-1]


def test_migrating_again_changes_nothing(ledger: Ledger, rows: Rows) -> None:
    ledger.write(plans.belongs_to, "tenant", "customer")
    ledger.write(migrate.migrate)
    assert rows("SELECT tenant_id FROM installation") == [("tenant",)]


@pytest.mark.parametrize("version", ["0001", "0002", "0004", "0006", "0007", "0009", "0010"])
def test_a_ledger_of_an_earlier_version_is_brought_to_this_one_with_what_is_in_it(server: Server, version: str) -> None:
    name = server.create()
    engine = create_engine(server.url(name).replace("postgresql:", "postgresql+psycopg2:"))
    with engine.begin() as connection:
        migrate.migrate(connection, version)
        connection.execute(text(
            "INSERT INTO entra_emply.installation (tenant_id, customer, recorded_at) VALUES ('t', 'c', now());"
            "INSERT INTO entra_emply.plans (plan_id, run_id, day, origin, mapping_version, created_at, read_at, epoch,"
            " configured_groups, room_groups, nested_groups)"
            " VALUES ('p', 'r', now(), 'sync', 'm', now(), now(), 0, '{}', '{}', false);"
            "INSERT INTO entra_emply.actions"
            " (plan_no, action_id, position, target, kind, rule, subject, held_by, own_guards, groups)"
            " VALUES (1, 'a', 1, 'emply', 'set_roles', 'R4', 'megan@contoso.com', 'G3', 'G3', '')"
        ))  # fmt: skip
    ledger = Ledger.open(server.url(name))
    assert ledger.read(migrate.fits) is False
    ledger.write(migrate.migrate)
    assert ledger.read(migrate.fits) is True
    (planned,) = ledger.read(history.told, "megan@contoso.com")
    assert (planned["held_by"], planned["held_because"]) == ("G3", "")
    ledger.close()
    with engine.connect() as connection:
        assert compare_metadata(_context(connection), metadata) == []
    engine.dispose()
    assert server.execute("SELECT tenant_id FROM entra_emply.installation", name) == [("t",)]


def test_two_that_start_together_migrate_once(server: Server) -> None:
    name = server.create()
    failures: list[Exception] = []

    def start() -> None:
        ledger = Ledger.open(server.url(name))
        try:
            ledger.write(migrate.migrate)
        except LedgerError as error:
            failures.append(error)
        ledger.close()

    starters = [threading.Thread(target=start) for _ in range(4)]
    for starter in starters:
        starter.start()
    for starter in starters:
        starter.join()
    assert failures == []
    assert server.execute("SELECT count(*) FROM entra_emply.counters", name) == [(1,)]


@pytest.mark.parametrize(
    "use",
    [lambda ledger: ledger.write(migrate.migrate), lambda ledger: ledger.read(sync_state.read_state, clock.now())],
)
def test_a_ledger_of_a_newer_version_is_refused(ledger: Ledger, rows: Rows, use: Callable[[Ledger], object]) -> None:
    rows("UPDATE version SET version_num = '9999'")
    with pytest.raises(LedgerError, match="written by a newer version"):
        use(ledger)


def test_a_ledger_that_does_not_exist_has_an_empty_state_and_is_not_made(server: Server) -> None:
    name = server.create()
    ledger = Ledger.open(server.url(name))
    assert ledger.read(migrate.exists) is False
    assert ledger.read(sync_state.read_state, clock.now()).links.empty
    assert ledger.read(certificates.baselines) == {}
    assert ledger.read(migrate.exists) is False
    ledger.close()


@pytest.mark.parametrize("statement", ["UPDATE {} SET attempt_no = 7", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
@pytest.mark.parametrize("table", ["attempts", "outcomes"])
def test_what_was_tried_cannot_be_changed(rows: Rows, table: str, statement: str) -> None:
    rows(
        "INSERT INTO plans (plan_id, run_id, day, origin, mapping_version, created_at, read_at, epoch,"
        " configured_groups, room_groups, nested_groups)"
        " VALUES ('p', 'r', now(), 'sync', 'm', now(), now(), 0, '{}', '{}', false);"
        "INSERT INTO actions"
        " (plan_no, action_id, position, target, kind, rule, held_by, held_because, own_guards, groups)"
        " VALUES (1, 'a', 1, 'emply', 'set_roles', 'R4', '', '', '', '');"
        "INSERT INTO attempts (plan_no, action_id, started_at) VALUES (1, 'a', now());"
        "INSERT INTO outcomes (attempt_no, at, result) VALUES (1, now(), 'applied')"
    )
    with pytest.raises(Exception, match=r"append-only|can only be updated to DEFAULT"):
        rows(statement.format(table))
    assert rows("SELECT count(*) FROM outcomes") == [(1,)]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://somebody:hunter2@/nowhere?host=/nonexistent", "does not answer"),
        ("postgresql://somebody:hunter2@localhost:1/x?connect_timeout=2", "does not answer"),
    ],
)
def test_a_database_that_is_not_there_is_said_in_one_line_without_its_address(url: str, said: str) -> None:
    with pytest.raises(LedgerError, match=said) as caught:
        Ledger.open(url).read(sync_state.read_state, clock.now())
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_database_that_does_not_exist_is_named_as_such(server: Server) -> None:
    with pytest.raises(LedgerError, match="does not know the user or the database"):
        Ledger.open(server.url("nowhere")).read(sync_state.read_state, clock.now())


def _context(connection: Connection) -> MigrationContext:
    def ours(name: str | None, type_: str, _parents: object) -> bool:
        return name == SCHEMA if type_ == "schema" else (type_, name) != ("table", "version")

    return MigrationContext.configure(
        connection,
        opts={"include_schemas": True, "include_name": ours, "compare_type": True, "compare_server_default": True},
    )
