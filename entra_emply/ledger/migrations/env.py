"""What alembic runs: the migrations, in the transaction that `ledger.migrate` holds open. No settings here."""

from alembic import context

from entra_emply.ledger.tables import SCHEMA, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table="version",
    version_table_schema=SCHEMA,
)
context.run_migrations()
