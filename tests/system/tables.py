"""All tables of an installation's database."""

from sqlalchemy import NullPool, create_engine, text

from entra_emply.environment import Environment
from entra_emply.storage.postgres import database
from tests.system.installation import Installation


def dump(installation: Installation) -> str:
    """Every row of the ledger and of Dagster's tables, as one text."""
    environment = Environment.load(installation.environment)
    with database(environment.home, environment.database_url) as address:
        assert address is not None
        with create_engine(address, poolclass=NullPool).connect() as connection:
            tables = connection.execute(
                text("SELECT schemaname, tablename FROM pg_tables WHERE schemaname !~ '^(pg_|info)' ORDER BY 1, 2")
            )
            rows = []
            for schema, table in tables.all():
                content = connection.execute(text(f'SELECT t::text FROM "{schema}"."{table}" t ORDER BY 1'))
                rows.append(f"{schema}.{table}\n" + "\n".join(content.scalars()))
    return "\n".join(rows)
