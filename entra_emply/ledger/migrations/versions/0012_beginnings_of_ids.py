"""Actions are found by the first characters of their id, in a database of any locale."""

from alembic import op

revision = "0012"
down_revision = "0011"

_CHANGES = """
DROP INDEX entra_emply.actions_action_id;
CREATE INDEX actions_action_id ON entra_emply.actions (action_id text_pattern_ops, plan_no);
"""


def upgrade() -> None:
    """Make the index anew: of a locale other than C, only one of these operators finds beginnings."""
    op.get_bind().exec_driver_sql(_CHANGES, execution_options={"no_parameters": True})
