"""Why each guard holds an action; not known of actions that were planned before."""

from alembic import op

revision = "0011"
down_revision = "0010"

_CHANGES = """
ALTER TABLE entra_emply.actions ADD COLUMN held_because text NOT NULL DEFAULT '';
ALTER TABLE entra_emply.actions ALTER COLUMN held_because DROP DEFAULT;
"""


def upgrade() -> None:
    """Add the column."""
    op.get_bind().exec_driver_sql(_CHANGES, execution_options={"no_parameters": True})
