"""Migrating the ledger's schema to this version of the code, and refusing a newer schema.

Alembic is imported where it is used, so that a command that only asks the ledger does not wait for it.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, select, text

from entra_emply.errors import LedgerError
from entra_emply.ledger.tables import SCHEMA

if TYPE_CHECKING:
    from alembic.config import Config

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
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    context = MigrationContext.configure(connection, opts={"version_table": "version", "version_table_schema": SCHEMA})
    current, scripts = context.get_current_revision(), ScriptDirectory.from_config(_config())
    if current is not None and current not in {script.revision for script in scripts.walk_revisions()}:
        raise LedgerError(
            "the ledger was written by a newer version of entra-emply: install that version or a later one"
        )
    return current == scripts.get_current_head()


def _config() -> "Config":
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    return config
