"""The zone that the dates of an action on an event are in (E0)."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the column; what was planned before has none, which is UTC."""
    op.get_bind().exec_driver_sql("ALTER TABLE entra_emply.actions ADD COLUMN time_zone text")
