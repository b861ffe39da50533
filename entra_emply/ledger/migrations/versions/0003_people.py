"""What a plan says of one person is found without reading all plans: `explain` and `history` ask for it."""

from alembic import op

revision = "0003"
down_revision = "0002"

_INDEXES = """
CREATE INDEX actions_entra_id ON entra_emply.actions (entra_id);
CREATE INDEX actions_emply_user_id ON entra_emply.actions (emply_user_id);
CREATE INDEX actions_subject ON entra_emply.actions (subject);
"""


def upgrade() -> None:
    """Make the indexes."""
    op.get_bind().exec_driver_sql(_INDEXES, execution_options={"no_parameters": True})
