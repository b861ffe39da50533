"""Migrating the ledger's schema to this version of the code, and refusing a newer schema.

Alembic is imported where it is used, so that a command that only asks the ledger does not wait for it.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Text, column, func, select, table, text

from entra_emply.errors import LedgerError
from entra_emply.ledger.tables import SCHEMA

if TYPE_CHECKING:
    from alembic.config import Config

_MIGRATIONS = Path(__file__).with_name("migrations")
MIGRATE_LOCK = 0x656D706C795F6D69  # of two processes that start together, one migrates and the other waits


def migrate(connection: Connection, version: str = "head") -> None:
    """Migrate the schema to the newest version (or to `version`), in the transaction of `connection`.

    Raises LedgerError for a schema that a newer version of the code wrote.
    """
    connection.execute(select(func.pg_advisory_xact_lock(MIGRATE_LOCK)))
    if fits(connection):
        return
    from alembic import command  # noqa: PLC0415

    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, version)


def exists(connection: Connection) -> bool:
    """Whether the ledger was ever migrated."""
    return connection.scalar(select(func.to_regclass(f"{SCHEMA}.version"))) is not None


def fits(connection: Connection) -> bool:
    """Whether the schema is of this version; False for none or an older one.

    Raises LedgerError for a schema that a newer version of the code wrote.
    """
    if not exists(connection):
        return False
    recorded = select(column("version_num", Text())).select_from(table("version", schema=SCHEMA))
    current, known = connection.scalar(recorded), versions()
    if current is not None and current not in known:
        raise LedgerError(
            "the ledger was written by a newer version of entra-emply: install that version or a later one"
        )
    return bool(current == known[-1])


def versions() -> list[str]:
    """The versions of the schema, oldest first: each is a file of that number."""
    return sorted(path.name.partition("_")[0] for path in _MIGRATIONS.glob("versions/[0-9]*.py"))


def _config() -> "Config":
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config
