"""Of which lists a source was made, with the rows of each: a group taken out of the settings is no shrinking (G5)."""

from alembic import op

revision = "0004"
down_revision = "0003"

_COLUMN = "ALTER TABLE entra_emply.read_certificates ADD COLUMN parts jsonb NOT NULL DEFAULT '{}'"


def upgrade() -> None:
    """Add the column. Of earlier reads nothing is known but the sum."""
    op.get_bind().exec_driver_sql(_COLUMN, execution_options={"no_parameters": True})
